"""Turning the text of a cell into a value, exactly, or saying by which rule it is none.

Nothing passes through floating point, and nothing is decided by size: whether "12,5" in a column of percentages is
0.125 follows from the mark in the cell or in the column's header. What can be read in one way only is read; what was
read under a convention that the text itself does not show carries a note.
"""

from __future__ import annotations

import calendar as civil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Final

from catalogue.fact import Missing
from catalogue.form import Field
from catalogue.language import Language
from catalogue.period import CALENDAR, CALENDARS, MONTHS, Calendar, Period, PeriodKind
from transforms.text import clean, fold, per_language

Value = int | Decimal | bool | date | str | tuple[str, ...]

_ERROR = re.compile(r"#(?:DIV/0!|REF!|N/A|NAME\?|VALUE!|NUM!|NULL!|SPILL!|CALC!|#+)", re.IGNORECASE)
_DASHES = re.compile(r"[-\u2010-\u2015\u2212_.\u2026 ]+")
_MINUS = re.compile(r"^[\u2010-\u2015\u2212]\s*(?=\d)")
# Behind a number: superscripts, stars, and marks of one or two characters in brackets, as "12¹", "12 (*)", "1.234(1)".
_FOOTNOTE = re.compile(
    r"\s*(?:[\u00b9\u00b2\u00b3\u2070-\u2079]+|\*+|[(\[](?:\*{1,3}|\d{1,2}|[a-z])[)\]])$", re.IGNORECASE
)
_BRACKETED = re.compile(r"\(\s*([\d.,\s]*\d)\s*\)")
_FRACTION = re.compile(r"(\d+)\s*/\s*(\d+)")
_DIGITS = re.compile(r"\d+")
_DIGITS_OF_A_COUNT = 18  # a BIGINT holds every number of 18 digits
_DIGITS_OF_A_DECIMAL = 24
_DIGITS_OF_A_SPREADSHEET = 15  # what a number cell holds exactly; what follows is noise of binary fractions
_NOISE = Decimal("1e-9")
_PLACES = Decimal("1e-12")

# The 1900 system of spreadsheets: day 60 is a 29 February that never was. Numbers up to 2200 are years, not days.
_SERIAL_EPOCH = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 2201, 109_574


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a cell says.

    ``value``    by the field's type: count int, decimal and percent Decimal (a percentage as a fraction), flag bool,
                 date date, period its code, codes a tuple, all others a cleaned str; None where there is none
    ``rule``     the engine's rule that the cell breaks (``catalogue.rule``), None where it breaks none
    ``missing``  why there is no value, where that is no error
    ``approx``   the sign of an approximate number, as ">" or "~"
    ``note``     the convention under which it was read: ``footnote``, ``thousands_mark``, ``decimal_mark``,
                 ``fraction``, ``binary_noise``, ``short_year``
    """

    value: Value | None = None
    rule: str | None = None
    missing: Missing | None = None
    approx: str | None = None
    note: str | None = None


_MISSING: Final = Parsed(missing="missing")


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a language pack, folded, for comparison with folded cells."""

    missing: frozenset[str]
    not_applicable: frozenset[str]
    zero: frozenset[str]
    true: frozenset[str]
    false: frozenset[str]
    approximate: tuple[tuple[str, str], ...]
    multipliers: tuple[tuple[str, int], ...]
    units: tuple[str, ...]
    number: re.Pattern[str]
    dates: tuple[re.Pattern[str], ...]
    periods: tuple[tuple[PeriodKind, int | None, re.Pattern[str]], ...]


@per_language
def _words(language: Language) -> _Words:
    def folded(words: tuple[str, ...]) -> frozenset[str]:
        return frozenset(fold(word, language) for word in words)

    def longest(words: Mapping[str, Value]) -> list[tuple[str, Value]]:
        pairs = [(fold(word, language), to) for word, to in words.items()]
        return sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)

    return _Words(
        missing=folded(language.missing),
        not_applicable=folded(language.not_applicable),
        zero=folded(language.zero),
        true=folded(language.true),
        false=folded(language.false),
        approximate=tuple((word, str(sign)) for word, sign in longest(dict(language.approximate))),
        multipliers=tuple((word, int(str(times))) for word, times in longest(dict(language.multipliers))),
        units=tuple(word for word, _ in longest(dict.fromkeys(language.units, ""))),
        number=_number_pattern(language),
        dates=tuple(_date_pattern(written, language) for written in language.date_formats),
        periods=_period_patterns(language),
    )


