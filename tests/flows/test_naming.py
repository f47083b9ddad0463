"""``chiso alias``: a person decides what a name means, and the next look at a file follows; names that are close."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalogue.loader import load_programme
from tests.batch import workbook
from tests.flows.office import LAND, Installation, install

pytestmark = pytest.mark.long

PEOPLE = load_programme(LAND).form["PEOPLE"]
WHY = ("--reason", "she rang them", "--by", "Ann")
DECISIONS = "SELECT name, unit_key, entity_key, reason, decided_by FROM name_alias ORDER BY alias_key"


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    return install(tmp_path, prepared=True)


def people(office: Installation, *towns: str, name: str = "people.xlsx", unit: str = "ON") -> Path:
    return office.put(unit, name, workbook(PEOPLE, unit, "2024-Q1", [[town, 100, 50] for town in towns]))


def checked(office: Installation, file: Path) -> dict[str, Any]:
    done = office.chiso("check", str(file), "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def findings(office: Installation, file: Path) -> list[tuple[str, str]]:
    return [(one["rule"], one["found"]) for one in checked(office, file)["findings"]]


def test_a_decision_is_followed_by_check_and_by_the_next_run(office: Installation) -> None:
    file = people(office, "Firsttown", "Ville Ancienne")
    assert findings(office, file) == [("cell.unknown_entity", "Ville Ancienne")]
    done = office.chiso("alias", "add", "places", "Ville Ancienne", "N2", "--on", "2024-01-31", *WHY)
    assert done.returncode == 0, done.stderr
    assert "'Ville Ancienne' means N2 Oldtown, in everybody's deliveries." in done.stdout
    assert findings(office, file) == []
    assert office.chiso("run", "--no-flow").returncode == 0
    assert office.asked("SELECT place_key, people FROM people ORDER BY place_key") == [
        {"place_key": 11, "people": 100},
        {"place_key": 12, "people": 100},
    ]


def test_decisions_are_kept_with_who_and_why_and_none_is_changed(office: Installation) -> None:
    office.chiso("alias", "add", "places", "Ville", "N1", *WHY)
    office.chiso("alias", "add", "places", "ville", "R", "--unit", "OS", *WHY)
    again = office.chiso("alias", "add", "places", "VILLE", "N1", "--reason", "once more", "--by", "Bob")
    assert (again.returncode, "already" in again.stdout) == (0, True)
    dropped = office.chiso("alias", "drop", "places", "Ville", "--reason", "a mistake", "--by", "Bob")
    assert dropped.returncode == 0, dropped.stderr
    assert office.asked(DECISIONS) == [
        {"name": "Ville", "unit_key": None, "entity_key": 11, "reason": "she rang them", "decided_by": "Ann"},
        {"name": "ville", "unit_key": 120, "entity_key": 14, "reason": "she rang them", "decided_by": "Ann"},
        {"name": "Ville", "unit_key": None, "entity_key": None, "reason": "a mistake", "decided_by": "Bob"},
    ]
    assert office.asked("SELECT count(*) AS n FROM ledger WHERE event = 'alias'") == [{"n": 3}]
    listed = json.loads(office.chiso("alias", "list", "--format", "json").stdout)
    assert [(one["name"], one["in_deliveries_of"], one["means"], one["decided_by"]) for one in listed] == [
        ("ville", "OS Office of the South", "R Roamer", "Ann")
    ]
    assert json.loads(office.chiso("alias", "list", "offices", "--format", "json").stdout) == []


def test_a_unit_is_told_apart_from_everybody(office: Installation) -> None:
    north, south = people(office, "Ville"), people(office, "Ville", unit="OS")
    office.chiso("alias", "add", "places", "Ville", "N1", "--unit", "ON", *WHY)
    assert (findings(office, north), findings(office, south)) == ([], [("cell.unknown_entity", "Ville")])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "towns", "Ville", "N1"), "there is no register 'towns'; there are: places, offices"),
        (("add", "places", "Ville", "N99"), "nothing in places bears the code 'N99'"),
        (("add", "places", "Ville", "N1", "--unit", "XX"), "nothing in offices bears the code 'XX'"),
        (("add", "places", "Ville", "N1", "--unit", "OS"), "N1 Firsttown is not below OS Office of the South"),
        (("add", "places", " ", "N1"), "a name must not be empty"),
        (("drop", "places", "Ville"), "no decision on 'Ville' stands, in everybody's deliveries; nothing was decided"),
    ],
)
def test_what_makes_no_sense_is_said_and_not_written(office: Installation, words: tuple[str, ...], said: str) -> None:
    done = office.chiso("alias", *words, *WHY)
    assert done.returncode == 2
    assert said in done.stderr
    if (office.folder / "home" / "published.duckdb").exists():
        assert office.asked(DECISIONS) == []


def test_a_decision_without_a_reason_is_none(office: Installation) -> None:
    done = office.chiso("alias", "add", "places", "Ville", "N1", "--reason", " ", "--by", "Ann")
    assert (done.returncode, "--reason must not be empty" in done.stderr) == (2, True)


def test_where_the_register_knows_the_name_it_is_said_that_it_comes_first(office: Installation) -> None:
    done = office.chiso("alias", "add", "places", "Firsttown", "R", "--on", "2024-01-31", *WHY)
    assert "the register itself knows the name, as N1" in done.stdout
    assert findings(office, people(office, "Firsttown")) == []


def test_a_close_name_is_loaded_with_a_warning_that_names_what_was_taken(office: Installation) -> None:
    people(office, "Firsttown", "Oldtwn")
    file = people(office, "Firstown", "Oldtown", name="slip.xlsx")
    receipt = checked(office, file)
    assert receipt["status"] == "accepted_with_warnings"
    (one,) = receipt["findings"]
    assert (one["rule"], one["severity"], one["found"]) == ("cell.close_name", "warn", "Firstown")
    assert one["allowed"] == "a name as the register writes it (N1 Firsttown)"
    assert one["cell"] == "A7"
    file.rename(office.inbox / "ON" / "people.xlsx")
    assert office.chiso("run", "--no-flow").returncode == 0
    assert office.asked("SELECT place_key, place_code FROM people ORDER BY place_key") == [
        {"place_key": 11, "place_code": "Firstown"},
        {"place_key": 12, "place_code": "Oldtown"},
    ]
    assert office.asked("SELECT rule_code, source_row, source_column FROM issue") == [
        {"rule_code": "cell.close_name", "source_row": 7, "source_column": "A"}
    ]


def test_an_unknown_name_is_answered_with_candidates(office: Installation) -> None:
    (one,) = checked(office, people(office, "Firsttown", "Oltwn"))["findings"]
    assert one["rule"] == "cell.unknown_entity"
    assert "N2 Oldtown" in one["allowed"]
