"""Days in cells: the rows of domain.md 6.5 that are days, one by one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from catalogue.form import Field, FieldType
from catalogue.language import Language
from catalogue.loader import load_programme
from transforms.day import day_of_serial
from transforms.parse import parse
from transforms.sheet import DateSystem
from transforms.value import Parsed


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


def column(type: FieldType, header: str = "Số liệu", **more: object) -> Field:  # noqa: A002
    return Field.model_validate({"field": "f", "header": (header,), "title": {"vi": header}, "type": type, **more})


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
        ("l5/3/2O24", "t", Parsed(date(2024, 3, 15), note="look_alike", warned="cell.look_alike", said="= 2024-03-15")),
        ("ngµy 01 th¸ng 3 n¨m 2024", "t", Parsed(date(2024, 3, 1))),  # TCVN3
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
    ("serial", "system", "day"),
    [
        ("45352", 1900, date(2024, 3, 1)),
        ("43890", 1904, date(2024, 3, 1)),
        ("45351.0", 1900, date(2024, 2, 29)),
        ("45352.25", 1900, None),
        ("2024", 1900, None),
        ("60", 1900, None),  # the 29 February 1900 that never was
        ("999999", 1900, None),
        ("NaN", 1900, None),
    ],
)
def test_serial_numbers_in_both_systems(serial: str, system: DateSystem, day: date | None) -> None:
    assert day_of_serial(serial, system) == day
