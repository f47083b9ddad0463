"""Rules over a programme's working days: its country has a calendar."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.holiday import is_known
from catalogue.problem import Problem
from catalogue.programme import Programme


def the_country_has_a_calendar(programme: Programme) -> Iterator[Problem]:
    """Holidays are of a country, and a part of it, that the library of calendars knows; no day is both off and on."""
    days, place = programme.header.holidays, ("header", "programme", "holidays")
    if days.country is not None and not is_known(days.country, days.subdivision):
        found = " ".join(filter(None, (days.country, days.subdivision)))
        remedy = "correct it, or remove it and list the days under 'off'"
        yield Problem((*place, "country"), f"{found!r}, of which no holidays are known", "a code as VN", remedy)
    for day in sorted({*days.off} & {*days.working}):
        yield Problem((*place, "working"), f"{day} both under 'off' and 'working'", "one of the two", "remove one")
