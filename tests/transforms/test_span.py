"""Periods as offices write them: the rows of domain.md 6.5 that are periods, one by one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from catalogue.language import Language
from catalogue.loader import load_programme
from catalogue.period import CALENDARS, PeriodKind
from transforms.span import parse_period, read_period


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


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
    ("6 th¸ng ®Çu n¨m 2024", None, "CAL", "2024-H1"),  # TCVN3
    ("Quyù II naêm 2024", None, "CAL", "2024-Q2"),  # VNI
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


def test_wrong_patterns_of_a_language_say_what_is_known(vietnamese: Language) -> None:
    weeks = vietnamese.model_copy(update={"periods": {"week": ("w",)}})
    with pytest.raises(ValueError, match="week"):
        parse_period("week 3", None, CALENDARS["CAL"], weeks, CALENDARS)


@pytest.mark.parametrize(
    ("text", "year", "code"),
    [
        ("06 tháng", 2024, "2024-H1"),
        ("tháng Ba", 2024, "2024-03"),
        ("Quý II", 2024, "2024-Q2"),
        ("9 tháng", 2024, "2024-9M"),
        ("Quý II/2023", 2024, "2023-Q2"),
    ],
)
def test_a_label_without_a_year_is_of_the_year_that_is_known(
    text: str, year: int, code: str, vietnamese: Language
) -> None:
    reading = read_period(text, None, CALENDARS["CAL"], vietnamese, CALENDARS, year)
    assert reading.period is not None
    assert reading.period.code == code


@pytest.mark.parametrize(
    ("text", "code", "warned", "said"),
    [
        ("Quý I/2024", "2024-Q1", None, None),
        ("Quý l/2024", "2024-Q1", "period.look_alike", "= 2024-Q1"),
        ("Quý ll/2024", "2024-Q2", "period.look_alike", "= 2024-Q2"),
        ("Quý I/2O24", "2024-Q1", "period.look_alike", "= 2024-Q1"),
        ("Quý I/2024 (từ ngày 15/12/2023 đến ngày 14/3/2024)", "2024-Q1@R15", None, None),
        ("Từ ngày 15/12/2023 đến ngày 14/3/2024", "2024-Q1@R15", None, None),
        ("từ ngày 15 tháng 12 năm 2023 đến ngày 14 tháng 3 năm 2024", "2024-Q1@R15", None, None),
        (
            "Quý II/2024 (từ ngày 15/12/2023 đến ngày 14/3/2024)",
            "2024-Q1@R15",
            "period.label",
            "2024-Q2: 2024-04-01 - 2024-06-30; 2024-Q1@R15: 2023-12-15 - 2024-03-14",
        ),
    ],
)
def test_what_is_doubtful_in_a_period_is_said(
    text: str, code: str, warned: str | None, said: str | None, vietnamese: Language
) -> None:
    reading = read_period(text, "quarter", CALENDARS["CAL"], vietnamese, CALENDARS)
    assert reading.period is not None
    assert (reading.period.code, reading.warned, reading.said) == (code, warned, said)


@pytest.mark.parametrize(
    ("text", "kind", "first", "last"),
    [
        ("giai đoạn 2021-2025", "range", date(2021, 1, 1), date(2025, 12, 31)),
        ("Giai đoạn từ năm 2021 đến năm 2025", "range", date(2021, 1, 1), date(2025, 12, 31)),
        ("lũy kế đến 31/12/2024", "up_to", None, date(2024, 12, 31)),
        ("Luỹ kế đến ngày 31/12/2024", "up_to", None, date(2024, 12, 31)),
        ("Lũy kế từ đầu năm đến hết ngày 31/12/2024", "up_to", None, date(2024, 12, 31)),
        ("năm học 2023-2024", "period", date(2023, 9, 1), date(2024, 8, 31)),
        ("Quý I/2024", "period", date(2024, 1, 1), date(2024, 3, 31)),
        ("hôm qua", None, None, None),
    ],
)
def test_ranges_and_stocks_are_told_from_periods(
    text: str, kind: str | None, first: date | None, last: date | None, vietnamese: Language
) -> None:
    reading = read_period(text, "year", CALENDARS["CAL"], vietnamese, CALENDARS)
    assert (reading.kind, reading.first, reading.last) == (kind, first, last)
