"""The house keeps its rules: who may import whom, what the engine may know, how large a file may grow."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS: list[str] = SETTINGS["tool"]["importlinter"]["root_packages"]
CONTRACTS: list[str] = [one["name"] for one in SETTINGS["tool"]["importlinter"]["contracts"]]

# What only a programme may know. A word is a whole word, whatever its case.
KNOWN_TO_PROGRAMMES = (
    "vietnam", "vietnamese", "viet nam", "việt nam", "hanoi", "ha noi", "hà nội", "bac giang", "bắc giang", "phu tho",
    "phú thọ", "long an", "an giang", "bac ninh", "bắc ninh", "tay ninh", "tây ninh", "ubnd", "sở", "huyện", "tỉnh",
    "thông tư", "nghị định", "canada", "canadian", "ottawa", "ontario", "quebec", "québec", "tbs",
    "treasury board", "open government",
)  # fmt: skip
OF_PROGRAMMES = re.compile(rf"(?<![\w])({'|'.join(KNOWN_TO_PROGRAMMES)})(?![\w])", re.IGNORECASE)

# Where a word must stand although a programme owns it, and why.
ALLOWED_WORDS: dict[tuple[str, str], str] = {}

LINES_OF_A_MODULE = 400
LINES_OF_A_PAGE = 120
CALLS_OF_A_STORY = 12
NO_NOUNS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base", "core", "lib"}

# A module longer than a reader wants, and why it is not two.
LONG: dict[str, str] = {}

WRONG_IMPORTS = [
    # room, what somebody might write there, the contract that stops it
    ("catalogue", "import warehouse.schema", "Imports run one way"),
    ("warehouse", "from transforms import table", "Imports run one way"),
    ("transforms", "from flows.house import now", "Imports run one way"),
    ("transforms", "import expectations.gate", "Imports run one way"),
    ("sources", "import transforms.read", "Imports run one way"),
    ("receipts", "import alerts", "Imports run one way"),
    ("demo", "import receipts.receipt", "Imports run one way"),
    ("transforms", "from prefect import task", "Prefect, the settings and the command line live in flows"),
    ("flows", "import great_expectations", "Great Expectations lives in expectations"),
    ("transforms", "import duckdb", "Database drivers and migrations live in warehouse"),
    ("flows", "import psycopg", "Database drivers and migrations live in warehouse"),
    ("flows", "import requests", "The network and file systems live in sources"),
    ("warehouse", "import fsspec", "The network and file systems live in sources"),
    ("flows", "from apprise import Apprise", "Apprise lives in alerts"),
    (
        "transforms",
        "from warehouse.store import Warehouse",
        "Transforms build selects, and never execute them against the warehouse",
    ),
]

WRONG_CALLS = [
    # file, what somebody might write there, what ruff says
    ("transforms/one.py", "from datetime import datetime\n\nx = datetime.now()\n", "the clock is in flows"),
    ("warehouse/one.py", "from datetime import date\n\nx = date.today()\n", "the clock is in flows"),
    ("sources/one.py", "import time\n\nx = time.time()\n", "the clock is in flows"),
    ("catalogue/one.py", "import os\n\nx = os.environ\n", "the environment is read in flows/settings.py"),
    ("alerts/one.py", "from os import getenv\n\nx = getenv('A')\n", "the environment is read in flows/settings.py"),
    ("transforms/one.py", "import socket\n\nx = socket\n", "the network is in sources"),
    ("expectations/one.py", "from urllib.request import urlopen\n\nx = urlopen\n", "the network is in sources"),
    ("alerts/one.py", "import smtplib\n\nx = smtplib\n", "messages are sent by alerts, through Apprise"),
]


def modules(*rooms: str) -> list[Path]:
    """The engine's modules, of all rooms or these."""
    return sorted(path for room in rooms or ROOMS for path in (ROOT / room).rglob("*.py"))


