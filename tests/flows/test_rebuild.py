"""``chiso rebuild``: from archive, programme and decisions comes a warehouse whose facts are those of the old one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.flows.office import Installation, good, install
from tests.worlds import Worlds

pytestmark = pytest.mark.long

SAID = ("--reason", "the wrong file", "--document", "letter 7", "--by", "A. Head")
WHY = ("--reason", "we asked them", "--by", "A. Head")
FACTS = "SELECT unit_key, period_code, topic_code, received, override_reason FROM cases ORDER BY 1, 2, 3"
FIGURES = "SELECT indicator_code, place_code, period_code, value, status FROM indicator ORDER BY 1, 2, 3"


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    """An installation in which people have decided much: an override, two withdrawals, one of which was taken back."""
    made = install(tmp_path, prepared=True)
    made.send("ON1", "january.xlsx", "2024-01", [good("data"), ["web", 6, 1, 5, 4, 5, 2]])  # Five of four on time.
    made.send("ON2", "january.xlsx", "2024-01", [good("data")])
    made.send("ON1", "february.xlsx", "2024-02", [good("data"), good("nothing known")])
    made.send("OS1", "january.xlsx", "2024-01", [good("web")])
    assert made.chiso("run", "--no-flow").returncode == 1
    number = numbered(made, "ON1/january.xlsx")
    decided = made.chiso("quarantine", "override", number, "CASES.PART", "--row", "7", *WHY)
    assert decided.returncode == 0, decided.stdout + decided.stderr
    assert made.chiso("quarantine", "replay", number, *WHY).returncode == 0
    for name in ("ON2/january.xlsx", "OS1/january.xlsx"):
        gone = made.chiso("withdraw", name, *SAID)
        assert gone.returncode == 0, gone.stderr
    made.send("ON2", "again.xlsx", "2024-01", [good("data", 2)])
    assert made.chiso("run", "--no-flow").returncode == 0
    assert made.chiso("quarantine", "replay", numbered(made, "OS1/january.xlsx"), *WHY).returncode == 0
    return made


def numbered(office: Installation, name: str) -> str:
    """The number under which a file arrived."""
    (found,) = office.asked(f"SELECT min(delivery_key) AS key FROM dim_delivery WHERE name = '{name}'")
    return str(found["key"])


def test_facts_are_the_same_on_either_database(office: Installation, worlds: Worlds, tmp_path: Path) -> None:
    before, figures = office.asked(FACTS), office.asked(FIGURES)
    assert any(row["override_reason"] for row in before)
    notes = sorted((tmp_path / "home" / "receipts").rglob("*"))
    url = worlds.empty("postgresql", tmp_path)
    for target in (str(tmp_path / "new.duckdb"), url):
        done = office.chiso("rebuild", target)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "It says what the old one says" in done.stdout
    assert sorted((tmp_path / "home" / "receipts").rglob("*")) == notes  # Nobody was told.
    again = office.chiso("rebuild", str(tmp_path / "new.duckdb"))
    assert (again.returncode, "is a warehouse already" in again.stderr) == (2, True)
    same = office.chiso("rebuild", str(tmp_path / "home" / "warehouse.duckdb"))
    assert (same.returncode, "that is to be rebuilt" in same.stderr) == (2, True)

    # In the place of the old one it goes on: nothing in the inbox is new to it.
    shutil.copyfile(tmp_path / "new.duckdb", tmp_path / "home" / "warehouse.duckdb")
    assert office.chiso("run", "--no-flow").returncode == 0
    assert (office.asked(FACTS), office.asked(FIGURES)) == (before, figures)
    worlds.drop(url)


def test_an_object_that_is_lost_is_named(office: Installation, tmp_path: Path) -> None:
    (sha,) = office.asked("SELECT sha256 FROM dim_delivery WHERE name = 'ON2/again.xlsx'")
    lost = tmp_path / "home" / "archive" / sha["sha256"][:2] / sha["sha256"][2:4] / sha["sha256"]
    lost.unlink()
    done = office.chiso("rebuild", str(tmp_path / "new.duckdb"))
    assert done.returncode == 1
    assert "failed ON2/again.xlsx" in done.stdout
    assert "differs" in done.stdout
