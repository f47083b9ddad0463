"""What is owed: which units owe a form for which periods, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from catalogue.form import Due, Form
from catalogue.holiday import Holidays
from catalogue.period import PER_YEAR, Period
from catalogue.programme import Programme
from catalogue.register import Version
from catalogue.source import Portal

MONDAY_TO_FRIDAY: Final = Holidays()

Obligation = tuple[str, int, str, date, date, bool]
"""A row of fact_reporting: form code, unit key, period code, due day, the day whose versions count, whether it covers
the unit's whole branch."""


def is_respondent(programme: Programme, form: Form, unit: Version, day: date) -> bool:
    """True where a unit owes a form on a day: of one of its types, at or below one of its branches."""
    who = form.respondents
    if who.types and unit.type not in who.types:
        return False
    if not who.branches:
        return True
    above = {found.code for key in programme.ancestors(unit.key, day) if (found := programme.version(key, day))}
    return not above.isdisjoint(who.branches)


def owed(programme: Programme, form: Form, periods: Iterable[Period]) -> list[Obligation]:
    """Everything owed of a form in the years of some periods, so that what nobody sent is missed, too."""
    if form.frequency is None:
        return []
    register = programme.register_named[form.respondents.register_name]
    rows = []
    types, is_branch = form.respondents.types, form.respondents.reports == "branch"
    for period in owed_periods(programme, form, periods):
        start, end = period.start, period.end
        code, day = period.code, due_day(period, form.due, programme.header.holidays)
        for unit in register.within(start, end):
            if types and unit.type not in types:
                continue
            as_of = programme.last_within(unit.key, start, end)
            if is_respondent(programme, form, unit, as_of):
                rows.append((form.form, unit.key, code, day, as_of, is_branch))
    return rows


def owed_periods(programme: Programme, form: Form, periods: Iterable[Period]) -> Iterator[Period]:
    """Every period of the form's frequency in the years of ``periods``; of a portal's form, only those asked for."""
    if form.frequency is None:
        return
    portals = [source for source in programme.sources if isinstance(source, Portal) and source.form == form.form]
    for calendar, year in sorted({(one.calendar, one.year) for one in periods}, key=lambda pair: pair[1]):
        for index in range(1, PER_YEAR[form.frequency] + 1):
            period = Period(calendar, form.frequency, year, index)
            if not portals or any(_is_asked(programme, portal, period) for portal in portals):
                yield period


def _is_asked(programme: Programme, portal: Portal, period: Period) -> bool:
    first = Period.parse(portal.first, programme.calendars)
    last = Period.parse(portal.last, programme.calendars) if portal.last else None
    return first.start <= period.start and (last is None or period.end <= last.end)


def due_day(period: Period, due: Due, holidays: Holidays = MONDAY_TO_FRIDAY) -> date:
    """The last day on which a form of a period is on time: so many days, or working days, after its period.

    >>> from catalogue.form import Due
    >>> due_day(Period.parse("2024-Q1"), Due(days=2))
    datetime.date(2024, 4, 2)

    New Year's Day is off, and Tết of 2025 was from 27 to 31 January:

    >>> due_day(Period.parse("2024"), Due(days=20))
    datetime.date(2025, 1, 28)
    >>> due_day(Period.parse("2024"), Due(days=20), Holidays(country="VN"))
    datetime.date(2025, 2, 5)
    """
    return days_after(period.end, due.days, holidays, working=due.working_days)


def days_after(day: date, days: int, holidays: Holidays = MONDAY_TO_FRIDAY, *, working: bool = True) -> date:
    """The day so many days, or ``working`` days, after another; before it where ``days`` is negative.

    >>> [days_after(date(2024, 3, 1), days).isoformat() for days in (-1, 0, 1)]
    ['2024-02-29', '2024-03-01', '2024-03-04']
    """
    step, left = timedelta(days=1 if days > 0 else -1), abs(days)
    while left > 0:
        day += step
        if not working or holidays.is_working(day):
            left -= 1
    return day


def closing_day(period: Period, form: Form, holidays: Holidays, sealed: Iterable[date]) -> date | None:
    """The last day on which a form of a period is taken; None where it is not closed. ``sealed`` are the days on which
    releases were declared final."""
    due, closes = due_day(period, form.due, holidays), form.closes
    if closes is None:
        return None
    found = [] if closes.days is None else [days_after(due, closes.days, holidays, working=closes.working_days)]
    if closes.release:
        found += [day for day in sealed if day > due]
    return min(found, default=None)
