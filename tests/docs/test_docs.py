"""What there is is documented, and what is documented is there."""

from __future__ import annotations

import datetime
import importlib.util
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from cyclopts import App

from catalogue.indicator import Among, IndicatorKind
from catalogue.loader import load_programme
from catalogue.programme import Programme
from flows.command_line import app
from reports.formula_words import FORMULAS, formula

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("programmes/*/*.md")])
PROGRAMMES = sorted(file.parent.name for file in ROOT.glob("programmes/*/programme.yml"))


def commands(group: App, above: str = "") -> dict[str, App]:
    """Every command by the words it is called with; those of a group one by one, as "alias add"."""
    found: dict[str, App] = {}
    for name in (name for name in group if not name.startswith("-")):
        one = group[name]
        found |= {f"{above}{name}": one} if one.default_command else commands(one, f"{above}{name} ")
    return found


COMMANDS = commands(app)

# The words of the design, section 8, and its verbs.
WORDS = (
    "agency", "respondent", "form", "delivery", "part", "vintage", "raw", "staged", "conformed", "fact", "measure",
    "grain", "dimension version", "succession", "issue", "severity", "quarantine", "obligation", "correction",
    "indicator", "target", "coverage", "status", "release", "ledger",
)  # fmt: skip
VERBS = ("fetch", "read", "stage", "correct", "gate", "conform", "append", "compute", "reconcile", "release")


@cache
def programme(name: str) -> Programme:
    return load_programme(ROOT / "programmes" / name)


@cache
def builder() -> ModuleType:
    found = importlib.util.spec_from_file_location("build_reference", DOCS / "build_reference.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@cache
def built() -> dict[str, str]:
    pages: dict[str, str] = builder().pages()
    return pages


def text(*parts: str) -> str:
    return DOCS.joinpath(*parts).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["commands.md", "warehouse.md", *(f"{one}.md" for one in PROGRAMMES)])
def test_the_committed_page_is_what_the_script_writes(name: str) -> None:
    assert text("reference", name) == built()[name], "run: .venv/bin/python docs/build_reference.py"


def test_no_page_of_the_reference_is_about_what_is_no_more() -> None:
    assert sorted(path.name for path in (DOCS / "reference").iterdir()) == sorted(built())


@pytest.mark.parametrize("name", PROGRAMMES)
def test_every_form_with_its_fields_and_checks_and_every_indicator_is_documented(name: str) -> None:
    page = text("reference", f"{name}.md")
    sections = {part.split(" ", 1)[0]: part for part in page.split("\n### ")}
    missing = []
    for form in programme(name).forms:
        said = sections.get(form.form, "")
        missing += [] if said else [form.form]
        missing += [one.field for one in form.fields if f"| `{one.field}` |" not in said]
        missing += [one.check for one in form.checks if f"| {one.check} |" not in said]
    missing += [
        one.indicator for one in programme(name).indicators if "- Formula: " not in sections.get(one.indicator, "")
    ]
    assert not missing


def test_every_kind_of_indicator_has_a_formula_in_words() -> None:
    assert set(FORMULAS) == set(get_args(IndicatorKind))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        # Kinds that no shipped programme uses, as changes of an indicator that one does.
        (
            {"kind": "rank", "of": "SVC.GAP.RATE", "among": Among(attribute="level", one_of=("province", "city"))},
            "rank of `SVC.GAP.RATE` among the places whose level is `province` or `city` on the period's last day; "
            "1 is the smallest, and equal figures share a rank (1-2-2-4)",
        ),
        (
            {"kind": "rank", "of": "SVC.RECV", "among": Among(attribute="type", one_of=("so",), within="24")},
            "rank of `SVC.RECV` among the places whose type is `so` below place 24 on the period's last day; "
            "1 is the largest, and equal figures share a rank (1-2-2-4)",
        ),
        (
            {"kind": "cumulative", "since": datetime.date(2021, 1, 1)},
            "`dossiers.received_online` in DVC-06 + `dossiers.received_direct` in DVC-06; all from 2021-01-01 to the "
            "period's end; none where the period has no report",
        ),
        (
            {"kind": "reports", "reports": "complete", "forms": ("BM-01", "BM-02")},
            "number of reports whose newest version has no row in quarantine / number of reports due; of `BM-01` or "
            "`BM-02`",
        ),
    ],
)
def test_the_formula_says_what_a_kind_does(changed: dict[str, Any], said: str) -> None:
    vietnam = programme("vietnam")
    assert formula(vietnam, vietnam.indicator["SVC.RECV"].model_copy(update=changed)) == said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_with_its_parameters(command: str) -> None:
    section = next(
        part for part in text("reference", "commands.md").split("\n## ") if part.startswith(f"chiso {command}\n")
    )
    names = [one.names[0] for one in COMMANDS[command].assemble_argument_collection(parse_docstring=True)]
    assert [name for name in names if f"`{name}`" not in section] == []


