"""Opening files: what every kind of cell becomes, where it stands, and what is refused."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.errors import DeliveryRefused
from catalogue.loader import load_programme
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


OLD_FONTS = [
    # bytes of fonts of before Unicode: they come out as Latin-1, and which letters were meant is found cell by cell
    "S\xeb Th\xabng tin v\xb5 Truy\xd2n th\xabng;Huy\xd6n L\xf4c Ng\xb9n;S\xe8 l\xad\xeeng",
    "\xd1\xf4n v\xf2;Huye\xe4n;So\xe1 l\xf6\xf4\xefng",
]


@pytest.mark.parametrize("text", OLD_FONTS, ids=["TCVN3", "VNI"])
def test_a_text_file_written_for_old_fonts_keeps_its_bytes(text: str) -> None:
    (line,) = open_book(f"{text}\n".encode("latin-1"), "a.csv").sheets[0].lines
    assert line.texts == tuple(text.split(";"))


def test_utf_8_with_a_fault_is_not_taken_for_another_encoding() -> None:
    data = "Huyện;Xã\nLục Ngạn;Phương Sơn\n".encode() * 9 + b"\xe1\xbb;x\n"
    with pytest.raises(DeliveryRefused, match="UTF-8, but for line 19"):
        open_book(data, "a.csv")


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
        (b"<html><p>Error 500</p></html>", "a.xls", "file.unreadable", "web page or XML without a table"),
        (b'<?xml version="1.0"?><Workbook/>', "a.xls", "file.unreadable", "web page or XML without a table"),
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


PAGE = """
<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta http-equiv="Content-Type"
content="text/html; charset=utf-8"><style>td {color: red}</style><title>no</title></head><body>
<div>Kỳ báo cáo:&nbsp;Quý I/2024<br>Đơn vị: A</div>
<table><tr><th rowspan=2>Đơn vị</th><th colspan="2">Tiếp nhận</th></tr><tr><th>Tổng số</th><th>Trực tuyến</th></tr>
<tr><td>Sở <b>Tư&#160;pháp</b><td align=right x:num>1.234<td x:num="0.125">12,5%
<tr style='display:none'><td>Sở<br>Y tế</td><td></td><td x:num="1234.50">1.235</td></tr></table>
<p>Người lập biểu</p><script>var a = "<td>x</td>";</script></body>
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_web_page_in_the_coat_of_a_workbook(encoding: str) -> None:
    book = open_book(PAGE.encode(encoding), "a.xls")
    assert cells(book) == {
        "A1": ("Kỳ báo cáo:\u00a0Quý I/2024", "t"), "A2": ("Đơn vị: A", "t"),
        "A3": ("Đơn vị", "t"), "B3": ("Tiếp nhận", "t"), "B4": ("Tổng số", "t"), "C4": ("Trực tuyến", "t"),
        "A5": ("Sở Tư\u00a0pháp", "t"), "B5": ("1.234", "t"), "C5": ("12.5%", "n"),
        "A6": ("Sở\nY tế", "t"), "C6": ("1234.5", "n"), "A7": ("Người lập biểu", "t"),
    }  # fmt: skip
    assert book.sheets[0].merges == (Merge(3, 1, 4, 1), Merge(3, 2, 3, 3))
    assert book.sheets[0].hidden_rows == {6}


def test_tables_in_tables_are_rows_in_the_order_of_the_page() -> None:
    page = b"<table><tr><td>head<table><tr><td>1<td>2</table></td><td>beside</td></tr></table>below"
    assert [line.texts for line in open_book(page, "a.xls").sheets[0].lines] == [
        ("head",), ("1", "2"), (None, "beside"), ("below",),
    ]  # fmt: skip


def test_what_nobody_sees_is_marked() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["a", "b", "c"])
        sheet.append([1, 2, 3])
        sheet.append([4, 5, 6])
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True
        other = sheet.parent
        assert other is not None
        other.create_sheet("Danh mục").sheet_state = "hidden"
        other["Danh mục"]["A1"] = "x"

    seen, unseen = open_book(workbook(fill), "a.xlsx").sheets
    assert (seen.hidden, seen.hidden_rows, seen.hidden_columns) == (False, frozenset({3}), frozenset({2}))
    assert unseen.hidden


