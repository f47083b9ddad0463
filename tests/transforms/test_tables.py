"""Which sheets are read, what of them is hidden, which totals stand for all; and a form of the government's own."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import openpyxl
import pytest

from catalogue.errors import DeliveryRefused
from catalogue.language import Language
from catalogue.loader import load_programme
from tests.transforms.drawing import BODY, COURSES, DOSSIERS, HEADER, drawn, drawn_sheets, kinds, rules
from transforms.identify import identify
from transforms.layout import read_book, read_workbook
from transforms.workbook import open_book


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


def hiding(data: bytes, rows: Iterable[int] = (), columns: Iterable[str] = (), sheets: Iterable[str] = ()) -> bytes:
    """A workbook with some of it hidden; rows and columns of its first sheet."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for row in rows:
        book.worksheets[0].row_dimensions[row].hidden = True
    for column in columns:
        book.worksheets[0].column_dimensions[column].hidden = True
    for name in sheets:
        book[name].sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_what_is_hidden_is_read_and_told(vietnamese: Language) -> None:
    data = hiding(drawn(HEADER + BODY * 4 + "Tổng cộng"), rows=[3, 4, 6], columns=["E", "J"])
    table = read_workbook(data, "a.xlsx", COURSES, vietnamese)
    assert [row.row for row in table.rows] == [2, 3, 4, 5]
    assert [(*rule, found.found) for rule, found in zip(rules(table), table.findings, strict=True)] == [
        ("table.hidden_rows", "Sheet1!3:", "", "3-4"),
        ("table.hidden_column", "Sheet1!E1", "nu", "E"),
    ]


def test_hidden_sheets_are_read_only_by_name(vietnamese: Language) -> None:
    both = drawn_sheets({"A": HEADER + BODY, "B": HEADER + BODY})
    first = hiding(both, sheets=["A"])
    table = read_workbook(first, "a.xlsx", COURSES, vietnamese)
    assert ({row.sheet for row in table.rows}, rules(table)) == ({"B"}, [("table.hidden_sheet", "A", "")])
    layout = COURSES.layout.model_copy(update={"sheets": ("A",)})
    named = COURSES.model_copy(update={"layout": layout})
    table = read_workbook(first, "a.xlsx", named, vietnamese)
    assert ({row.sheet for row in table.rows}, rules(table)) == ({"A"}, [])
    lookup = hiding(drawn_sheets({"A": "Danh mục", "B": HEADER + BODY}), sheets=["A"])
    assert rules(read_workbook(lookup, "a.xlsx", COURSES, vietnamese)) == []
    with pytest.raises(DeliveryRefused, match="hidden sheet 'B' has it: unhide it"):
        read_workbook(
            hiding(drawn_sheets({"A": "Bìa", "B": HEADER + BODY}), sheets=["B"]), "a.xlsx", COURSES, vietnamese
        )


def test_of_several_sheets_with_the_table_the_first_is_read_and_the_others_named(vietnamese: Language) -> None:
    data = drawn_sheets({"Bìa": "Bìa", "Quý II": HEADER + BODY, "Quý I": HEADER + BODY})
    table = read_workbook(data, "a.xlsx", COURSES, vietnamese)
    assert {row.sheet for row in table.rows} == {"Quý II"}
    assert rules(table) == [("table.sheet_unread", "Quý I", "")]


def test_names_of_sheets_are_cut_at_31_characters(vietnamese: Language) -> None:
    long = "Danh sách lớp tập huấn chuyển đổi số quý I"
    data = drawn_sheets({long[:31]: HEADER + BODY, "Khác": HEADER + BODY})
    named = COURSES.model_copy(update={"layout": COURSES.layout.model_copy(update={"sheets": (long,)})})
    assert {row.sheet for row in read_workbook(data, "a.xlsx", named, vietnamese).rows} == {long[:31]}


SECTIONS: list[tuple[list[tuple[str, int]], list[int]]] = [
    # (label, figure) of each row, and the rows that stand for all
    ([("I. Sở", 0), ("A", 5), ("B", 7), ("Cộng", 12), ("II. Xã", 0), ("C", 9), ("Cộng", 9), ("Tổng cộng", 21)], [8]),
    # wrong, so it must be checked
    ([("I. Sở", 0), ("A", 5), ("B", 7), ("Cộng", 12), ("II. Xã", 0), ("C", 9), ("Cộng", 9), ("Tổng cộng", 22)], [8]),
    # no total of all: the last one is its section's
    ([("I. Sở", 0), ("A", 5), ("Cộng mục I", 5), ("II. Xã", 0), ("C", 9), ("D", 1), ("Cộng mục II", 10)], []),
    # subtotals above their rows
    ([("Tổng cộng", 21), ("Cộng mục I", 12), ("A", 5), ("B", 7), ("Cộng mục II", 9), ("C", 9)], [1]),
    ([("Cộng mục I", 12), ("A", 5), ("B", 7), ("Cộng mục II", 9), ("C", 9)], []),
    # the only section: its total is that of all
    ([("I. Sở", 0), ("A", 5), ("B", 7), ("Tổng cộng", 13)], [4]),
    # a part of all is no total of all
    ([("Tổng cộng", 12), ("Trong đó: nữ", 3), ("A", 5), ("B", 7)], [1]),
]


