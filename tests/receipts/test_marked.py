"""The marked copy: coloured, commented, harmless, and still the workbook that was sent."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from catalogue.loader import load_programme
from receipts.marked import MOST_CELLS, RED, YELLOW, harmless, marked
from receipts.receipt import Line
from receipts.words import Words, words_of
from tests.receipts.slips import line, slip

LAND = Path(__file__).parents[1] / "land"


@pytest.fixture(scope="module")
def words() -> Words:
    return words_of(load_programme(LAND), "en")


def saved(book: Any) -> bytes:
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def sheet_of(rows: list[list[Any]], title: str = "Sheet1") -> Any:
    book = openpyxl.Workbook()
    book.worksheets[0].title = title
    for row in rows:
        book.worksheets[0].append(row)
    return book


def copy(data: bytes, lines: list[Line], words: Words, name: str = "a.xlsx") -> Any:
    made = marked(data, slip("rejected", lines, name=name), words)
    assert isinstance(made, bytes)
    return openpyxl.load_workbook(io.BytesIO(made))


def test_cells_are_coloured_by_the_worst_of_their_findings_and_say_each(words: Words) -> None:
    data = saved(sheet_of([["Topic", "Total"], ["data", "six"], ["web", 7]]))
    found = [
        line("cell.not_number", "B2", found="six", allowed="a number", advice="write digits only", title="Total"),
        line("R1", "B2", severity="warn", advice="look again"),
        line("R2", "B3", severity="warn", found="7", advice="look again"),
    ]
    sheet = copy(data, found, words)["Sheet1"]
    assert (sheet["B2"].fill.fgColor.rgb, sheet["B3"].fill.fgColor.rgb) == (RED, YELLOW)
    assert sheet["B2"].value == "six"
    for said in ("cell.not_number", "Total", "Found: six", "Allowed: a number", "write digits only", "R1", "Warning"):
        assert said in sheet["B2"].comment.text
    assert "Rejected" in sheet["A1"].comment.text
    assert sheet["A2"].comment is None


def test_the_workbook_stays_as_it_was_sent(words: Words) -> None:
    book = sheet_of([["Topic", "Total"], ["data", 3], ["web", 4], ["Total", "=SUM(B2:B3)"], ["=text", 1]])
    sheet = book.worksheets[0]
    sheet["A5"].data_type = "s"
    sheet["B2"].number_format = "0.00"
    sheet["B2"].comment = Comment("counted by hand", "clerk")
    sheet.merge_cells("C1:D2")
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("Notes").sheet_state = "hidden"
    made = copy(saved(book), [line(cell="B2"), line(cell="B3"), line(cell="D2")], words)
    assert made.sheetnames == ["Sheet1", "Notes"]
    again = made["Sheet1"]
    assert (again["B4"].value, again["A5"].value, again["A5"].data_type) == ("=SUM(B2:B3)", "=text", "s")
    assert again["B2"].number_format == "0.00"
    assert again["B2"].comment.text.startswith("counted by hand")
    assert again["C1"].comment is not None  # the cell that holds what is merged
    assert not again.row_dimensions[3].hidden  # a mark that nobody sees is none
    assert made["Notes"].sheet_state == "hidden"


@pytest.mark.parametrize(
    "formula",
    [
        "=cmd|'/c calc'!A1",
        '=HYPERLINK("http://evil.example","click")',
        "=WEBSERVICE(A1)",
        "='[other.xlsx]Sheet1'!A1",
        '=IMPORTXML("x","y")',
    ],
)
def test_a_formula_that_reaches_out_of_the_workbook_is_text_in_the_copy(words: Words, formula: str) -> None:
    cell = copy(saved(sheet_of([["Total"], [formula], [1]])), [line(cell="A3")], words)["Sheet1"]["A2"]
    assert cell.data_type == "s"
    assert cell.value == f"'{formula}"


def test_what_is_no_newer_workbook_is_written_anew_as_read(words: Words) -> None:
    data = b'Topic,Total\ndata,six\n=1+1,@SUM(A1)\n"+1","-2"\n'
    made = copy(data, [line(cell="B2", sheet="", found="six")], words, name="a.csv")
    (sheet,) = made.worksheets
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Topic", "Total"],
        ["data", "six"],
        ["=1+1", "@SUM(A1)"],
        ["+1", "-2"],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    assert sheet["A3"].quotePrefix
    assert sheet["B2"].fill.fgColor.rgb == RED


@pytest.mark.parametrize(
    ("name", "data", "lines", "why"),
    [
        ("a.xlsx", saved(sheet_of([["a"]])), [line(cell="")], None),  # nothing is about a cell
        ("a.xlsx", b"%PDF-1.7", [line(cell="A1")], "copy_unreadable"),
        ("a.xlsx", b"PK\x03\x04 broken", [line(cell="A1")], "copy_unreadable"),
        ("a.csv", b"a,b\n" + b"1,2\n" * (MOST_CELLS // 2), [line(cell="A2", sheet="")], "copy_too_large"),
    ],
)
def test_where_there_is_no_copy_the_reason_is_told(
    words: Words, name: str, data: bytes, lines: list[Line], why: str | None
) -> None:
    assert marked(data, slip("rejected", lines, name=name), words) == why


def test_a_cell_far_out_costs_no_memory(words: Words) -> None:
    book = sheet_of([["Total"], ["six"]])
    book.worksheets[0]["XFD1048576"] = 1
    made = marked(saved(book), slip("rejected", [line(cell="A2")]), words)
    assert made is None or len(made) < 1_000_000


def test_macros_do_not_come_back(words: Words) -> None:
    held = io.BytesIO(saved(sheet_of([["Total"], ["six"]])))
    with zipfile.ZipFile(held, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"macro")
    made = marked(held.getvalue(), slip("rejected", [line(cell="A2")]), words)
    assert isinstance(made, bytes)
    assert "xl/vbaProject.bin" not in zipfile.ZipFile(io.BytesIO(made)).namelist()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-3", "-3"),
        ("+1,5", "+1,5"),
        ("plain = text", "plain = text"),
        ("", ""),
    ],
)
def test_what_could_run_is_made_harmless_and_numbers_stay(text: str, safe: str) -> None:
    assert harmless(text) == safe
