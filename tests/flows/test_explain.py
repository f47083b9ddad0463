"""``chiso explain`` and ``chiso reconcile``: from a figure to the cell of a workbook, and two sources side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.flows.office import Installation, good, install

pytestmark = pytest.mark.long

RECONCILIATIONS = """
- reconciliation: books
  title: {en: What came in and what was resolved}
  fact: cases
  left: {title: {en: Received}, forms: [CASES], measures: [received]}
  right: {title: {en: Resolved}, forms: [CASES], measures: [resolved]}
  tolerance: 0.1
"""
MISTAKE = """
- reconciliation: books
  title: {en: Books}
  fact: cases
  left: {title: {en: Received}, forms: [CASE], measures: [received]}
  right: {title: {en: Resolved}, forms: [CASES], measures: [resolvd]}
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = install(tmp_path_factory.mktemp("explain"))
    made.declare("reconciliations.yml", RECONCILIATIONS)
    made.send("ON1", "january.xlsx", "2024-01", [good("data"), good("web", received=7, resolved=8)])
    made.send("ON1", "february.xlsx", "2024-02", [good("data", carried=2, received=9, resolved=9)])
    made.send("ON2", "january.xlsx", "2024-01", [good("web", received=20, resolved=10)])
    assert made.chiso("run", "--no-flow").returncode == 0
    made.send("ON1", "february again.xlsx", "2024-02", [good("data", carried=2, received=11, resolved=9)])
    assert made.chiso("run", "--no-flow").returncode == 0
    return made


def explained(office: Installation, *words: str) -> dict[str, Any]:
    done = office.chiso("explain", *words, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_cells_shown_are_those_of_the_files_and_add_up_to_the_figure(office: Installation) -> None:
    found = explained(office, "RECEIVED", "--place", "N", "--period", "2024-Q1", "--cells", "0")
    # Of the columns Topic, Total, Carried over, Received, the fourth; the first report of February counts no more.
    assert sorted((one["delivery"], one["cell"], one["text"], one["amount"]) for one in found["cells"]) == [
        ("ON1/february again.xlsx", "D6", "11", "11"),
        ("ON1/january.xlsx", "D6", "5", "5"),
        ("ON1/january.xlsx", "D7", "7", "7"),
        ("ON2/january.xlsx", "D6", "20", "20"),
    ]
    assert sum(int(one["amount"]) for one in found["cells"]) == int(found["figure"]["numerator"]) == 43
    assert [(one["sign"], one["measure"], one["over_time"], one["amount"]) for one in found["formula"]] == [
        ("+", "received", "sum", "43")
    ]
    missing = {(one["unit_code"], one["reported_period"]) for one in found["missing"]}
    assert {("ON1", "2024-03"), ("ON2", "2024-02"), ("ON2", "2024-03")} <= missing
    assert ("ON1", "2024-02") not in missing


def test_the_figure_of_an_earlier_release_stands_on_the_file_of_then(office: Installation) -> None:
    found = explained(office, "RECEIVED", "--place", "ON1", "--period", "2024-02", "--as-of", "release-1")
    assert found["figure"]["numerator"] == "9"
    assert [(one["delivery"], one["text"]) for one in found["cells"]] == [("ON1/february.xlsx", "9")]


def test_the_same_is_plain_sql(office: Installation) -> None:
    found = office.asked(
        """SELECT delivery, source_sheet, cell, amount FROM explain_cell
           WHERE indicator_code = 'RECEIVED' AND period_code = '2024-02' AND unit_code = 'ON1'
             AND entity_key = place_key"""
    )
    assert [(one["delivery"], one["cell"], one["amount"]) for one in found] == [("ON1/february again.xlsx", "D6", "11")]


def test_what_people_read_names_formula_units_and_cells(office: Installation) -> None:
    done = office.chiso("explain", "RECEIVED", "--place", "N", "--period", "2024-Q1", "--cells", "2")
    assert done.returncode == 0, done.stderr
    for words in ("43", "added up", "By unit", "ON2/january.xlsx", "D6", "numerator: 2 of 4 rows are shown"):
        assert words in done.stdout, words


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("RECIEVED", "--place", "N", "--period", "2024-Q1"), "near are RECEIVED"),
        (("RECEIVED", "--place", "Nort", "--period", "2024-Q1"), "near are"),
        (("RECEIVED", "--place", "N", "--period", "2019-Q1"), "the latest are"),
        (("RECEIVED", "--place", "N", "--period", "2024-X"), "write it as"),
        (("RECEIVED", "--place", "N", "--period", "2024-Q1", "--as-of", "spring"), "the last releases are"),
        (("RECEIVED", "--place", "N", "--period", "2024-Q1", "--as-of", "1999-01-01"), "the first release is"),
    ],
)
def test_what_cannot_be_found_is_answered_with_what_there_is(
    office: Installation, words: tuple[str, ...], says: str
) -> None:
    done = office.chiso("explain", *words)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_gaps_of_units_do_not_cancel(office: Installation) -> None:
    done = office.chiso("reconcile", "--period", "2024-01", "--json")
    assert done.returncode == 1, done.stderr
    (page,) = json.loads(done.stdout)
    assert [(one["place_code"], one["left_amount"], one["right_amount"], one["gap"]) for one in page["units"]] == [
        ("ON2", "20", "10", "-10"),
        ("ON1", "12", "12", "0"),
    ]
    totals = page["totals"]
    assert (totals["gap"], totals["gap_absolute"], totals["right_lacks"], totals["agrees"]) == ("-10", "10", 1, 1)
    assert "Resolved lacks 10" in office.chiso("reconcile", "--place", "ON2").stdout
    assert office.chiso("reconcile", "--place", "ON1", "--period", "2024-01").returncode == 0
    assert "there are books" in office.chiso("reconcile", "--only", "paper").stderr


def test_a_reconciliation_of_what_does_not_exist_is_refused_with_what_is_near(tmp_path: Path) -> None:
    made = install(tmp_path)
    made.declare("reconciliations.yml", MISTAKE)
    done = made.chiso("describe")
    assert done.returncode == 2
    assert "'CASE'" in done.stderr
    assert "'resolvd'" in done.stderr