@pytest.mark.parametrize("day", [date(2024, 3, 1), date(1999, 12, 31)])
def test_both_systems_of_days(day: date) -> None:
    def fill(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.epoch = CALENDAR_MAC_1904
        sheet["A1"] = day
        sheet["A1"].number_format = "dd/mm/yyyy"

    assert cells(open_book(workbook(fill), "a.xlsx")) == {"A1": (day.isoformat(), "d")}


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def old_workbook() -> bytes:
    """An xls file written record by record: a percentage, an error, the error of a formula, a hidden row and column, a
    text in a font of before Unicode."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6)
    fonts = [record(0x0031, bytes(14) + struct.pack("<BB", len(one), 0) + one.encode()) for one in ("Arial", ".VnTime")]
    coded = ((0, 0), (0, 10), (1, 0))  # General, 0.00%, General in a font of before Unicode
    styles = [*fonts, *(record(0x00E0, struct.pack("<HH", font, code) + bytes(16)) for font, code in coded)]
    sheet = b"".join(
        [
            record(0x0809, begin),
            record(0x007D, struct.pack("<HHHHHH", 2, 2, 2304, 0, 1, 0)),
            *(
                record(0x0208, struct.pack("<HHHHHHI", row, 0, 3, 255, 0, 0, 0x20 if row == 2 else 0))
                for row in range(3)
            ),
            record(0x0203, struct.pack("<HHHd", 0, 0, 1, 0.125)),
            record(0x0205, struct.pack("<HHHBB", 0, 1, 0, 0x07, 1)),
            record(0x0006, struct.pack("<HHHBBBBBBHHIH", 1, 1, 0, 2, 0, 0x17, 0, 0, 0, 0xFFFF, 0, 0, 0)),
            record(0x0204, struct.pack("<HHHHB", 2, 0, 2, 2, 0) + "Sè".encode("latin-1")),
            record(0x0203, struct.pack("<HHHd", 2, 2, 0, 7.0)),
            record(0x000A, b""),
        ]
    )
    globals_ = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)) + b"".join(styles)
    name = b"\x05\x00Bieu1"
    start = len(globals_) + 4 + 6 + len(name) + 4
    bound = record(0x0085, struct.pack("<IH", start, 0) + name)
    stream = (globals_ + bound + record(0x000A, b"") + sheet).ljust(4096, b"\x00")
    sectors = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = (name + "\x00").encode("utf-16-le")
        free = 0xFFFFFFFF
        head = text.ljust(64, b"\x00") + struct.pack("<HBBIII", len(text), kind, 1, free, free, child)
        return head + bytes(36) + struct.pack("<IQ", first, size)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream)) + bytes(256)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return head + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108) + table + folder + stream


def test_an_xls_file_tells_percentages_errors_and_what_is_hidden() -> None:
    book = open_book(old_workbook(), "a.xls")
    found = cells(book)
    assert found.pop("A3") == ("Sè", "t")
    assert found == {"A1": ("12.5%", "n"), "B1": ("#DIV/0!", "e"), "B2": ("#REF!", "e"), "C3": ("7", "n")}
    vietnamese = load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language
    assert cells(open_book(old_workbook(), "a.xls", vietnamese))["A3"] == ("Số", "t")
    assert (book.sheets[0].hidden_rows, book.sheets[0].hidden_columns) == (frozenset({3}), frozenset({3}))


OPEN_DOCUMENT = """<office:document-content
xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"><office:body><office:spreadsheet><table:table
table:name="S"><table:table-column/><table:table-column table:visibility="collapse"/><table:table-row><table:table-cell
office:value-type="string" table:number-columns-spanned="2"><text:p>title</text:p></table:table-cell>
<table:covered-table-cell/></table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell
office:value-type="percentage" office:value="0.125"><text:p>12,5%</text:p></table:table-cell><table:table-cell
office:value-type="float" office:value="0.125"><text:p>0,125</text:p></table:table-cell></table:table-row>
<table:table-row table:visibility="filter">
<table:table-cell office:value-type="float" office:value="7"><text:p>7</text:p>
</table:table-cell><table:table-cell table:formula="of:=[.A1]+1"/></table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""


def test_an_ods_file_tells_percentages_formulas_merges_and_what_is_hidden() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", OPEN_DOCUMENT.replace(">\n<", "><").replace("\n", " "))
    book = open_book(buffer.getvalue(), "a.ods")
    assert cells(book) == {
        "A1": ("title", "t"), "A2": ("12.5%", "n"), "B2": ("0.125", "n"), "A3": ("12.5%", "n"), "B3": ("0.125", "n"),
        "A4": ("7", "n"), "B4": ("=[.A1]+1", "e"),
    }  # fmt: skip
    sheet = book.sheets[0]
    assert (sheet.merges, sheet.hidden_rows, sheet.hidden_columns) == (
        (Merge(1, 1, 1, 2),),
        frozenset({4}),
        frozenset({2}),
    )
