"""Periods: what a figure is true of. A period is (calendar, kind, year, index); its days follow, never the reverse.

Two labels that look alike ("Q1/2024") are different periods in different calendars, and are never compared by label.

>>> Period.parse("2024-Q1").start, Period.parse("2024-Q1").end
(datetime.date(2024, 1, 1), datetime.date(2024, 3, 31))

The reporting month of Decree 09/2019/NĐ-CP runs from the 15th to the 14th:

>>> q1 = Period.parse("2024-Q1@R15", CALENDARS)
>>> q1.start, q1.end
(datetime.date(2023, 12, 15), datetime.date(2024, 3, 14))
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, Self

PeriodKind = Literal["month", "quarter", "half", "nine_months", "year"]

# How many months a period of a kind lasts, and how many of the kind a year holds.
MONTHS: Final[dict[PeriodKind, int]] = {"month": 1, "quarter": 3, "half": 6, "nine_months": 9, "year": 12}
PER_YEAR: Final[dict[PeriodKind, int]] = {"month": 12, "quarter": 4, "half": 2, "nine_months": 1, "year": 1}

# A year outside is a slip of the pen, not a period.
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200

_CODE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<second>\d{4}))?"
    r"(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])|(?P<nine>9M)|(?P<month>0[1-9]|1[0-2])))?"
    r"(?:@(?P<calendar>[A-Z][A-Z0-9_]*))?"
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a year is cut: its first month, the day a month begins, and whether it begins in the month before.

    >>> CALENDARS["R15"].month_start(2024, 1)
    datetime.date(2023, 12, 15)
    >>> CALENDARS["SCHOOL"].month_start(2023, 1)
    datetime.date(2023, 9, 1)
    """

    code: str
    first_month: int = 1
    first_day: int = 1
    shift: int = 0

    def month_start(self, year: int, ordinal: int) -> date:
        """First day of the ``ordinal``-th month (1-based, may exceed 12) of the calendar's year ``year``."""
        months = year * 12 + (self.first_month - 1) + (ordinal - 1) + self.shift
        return date(months // 12, months % 12 + 1, self.first_day)

    @property
    def spans_two_years(self) -> bool:
        """True where a year's label names two civil years, as "2023-2024"."""
        return self.first_month != 1


CALENDAR: Final = Calendar("CAL")
# Shipped calendars; a programme may declare more. R15: Decree 09/2019/NĐ-CP. DEC: quarters from December, as printed by
# some provinces (1/12 to end of February). SCHOOL: 1 September to 31 August. FISCAL_APR: 1 April to 31 March.
CALENDARS: Final[dict[str, Calendar]] = {
    "CAL": CALENDAR,
    "R15": Calendar("R15", first_day=15, shift=-1),
    "DEC": Calendar("DEC", shift=-1),
    "SCHOOL": Calendar("SCHOOL", first_month=9),
    "FISCAL_APR": Calendar("FISCAL_APR", first_month=4),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days with a name. Equal periods have equal calendar, kind, year and index.

    >>> Period.parse("2024").parts("quarter")[1].code
    '2024-Q2'
    >>> Period.parse("2024-02").end
    datetime.date(2024, 2, 29)
    >>> Period.parse("2024-9M").end
    datetime.date(2024, 9, 30)
    >>> Period.parse("2023-2024@SCHOOL", CALENDARS).end
    datetime.date(2024, 8, 31)
    """

    calendar: Calendar
    kind: PeriodKind
    year: int
    index: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.index <= PER_YEAR[self.kind]:
            raise ValueError(f"a year has {PER_YEAR[self.kind]} periods of kind {self.kind}, not {self.index}")
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(f"year {self.year} is outside {FIRST_YEAR} to {LAST_YEAR}")

    @classmethod
    def parse(cls, code: str, calendars: Mapping[str, Calendar] = CALENDARS) -> Self:
        """The period of a code: ``2024``, ``2024-03``, ``2024-Q1``, ``2024-H1``, ``2024-9M``, each with ``@CALENDAR``.

        Raises ValueError naming what was found and what is allowed.

        >>> Period.parse("Q1 2024")
        Traceback (most recent call last):
        ValueError: 'Q1 2024' is no period code; write 2024, 2024-03, 2024-Q1, 2024-H1, 2024-9M or 2023-2024@SCHOOL
        """
        match = _CODE.fullmatch(code)
        if match is None:
            raise ValueError(
                f"{code!r} is no period code; write 2024, 2024-03, 2024-Q1, 2024-H1, 2024-9M or 2023-2024@SCHOOL"
            )
        found = match.groupdict()
        name = found["calendar"] or CALENDAR.code
        if name not in calendars:
            raise ValueError(f"{code!r} names calendar {name!r}; known are {', '.join(calendars)}")
        calendar, year = calendars[name], int(found["year"])
        if found["second"] and (not calendar.spans_two_years or int(found["second"]) != year + 1):
            raise ValueError(f"{code!r}: only years that begin inside a civil year are written {year}-{year + 1}@NAME")
        if found["quarter"]:
            return cls(calendar, "quarter", year, int(found["quarter"]))
        if found["half"]:
            return cls(calendar, "half", year, int(found["half"]))
        if found["nine"]:
            return cls(calendar, "nine_months", year)
        if found["month"]:
            return cls(calendar, "month", year, int(found["month"]))
        return cls(calendar, "year", year)

    @classmethod
    def holding(cls, day: date, kind: PeriodKind, calendar: Calendar = CALENDAR) -> Self:
        """The period of a kind that holds a day. Nine months hold only days of the first nine.

        >>> Period.holding(date(2024, 1, 15), "month", CALENDARS["R15"]).code
        '2024-02@R15'
        """
        for year in (day.year - 1, day.year, day.year + 1):
            for index in range(1, PER_YEAR[kind] + 1):
                period = cls(calendar, kind, year, index)
                if period.start <= day <= period.end:
                    return period
        raise ValueError(f"{day} lies in no period of kind {kind}")

    @property
    def start(self) -> date:
        """First day."""
        return self.calendar.month_start(self.year, (self.index - 1) * MONTHS[self.kind] + 1)

    @property
    def end(self) -> date:
        """Last day."""
        last = (self.index - 1) * MONTHS[self.kind] + MONTHS[self.kind] + 1
        return self.calendar.month_start(self.year, last) - timedelta(days=1)

    @property
    def code(self) -> str:
        """The natural code; ``Period.parse`` reads it back.

        >>> Period.parse("2023-2024@SCHOOL", CALENDARS).code
        '2023-2024@SCHOOL'
        """
        year = f"{self.year}-{self.year + 1}" if self.calendar.spans_two_years else f"{self.year}"
        tail = {
            "month": f"-{self.index:02}",
            "quarter": f"-Q{self.index}",
            "half": f"-H{self.index}",
            "nine_months": "-9M",
            "year": "",
        }[self.kind]
        return year + tail + ("" if self.calendar.code == CALENDAR.code else f"@{self.calendar.code}")

    @property
    def target_year(self) -> int:
        """The civil year whose targets a period is measured against: the year it ends in.

        >>> Period.parse("2024-2025@SCHOOL", CALENDARS).target_year
        2025
        """
        return self.end.year

    def parts(self, kind: PeriodKind) -> tuple[Period, ...]:
        """The periods of a kind that make up this one, in order; empty where they do not fit exactly.

        >>> [part.code for part in Period.parse("2024-H2").parts("quarter")]
        ['2024-Q3', '2024-Q4']
        """
        inside = [Period(self.calendar, kind, self.year, index) for index in range(1, PER_YEAR[kind] + 1)]
        found = tuple(part for part in inside if self.start <= part.start and part.end <= self.end)
        if not found or found[0].start != self.start or found[-1].end != self.end:
            return ()
        return found

    def shifted(self, by: int) -> Period:
        """The period ``by`` places later (earlier where negative), of the same kind and calendar.

        >>> Period.parse("2024-Q1").shifted(-1).code
        '2023-Q4'
        """
        place = self.year * PER_YEAR[self.kind] + self.index - 1 + by
        return Period(self.calendar, self.kind, place // PER_YEAR[self.kind], place % PER_YEAR[self.kind] + 1)

    def year_before(self) -> Period:
        """The same period of the year before.

        >>> Period.parse("2021-03").year_before().code
        '2020-03'
        """
        return Period(self.calendar, self.kind, self.year - 1, self.index)