def parse(
    text: str | None,
    kind: str,
    field: Field,
    language: Language,
    calendar: Calendar = CALENDAR,
    calendars: Mapping[str, Calendar] = CALENDARS,
) -> Parsed:
    """The value of a cell. ``text`` and ``kind`` are as ``transforms.table.Row`` holds them.

    Codes and entities come back as cleaned texts: finding them in codelists and registers is done elsewhere.
    Ranges and required cells are judged elsewhere too: a negative number parses. ``calendar`` is the one in which
    a period without a named calendar is meant.
    """
    found = "" if text is None else clean(text)
    if found in field.missing:
        return Parsed(missing=field.missing[found])
    if kind == "e" or _ERROR.fullmatch(found):
        return Parsed(rule="cell.formula_error")
    if not found:
        return _blank(field)
    if field.type == "flag":
        return _flag(found, language)
    known = _absent(found, field, language)
    if known is not None:
        return known
    if field.type in ("count", "decimal", "percent"):
        return _number(found, kind, field, language)
    if field.type == "date":
        return _date(found, kind, language)
    if field.type == "period":
        hint: PeriodKind | None = None
        period = parse_period(found, hint, calendar, language, calendars)
        return Parsed(period.code) if period else Parsed(rule="cell.not_period")
    if field.type == "codes":
        parts = (clean(part) for part in re.split(r"[;,\n]", found))
        return Parsed(tuple(dict.fromkeys(part for part in parts if part)))
    if len(found) > field.max_length:
        return Parsed(rule="cell.too_long")
    return Parsed(found)


def _blank(field: Field) -> Parsed:
    """What an empty cell means, as the form says."""
    if field.blank == "zero" and field.type in ("count", "decimal", "percent"):
        return Parsed(0 if field.type == "count" else Decimal(0))
    if field.blank == "false" and field.type == "flag":
        return Parsed(value=False)
    return _MISSING


def _absent(found: str, field: Field, language: Language) -> Parsed | None:
    """Missing, not applicable or zero, where the cell says so in words or marks; None where it says something."""
    words, folded = _words(language), fold(found, language)
    numeric = field.type in ("count", "decimal", "percent")
    if numeric and folded in words.zero:
        return Parsed(0 if field.type == "count" else Decimal(0))
    # A single letter, as "x", stands for a missing figure but may be a name or a code.
    if folded in words.missing and (numeric or len(folded) > 1 or not folded.isalnum()):
        return _MISSING
    if folded in words.not_applicable:
        return Parsed(missing="not_applicable")
    if not numeric and _DASHES.fullmatch(found):
        return _MISSING
    return None


def _flag(found: str, language: Language) -> Parsed:
    words, folded = _words(language), fold(found, language)
    if folded in words.true:
        return Parsed(value=True)
    if folded in words.false:
        return Parsed(value=False)
    if folded in words.missing:
        return _MISSING
    if folded in words.not_applicable:
        return Parsed(missing="not_applicable")
    return Parsed(rule="cell.not_flag")


# Numbers


def _number_pattern(language: Language) -> re.Pattern[str]:
    """Numbers in groups of three with one of the language's marks, and a decimal part: ``1.234.567,8``."""
    marks = "".join(re.escape(mark) for mark in language.thousands if len(mark) == 1)
    # A language that groups with any kind of space is meant; texts come with one kind.
    grouped = rf"\d{{1,3}}(?P<mark>[{marks}])\d{{3}}(?:(?P=mark)\d{{3}})*" if marks else r"(?P<mark>(?!))"
    return re.compile(rf"(?P<whole>{grouped})(?:{re.escape(language.decimal)}(?P<part>\d+))?")


def _number(found: str, kind: str, field: Field, language: Language) -> Parsed:
    """A count, a decimal or a fraction. Dates and yes/no are no numbers: a spreadsheet may have made them of "4/5"."""
    if kind in "bd":
        return Parsed(rule="cell.not_number")
    if kind == "n":
        return _number_cell(found, field)
    words, note = _words(language), None
    text = _MINUS.sub("-", re.sub(r"\s+", " ", found))
    text, approx = _without_first(text, words.approximate, language)
    whole = _BRACKETED.fullmatch(text)
    if whole:
        text, note = whole[1], "footnote"
    while (mark := _FOOTNOTE.search(text)) and mark.start() > 0:
        text, note = text[: mark.start()], "footnote"
    text = _without_last(text, words.units, language)
    hundredths = text.endswith("%")
    if hundredths:
        text = text[:-1].rstrip()
        if field.type == "count":
            return Parsed(rule="cell.not_number")
    text, times = _multiplied(text, words.multipliers, language)
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        if field.type != "percent" or int(fraction[2]) == 0:
            return Parsed(rule="cell.not_number")
        share = Context(prec=60).divide(Decimal(fraction[1]), Decimal(fraction[2]))
        return Parsed(share.quantize(_PLACES, ROUND_HALF_UP, Context(prec=60)), approx=approx, note="fraction")
    sign, text = (-1, text[1:].lstrip()) if text.startswith("-") else (1, text.removeprefix("+"))
    value, convention = _decimal(text, field.type == "count" and times == 1, language)
    if value is None:
        return Parsed(rule="cell.not_number")
    return _fitting(sign * value * times, field, hundredths=hundredths, approx=approx, note=note or convention)


