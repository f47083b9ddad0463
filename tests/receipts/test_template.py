"""Templates: what a clerk finds in one, and that the reader finds in it what it was made from."""

from __future__ import annotations

from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.form import Form
from catalogue.loader import load_programme
from catalogue.period import Period
from catalogue.source import Portal
from receipts.template import LISTS, template
from tests.batch import form_of
from tests.world import LAND
from transforms.layout import read_workbook
from transforms.resolve import Resolver

pytestmark = pytest.mark.long

SHIPPED = Path(__file__).parents[2] / "programmes"
VIETNAM, CANADA = SHIPPED / "vietnam", SHIPPED / "canada"
TODAY = date(2024, 6, 1)


@cache
def resolver(folder: Path) -> Resolver:
    return Resolver(load_programme(folder))


def forms() -> list[tuple[Path, str]]:
    found = []
    for folder in (LAND, VIETNAM, CANADA):
        programme = resolver(folder).programme
        portals = {source.form for source in programme.sources if isinstance(source, Portal)}
        found += [(folder, form.form) for form in programme.forms if form.form not in portals]
    return found


def made(
    folder: Path, code: str, unit: str = "", period: str = "", language: str = "", form: Form | None = None
) -> bytes:
    known = resolver(folder)
    form = form or known.programme.form[code]
    span = Period.parse(period, known.programme.calendars) if period else None
    day = span.end if span else TODAY
    who = known.programme.register_named[form.respondents.register_name].by_code(unit, day) if unit else None
    return template(known, form, language or known.language.language, who, span, TODAY)


def opened(*about: str, folder: Path = LAND, form: Form | None = None, language: str = "") -> Workbook:
    code, unit, period = (*about, "", "")[:3]
    return openpyxl.load_workbook(BytesIO(made(folder, code, unit, period, language, form)))


def sheet_of(book: Workbook) -> Worksheet:
    return book.worksheets[0]


def column(book: Workbook, field: str) -> tuple[str, int, int]:
    """Letter, first and last row of a column, by its name."""
    ((_, area),) = book.defined_names[f"col_{field}"].destinations
    _, letter, first, _, last = area.replace(":", "").split("$")
    return letter, int(first), int(last)


def rule(book: Workbook, field: str) -> DataValidation:
    letter, first, last = column(book, field)
    found: list[DataValidation] = sheet_of(book).data_validations.dataValidation
    return next(one for one in found if str(one.sqref) == f"{letter}{first}:{letter}{last}")


def listed(book: Workbook, field: str) -> list[str]:
    ((sheet, area),) = book.defined_names[rule(book, field).formula1].destinations
    assert sheet == LISTS
    cells = book[sheet][area.replace("$", "")]
    return [cell.value for (cell,) in cells] if isinstance(cells, tuple) else [cells.value]


def written(book: Workbook, field: str) -> list[object]:
    """What is prefilled in a column."""
    letter, first, last = column(book, field)
    values = [sheet_of(book)[f"{letter}{row}"].value for row in range(first, last + 1)]
    return [value for value in values if value is not None]


@pytest.mark.parametrize(("folder", "code"), forms(), ids=[code for _, code in forms()])
def test_the_reader_finds_every_column_and_takes_no_instruction_for_a_unit_or_period(folder: Path, code: str) -> None:
    known = resolver(folder)
    form = known.programme.form[code]
    table = read_workbook(made(folder, code), "blank.xlsx", form, known.language)
    sheets = form.layout.sheets or (code,)
    assert set(table.columns) == {(sheet, field.field) for sheet in sheets for field in form.fields}
    assert [one.rule for one in table.findings] == ["table.no_rows"]
    assert (table.clues.unit, table.clues.period) == (None, None)
    assert table.rows == ()


# form, unit, period, the rows that stand in the template: (field, texts)
OWN_ROWS = [
    (LAND, "PEOPLE", "ON", "2024-Q1", ("place", ["N1", "N2", "R"])),
    (LAND, "PEOPLE", "ON", "2024-Q3", ("place", ["N1", "N3"])),
    (LAND, "PUPILS", "OS", "2022-2023@SCHOOL", ("place", ["S1"])),
    (LAND, "PUPILS", "OS", "2023-2024@SCHOOL", ("place", ["R", "S1"])),
    (LAND, "CASES", "ON1", "2024-01", ("topic", [])),
    (LAND, "PEOPLE", "", "2024-Q1", ("place", [])),
    (VIETNAM, "BM-02", "000.00.01.H02", "2024-Q1", ("ten_co_quan", ["Sở Nội vụ tỉnh Bắc Giang"])),
    (VIETNAM, "BM-05", "000.00.22.H02", "2023-2024@SCHOOL", ("ma_xa", [])),
]


