"""The site of a release: its data files say what SQL says, on both backends; its pages what people look for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalogue.errors import UsageError
from reports.figures import RELEASE_STATUSES, STATUSES
from reports.site import write_site
from tests.world import World

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Sites:
    """A world with two releases, and the site of each."""

    world: World
    folder: Path

    def data(self, name: str, release: str = "second") -> Any:
        """What a data file hands over."""
        return taken(self.folder / release / "data" / f"{name}.js")

    def page(self, name: str, release: str = "second") -> str:
        """A page, in English."""
        return (self.folder / release / "en" / name).read_text(encoding="utf-8")


def taken(path: Path) -> Any:
    """The value of a data file: one JSON value in one call."""
    found = re.fullmatch(r'chiso\.take\("[^"]+",(.*)\);\n', path.read_text(encoding="utf-8"), re.DOTALL)
    assert found, path
    return json.loads(found[1], parse_float=Decimal)


@pytest.fixture(scope="module")
def sites(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Sites:
    world, folder = shared_world, tmp_path_factory.mktemp("sites")
    world.reports(
        "CASES",
        [
            ("ON1", "2024-01", [{"topic": "data", "carried": 1, "received": 8, "resolved": 6, "pending": 3}]),
            ("ON2", "2024-01", [{"topic": "data", "carried": 0, "received": 4, "resolved": 4, "pending": 0}]),
        ],
    )
    world.report(
        "CASES", "ON1", "2024-02", [{"topic": "web", "carried": 3, "received": 5, "pending": 3}], complete=False
    )
    world.release("first")
    world.report(
        "CASES", "ON1", "2024-01", [{"topic": "data", "carried": 1, "received": 9, "resolved": 6, "pending": 4}]
    )
    world.release("second")
    world.house.warehouse.publish()
    for name in ("first", "second"):
        write_site(world.house.warehouse, world.programme, folder / name, release=name)
    return Sites(world, folder)


def test_the_figures_of_every_unit_are_those_of_sql(sites: Sites) -> None:
    periods = [one[0] for one in sites.data("core")["periods"]]
    shown = {
        (int(file.stem), code, periods[row[0]]): (*row[1:6], STATUSES[row[6]], RELEASE_STATUSES[row[7]])
        for file in (sites.folder / "second" / "data" / "unit").iterdir()
        for code, rows in taken(file).items()
        for row in rows
    }
    asked = sites.world.sql(
        "SELECT entity_key, indicator_code, period_code, value, numerator, denominator, reports_received, "
        "reports_expected, status, release_status FROM indicator"
    )
    assert shown == {(key, code, period): tuple(rest) for key, code, period, *rest in asked}
    assert len(shown) > 20


def test_the_figures_of_a_period_are_those_of_the_units(sites: Sites) -> None:
    core = sites.data("core")
    by_unit, by_period = set(), set()
    for file in (sites.folder / "second" / "data" / "unit").iterdir():
        by_unit |= {(code, int(file.stem), *row) for code, rows in taken(file).items() for row in rows}
    for code, about in core["indicators"].items():
        for no in about["at"].get("", []):
            rows = sites.data(f"period/{about['slug']}/{no}")
            assert [row[0] for row in rows] == sorted(row[0] for row in rows)
            by_period |= {(code, row[0], no, *row[1:]) for row in rows}
    assert by_period == by_unit


def test_a_named_release_shows_what_it_showed_then(sites: Sites) -> None:
    def received(release: str) -> int:
        periods = [one[0] for one in sites.data("core", release)["periods"]]
        rows = sites.data("unit/11", release)["RECEIVED"]
        return next(int(row[1]) for row in rows if periods[row[0]] == "2024-01")

    assert (received("first"), received("second")) == (8, 9)
    assert "there is nothing to compare with" in sites.page("indicator/RECEIVED.html", "first")
    changes = re.sub(r"<[^>]+>|\s+", " ", sites.page("changes.html"))
    assert re.search(r"Firsttown +Jan 2024 +8 +9 +1 +delivery", changes), changes


def test_submissions_show_what_came_late_what_is_partial_and_what_is_missing(sites: Sites) -> None:
    board = sites.data("board/CASES")
    letters = {
        (key, period): letter
        for key, states in board["units"]
        for period, letter in zip(board["periods"], states, strict=True)
    }
    assert letters[111, "2024-01"] == letters[112, "2024-01"] == "T"
    assert letters[111, "2024-02"] == "t"
    assert board["receipts"] == {}


def test_every_target_is_on_the_overview_with_word_sign_and_figure(sites: Sites) -> None:
    page = sites.page("index.html")
    for target in sites.world.programme.targets:
        assert f'data-target="{target.target}"' in page
    assert re.search(r'<span aria-hidden="true">–</span>\s*no figure', page)
    assert "&gt; 90%" in page


def test_every_link_and_script_of_every_page_is_a_file_of_the_site(sites: Sites) -> None:
    folder = sites.folder / "second"
    pages = [folder / "index.html", *(folder / "en").rglob("*.html")]
    for page in pages:
        for link in re.findall(r'(?:href|src)="([^"]*)"', page.read_text(encoding="utf-8")):
            file = link.partition("#")[0]
            assert not re.match(r"(https?:)?//", link), f"{page.name} leads to a network: {link}"
            assert not file or file.startswith("data:") or (page.parent / file).is_file(), f"{page.name}: {link}"


def test_a_site_written_anew_is_the_same_and_leaves_other_files_alone(sites: Sites, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "gone.html").write_text("of an earlier report")
    (tmp_path / "notes.txt").write_text("mine")
    made = write_site(sites.world.house.warehouse, sites.world.programme, tmp_path, release="second")
    before = {
        file.relative_to(sites.folder / "second"): file
        for file in (sites.folder / "second").rglob("*")
        if file.is_file()
    }
    written = {file.relative_to(tmp_path): file for file in tmp_path.rglob("*") if file.is_file()}
    assert written.keys() == before.keys() | {Path("notes.txt")}
    assert all(written[name].read_bytes() == file.read_bytes() for name, file in before.items())
    assert made.files == len(written)


def test_a_release_that_is_not_there_is_told_with_those_that_are(sites: Sites, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no release 'third'; there are: second, first"):
        write_site(sites.world.house.warehouse, sites.world.programme, tmp_path, release="third")
