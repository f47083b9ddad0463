"""Numbers in cells: the rows of domain.md 6.4, one by one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.form import Field, FieldType
from catalogue.language import Language
from catalogue.loader import load_programme
from transforms.parse import parse
from transforms.value import Parsed

NBSP = "\u00a0"


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


def column(type: FieldType, header: str = "Số liệu", **more: object) -> Field:  # noqa: A002
    return Field.model_validate({"field": "f", "header": (header,), "title": {"vi": header}, "type": type, **more})


def dropped(value: int, sign: str) -> Parsed:
    """An approximate number in a form that has no place for the sign."""
    return Parsed(value, approx=sign, warned="cell.approximate", said=f"{sign} {value}")


COUNTS: list[tuple[str, Parsed]] = [
    ("1.234", Parsed(1234)),
    ("1.234.567", Parsed(1234567)),
    ("1,234", Parsed(1234, note="thousands_mark", warned="cell.number_marks", said="= 1234")),
    ("1,234,567", Parsed(1234567, note="thousands_mark", warned="cell.number_marks", said="= 1234567")),
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
    ("trên 800.000", dropped(800000, ">")),
    ("> 3.400", dropped(3400, ">")),
    (">=3.400", dropped(3400, ">=")),
    ("khoảng 500", dropped(500, "~")),
    ("ước đạt trên 133 nghìn", dropped(133000, "~")),
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
    ("12 hồ sơ (*)", Parsed(12, note="footnote")),
    ("1’234", Parsed(1234)),
    ("5 tỷ", Parsed(5_000_000_000)),
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
    ("1O", Parsed(10, note="look_alike", warned="cell.look_alike", said="= 10")),
    ("l2", Parsed(12, note="look_alike", warned="cell.look_alike", said="= 12")),
    ("2.OOO", Parsed(2000, note="look_alike", warned="cell.look_alike", said="= 2000")),
    ("O", Parsed(rule="cell.not_number")),
    ("lO", Parsed(rule="cell.not_number")),
    ("12 ng\u00ad\u00eai", Parsed(12)),  # "12 người" in TCVN3
    ("kh«ng ph¸t sinh", Parsed(0)),  # TCVN3
    ("ch\u00ada cã sè liÖu", Parsed(missing="missing")),  # TCVN3
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
    ("text", "kind", "value", "note"),  # "1.234" and "1,234.5" are warned of
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
    assert parsed.warned == ("cell.number_marks" if note in ("decimal_mark", "thousands_mark") else None)


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
    ("text", "value", "of", "warned"),
    [
        ("45/192", 45, 192, None),
        ("0/0", 0, 0, None),
        ("trên 45/192", 45, 192, "cell.approximate"),
        ("45", 45, None, None),
    ],
)
def test_a_part_and_its_whole_where_the_form_has_a_place_for_both(
    text: str, value: int, of: int | None, warned: str | None, vietnamese: Language
) -> None:
    parsed = parse(text, "t", column("count", whole="tong"), vietnamese)
    assert (parsed.value, parsed.of, parsed.warned) == (value, of, warned)


def test_a_sign_is_kept_where_the_form_has_a_place_for_it(vietnamese: Language) -> None:
    assert parse("trên 800.000", "t", column("count", approx="dau"), vietnamese) == Parsed(800000, approx=">")


@pytest.mark.parametrize(
    ("text", "legend", "parsed"),
    [
        ("-", None, Parsed(0)),  # the legend of the language
        ("-", ["-"], Parsed(0)),
        ("KPS", ["-"], Parsed(rule="cell.not_number")),
        ("-", [], Parsed(rule="cell.not_number")),
        ("không phát sinh", [], Parsed(rule="cell.not_number")),
        ("0", [], Parsed(0)),
        ("...", ["..."], Parsed(0)),
    ],
)
def test_a_mark_is_zero_only_where_the_legend_says_so(
    text: str, legend: list[str] | None, parsed: Parsed, vietnamese: Language
) -> None:
    assert parse(text, "t", column("count", zero=legend), vietnamese) == parsed
