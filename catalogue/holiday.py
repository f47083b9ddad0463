"""Working days: Monday to Friday, less the public holidays of a country, as a programme corrects them.

The calendars of countries come from the library ``holidays``: lunar feasts, days in lieu, and days that a government
exchanges for a Saturday. Governments decide late, so a programme adds what the library does not have yet.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from pydantic import Field

from catalogue.declared import Declared

if TYPE_CHECKING:
    from holidays import HolidayBase


class Holidays(Declared):
    """Whose public holidays move due days. Without a country: Monday to Friday, ``off`` and ``working`` apart."""

    country: str | None = Field(default=None, pattern="^[A-Z]{2}$", description="Code of ISO 3166, as VN")
    subdivision: str | None = Field(default=None, description="Code of the library's part of the country, as ON")
    off: tuple[date, ...] = Field(default=(), description="Days off that the calendar of the country does not have")
    working: tuple[date, ...] = Field(default=(), description="Days that are worked though they are a weekend or feast")

    def is_working(self, day: date) -> bool:
        """True where offices work.

        >>> land = Holidays(country="VN", off=(date(2026, 1, 2),), working=(date(2026, 1, 10),))
        >>> [land.is_working(date(2025, 4, day)) for day in (26, 30)]
        [True, False]
        >>> [land.is_working(date(2026, 1, day)) for day in (2, 5, 10)]
        [False, True, True]
        """
        if day in self.working:
            return True
        if day in self.off:
            return False
        if self.country is None:
            return day.weekday() < 5  # noqa: PLR2004 Saturday is 5
        return _of(self.country, self.subdivision).is_working_day(day)


@cache
def _of(country: str, subdivision: str | None) -> HolidayBase:
    """The calendar of a country; read when a due day is asked for, for its import takes a moment."""
    import holidays  # noqa: PLC0415

    return holidays.country_holidays(country, subdiv=subdivision)


def is_known(country: str, subdivision: str | None) -> bool:
    """True where there is a calendar of a country and its part."""
    try:
        _of(country, subdivision)
    except NotImplementedError:  # the library's word for a country, or a part of one, that it does not know
        return False
    return True
