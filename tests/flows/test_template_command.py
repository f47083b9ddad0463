"""``chiso template``: a blank form goes out, is filled in, and passes ``chiso check``; or is refused, and why."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from tests.flows.office import COUNTS, PORTAL, Installation, good, install


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    made = install(tmp_path)
    made.declare("forms/COUNTS.yml", COUNTS)
    made.declare("sources/counter.yml", PORTAL)
    return made


def test_a_template_is_filled_in_and_accepted(office: Installation) -> None:
    path = office.folder / "cases.xlsx"
    done = office.chiso("template", "CASES", "--unit", "ON1", "--period", "01/2024", "-o", str(path))
    assert (done.returncode, done.stdout) == (0, f"{path}: CASES, Cases of the month\n")
    book = openpyxl.load_workbook(path)
    ((sheet, area),) = book.defined_names["col_topic"].destinations
    first = int(area.split("$")[2].rstrip(":"))
    for number, row in enumerate((good("Data"), good("Web")), start=first):
        for column, value in enumerate(row, start=1):
            book[sheet].cell(number, column, value)
    book.save(path)
    checked = office.chiso("check", str(path), "--json")
    told = json.loads(checked.stdout)
    assert (checked.returncode, told["status"], told["findings"]) == (0, "accepted", [])
    assert (told["form"], told["unit"], told["period"], told["rows_loaded"]) == ("CASES", "ON1", "2024-01", 2)


def test_without_a_name_the_file_is_named_after_what_it_is_for(
    office: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(office.folder)
    office.chiso("template", "PEOPLE", "--unit", "ON", "--period", "2024-Q1")
    office.chiso("template", "PEOPLE")
    assert sorted(path.name for path in office.folder.glob("*.xlsx")) == ["PEOPLE-ON-2024-Q1.xlsx", "PEOPLE.xlsx"]


# words of the command, what it says
REFUSED = [
    (["CASE"], "'CASE' is no form of land; forms with a template are CASES, COURSES"),
    (["COUNTS"], "form COUNTS comes from the portal counter: nobody fills it in, so it has no template"),
    (["CASES", "--period", "2024-Q1"], "'2024-Q1' is no month of calendar CAL"),
    (["PUPILS", "--period", "2024-01"], "write it as 2024-2025"),
    (["PUB", "--period", "2024"], "form PUB is for no period: each of its rows bears its own; leave --period out"),
    (["CASES", "--unit", "XX"], "'XX' is no entry of the register offices; write its code"),
    (["CASES", "--unit", "ON2", "--period", "2024-12"], "'ON2' is no entry of the register offices in 2024-12"),
    (["CASES", "--unit", "ON"], "'ON' does not owe form CASES; it is owed by town_office"),
    (["CASES", "--language", "fr"], "land does not speak 'fr'; --language may be en"),
    (["CASES", "-o", "cases.xls"], "cases.xls is no name of an Excel workbook"),
    (["CASES", "-o", "none/cases.xlsx"], "there is no folder none; make it"),
    (["CASES", "-o", "filled.xlsx"], "filled.xlsx is there already, and may have been filled in"),
]


@pytest.mark.parametrize(("words", "told"), REFUSED)
def test_what_cannot_be_made_is_refused_in_one_message(
    office: Installation, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(office.folder)
    Path("filled.xlsx").write_bytes(b"the work of a clerk")
    done = office.chiso("template", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in office.folder.glob("*.xlsx")] == ["filled.xlsx"]
    assert Path("filled.xlsx").read_bytes() == b"the work of a clerk"
