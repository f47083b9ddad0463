"""Binary workbooks (xlsb), written record by record, and days that are counted from 1904, in every kind of workbook."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from catalogue.language import Language
from catalogue.loader import load_programme
from tests.transforms.drawing import form
from transforms.layout import read_book
from transforms.sheet import Book
from transforms.workbook import open_book

RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def number(value: int) -> bytes:
    """A number of seven bits a byte, the lowest first."""
    low, high = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + number(high) if high else bytes([low])


def record(kind: int, content: bytes = b"") -> bytes:
    return number(kind) + number(len(content)) + content


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def row(place: int, *, hidden: bool = False) -> bytes:
    flags = 0x10 if hidden else 0
    return record(0, struct.pack("<IIHBBBI", place - 1, 0, 300, 0, flags, 0, 0))


def cell(kind: int, column: int, content: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column - 1, style) + content)


def words(column: int, value: str, style: int = 0) -> bytes:
    return cell(6, column, text(value), style)


def real(column: int, value: float, style: int = 0) -> bytes:
    return cell(5, column, struct.pack("<d", value), style)


def binary_workbook(sheet: bytes, *, from_1904: bool = False) -> bytes:
    """A workbook of one sheet; style 0 is general, style 1 shows percentages, style 2 the letters of TCVN3."""
    properties = record(153, struct.pack("<II", int(from_1904), 0) + text(""))
    listed = record(156, struct.pack("<II", 0, 1) + text("rId1") + text("Báo cáo"))
    book = record(131) + properties + record(143) + listed + record(144) + record(132)
    fonts = [record(43, bytes(21) + text(name)) for name in ("Calibri", ".VnTime")]
    formats = [struct.pack("<HHH", 0xFFFF, code, font) + bytes(10) for code, font in ((0, 0), (10, 0), (0, 1))]
    styles = record(278) + b"".join(fonts) + record(617, struct.pack("<I", 3))
    styles += b"".join(record(47, one) for one in formats)
    listing = f'<Relationships xmlns="{RELATIONS}">{{}}</Relationships>'
    relation = listing.format(f'<Relationship Id="rId1" Type="{DOCUMENT}/{{}}" Target="{{}}"/>')
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
        archive.writestr("_rels/.rels", relation.format("officeDocument", "xl/workbook.bin"))
        archive.writestr("xl/_rels/workbook.bin.rels", relation.format("worksheet", "worksheets/sheet1.bin"))
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/styles.bin", styles + record(618) + record(279))
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return held.getvalue()


def laid(*rows: bytes, columns: bytes = b"", bottom: int, right: int) -> bytes:
    extent = record(148, struct.pack("<IIII", 0, bottom - 1, 0, right - 1))
    return record(129) + extent + columns + record(145) + b"".join(rows) + record(146) + record(130)


def cells(book: Book) -> list[tuple[tuple[str | None, ...], str]]:
    return [(line.texts, line.kinds) for line in book.sheets[0].lines]


def test_errors_percentages_and_what_is_hidden_in_a_binary_workbook() -> None:
    hidden = record(390) + record(60, struct.pack("<IIIIH", 2, 2, 2304, 0, 1)) + record(391)
    sheet = laid(
        row(1), words(1, "Đơn vị"), words(2, "Tỷ lệ"), words(3, "Số"),
        row(2, hidden=True), words(1, "Sở Tư pháp"), real(2, 0.125, style=1), real(3, 7.0),
        row(3), words(1, "Sở Y tế"), cell(3, 2, b"\x07"), real(3, 0.5),
        columns=hidden, bottom=3, right=3,
    )  # fmt: skip
    book = open_book(binary_workbook(sheet), "a.xlsb")
    assert cells(book) == [
        (("Đơn vị", "Tỷ lệ", "Số"), "ttt"),
        (("Sở Tư pháp", "12.5%", "7"), "tnn"),
        (("Sở Y tế", "#DIV/0!", "0.5"), "ten"),
    ]
    assert (book.sheets[0].hidden_rows, book.sheets[0].hidden_columns) == (frozenset({2}), frozenset({3}))


def test_a_binary_workbook_that_spans_more_than_a_form_does_is_refused() -> None:
    sheet = laid(row(1), words(1, "a"), row(1_000_000), words(16_000, "b"), bottom=1_000_000, right=16_000)
    with pytest.raises(Exception, match="spans 1000000 rows and 16000 columns"):
        open_book(binary_workbook(sheet), "a.xlsb")


LANGUAGE = Language.model_validate(
    {
        "language": "vi",
        "decimal": ",",
        "thousands": ["."],
        "date_formats": ["%d/%m/%Y"],
        "missing": [],
        "true": ["x"],
        "false": ["0"],
    }
)
COURSES = form("C", [("ten", "text", "Tên"), ("ngay", "date", "Ngày"), ("so", "count", "Số")], required=("ten", "ngay"))


@pytest.mark.parametrize(("from_1904", "day"), [(True, ("2024-03-01", "d")), (False, ("43890", "n"))])
def test_a_number_where_a_day_should_be_is_a_day_of_its_workbook(*, from_1904: bool, day: tuple[str, str]) -> None:
    """43890 without a format of days is 1 March 2024 in the one system, and 29 February 2020 in the other."""
    sheet = laid(
        row(1), words(1, "Tên"), words(2, "Ngày"), words(3, "Số"),
        row(2), words(1, "A"), real(2, 43890.0), real(3, 43890.0),
        bottom=2, right=3,
    )  # fmt: skip
    book = open_book(binary_workbook(sheet, from_1904=from_1904), "a.xlsb")
    table = read_book(book, COURSES, LANGUAGE)
    (found,) = table.rows
    assert (found.texts[1], found.kinds[1]) == day
    assert (found.texts[2], found.kinds[2]) == ("43890", "n")


def test_a_text_in_a_font_of_before_unicode_is_what_it_shows() -> None:
    vietnamese = load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language
    sheet = laid(row(1), words(1, "Sè"), words(2, "Sè", style=2), bottom=1, right=2)
    assert cells(open_book(binary_workbook(sheet), "a.xlsb", vietnamese)) == [(("Sè", "Số"), "tt")]