@pytest.mark.parametrize(("folder", "code", "unit", "period", "rows"), OWN_ROWS)
def test_the_units_own_rows_are_there(
    folder: Path, code: str, unit: str, period: str, rows: tuple[str, list[str]]
) -> None:
    assert written(opened(code, unit, period, folder=folder), rows[0]) == rows[1]


def test_a_district_finds_itself_and_its_communes_in_a_form_of_agencies_and_only_communes_in_one_of_places() -> None:
    agencies = opened("BM-02", "000.00.22.H02", "2024-Q1", folder=VIETNAM)
    assert written(agencies, "ten_co_quan")[0] == "UBND huyện Yên Thế"
    places = opened("BM-04", "000.00.22.H02", "2024", folder=VIETNAM)
    assert written(places, "ten_xa")[0] == "Xã Đồng Tiến"
    assert "Huyện Yên Thế" not in written(places, "ten_xa")
    assert len(written(places, "ma_xa")) == len(written(places, "ten_xa")) == len(written(agencies, "ma_co_quan")) - 1


# form, unit, period, field, what its drop-down offers
DROP_DOWNS = [
    (LAND, "CASES", "", "", "topic", ["Data", "Web"]),
    (LAND, "COURSES", "", "", "online", ["yes", "no"]),
    (LAND, "PEOPLE", "ON", "2024-Q1", "place", ["N", "N1", "N2", "R"]),
    # Oldtown ended in August: it may be reported on until then, as the pipeline takes it.
    (LAND, "PEOPLE", "ON", "2024-Q3", "place", ["N", "N1", "N2", "N3", "R"]),
    (LAND, "PEOPLE", "ON", "2024-Q4", "place", ["N", "N1", "N3"]),
    (VIETNAM, "BM-01", "", "2024-Q1", "cap", ["Cấp tỉnh", "Cấp huyện", "Cấp xã"]),
    (VIETNAM, "BM-01", "", "2025-Q3", "cap", ["Cấp tỉnh", "Cấp xã"]),
    (VIETNAM, "BM-04", "", "", "phu_song_5g", ["có", "x", "không"]),
]


@pytest.mark.parametrize(("folder", "code", "unit", "period", "field", "texts"), DROP_DOWNS)
def test_a_drop_down_offers_what_is_valid_in_the_period(
    folder: Path, code: str, unit: str, period: str, field: str, texts: list[str]
) -> None:
    assert listed(opened(code, unit, period, folder=folder), field) == texts


# a field as declared; the validation of its cells: type, from, to; how its cells are shown
VALIDATIONS = [
    ({"type": "count", "minimum": 0}, ("whole", "0", "999999999999999"), "#,##0"),
    ({"type": "count", "minimum": 1, "maximum": 500}, ("whole", "1", "500"), "#,##0"),
    ({"type": "decimal", "maximum": "2.5"}, ("decimal", "-999999999999999", "2.5"), "General"),
    ({"type": "percent", "minimum": 0, "maximum": 1}, ("decimal", "0", "1"), "0.00%"),
    ({"type": "date"}, ("date", "61", "109574"), "dd/mm/yyyy"),
    ({"type": "text", "max_length": 40}, ("textLength", "40", None), "@"),
    (
        {"type": "count", "minimum": 0, "missing": {"NA": "not_applicable"}},
        ("custom", 'OR(B9="NA",IF(ISNUMBER(B9),AND(B9>=0,B9<=999999999999999,B9=INT(B9)),FALSE))', None),
        "#,##0",
    ),
]


@pytest.mark.parametrize(("declared", "validation", "shown"), VALIDATIONS)
def test_cells_take_what_their_field_takes(
    declared: dict[str, object], validation: tuple[str, str, str | None], shown: str
) -> None:
    book = opened("T", form=form_of({"name": "text", "figure": declared}))
    found = rule(book, "figure")
    assert (found.type, found.formula1, found.formula2) == validation
    assert found.errorStyle == "stop"
    letter, first, last = column(book, "figure")
    for row in (first, last):
        cell = sheet_of(book)[f"{letter}{row}"]
        assert (cell.number_format, cell.protection.locked) == (shown, False)


def test_what_depends_on_an_unknown_period_only_warns() -> None:
    assert rule(opened("PEOPLE", "ON"), "place").errorStyle == "warning"
    assert rule(opened("PEOPLE", "ON", "2024-Q1"), "place").errorStyle == "stop"