def _number_cell(found: str, field: Field) -> Parsed:
    """A number that a spreadsheet holds; its text is exact, with a "%" where the cell is shown as a percentage."""
    hundredths, note = found.endswith("%"), None
    if hundredths and field.type == "count":
        return Parsed(rule="cell.not_number")
    try:
        value = Decimal(found.rstrip("%"))
    except ArithmeticError:
        return Parsed(rule="cell.not_number")
    if not value.is_finite():
        return Parsed(rule="cell.not_number")
    nearest = value.to_integral_value(ROUND_HALF_EVEN)
    if field.type == "count" and value != nearest and abs(value - nearest) <= _NOISE:
        value, note = nearest, "binary_noise"
    elif value != nearest and len(value.as_tuple().digits) > _DIGITS_OF_A_SPREADSHEET:
        value, note = Context(prec=_DIGITS_OF_A_SPREADSHEET, rounding=ROUND_HALF_EVEN).plus(value), "binary_noise"
    return _fitting(value, field, hundredths=hundredths, approx=None, note=note)


def _fitting(value: Decimal, field: Field, *, hundredths: bool, approx: str | None, note: str | None) -> Parsed:
    """The number in the field's type; a whole one where it counts, a fraction where it is a percentage."""
    if field.type == "count":
        if value != value.to_integral_value():
            return Parsed(rule="cell.not_whole", approx=approx, note=note)
        if abs(value) >= Decimal(10) ** _DIGITS_OF_A_COUNT:
            return Parsed(rule="cell.out_of_range", approx=approx, note=note)
        return Parsed(int(value), approx=approx, note=note)
    if abs(value) >= Decimal(10) ** _DIGITS_OF_A_DECIMAL:
        return Parsed(rule="cell.out_of_range", approx=approx, note=note)
    if hundredths or (field.type == "percent" and _headed_percent(field)):
        value = value.scaleb(-2, Context(prec=60))
    return Parsed(value, approx=approx, note=note)


def _headed_percent(field: Field) -> bool:
    """Whether the column's header says that its numbers are percentages."""
    return any("%" in header for header in (*field.header, *field.title.values()))


def _decimal(text: str, count: bool, language: Language) -> tuple[Decimal | None, str | None]:
    """Digits with marks as a number, and the convention where the text alone does not show it; None where it is none.

    In a count a mark before groups of three separates thousands. Elsewhere a single point is a decimal point, and
    the decimal mark is just that.
    """
    other = "." if language.decimal == "," else ","
    single = text.count(".") + text.count(",") == 1
    grouped = _words(language).number.fullmatch(text)
    if grouped and not text.startswith("0"):
        if count or not (single and grouped["mark"] == "."):
            digits = grouped["whole"].replace(grouped["mark"], "")
            return Decimal(f"{digits}.{grouped['part'] or 0}"), None
        return Decimal(text), "decimal_mark"
    if _DIGITS.fullmatch(text):
        return Decimal(text), None
    # The other way round: 1,234 or 1,234.5 where the comma is the decimal mark.
    mark = re.escape(language.decimal)
    foreign = re.fullmatch(rf"([1-9]\d{{0,2}}(?:{mark}\d{{3}})+)(?:{re.escape(other)}(\d+))?", text)
    if foreign and (count or foreign[2] or text.count(language.decimal) > 1):
        return Decimal(f"{foreign[1].replace(language.decimal, '')}.{foreign[2] or 0}"), "thousands_mark"
    plain = re.fullmatch(r"(\d+)([.,])(\d+)", text)
    if plain:
        own = plain[2] == language.decimal
        return Decimal(f"{plain[1]}.{plain[3]}"), None if own or plain[2] == "." else "decimal_mark"
    return None, None


def _without_first(text: str, words: tuple[tuple[str, str], ...], language: Language) -> tuple[str, str | None]:
    """The text without a first word of some, and what the word stands for."""
    folded = fold(text, language)
    for word, sign in words:
        if folded.startswith(word):
            rest = folded[len(word) :]
            if rest[:1] == " " or not word[-1].isalnum():
                return rest.strip(), sign
    return text, None


def _without_last(text: str, words: tuple[str, ...], language: Language) -> str:
    """The text without a last word of some."""
    folded = fold(text, language)
    for word in words:
        if folded.endswith(word) and not folded[: -len(word)][-1:].isalpha() and folded != word:
            return folded[: -len(word)].strip()
    return text.strip()