@pytest.mark.parametrize(("rows", "grand"), SECTIONS)
def test_a_subtotal_stands_for_its_section(rows: list[tuple[str, int]], grand: list[int], vietnamese: Language) -> None:
    words = vietnamese.model_copy(update={"total": ("Tổng cộng", "Cộng", "Cộng mục", "Trong đó")})
    head = "Đơn vị | Tiếp nhận | < | Giải quyết\n^ | Tổng số | Trực tuyến | Tổng số\n"
    lines = [f"{label} | {figure} | {figure} | {figure}" if figure else label for label, figure in rows]
    table = read_workbook(drawn(head + "\n".join(lines)), "a.xlsx", DOSSIERS, words)
    assert [row.row - 2 for row in table.totals] == grand


def test_a_remark_in_brackets_is_no_part_of_a_label(vietnamese: Language) -> None:
    drawing = """
        STT (ghi theo sổ) | Mã lớp | Tên lớp\\n(ghi đầy đủ) | Số tham gia (người) | Ngày (dd/mm/yyyy)
        1 | L1 | A | 7 | 05/03/2024
        """
    table = read_workbook(drawn(drawing), "a.xlsx", COURSES, vietnamese)
    assert [row.texts for row in table.rows] == [("L1", "A", "7", None, "05/03/2024")]
    assert table.findings == ()


II_06A = """
    Biểu số II.06a/VPCP/KSTT | | | TÌNH HÌNH, KẾT QUẢ GIẢI QUYẾT THỦ TỤC HÀNH CHÍNH
    | | | | | | | | | - Đơn vị báo cáo: | Sở Tư pháp
    | | | | | | | | | - Đơn vị nhận báo cáo: | UBND tỉnh
    | | | Kỳ báo cáo: Tháng 3/2024
    | | | (Từ ngày 01/3/2024 đến ngày 31/3/2024)
    | | | | | | | | Đơn vị tính: Số hồ sơ TTHC.
    TT | Lĩnh vực, công việc giải quyết theo cấp | Tiếp nhận | < | < | < | Số lượng hồ sơ đã giải quyết | < | < | < \
| Số lượng hồ sơ đang giải quyết | < | <
    ^ | ^ | Tổng số | Trong đó | < | Từ kỳ trước | Tổng số | Trước hạn \
| Đúng hạn\\n(Bao gồm cả hồ sơ chờ Bổ sung và Trả lại/Xin rút) | Quá hạn | Tổng số \
| Trong hạn\\n(Bao gồm cả hồ sơ chờ bổ sung và hồ sơ khác) | Quá hạn
    ^ | ^ | ^ | Trực tuyến | Trực tiếp, dịch vụ bưu chính | ^ | ^ | ^ | ^ | ^ | ^ | ^ | ^
    1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13
    I | Cấp tỉnh | 30 | 12 | 15 | 3 | 24 | 10 | 12 | 2 | 6 | 5 | 1
    1 | Hộ tịch | 20 | 8 | 10 | 2 | 16 | 6 | 8 | 2 | 4 | 3 | 1
    2 | Công chứng | 10 | 4 | 5 | 1 | 8 | 4 | 4 | 0 | 2 | 2 | 0
    | TỔNG SỐ | 30 | 12 | 15 | 3 | 24 | 10 | 12 | 2 | 6 | 5 | 1
    | | | | | | | | | Thủ trưởng đơn vị
    """


def test_form_ii_06a_of_the_government_office_is_form_bm_07() -> None:
    """Built after the layout that a one-stop system prints (Circular 01/2020/TT-VPCP)."""
    programme = load_programme(Path(__file__).parents[2] / "programmes" / "vietnam")
    book = open_book(drawn(II_06A), "II.06a.xlsx")
    found = identify(book, programme.forms, ("stamp", "folder", "layout"), {}, programme.language)
    assert (found.form.form if found.form else None, found.by["form"]) == ("BM-07", "layout")
    assert found.unit_text is not None
    assert found.period_text is not None
    assert found.unit_text[0] == "Sở Tư pháp"
    assert found.period_text[0] == "Tháng 3/2024"
    table = read_book(book, programme.form["BM-07"], programme.language)
    assert list(kinds(table).values())[-6:] == ["numbers", "section", "data", "data", "total", "signature"]
    assert [row.texts[:12] for row in table.rows] == [
        ("Hộ tịch", "20", "8", "10", "2", "16", "6", "8", "2", "4", "3", "1"),
        ("Công chứng", "10", "4", "5", "1", "8", "4", "4", "0", "2", "2", "0"),
    ]
    assert [row.texts[1] for row in table.totals] == ["30"]
    assert table.findings == ()
