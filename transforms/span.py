"""Spans of time as people write them: the period, in which calendar, that a label or a pair of days names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from catalogue.language import Language
from catalogue.period import CALENDAR, MONTHS, Calendar, Period, PeriodKind
from transforms.day import date_patterns, day_named, day_of, full_year
from transforms.text import clean, fold, per_language

_ROMAN: Final = {
    numeral: place
    for place, numeral in enumerate(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"), start=1)
}
_DATE_TOKEN = re.compile(r"(?<!\d)\d{1,4}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{2,4}(?!\d)")


@per_language
def _period_patterns(language: Language) -> tuple[tuple[PeriodKind, int | None, re.Pattern[str]], ...]:
    """Patterns of a language by kind of period, in its order. A key ``half:1`` fixes the index, as "first half"."""
    found: list[tuple[PeriodKind, int | None, re.Pattern[str]]] = []
    for key, patterns in language.periods.items():
        name, _, index = key.partition(":")
        kind = next((known for known in MONTHS if known == name), None)
        if kind is None:
            raise ValueError(f"periods of language {language.language!r} name {key!r}; known are {', '.join(MONTHS)}")
        found += [(kind, int(index) if index else None, re.compile(pattern)) for pattern in patterns]
    return tuple(found)


def parse_period(
    text: str,
    kind_hint: PeriodKind | None,
    calendar: Calendar,
    language: Language,
    calendars: Mapping[str, Calendar],
) -> Period | None:
    """The period that a text names, None where it names none or no certain one.

    Explicit days win over labels: "from 15/12/2023 to 14/3/2024" is the quarter, in whichever calendar, that lasts
    from the first to the last. ``kind_hint`` is the kind a form is due in: its patterns are tried first, and a single
    day means the period of this kind that holds it. Labels are meant in ``calendar``; years such as 2023-2024 in
    the first calendar whose years begin within a civil year.
    """
    cleaned = clean(text)
    try:
        named = cleaned.upper() if "@" in cleaned else f"{cleaned.upper()}@{calendar.code}"
        return Period.parse(named, {calendar.code: calendar, **calendars})
    except ValueError:
        pass
    days = _days_named(cleaned, language)
    if len(days) == 2:  # noqa: PLR2004 - from and to
        return _between(days[0], days[1], calendar, calendars)
    labelled = _labelled(cleaned, kind_hint, calendar, language, calendars)
    if labelled is not None:
        return labelled
    if len(days) == 1:
        return _holding(days[0], kind_hint, calendar)
    return None


def names_days(text: str, language: Language) -> bool:
    """Whether a text names a first and a last day."""
    return len(_days_named(clean(text), language)) == 2  # noqa: PLR2004 - from and to


def names_period(text: str, language: Language) -> bool:
    """Whether a text is the label of a period and nothing else, or names a first and a last day."""
    folded = fold(text, language)
    whole = any(pattern.fullmatch(folded) for _, _, pattern in _period_patterns(language))
    return whole or names_days(text, language)


def _days_named(text: str, language: Language) -> list[date]:
    """The days that a text names, in order: dates written with marks, else one written out."""
    iso = re.match(r"\d{4}-\d{2}-\d{2}(?=T|$)", text)
    if iso:
        try:
            return [date.fromisoformat(iso[0])]
        except ValueError:
            return []
    tokens = _DATE_TOKEN.findall(text)
    found = [day for token in tokens if (day := day_named(token, language, re.Pattern.fullmatch)) is not None]
    if len(found) < len(tokens):
        return []
    if found:
        return found
    folded = fold(text, language)
    for pattern in date_patterns(language):
        written = [day for match in pattern.finditer(folded) if (day := day_of(match)) is not None]
        if written:
            return written
    return []


def _between(first: date, last: date, calendar: Calendar, calendars: Mapping[str, Calendar]) -> Period | None:
    """The period that lasts from one day to another, in the calendar given or else in any."""
    for known in (calendar, *calendars.values()):
        for kind in MONTHS:
            try:
                period = Period.holding(first, kind, known)
            except ValueError:
                continue
            if (period.start, period.end) == (first, last):
                return period
    return None


def _holding(day: date, kind: PeriodKind | None, calendar: Calendar) -> Period | None:
    """The period that a single day stands for.

    Without a kind only the first of a month means something: spreadsheets keep "03/2024" as that day.
    """
    if kind is None:
        return Period.holding(day, "month", CALENDAR) if day.day == 1 and calendar == CALENDAR else None
    try:
        # "03/2024", kept by the spreadsheet as the first of March, is March in every calendar.
        if kind == "month" and day.day == 1:
            return Period(calendar, kind, day.year, day.month) if not calendar.spans_two_years else None
        return Period.holding(day, kind, calendar)
    except ValueError:
        return None


def _labelled(
    text: str, hint: PeriodKind | None, calendar: Calendar, language: Language, calendars: Mapping[str, Calendar]
) -> Period | None:
    """The period of a label, by the language's patterns: those of the kind that is due first, whole texts first."""
    folded = fold(text, language)
    patterns = sorted(_period_patterns(language), key=lambda entry: entry[0] != hint)
    for search in (False, True):
        for kind, fixed, pattern in patterns:
            match = _alone(pattern, folded) if search else pattern.fullmatch(folded)
            period = _matched(match, kind, fixed, calendar, language, calendars) if match else None
            if period is not None:
                return period
    return None


def _alone(pattern: re.Pattern[str], folded: str) -> re.Match[str] | None:
    """The first match that is no part of a longer number, word, date or range."""
    for match in pattern.finditer(folded):
        before, after = folded[: match.start()], folded[match.end() :]
        if not re.search(r"\w$|\d\s*[/.-]\s*$", before) and not re.match(r"\w|\s*[/.-]\s*\d", after):
            return match
    return None


def _matched(
    match: re.Match[str],
    kind: PeriodKind,
    fixed: int | None,
    calendar: Calendar,
    language: Language,
    calendars: Mapping[str, Calendar],
) -> Period | None:
    found = match.groupdict()
    if not found.get("year"):
        return None
    year = full_year(found["year"])
    second = found.get("second")
    if second:
        spanning = next((known for known in (calendar, *calendars.values()) if known.spans_two_years), None)
        if spanning is None or int(second) not in (year + 1, (year + 1) % 100):
            return None
        calendar = spanning
    index = fixed if fixed is not None else _index(found.get("index"), language)
    try:
        return Period(calendar, kind, year, index) if index is not None else None
    except ValueError:
        return None


def _index(written: str | None, language: Language) -> int | None:
    """Which period of the year: digits, or Roman numerals where the language uses them (an l is often typed for I)."""
    if written is None:
        return 1
    if written.isdecimal():
        return int(written)
    return _ROMAN.get(written.replace("l", "i")) if language.roman else None