def named(path: Path) -> str:
    """A module as a test is named."""
    return path.relative_to(ROOT).as_posix()


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter in a folder, on the packages there."""
    command = [
        sys.executable,
        "-c",
        "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the engine, in which anything may be written."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def written(house: Path) -> Iterator[Any]:
    """Write a file into the copy for as long as a test lasts."""
    made: list[Path] = []

    def write(name: str, text: str) -> Path:
        path = house / name
        path.write_text(text, encoding="utf-8")
        made.append(path)
        return path

    yield write
    for path in made:
        path.unlink()


def test_the_import_contracts_are_kept(house: Path) -> None:
    outcome = lint_imports(house)
    assert outcome.returncode == 0, outcome.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in outcome.stdout


def test_every_wrong_import_would_be_found(house: Path, written: Any) -> None:
    """All at once, as each run reads the whole house: every line of the table is named under its contract."""
    for number, (room, line, _) in enumerate(WRONG_IMPORTS):
        written(f"{room}/wrong_{number}.py", f"{line}\n")
    outcome = lint_imports(house)
    assert outcome.returncode == 1
    # A heading, underlined, then the broken imports.
    _, *sections = re.split(r"\n(.+)\n-{3,}\n", outcome.stdout.partition("Broken contracts")[2])
    broken = dict(zip(sections[::2], sections[1::2], strict=True))
    missed = [
        (room, line)
        for number, (room, line, contract) in enumerate(WRONG_IMPORTS)
        if not re.search(rf"\b{room}\.wrong_{number}\b", broken.get(contract, ""))
    ]
    assert missed == [], outcome.stdout


def test_a_driver_outside_its_two_files_would_be_found(house: Path) -> None:
    store = house / "warehouse" / "store.py"
    text = store.read_text(encoding="utf-8")
    store.write_text(f"{text}\nimport duckdb\n", encoding="utf-8")
    outcome = lint_imports(house)
    store.write_text(text, encoding="utf-8")
    assert "In warehouse, drivers live in backends and staging BROKEN" in outcome.stdout


def test_every_room_is_under_contract() -> None:
    """A folder with a package of the wheel is a room, or holds data only."""
    shipped = set(SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert {room for room in shipped if (ROOT / room / "__init__.py").exists()} == set(ROOMS)
    # What calls the rooms is held to their types as well.
    assert {*ROOMS, "benchmarks", "tests"} == set(SETTINGS["tool"]["mypy"]["packages"])


@pytest.mark.parametrize(("file", "text", "told"), WRONG_CALLS)
def test_the_clock_the_environment_and_the_network_have_rooms(
    house: Path, written: Any, file: str, text: str, told: str
) -> None:
    path = written(file, text)
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", str(path)]
    outcome = subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)
    assert outcome.returncode == 1
    assert told in outcome.stdout


def test_the_engine_knows_no_programme() -> None:
    found = [
        f"{named(path)}:{number}: {match.group(0)!r}"
        for path in modules()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for match in OF_PROGRAMMES.finditer(line)
        if (named(path), match.group(0).lower()) not in ALLOWED_WORDS
    ]
    assert found == [], "these words belong into programmes/, not into the engine's Python"


def test_the_programmes_that_ship_are_not_named_either() -> None:
    names = "|".join(folder.name for folder in (ROOT / "programmes").iterdir() if (folder / "programme.yml").exists())
    assert names
    word = re.compile(rf"\b({names})\b", re.IGNORECASE)
    assert [named(path) for path in modules() if word.search(path.read_text(encoding="utf-8"))] == []


def test_the_story_of_a_delivery_reads_as_one_page() -> None:
    source = (ROOT / "flows" / "load.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LINES_OF_A_PAGE
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert "load" in {function.name for function in functions}
    for function in functions:
        steps = {
            node.func.id
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id[0].islower()
        }
        assert len(steps) <= CALLS_OF_A_STORY, f"{function.name} takes {len(steps)} steps: {sorted(steps)}"


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_module_is_small_and_named_by_a_noun(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LINES_OF_A_MODULE or named(path) in LONG, f"{lines} lines; cut it where its nouns part"
    assert NO_NOUNS.isdisjoint({path.stem, *path.relative_to(ROOT).parent.parts})


def test_exceptions_are_still_needed() -> None:
    long = {named(path) for path in modules() if len(path.read_text(encoding="utf-8").splitlines()) > LINES_OF_A_MODULE}
    assert set(LONG) <= long
    for (name, word), reason in ALLOWED_WORDS.items():
        assert word in (ROOT / name).read_text(encoding="utf-8").lower()
        assert reason


def test_no_file_names_a_registry_or_a_machine() -> None:
    """The lock holds versions and hashes; where they come from is the installation's to say."""
    names = ["Makefile", "requirements.lock", "pyproject.toml", ".ci/run"]
    here = re.escape(f"{ROOT.parent}/")
    address = re.compile(rf"https?://|file://|index-url|find-links|{here}|/root/|/opt/|/home/\w")
    found = [
        f"{name}: {line.strip()}"
        for name in names
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if address.search(line.replace("--no-emit-index-url", ""))
    ]
    assert found == []


def test_the_lock_pins_everything_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(
        r"^([a-z0-9._-]+)==(\S+)(?: ;[^\\]*)? \\\n    --hash=sha256:[0-9a-f]{64}", lock, flags=re.MULTILINE
    )
    assert len(pins) == len(re.findall(r"^\S+==", lock, flags=re.MULTILINE))
    project = SETTINGS["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"], *SETTINGS["build-system"]["requires"]]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[<>=\[; ]", one)[0]).lower() for one in wanted}
    assert names <= {name for name, _ in pins}
