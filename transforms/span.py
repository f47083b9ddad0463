"""Spans of time as people write them: the period, in which calendar, that a label or a pair of days names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from catalogue.language import Language
from catalogue.period import CALENDAR, MONTHS, Calendar, Period, PeriodKind
from transforms.day import date_patterns, day_named, day_of, full_year
from transforms.number import digits_of
from transforms.text import ROMAN, fold, per_language, read_text

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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says of time.

    ``period``       the period it names; None where it names none or no certain one
    ``kind``         ``period``; ``range`` for several years ("2021-2025"), which is no period of any calendar;
                     ``up_to`` for a stock at the end of a day; None for nothing
    ``first, last``  the days of the range, the day of the stock, or those written out
    ``warned``       the engine's rule that warns of it: the label and the days disagree, or a letter stands for a digit
    ``said``         what the finding may add
    """

    period: Period | None = None
    kind: Literal["period", "range", "up_to"] | None = None
    first: date | None = None
    last: date | None = None
    warned: str | None = None
    said: str | None = None


def parse_period(
    text: str,
    kind_hint: PeriodKind | None,
    calendar: Calendar,
    language: Language,
    calendars: Mapping[str, Calendar],
) -> Period | None:
    """The period that a text names, as ``read_period`` finds it."""
    return read_period(text, kind_hint, calendar, language, calendars).period


def read_period(
    text: str,
    kind_hint: PeriodKind | None,
    calendar: Calendar,
    language: Language,
    calendars: Mapping[str, Calendar],
    year: int | None = None,
) -> Reading:
    """What a text says of time.

    Explicit days win over labels: "from 15/12/2023 to 14/3/2024" is the quarter, in whichever calendar, that lasts
    from the first to the last. ``kind_hint`` is the kind a form is due in: its patterns are tried first, and a single
    day means the period of this kind that holds it. Labels are meant in ``calendar``; years such as 2023-2024 in
    the first calendar whose years begin within a civil year. ``year`` is that of a label without one, where it is
    known.
    """
    typed = read_text(text, language)
    cleaned = digits_of(typed)
    try:
        named = cleaned.upper() if "@" in cleaned else f"{cleaned.upper()}@{calendar.code}"
        return _doubted(Period.parse(named, {calendar.code: calendar, **calendars}), letters=typed != cleaned)
    except ValueError:
        pass
    days = _days_named(cleaned, language)
    if len(days) == 2:  # noqa: PLR2004 - from and to
        return _explicit(cleaned, days[0], days[1], kind_hint, calendar, language, calendars)
    spanning = _range(cleaned, language)
    if spanning is not None:
        return spanning
    labelled, letters = _labelled(cleaned, kind_hint, calendar, language, calendars)
    if labelled is None and year is not None and not re.search(r"\d{4}", cleaned):
        labelled, letters = _labelled(f"{cleaned} {year}", kind_hint, calendar, language, calendars)
    if labelled is not None:
        return _doubted(labelled, letters=letters or typed != cleaned)
    if len(days) == 1:
        stock = any(
            re.search(rf"(?:{pattern})", fold(cleaned, language)) for pattern in language.spans.get("up_to", ())
        )
        period = _holding(days[0], kind_hint, calendar)
        return Reading(period, "up_to" if stock else "period" if period else None, None, days[0])
    return Reading()


def _doubted(period: Period, *, letters: bool) -> Reading:
    """A period by its label; ``letters`` where some stood for digits or numerals."""
    warned = "period.look_alike" if letters else None
    return Reading(period, "period", period.start, period.end, warned, f"= {period.code}" if letters else None)


def _explicit(
    text: str,
    first: date,
    last: date,
    hint: PeriodKind | None,
    calendar: Calendar,
    language: Language,
    calendars: Mapping[str, Calendar],
) -> Reading:
    """The period between two days; warned of where a label beside them names another of that kind."""
    period = _between(first, last, calendar, calendars)
    if period is None:
        return Reading(None, None, first, last)
    rest = fold(text, language)
    for pattern in date_patterns(language):
        rest = pattern.sub(" ", rest)
    label, _ = _labelled(rest, hint, calendar, language, calendars)
    if label is None or (label.kind, label.year, label.index) == (period.kind, period.year, period.index):
        return Reading(period, "period", first, last)
    said = f"{label.code}: {label.start} - {label.end}; {period.code}: {period.start} - {period.end}"
    return Reading(period, "period", first, last, "period.label", said)


def _range(text: str, language: Language) -> Reading | None:
    """Several years, by the language's words for a span of years."""
    folded = fold(text, language)
    for pattern in language.spans.get("range", ()):
        match = re.search(pattern, folded)
        if match and int(match["first"]) < int(match["last"]):
            return Reading(None, "range", date(int(match["first"]), 1, 1), date(int(match["last"]), 12, 31))
    return None


def names_days(text: str, language: Language) -> bool:
    """Whether a text names a first and a last day."""
    return len(_days_named(digits_of(read_text(text, language)), language)) == 2  # noqa: PLR2004 - from and to


def names_period(text: str, language: Language) -> bool:
    """Whether a text is the label of a period and nothing else, or names a first and a last day."""
    folded = fold(digits_of(text), language)
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
) -> tuple[Period | None, bool]:
    """The period of a label, by the language's patterns: those of the kind that is due first, whole texts first.

    Also whether a letter was typed for a numeral in it.
    """
    folded = fold(text, language)
    patterns = sorted(_period_patterns(language), key=lambda entry: entry[0] != hint)
    for search in (False, True):
        for kind, fixed, pattern in patterns:
            match = _alone(pattern, folded) if search else pattern.fullmatch(folded)
            period = _matched(match, kind, fixed, calendar, language, calendars) if match else None
            if match and period is not None:
                return period, "l" in (match.groupdict().get("index") or "")
    return None, False


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
    return ROMAN.get(written.replace("l", "i")) if language.roman else None