@pytest.mark.parametrize(
    ("language", "error"),
    [
        ("vi", "số nguyên; khoảng cho phép: >= 0. ghi số nguyên, không có phần thập phân."),
        ("en", "a whole number; range: >= 0. write a whole number without decimals."),
    ],
)
def test_messages_are_in_the_language_asked_for(language: str, error: str) -> None:
    assert rule(opened("BM-07", folder=VIETNAM, language=language), "tong_tiep_nhan").error == error


def test_headers_are_merged_as_their_labels_say() -> None:
    book = opened("BM-07", "000.00.10.H39", "2024-03", folder=VIETNAM)
    sheet = sheet_of(book)
    merged = {str(area): sheet[str(area).partition(":")[0]].value for area in sheet.merged_cells.ranges}
    expected = {
        "A7:A9": "TT",
        "B7:B9": "Lĩnh vực, công việc giải quyết theo cấp *",
        "C7:F7": "Số lượng hồ sơ tiếp nhận",
        "C8:C9": "Tổng số *",
        "D8:E8": "Trong kỳ",
        "F8:F9": "Từ kỳ trước *",
        "N7:S7": "Đối chiếu sổ giấy",
        "S8:S9": "Ngày đối chiếu",
    }
    assert {area: merged.get(area) for area in expected} == expected
    # The numbers of the columns are those that the rules of the form speak of: (3) = (4) + (5) + (6).
    assert [sheet[f"{letter}10"].value for letter in "ABCDEF"] == ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"]


def test_the_head_says_form_version_unit_and_period() -> None:
    sheet = sheet_of(opened("BM-07", "000.00.10.H39", "2024-03", folder=VIETNAM))
    assert [[cell.value for cell in row if cell.value] for row in sheet["A1:D5"]] == [
        ["Tình hình, kết quả giải quyết thủ tục hành chính và đối chiếu sổ giấy"],
        ["Cột có dấu * là cột bắt buộc. Ý nghĩa từng cột và các quy tắc kiểm tra xem tại trang: Hướng dẫn"],
        ["Biểu số:", "BM-07", "Phiên bản của biểu: 1"],
        ["Mã đơn vị:", "000.00.10.H39", "Sở Thông tin và Truyền thông tỉnh Long An"],
        ["Kỳ báo cáo:", "2024-03", "(01/03/2024 – 31/03/2024)"],
    ]


def test_only_the_cells_to_fill_in_are_open() -> None:
    known, blank = opened("CASES", "ON1", "2024-01"), opened("CASES")
    for book, head_is_open in ((known, False), (blank, True)):
        sheet = sheet_of(book)
        _, first, _ = column(book, "topic")
        assert sheet.protection.sheet
        assert not sheet.protection.password
        assert sheet.cell(first - 2, 1).protection.locked
        assert sheet.cell(first, 1).protection.locked is False
        assert [sheet[at].protection.locked for at in ("A4", "C4", "C5")] == [True, not head_is_open, not head_is_open]


def test_the_sheet_scrolls_and_prints_under_its_header() -> None:
    book = opened("BM-07", folder=VIETNAM)
    sheet = sheet_of(book)
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("C11", "$7:$10")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (
        "landscape",
        9,
        0,
    )
    assert [(one.title, one.sheet_state) for one in book.worksheets] == [
        ("BM-07", "visible"), ("Hướng dẫn", "visible"), ("Instructions", "visible"), (LISTS, "hidden"),
    ]  # fmt: skip


# language of the sheet, what stands in it
INSTRUCTIONS = [
    ("Hướng dẫn", "Hạn gửi: 05/04/2024 (5 ngày làm việc sau khi hết kỳ báo cáo)"),
    ("Hướng dẫn", "C. Số lượng hồ sơ tiếp nhận > Tổng số"),
    ("Hướng dẫn", "(3) = (4) + (5) + (6)"),
    ("Hướng dẫn", "Cộng lại các cột tiếp nhận"),
    ("Instructions", "To be sent by: 05/04/2024 (5 working days after the end of the period)"),
    ("Instructions", "Received: total (3)"),
    ("Instructions", "Received total = online + direct + carried over: (3) = (4) + (5) + (6)"),
    ("Instructions", "the row is set aside"),
]


@pytest.mark.parametrize(("sheet", "text"), INSTRUCTIONS)
def test_instructions_say_what_columns_mean_and_what_is_checked(sheet: str, text: str) -> None:
    book = opened("BM-07", "000.00.10.H39", "2024-03", folder=VIETNAM)
    assert text in {cell.value for row in book[sheet].iter_rows() for cell in row}


def test_no_text_becomes_a_formula() -> None:
    book = opened("REF-01", folder=VIETNAM)
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == "=" for cell in cells)
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
