"""The documentation as a site: it can be built, names only what there is, and asks no other host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
QUERIES = (DOCS / "queries.md").read_text(encoding="utf-8")
QUESTIONS = (DOCS / "questions.md").read_text(encoding="utf-8")

# What a browser fetches by itself while it shows a page; a link (a[href]) waits for a click.
FETCHED = {
    "audio": "src", "embed": "src", "iframe": "src", "img": "src", "input": "src", "link": "href", "object": "data",
    "script": "src", "source": "src", "video": "src", "image": "href", "use": "href",
}  # fmt: skip


class Fetches(HTMLParser):
    """The addresses that a page fetches: of its tags, and of styles within it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name.removeprefix("xlink:"): value or "" for name, value in attrs}
        # A canonical or alternate address is told, not fetched.
        if tag in FETCHED and said.get("rel") not in {"canonical", "alternate", "prev", "next"}:
            self.addresses.append(said.get(FETCHED[tag], ""))
        self.addresses += addresses_of_style(said.get("style", ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            self.addresses += addresses_of_style(data)


def addresses_of_style(said: str) -> list[str]:
    """What a style sheet fetches."""
    return re.findall(r"url\(\s*['\"]?([^'\")]+)", said) + re.findall(r"@import\s+['\"]([^'\"]+)", said)


def outside(addresses: list[str]) -> list[str]:
    """Those of another host."""
    return [one for one in addresses if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", one, re.IGNORECASE)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as ``make docs`` builds it: strictly."""
    pytest.importorskip("mkdocs", reason="the extra 'docs' is not installed: pip install -e .[docs]")
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder


def test_the_order_of_the_site_names_every_page_once() -> None:
    named = re.findall(r": ([\w/.-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@pytest.mark.long
def test_every_page_of_the_documentation_has_one_of_the_site(site: Path) -> None:
    written = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md")}
    made = {str(path.relative_to(site).with_suffix("")) for path in site.rglob("*.html")} - {"404"}
    assert made == {name.replace("README", "index") for name in written}
    assert not list(site.rglob("*.py"))


@pytest.mark.long
def test_no_page_asks_another_host(site: Path) -> None:
    asked: dict[str, list[str]] = {}
    pages = sorted(site.rglob("*.html"))
    for path in pages:
        reader = Fetches()
        reader.feed(path.read_text(encoding="utf-8"))
        asked[path.name] = outside(reader.addresses)
    for path in [*site.rglob("*.css"), *site.rglob("*.svg")]:
        asked[path.name] = outside(addresses_of_style(path.read_text(encoding="utf-8")))
    assert len(pages) > 40
    assert {name: found for name, found in asked.items() if found} == {}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('<script src="https://cdn.example/a.js"></script>', ["https://cdn.example/a.js"]),
        ('<link rel="stylesheet" href="//fonts.example/css">', ["//fonts.example/css"]),
        ("<style>@import 'https://fonts.example/css';</style>", ["https://fonts.example/css"]),
        ('<p style="background: url(http://a.example/b.png)">', ["http://a.example/b.png"]),
        ('<a href="https://example.org">', []),
        ('<img src="../questions/03.svg"><link rel="stylesheet" href="assets/main.css">', []),
    ],
)
def test_what_a_page_would_fetch_is_seen(said: str, found: list[str]) -> None:
    reader = Fetches()
    reader.feed(said)
    assert outside(reader.addresses) == found


def test_each_query_is_answered_on_the_page_of_questions_as_it_stands() -> None:
    titles = [[part.split("\n")[0] for part in said.split("\n### ")[1:]] for said in (QUERIES, QUESTIONS)]
    assert titles[0] == titles[1]
    queries = re.findall(r"```sql\n(.*?)```", QUERIES, re.DOTALL)
    assert len(queries) == 20
    assert re.findall(r"```sql\n(.*?)```", QUESTIONS, re.DOTALL) == queries, "run docs/build_questions.py"


def test_pictures_of_questions_are_there_named_and_small() -> None:
    named = re.findall(r"!\[[^\]]+\]\((questions/\d\d\.svg)\)", QUESTIONS)
    there = sorted(DOCS.glob("questions/*"))
    assert sorted(named) == [str(path.relative_to(DOCS)) for path in there]
    assert len(named) >= 8
    assert sum(path.stat().st_size for path in [*there, DOCS / "questions.md"]) < 400_000
