"""Cells to values: the rows of domain.md 6.4 and 6.5, one by one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.form import Field, FieldType
from catalogue.language import Language
from catalogue.loader import load_programme
from catalogue.period import CALENDARS, PeriodKind
from transforms.parse import Parsed, parse, parse_period

NBSP = "\u00a0"


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


ENGLISH = Language(
    language="en",
    decimal=".",
    thousands=(",",),
    date_formats=("%d %B %Y", "%Y-%m-%d"),
    missing=("ND",),
    true=("yes",),
    false=("no",),
)


def column(type: FieldType, header: str = "Số liệu", **more: object) -> Field:  # noqa: A002
    return Field.model_validate({"field": "f", "header": (header,), "title": {"vi": header}, "type": type, **more})


COUNTS: list[tuple[str, Parsed]] = [
    ("1.234", Parsed(1234)),
    ("1.234.567", Parsed(1234567)),
    ("1,234", Parsed(1234, note="thousands_mark")),
    ("1,234,567", Parsed(1234567, note="thousands_mark")),
    ("1 234", Parsed(1234)),
    (f"1{NBSP}234", Parsed(1234)),
    ("1\u202f234", Parsed(1234)),
    ("1'234", Parsed(1234)),
    ("1.234,0", Parsed(1234)),
    ("12,0", Parsed(12)),
    ("0012", Parsed(12)),
    ("133 nghìn", Parsed(133000)),
    ("133 ngàn", Parsed(133000)),
    ("1,2 triệu", Parsed(1200000)),
    ("1,234 triệu", Parsed(1234000)),
    ("133 nghìn hồ sơ", Parsed(133000)),
    ("trên 800.000", Parsed(800000, approx=">")),
    ("> 3.400", Parsed(3400, approx=">")),
    (">=3.400", Parsed(3400, approx=">=")),
    ("khoảng 500", Parsed(500, approx="~")),
    ("-", Parsed(0)),
    ("–", Parsed(0)),
    ("0", Parsed(0)),
    ("KPS", Parsed(0)),
    ("không", Parsed(0)),
    ("Không phát sinh", Parsed(0)),
    ("", Parsed(missing="missing")),
    ("   ", Parsed(missing="missing")),
    ("...", Parsed(missing="missing")),
    ("…", Parsed(missing="missing")),
    ("x", Parsed(missing="missing")),
    ("N/A", Parsed(missing="missing")),
    ("chưa có số liệu", Parsed(missing="missing")),
    ("Chưa báo cáo", Parsed(missing="missing")),
    ("không áp dụng", Parsed(missing="not_applicable")),
    ("(12)", Parsed(12, note="footnote")),
    ("12 (*)", Parsed(12, note="footnote")),
    ("12¹", Parsed(12, note="footnote")),
    ("12*", Parsed(12, note="footnote")),
    ("1.234(1)", Parsed(1234, note="footnote")),
    ("12 hồ sơ", Parsed(12)),
    ("12 người", Parsed(12)),
    ("12 lượt người", Parsed(12)),
    ("-5", Parsed(-5)),
    ("−5", Parsed(-5)),
    ("#DIV/0!", Parsed(rule="cell.formula_error")),
    ("#REF!", Parsed(rule="cell.formula_error")),
    ("########", Parsed(rule="cell.formula_error")),
    ("45/192", Parsed(rule="cell.not_number")),
    ("1.23457E+05", Parsed(rule="cell.not_number")),
    ("12,5", Parsed(rule="cell.not_whole")),
    ("12.34", Parsed(rule="cell.not_whole")),
    ("0.125", Parsed(rule="cell.not_whole")),
    ("12%", Parsed(rule="cell.not_number")),
    ("1O", Parsed(rule="cell.not_number")),
    ("l2", Parsed(rule="cell.not_number")),
    ("1.2345", Parsed(rule="cell.not_whole")),
    ("12.34.56", Parsed(rule="cell.not_number")),
    ("1.234 567", Parsed(rule="cell.not_number")),
    ("mười hai", Parsed(rule="cell.not_number")),
    ("1-2", Parsed(rule="cell.not_number")),
    ("9" * 19, Parsed(rule="cell.out_of_range")),
]


@pytest.mark.parametrize(("text", "parsed"), COUNTS, ids=[repr(text) for text, _ in COUNTS])
def test_counts_written_as_text(text: str, parsed: Parsed, vietnamese: Language) -> None:
    assert parse(text, "t" if text else "-", column("count"), vietnamese) == parsed


@pytest.mark.parametrize(
    ("text", "kind", "parsed"),
    [
        ("12", "n", Parsed(12)),
        ("11.999999999999998", "n", Parsed(12, note="binary_noise")),
        ("1.234", "n", Parsed(rule="cell.not_whole")),
        ("0.30000000000000004", "n", Parsed(rule="cell.not_whole", note="binary_noise")),
        ("12.5%", "n", Parsed(rule="cell.not_number")),
        ("-3", "n", Parsed(-3)),
        ("2024-04-05", "d", Parsed(rule="cell.not_number")),  # 4/5 typed, turned into a date
        ("true", "b", Parsed(rule="cell.not_number")),
        ("#N/A", "e", Parsed(rule="cell.formula_error")),
        ("=SUM(A1:A3)", "e", Parsed(rule="cell.formula_error")),
        (None, "-", Parsed(missing="missing")),
    ],
)
def test_counts_held_by_other_cells(text: str | None, kind: str, parsed: Parsed, vietnamese: Language) -> None:
    assert parse(text, kind, column("count"), vietnamese) == parsed


@pytest.mark.parametrize(
    ("text", "kind", "value", "note"),
    [
        ("1.234,5", "t", "1234.5", None),
        ("1.234", "t", "1.234", "decimal_mark"),
        ("1,234", "t", "1.234", None),
        ("12,5", "t", "12.5", None),
        ("12.34", "t", "12.34", None),
        ("1,234.5", "t", "1234.5", "thousands_mark"),
        ("1.234.567,8", "t", "1234567.8", None),
        ("1 234,5", "t", "1234.5", None),
        ("0,30", "t", "0.30", None),
        ("91.64", "t", "91.64", None),
        ("12,5%", "t", "0.125", None),
        ("0.30000000000000004", "n", "0.3", "binary_noise"),
        ("0.1", "n", "0.1", None),
        ("12.5%", "n", "0.125", None),
    ],
)
def test_decimals_are_exact(text: str, kind: str, value: str, note: str | None, vietnamese: Language) -> None:
    parsed = parse(text, kind, column("decimal"), vietnamese)
    assert (parsed.value, parsed.note, parsed.rule) == (Decimal(value), note, None)


@pytest.mark.parametrize(
    ("header", "text", "kind", "value"),
    [
        ("Tỷ lệ", "12,5%", "t", "0.125"),
        ("Tỷ lệ", "12.5%", "n", "0.125"),  # 0.125 shown as 12.5%
        ("Tỷ lệ (%)", "12.5", "n", "0.125"),
        ("Tỷ lệ (%)", "12,5", "t", "0.125"),
        ("Tỷ lệ (%)", "12,5 %", "t", "0.125"),
        ("Tỷ lệ", "0.125", "n", "0.125"),
        ("Tỷ lệ", "45/192", "t", "0.234375"),
        ("Tỷ lệ", "1/3", "t", "0.333333333333"),
        ("Tỷ lệ", "trên 70%", "t", "0.7"),
    ],
)
def test_percentages_are_fractions_by_their_mark_or_header(
    header: str, text: str, kind: str, value: str, vietnamese: Language
) -> None:
    assert parse(text, kind, column("percent", header), vietnamese).value == Decimal(value)


def test_a_share_of_nothing_is_no_number(vietnamese: Language) -> None:
    assert parse("3/0", "t", column("percent"), vietnamese) == Parsed(rule="cell.not_number")


@pytest.mark.parametrize(
    ("text", "kind", "parsed"),
    [
        ("01/03/2024", "t", Parsed(date(2024, 3, 1))),
        ("05/03/2024", "t", Parsed(date(2024, 3, 5))),
        ("1-3-24", "t", Parsed(date(2024, 3, 1), note="short_year")),
        ("1/3/24", "t", Parsed(date(2024, 3, 1), note="short_year")),
        ("01.03.2024", "t", Parsed(date(2024, 3, 1))),
        ("2024-03-01", "t", Parsed(date(2024, 3, 1))),
        ("ngày 01 tháng 3 năm 2024", "t", Parsed(date(2024, 3, 1))),
        ("Ngày 1  tháng 03 năm 2024", "t", Parsed(date(2024, 3, 1))),
        ("01/03/2024 08:30", "t", Parsed(date(2024, 3, 1))),
        ("45352", "n", Parsed(date(2024, 3, 1))),
        ("2024-03-01T08:00:00", "d", Parsed(date(2024, 3, 1))),
        ("29/02/2024", "t", Parsed(date(2024, 2, 29))),
        ("29/02/2023", "t", Parsed(rule="cell.not_date")),
        ("31/02/2024", "t", Parsed(rule="cell.not_date")),
        ("13/13/2024", "t", Parsed(rule="cell.not_date")),
        ("2024", "n", Parsed(rule="cell.not_date")),  # a year, no day
        ("45352.5", "n", Parsed(rule="cell.not_date")),
        ("hôm qua", "t", Parsed(rule="cell.not_date")),
        ("...", "t", Parsed(missing="missing")),
        ("-", "t", Parsed(missing="missing")),
        ("", "-", Parsed(missing="missing")),
    ],
)
def test_dates_are_day_before_month(text: str, kind: str, parsed: Parsed, vietnamese: Language) -> None:
    assert parse(text, kind, column("date"), vietnamese) == parsed


@pytest.mark.parametrize(
    ("text", "kind", "blank", "parsed"),
    [
        ("x", "t", "missing", Parsed(value=True)),
        ("X", "t", "missing", Parsed(value=True)),
        ("Có", "t", "missing", Parsed(value=True)),
        ("1", "n", "missing", Parsed(value=True)),
        ("true", "b", "missing", Parsed(value=True)),
        ("không", "t", "missing", Parsed(value=False)),
        ("0", "n", "missing", Parsed(value=False)),
        ("", "-", "false", Parsed(value=False)),
        ("", "-", "missing", Parsed(missing="missing")),
        ("...", "t", "missing", Parsed(missing="missing")),
        ("có lẽ", "t", "missing", Parsed(rule="cell.not_flag")),
        ("2", "n", "missing", Parsed(rule="cell.not_flag")),
    ],
)
def test_flags(text: str, kind: str, blank: str, parsed: Parsed, vietnamese: Language) -> None:
    assert parse(text, kind, column("flag", blank=blank), vietnamese) == parsed


@pytest.mark.parametrize(
    ("type", "text", "parsed"),
    [
        ("text", " Kỹ năng  số ", Parsed("Kỹ năng số")),
        ("text", "x" * 501, Parsed(rule="cell.too_long")),
        ("text", "x", Parsed("x")),
        ("text", "#REF!", Parsed(rule="cell.formula_error")),
        ("text", "...", Parsed(missing="missing")),
        ("code", "00123", Parsed("00123")),
        ("entity", " Xã\u00a0Tân Phú", Parsed("Xã Tân Phú")),
        ("codes", "CBCCVC; LANH_DAO;;CBCCVC\nY_TE", Parsed(("CBCCVC", "LANH_DAO", "Y_TE"))),
        ("period", "năm học 2023-2024", Parsed("2023-2024@SCHOOL")),
        ("period", "2024", Parsed("2024")),
        ("period", "giai đoạn 2021-2025", Parsed(rule="cell.not_period")),
    ],
)
def test_texts_codes_and_periods(type: FieldType, text: str, parsed: Parsed, vietnamese: Language) -> None:  # noqa: A002
    assert parse(text, "t", column(type), vietnamese) == parsed


def test_blank_is_zero_only_where_the_form_says_so(vietnamese: Language) -> None:
    assert parse(None, "-", column("count", blank="zero"), vietnamese) == Parsed(0)
    assert parse(None, "-", column("decimal", blank="zero"), vietnamese) == Parsed(Decimal(0))


def test_marks_of_the_column_come_before_words_of_the_language() -> None:
    field = column("count", missing={"NA": "not_applicable", "ND": "no_data", "0": "suppressed"})
    found = [parse(text, "t", field, ENGLISH) for text in ("NA", "ND", "0", "5")]
    assert found == [
        Parsed(missing="not_applicable"), Parsed(missing="no_data"), Parsed(missing="suppressed"), Parsed(5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("count", "1,234", 1234),
        ("decimal", "1,234.5", Decimal("1234.5")),
        ("decimal", "1,234", Decimal(1234)),
        ("decimal", "1.234", Decimal("1.234")),
        ("date", "5 March 2024", date(2024, 3, 5)),
    ],
)
def test_another_language_writes_numbers_and_dates_its_own_way(type: FieldType, text: str, value: object) -> None:  # noqa: A002
    assert parse(text, "t", column(type), ENGLISH).value == value


PERIODS: list[tuple[str, PeriodKind | None, str, str | None]] = [
    ("Quý I/2024", None, "CAL", "2024-Q1"),
    ("Quý 1 năm 2024", None, "CAL", "2024-Q1"),
    ("Q1-2024", None, "CAL", "2024-Q1"),
    ("QI.2024", None, "CAL", "2024-Q1"),
    ("Quí I/2024", None, "CAL", "2024-Q1"),
    ("QUÝ I NĂM 2024", None, "CAL", "2024-Q1"),
    ("Quy\u0301 I/2024", None, "CAL", "2024-Q1"),
    ("Quý l/2024", None, "CAL", "2024-Q1"),
    ("Quý IV/2024", None, "CAL", "2024-Q4"),
    ("Quý V/2024", None, "CAL", None),
    ("Quý I/2024", "quarter", "R15", "2024-Q1@R15"),
    ("6 tháng đầu năm 2024", None, "CAL", "2024-H1"),
    ("6 tháng cuối năm 2024", None, "CAL", "2024-H2"),
    ("6T/2024", None, "CAL", "2024-H1"),
    ("06 tháng", None, "CAL", None),  # of which year?
    ("9 tháng năm 2024", None, "CAL", "2024-9M"),
    ("Tháng 03/2024", None, "CAL", "2024-03"),
    ("T3/2024", None, "CAL", "2024-03"),
    ("03/2024", None, "CAL", "2024-03"),
    ("tháng Ba năm 2024", None, "CAL", "2024-03"),
    ("2024-03-01", "month", "CAL", "2024-03"),  # 03/2024 as a spreadsheet keeps it
    ("2024-03-01", None, "CAL", "2024-03"),
    ("2024-03-01", "month", "R15", "2024-03@R15"),
    ("Từ ngày 15/12/2023 đến ngày 14/3/2024", "quarter", "CAL", "2024-Q1@R15"),
    ("Quý I/2024 (từ ngày 15/12/2023 đến ngày 14/3/2024)", "quarter", "CAL", "2024-Q1@R15"),
    ("từ 1/12/2019 đến 29/2/2020", "quarter", "R15", "2020-Q1@DEC"),
    ("từ 1/1/2024 đến 31/3/2024", "quarter", "R15", "2024-Q1"),
    ("từ 3/1/2024 đến 9/2/2024", "quarter", "CAL", None),
    ("Năm 2024", None, "CAL", "2024"),
    ("2024", None, "CAL", "2024"),
    ("năm học 2023-2024", None, "CAL", "2023-2024@SCHOOL"),
    ("2023-2024", "year", "SCHOOL", "2023-2024@SCHOOL"),
    ("lũy kế đến 31/12/2024", "year", "CAL", "2024"),
    ("giai đoạn 2021-2025", "year", "CAL", None),
    ("2024-Q1", "quarter", "R15", "2024-Q1@R15"),
    ("2024-Q1@DEC", "quarter", "CAL", "2024-Q1@DEC"),
    ("2024-03", "month", "CAL", "2024-03"),
    ("Kỳ báo cáo: Quý II/2024", "quarter", "CAL", "2024-Q2"),
    ("quý này", "quarter", "CAL", None),
    ("", None, "CAL", None),
]


@pytest.mark.parametrize(("text", "hint", "calendar", "code"), PERIODS, ids=[f"{p[0]!r} {p[2]}" for p in PERIODS])
def test_periods(text: str, hint: PeriodKind | None, calendar: str, code: str | None, vietnamese: Language) -> None:
    period = parse_period(text, hint, CALENDARS[calendar], vietnamese, CALENDARS)
    assert (period.code if period else None) == code


def test_wrong_patterns_of_a_language_say_what_is_known() -> None:
    weeks = ENGLISH.model_copy(update={"periods": {"week": ("w",)}})
    with pytest.raises(ValueError, match="week"):
        parse_period("week 3", None, CALENDARS["CAL"], weeks, CALENDARS)
    with pytest.raises(ValueError, match="%q"):
        parse("1", "t", column("date"), ENGLISH.model_copy(update={"date_formats": ("%q",)}))
