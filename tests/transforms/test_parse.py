"""Cells to values: flags, texts, codes, blanks; numbers, days and periods have files of their own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.form import Field, FieldType
from catalogue.language import Language
from catalogue.loader import load_programme
from transforms.parse import parse
from transforms.value import Parsed


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
        ("text", "Së Th«ng tin vµ TruyÒn th«ng", Parsed("Sở Thông tin và Truyền thông")),
        ("entity", "Ph\u00ad\u00eang Th\u00e4 X\u00ad\u00acng", Parsed("Phường Thọ Xương")),
        ("text", "Kỹ\u00ad năng", Parsed("Kỹ năng")),  # a soft hyphen of Unicode
        ("text", "Xã Tân Рhú", Parsed("Xã Tân Phú", warned="cell.look_alike", said="= Xã Tân Phú")),
        ("text", "Москва", Parsed("Москва")),
        ("code", "СВССVС", Parsed("CBCCVC", warned="cell.look_alike", said="= CBCCVC")),
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


def test_formats_of_dates_that_are_not_known_are_named() -> None:
    with pytest.raises(ValueError, match="%q"):
        parse("1", "t", column("date"), ENGLISH.model_copy(update={"date_formats": ("%q",)}))
