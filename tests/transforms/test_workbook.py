"""Opening files: what every kind of cell becomes, where it stands, and what is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.errors import DeliveryRefused
from transforms.workbook import Book, Merge, letter, open_book


def workbook(fill: Callable[[Worksheet], None]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    fill(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def cells(book: Book) -> dict[str, tuple[str | None, str]]:
    """Address: (text, kind) of the first sheet, blanks left out."""
    return {
        f"{letter(column)}{line.row}": (text, kind)
        for line in book.sheets[0].lines
        for column, (text, kind) in enumerate(zip(line.texts, line.kinds, strict=True), start=1)
        if text is not None
    }


CELLS: list[tuple[Any, str, str, str]] = [
    # value, number format, text, kind
    ("00123", "General", "00123", "t"),
    (" Mã  lớp\n", "General", " Mã  lớp\n", "t"),
    (12, "General", "12", "n"),
    (12.0, "General", "12", "n"),
    (0, "General", "0", "n"),
    (-0.5, "General", "-0.5", "n"),
    (0.125, "General", "0.125", "n"),
    (0.125, "0.0%", "12.5%", "n"),
    (0.5, "0.00%;[Red]-0.00%", "50%", "n"),
    (0.5, '0.0" %"', "0.5", "n"),  # the sign is only a text here
    (1e21, "General", "1000000000000000000000", "n"),
    (1.5e-7, "General", "0.00000015", "n"),
    (True, "General", "true", "b"),
    (False, "General", "false", "b"),
    (date(2024, 3, 1), "dd/mm/yyyy", "2024-03-01", "d"),
    (datetime(2024, 3, 1, 8), "dd/mm/yyyy hh:mm", "2024-03-01T08:00:00", "d"),
    ("#DIV/0!", "General", "#DIV/0!", "e"),
    ("#N/A", "General", "#N/A", "e"),
    ("=SUM(A1:A3)", "General", "=SUM(A1:A3)", "e"),  # never calculated: no value is cached
]


@pytest.mark.parametrize(("value", "shown", "text", "kind"), CELLS)
def test_cells_of_a_workbook(value: Any, shown: str, text: str, kind: str) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["C3"] = value
        sheet["C3"].number_format = shown
        sheet["E5"] = "last"

    assert cells(open_book(workbook(fill), "a.xlsx")) == {"C3": (text, kind), "E5": ("last", "t")}


def test_merged_cells_and_far_addresses() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["B2"] = "title"
        sheet.merge_cells("B2:D3")
        sheet["AB60"] = 7

    book = open_book(workbook(fill), "a.xlsx")
    assert book.sheets[0].merges == (Merge(2, 2, 3, 4),)
    assert cells(book) == {"B2": ("title", "t"), "AB60": ("7", "n")}


def test_a_large_empty_range_leaves_only_its_lines() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["A1"] = "first"
        sheet["D65535"] = "last"

    assert [line.row for line in open_book(workbook(fill), "a.xlsx").sheets[0].lines] == [1, 65535]


@pytest.mark.parametrize(
    "data",
    [
        "Mã;Tên;Tỷ lệ\n1;Huyện Lục Ngạn;1,5\n".encode(),
        "\ufeffMã;Tên;Tỷ lệ\r\n1;Huyện Lục Ngạn;1,5\r\n".encode(),
        'Mã,Tên,Tỷ lệ\n1,Huyện Lục Ngạn,"1,5"\n'.encode(),
        "Mã\tTên\tTỷ lệ\n1\tHuyện Lục Ngạn\t1,5\n".encode(),
        "sep=;\nMã;Tên;Tỷ lệ\n1;Huyện Lục Ngạn;1,5\n".encode(),
        "Mã\tTên\tTỷ lệ\n1\tHuyện Lục Ngạn\t1,5\n".encode("utf-16"),
        "Mã\tTên\tTỷ lệ\n1\tHuyện Lục Ngạn\t1,5\n".encode("utf-16-le"),
    ],
    ids=["semicolon", "mark", "comma", "tab", "declared", "utf-16", "utf-16 without mark"],
)
def test_text_files_in_many_shapes(data: bytes) -> None:
    (sheet,) = open_book(data, "a.csv").sheets
    assert sheet.name == ""
    assert [line.texts for line in sheet.lines] == [("Mã", "Tên", "Tỷ lệ"), ("1", "Huyện Lục Ngạn", "1,5")]


def test_a_text_file_in_an_old_code_page() -> None:
    # cp1258 writes a letter and its tone as two characters; cleaning composes them.
    data = "Tên;Ma\u0303\nHuyê\u0323n;1\n".encode("cp1258")
    assert open_book(data, "a.csv").sheets[0].lines[1].texts == ("Huyê\u0323n", "1")


def test_lines_of_a_text_file_are_counted_as_a_spreadsheet_does() -> None:
    data = b'a;b\n\n"two\nlines";2\n;\n3;4\n'
    assert [(line.row, line.texts) for line in open_book(data, "a.csv").sheets[0].lines] == [
        (1, ("a", "b")), (3, ("two\nlines", "2")), (5, ("3", "4")),
    ]  # fmt: skip


def encrypted() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(9):
            archive.writestr(f"xl/{number}.xml", bytes(64 * 1024 * 1024))
    return buffer.getvalue()


def sparse() -> bytes:
    def fill(sheet: Worksheet) -> None:
        sheet["A1"] = 1
        sheet["XFD1048576"] = 1

    return workbook(fill)


@pytest.mark.parametrize(
    ("data", "name", "rule", "says"),
    [
        (b"", "a.xlsx", "file.empty", "empty"),
        (b"\r\n \n", "a.csv", "file.empty", "empty"),
        (b";;\n;;\n", "a.csv", "file.empty", "no sheet holds anything"),
        (workbook(lambda _: None), "a.xlsx", "file.empty", "no sheet holds anything"),
        (b"%PDF-1.4 scan", "a.xlsx", "file.unreadable", "PDF"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "file.unreadable", "web page"),
        (b"a;b\n1;2\n", "a.xls", "file.unreadable", "plain text"),
        (workbook(lambda sheet: sheet.append([1]))[:900], "a.xlsx", "file.unreadable", "damaged"),
        (b"PK\x03\x04" + bytes(range(256)), "a.csv", "file.unreadable", "damaged"),
        (encrypted(), "a.xlsx", "file.unreadable", "password"),
        (bytes(range(256)) * 4, "a.csv", "file.unreadable", "no text"),
        (sparse(), "a.xlsx", "file.unreadable", "1048576 rows"),
        (bomb(), "a.xlsx", "file.unreadable", "unpacks"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_workbook_is_refused_with_one_message(data: bytes, name: str, rule: str, says: str) -> None:
    with pytest.raises(DeliveryRefused, match=says) as refused:
        open_book(data, name)
    assert refused.value.rule == rule
    assert name in str(refused.value)


def test_a_workbook_under_the_name_of_a_text_file_is_opened() -> None:
    assert cells(open_book(workbook(lambda sheet: sheet.append(["x"])), "a.csv")) == {"A1": ("x", "t")}
