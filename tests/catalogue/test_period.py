"""Periods, in every calendar: days without gap or overlap, codes that read back, and the dates that documents print."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.period import CALENDARS, MONTHS, PER_YEAR, Calendar, Period, PeriodKind

ONE_DAY: Final = timedelta(days=1)
KINDS: Final[tuple[PeriodKind, ...]] = get_args(PeriodKind)

calendars = st.sampled_from(list(CALENDARS.values()))
kinds = st.sampled_from(KINDS)
years = st.integers(min_value=1910, max_value=2190)
# A period of a year may be the only one of its year: within ten of them no year leaves 1900 to 2200.
steps = st.integers(min_value=-10, max_value=10)
days = st.dates(min_value=date(1910, 1, 1), max_value=date(2190, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """Any period of any calendar."""
    kind = draw(kinds)
    index = draw(st.integers(min_value=1, max_value=PER_YEAR[kind]))
    return Period(draw(calendars), kind, draw(years), index)


@given(periods(), kinds)
def test_parts_tile_the_period(period: Period, kind: PeriodKind) -> None:
    parts = period.parts(kind)
    if MONTHS[period.kind] % MONTHS[kind]:
        assert parts == ()
        return
    assert len(parts) == MONTHS[period.kind] // MONTHS[kind]
    assert parts[0].start == period.start
    assert parts[-1].end == period.end
    for before, after in pairwise(parts):
        assert before.end + ONE_DAY == after.start
    assert all(part.kind == kind and part.calendar == period.calendar for part in parts)


@given(periods())
def test_a_code_reads_back(period: Period) -> None:
    assert Period.parse(period.code) == period


@given(periods(), periods())
def test_a_code_means_one_period(one: Period, other: Period) -> None:
    assert (one.code == other.code) == (one == other)


@given(periods(), steps)
def test_shifting_there_and_back_is_standing_still(period: Period, by: int) -> None:
    assert period.shifted(by).shifted(-by) == period


@given(periods(), st.integers(min_value=-5, max_value=5), st.integers(min_value=-5, max_value=5))
def test_shifts_add_up(period: Period, one: int, other: int) -> None:
    assert period.shifted(one).shifted(other) == period.shifted(one + other)


@given(periods())
def test_a_year_of_shifts_is_the_year_before(period: Period) -> None:
    assert period.shifted(-PER_YEAR[period.kind]) == period.year_before()


@given(periods())
def test_neighbours_touch(period: Period) -> None:
    following = period.shifted(1)
    if period.kind == "nine_months":
        # A year has one: between two of them lie its last three months.
        assert following.start == Period(period.calendar, "year", period.year + 1).start
    else:
        assert period.end + ONE_DAY == following.start


@given(days, kinds, calendars)
def test_the_period_that_holds_a_day_contains_it(day: date, kind: PeriodKind, calendar: Calendar) -> None:
    if kind == "nine_months" and Period.holding(day, "quarter", calendar).index == PER_YEAR["quarter"]:
        with pytest.raises(ValueError, match="lies in no period"):
            Period.holding(day, kind, calendar)
        return
    period = Period.holding(day, kind, calendar)
    assert period.start <= day <= period.end
    assert (period.kind, period.calendar) == (kind, calendar)


@given(periods())
def test_a_period_holds_its_first_and_last_day(period: Period) -> None:
    assert Period.holding(period.start, period.kind, period.calendar) == period
    assert Period.holding(period.end, period.kind, period.calendar) == period


@given(periods())
def test_targets_are_of_the_year_a_period_ends_in(period: Period) -> None:
    assert period.target_year == period.end.year


@pytest.mark.parametrize(
    ("code", "start", "end"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-H2", date(2024, 7, 1), date(2024, 12, 31)),
        ("2024-9M", date(2024, 1, 1), date(2024, 9, 30)),
        # Decree 09/2019/NĐ-CP, as Khánh Hòa's Decision 01/2023 prints it: 15th to 14th.
        ("2024-01@R15", date(2023, 12, 15), date(2024, 1, 14)),
        ("2024-Q1@R15", date(2023, 12, 15), date(2024, 3, 14)),
        ("2024-H1@R15", date(2023, 12, 15), date(2024, 6, 14)),
        ("2024-9M@R15", date(2023, 12, 15), date(2024, 9, 14)),
        ("2024@R15", date(2023, 12, 15), date(2024, 12, 14)),
        # Lâm Đồng's first quarter of 2020, with its leap day.
        ("2020-Q1@DEC", date(2019, 12, 1), date(2020, 2, 29)),
        ("2023-2024@SCHOOL", date(2023, 9, 1), date(2024, 8, 31)),
        ("2023-2024@FISCAL_APR", date(2023, 4, 1), date(2024, 3, 31)),
        ("2023-Q4@FISCAL_APR", date(2024, 1, 1), date(2024, 3, 31)),
    ],
)
def test_days_are_those_that_documents_print(code: str, start: date, end: date) -> None:
    period = Period.parse(code)
    assert (period.start, period.end) == (start, end)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("Q1 2024", "is no period code"),
        ("2024-Q5", "is no period code"),
        ("2024-13", "is no period code"),
        ("2024-1", "is no period code"),
        ("", "is no period code"),
        ("2024@MOON", "names calendar 'MOON'; known are CAL, R15"),
        ("2023-2024", "only years that begin inside a civil year"),
        ("2023-2025@SCHOOL", "only years that begin inside a civil year"),
        ("1899", "outside 1900 to 2200"),
    ],
)
def test_a_code_that_is_none_says_what_is_allowed(code: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Period.parse(code)


def test_equal_labels_of_two_calendars_are_two_periods() -> None:
    assert Period.parse("2024-Q1") != Period.parse("2024-Q1@R15")