def _multiplied(text: str, words: tuple[tuple[str, int], ...], language: Language) -> tuple[str, int]:
    """The text without a last word that multiplies, and by how much."""
    folded = fold(text, language)
    for word, times in words:
        if folded.endswith(word) and not folded[: -len(word)][-1:].isalpha() and folded != word:
            return folded[: -len(word)].strip(), times
    return text, 1


# Dates


def _date_pattern(written: str, language: Language) -> re.Pattern[str]:
    """A strptime format as a pattern over folded text.

    Marks between numbers may be ``/``, ``-`` or ``.`` alike, and a year that stands last may have two digits.
    """
    parts = {
        "d": r"(?P<day>\d{1,2})", "m": r"(?P<month>\d{1,2})", "Y": r"(?P<year>\d{4})", "y": r"(?P<year>\d{2})",
        "B": r"(?P<name>[a-z]+)", "b": r"(?P<name>[a-z]+)\.?", "H": r"\d{1,2}", "M": r"\d{1,2}", "S": r"\d{1,2}",
    }  # fmt: skip
    pattern, pieces = "", re.split(r"%([a-zA-Z])", written)
    last = next((piece for piece in reversed(pieces[1::2]) if piece in "dmYyBb"), "")
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            pattern += _literal(piece, language)
        elif piece in parts:
            pattern += r"(?P<year>\d{4}|\d{2})" if piece == "Y" == last else parts[piece]
        else:
            known = ", ".join(f"%{one}" for one in parts)
            raise ValueError(f"date format {written!r} holds %{piece}; known are {known}")
    return re.compile(pattern)


def _literal(piece: str, language: Language) -> str:
    """What stands between two numbers of a date, as a pattern over folded text."""
    folded = fold(piece, language)
    if re.fullmatch(r"[/.-]", folded):
        return r"\s*[/.-]\s*"
    if not folded:
        return r"\s+" if piece else ""
    before, after = (r"\s*" if edge.isspace() else "" for edge in (piece[:1], piece[-1:]))
    return before + re.escape(folded).replace(r"\ ", r"\s+") + after


def _day(match: re.Match[str]) -> date | None:
    """The day that a match of a date pattern names, if there is such a day. Two digits are a year of this century."""
    found = match.groupdict()
    year = _full_year(found["year"])
    month = found.get("month") or next(
        (place for place in range(1, 13) if found.get("name") and _is_month(str(found["name"]), place)), 0
    )
    try:
        return date(year, int(month), int(found["day"]))
    except ValueError:
        return None


def _full_year(written: str) -> int:
    """A year; one of two digits is meant in this century."""
    return int(written) if len(written) > 2 else 2000 + int(written)  # noqa: PLR2004 - digits of a short year


def _is_month(name: str, place: int) -> bool:
    return name in (civil.month_name[place].casefold(), civil.month_abbr[place].casefold())


def _days(found: str, language: Language, match: Callable[[re.Pattern[str], str], re.Match[str] | None]) -> date | None:
    folded = fold(found, language)
    for pattern in _words(language).dates:
        matched = match(pattern, folded)
        day = _day(matched) if matched else None
        if day is not None:
            return day
    return None


def _date(found: str, kind: str, language: Language) -> Parsed:
    if kind == "d":
        return Parsed(date.fromisoformat(found[:10]))
    if kind == "n":
        return _serial(found)
    day = _days(found, language, re.Pattern.fullmatch)
    if day is None:
        return Parsed(rule="cell.not_date")
    return Parsed(day, note=None if str(day.year) in found else "short_year")


def _serial(found: str) -> Parsed:
    """A date that a spreadsheet holds as its number of days."""
    try:
        value = Decimal(found)
    except ArithmeticError:
        return Parsed(rule="cell.not_date")
    if value != value.to_integral_value() or not _FIRST_SERIAL <= value <= _LAST_SERIAL:
        return Parsed(rule="cell.not_date")
    return Parsed(_SERIAL_EPOCH + timedelta(days=int(value)))


# Periods

_ROMAN: Final = {
    numeral: place
    for place, numeral in enumerate(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"), start=1)
}
_DATE_TOKEN = re.compile(r"(?<!\d)\d{1,4}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{2,4}(?!\d)")


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
    whole = any(pattern.fullmatch(folded) for _, _, pattern in _words(language).periods)
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
    found = [day for token in tokens if (day := _days(token, language, re.Pattern.fullmatch)) is not None]
    if len(found) < len(tokens):
        return []
    if found:
        return found
    folded = fold(text, language)
    for pattern in _words(language).dates:
        written = [day for match in pattern.finditer(folded) if (day := _day(match)) is not None]
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
    patterns = sorted(_words(language).periods, key=lambda entry: entry[0] != hint)
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
    year = _full_year(found["year"])
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