@pytest.mark.parametrize("word", sorted({*WORDS, *VERBS}))
def test_every_word_of_the_design_stands_in_the_glossary(word: str) -> None:
    entries = re.findall(rf"(?m)^- \*\*{word}\*\* \([^)]+\)[^:]*: \S.*", text("glossary.md"))
    assert len(entries) == (word in WORDS) + (word in VERBS)


def links(page: Path) -> Iterator[tuple[str, str]]:
    """(path, anchor) of every link of a page that leads to a file; what stands in code is no link."""
    said = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", said):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield path, anchor


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    kept = ("".join(char for char in title.lower() if char.isalnum() or char in " -_") for title in titles)
    return {title.strip().replace(" ", "-") for title in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for path, anchor in links(page):
        goal = (page.parent / path) if path else page
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(f"{path}#{anchor}")
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_folders_that_are_named_exist(page: Path) -> None:
    said = page.read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_]+/[A-Za-z0-9_./-]+\.(?:py|md|yml|csv|txt)|(?:docs|tests|programmes)/[a-z/]+/?)`", said)
    if "programmes/" in str(page.relative_to(ROOT)):
        named = [name for name in named if not (page.parent / name).exists()]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", DOCS / "guides" / "first-form.md"])
def test_commands_that_are_named_exist(page: Path) -> None:
    said = page.read_text(encoding="utf-8")
    targets = re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"))
    called = re.findall(r"(?m)(?:^    |`)chiso ([a-z]+)", said)
    made = re.findall(r"(?m)(?:^    |`)make ([a-z]+)", said)
    assert made
    assert [name for name in called if name not in {command.split()[0] for command in COMMANDS}] == []
    assert [name for name in made if name not in targets] == []


def test_the_options_that_the_pages_name_exist() -> None:
    known = {
        name for command in COMMANDS.values() for one in command.assemble_argument_collection() for name in one.names
    }
    for page in (ROOT / "README.md", DOCS / "guides" / "first-form.md"):
        lines = re.findall(r"(?m)^    (chiso .+)$", page.read_text(encoding="utf-8"))
        assert {option for line in lines for option in re.findall(r"(?<= )--[a-z-]+", line)} <= known


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    every = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {re.split(r"[\[<>=!~;@ ]", one)[0] for one in every}
    reasons = dict(
        re.findall(r"(?m)^\| ([A-Za-z0-9._-]+) \| (?!Why)([^|]{10,}) \|", text("adr", "0014-dependencies.md"))
    )
    assert sorted(reasons) == sorted(names)


def test_decisions_are_numbered_without_a_gap_and_bear_their_number() -> None:
    records = sorted((DOCS / "adr").glob("*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    assert [path.name for path in records if not path.read_text("utf-8").startswith(f"# {path.name[:4]}. ")] == []


def kept_files() -> list[Path]:
    """Every file that belongs to the project: as git says; where there is no git, all that are not made by a run."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.splitlines()  # fmt: skip
        return [ROOT / name for name in listed if (ROOT / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        made = re.compile(r"(^|/)(\.|__pycache__|chiso-)")
        return [path for path in ROOT.rglob("*") if path.is_file() and not made.search(str(path.relative_to(ROOT)))]


# A path that exists on the machine of whoever wrote it; a place where packages are fetched. Neither finds itself here.
MACHINES = re.compile(rb"/(?:work/(?:main|shared)|root/[a-z.]|Users/[a-z]+/)")
REGISTRIES = re.compile(rb"--(?:extra-)?index-url[ =]\S*:|https?://[^\s\"']*(?:pypi|pythonhosted|/simple\b)")


@pytest.mark.parametrize("forbidden", [MACHINES, REGISTRIES], ids=["path of a machine", "address of a registry"])
def test_no_file_names_a_machine_or_a_registry(forbidden: re.Pattern[bytes]) -> None:
    found = []
    for path in kept_files():
        data = path.read_bytes()
        if b"\0" not in data and (hit := forbidden.search(data)):
            found.append(f"{path.relative_to(ROOT)}: {hit[0]!r}")
    assert not found
