"""Numbers, dates and rows, whatever they are: what is written in one of the allowed ways comes back exactly."""

from __future__ import annotations

import io
import string
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.errors import DeliveryRefused
from catalogue.form import Field, FieldType, Form
from catalogue.language import Language
from catalogue.period import CALENDARS, PER_YEAR, Period, PeriodKind
from transforms.layout import read_book, read_workbook
from transforms.parse import parse
from transforms.span import parse_period
from transforms.text import clean, fold
from transforms.value import Parsed
from transforms.workbook import open_book

COMMA = Language(
    language="vi",
    decimal=",",
    thousands=(".", " "),
    date_formats=("%d/%m/%Y",),
    missing=("...", "x"),
    true=("x",),
    false=("-",),
    zero=("-", "không"),
    total=("Tổng cộng", "Cộng"),
    section=("Các sở",),
    note=("Ghi chú",),
    signature=("Người lập biểu",),
    letters={"đ": "d"},
    replacements={"quí": "quý"},
)
POINT = Language(
    language="en", decimal=".", thousands=(",",), date_formats=("%Y-%m-%d",), missing=(), true=("yes",), false=("no",)
)


def column(type_: FieldType) -> Field:
    return Field(field="f", header=("F",), title={"en": "F"}, type=type_)


def grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


counts = st.integers(min_value=-(10**15), max_value=10**15)
marks = st.sampled_from([(COMMA, "."), (COMMA, " "), (COMMA, ""), (POINT, ","), (POINT, "")])


@given(counts, marks)
def test_a_count_comes_back_however_it_is_grouped(number: int, written: tuple[Language, str]) -> None:
    language, mark = written
    assert parse(grouped(number, mark), "t", column("count"), language) == Parsed(number)


@given(counts, st.sampled_from(["", ".0", ".00"]))
def test_a_number_cell_comes_back(number: int, zeros: str) -> None:
    assert parse(f"{number}{zeros}", "n", column("count"), COMMA).value == number


@given(
    st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False).filter(lambda number: number % 1 != 0),
    st.sampled_from([(COMMA, ".", ","), (COMMA, "", ","), (POINT, ",", "."), (POINT, "", ".")]),
)
def test_a_decimal_comes_back_exactly(number: Decimal, written: tuple[Language, str, str]) -> None:
    language, thousands, decimal = written
    whole, _, part = f"{number:f}".partition(".")
    text = f"{grouped(int(whole), thousands)}{decimal}{part}"
    parsed = parse(text, "t", column("decimal"), language)
    assert parsed.value == number
    assert isinstance(parsed.value, Decimal)
    assert parse(text, "t", column("count"), language).rule == "cell.not_whole"


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2199, 12, 31)))
def test_a_date_comes_back_from_text_cell_and_serial(day: date) -> None:
    written = f"{day.day}/{day.month}/{day.year}"
    serial = (day - date(1899, 12, 30)).days
    for text, kind in ((written, "t"), (day.isoformat(), "d"), (str(serial), "n")):
        assert parse(text, kind, column("date"), COMMA).value == day


@given(
    st.sampled_from(sorted(CALENDARS)),
    st.sampled_from(sorted(PER_YEAR)),
    st.integers(1950, 2150),
    st.integers(0, 11),
)
def test_a_period_comes_back_from_its_code_and_its_days(calendar: str, kind: PeriodKind, year: int, index: int) -> None:
    period = Period(CALENDARS[calendar], kind, year, index % PER_YEAR[kind] + 1)
    assert parse_period(period.code, kind, CALENDARS["CAL"], COMMA, CALENDARS) == period
    days = f"{period.start:%d/%m/%Y} - {period.end:%d/%m/%Y}"
    assert parse_period(days, None, CALENDARS[calendar], COMMA, CALENDARS) == period


@given(st.text(), st.sampled_from("tnbde"), st.sampled_from(["count", "decimal", "percent", "text", "code", "codes"]))
def test_any_text_is_a_value_or_breaks_a_rule_or_is_missing(text: str, kind: str, type_: FieldType) -> None:
    parsed = parse(text, kind, column(type_), COMMA)
    assert sum(said is not None for said in (parsed.value, parsed.rule, parsed.missing)) == 1


@given(st.text())
def test_cleaning_and_folding_twice_is_folding_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert fold(fold(text, COMMA), COMMA) == fold(text, COMMA)


FORM = Form.model_validate(
    {
        "form": "F-1",
        "title": {"vi": "F"},
        "fact": "f",
        "respondents": {"register": "r"},
        "fields": [
            {"field": name, "header": [header], "title": {"vi": header}, "type": type_, "required": True}
            for name, header, type_ in (("ten", "Tên", "text"), ("so", "Số", "count"), ("ngay", "Ngày", "date"))
        ],
        "ignore": ["STT"],
    }
)
Value = str | int | None
WORDS = [
    "", "1", "12", "Tổng cộng", "Cộng", "Các sở", "Ghi chú: a", "Người lập biểu", "không", "A", "I", "(1)", "Tên",
    "x", " ",
]  # fmt: skip
STARTS = [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
cell = st.one_of(
    st.sampled_from(WORDS), st.integers(0, 99), st.none(), st.text(string.ascii_letters + " đỗ", max_size=5)
)
sheet_rows = st.lists(st.lists(cell, max_size=6), max_size=14)


def sheet_with(above: list[list[Value]], below: list[list[Value]]) -> bytes:
    book = openpyxl.Workbook()
    header: list[Value] = ["STT", "Tên", "Số", "Ngày"]
    for row in [*above, header, *below]:
        book.worksheets[0].append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(sheet_rows, sheet_rows)
def test_every_row_that_holds_something_is_data_or_furniture_once(
    above: list[list[Value]], below: list[list[Value]]
) -> None:
    data = sheet_with(above, below)
    table = read_workbook(data, "a.xlsx", FORM, COMMA)
    places = [(row.sheet, row.row) for row in table.rows] + [(piece.sheet, piece.row) for piece in table.furniture]
    held = [(sheet.name, line.row) for sheet in open_book(data, "a.xlsx").sheets for line in sheet.lines]
    assert sorted(places) == sorted(held)


@settings(max_examples=150)
@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.xlsx", "a.ods"]), st.sampled_from(STARTS))
def test_any_bytes_are_read_or_refused(data: bytes, name: str, start: bytes) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        read_book(open_book(start + data, name), FORM, COMMA)
    assert refused.value.rule in {"file.empty", "file.unreadable", "table.not_found"}
