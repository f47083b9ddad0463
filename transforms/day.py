"""Days as people and spreadsheets write them, in the formats of a language."""

from __future__ import annotations

import calendar as civil
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from catalogue.language import Language
from transforms.number import digits_of
from transforms.sheet import DateSystem
from transforms.text import fold, per_language
from transforms.value import Parsed

# In the 1900 system of spreadsheets day 60 is a 29 February that never was; day 0 of the other is 1 January 1904.
# Numbers up to 2200 are years, not days.
_EPOCHS: Final[dict[DateSystem, date]] = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
_FIRST_SERIAL, _LAST_SERIAL = 2201, 109_574


@per_language
def date_patterns(language: Language) -> tuple[re.Pattern[str], ...]:
    """The date formats of a language, in its order, as patterns over folded text."""
    return tuple(_date_pattern(written, language) for written in language.date_formats)


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


def day_of(match: re.Match[str]) -> date | None:
    """The day that a match of a date pattern names, if there is such a day. Two digits are a year of this century."""
    found = match.groupdict()
    year = full_year(found["year"])
    month = found.get("month") or next(
        (place for place in range(1, 13) if found.get("name") and _is_month(str(found["name"]), place)), 0
    )
    try:
        return date(year, int(month), int(found["day"]))
    except ValueError:
        return None


def full_year(written: str) -> int:
    """A year; one of two digits is meant in this century."""
    return int(written) if len(written) > 2 else 2000 + int(written)  # noqa: PLR2004 - digits of a short year


def _is_month(name: str, place: int) -> bool:
    return name in (civil.month_name[place].casefold(), civil.month_abbr[place].casefold())


def day_named(
    found: str, language: Language, match: Callable[[re.Pattern[str], str], re.Match[str] | None]
) -> date | None:
    """The day that a text names by the first format that finds one; ``match`` is how a pattern is tried on it."""
    folded = fold(found, language)
    for pattern in date_patterns(language):
        matched = match(pattern, folded)
        day = day_of(matched) if matched else None
        if day is not None:
            return day
    return None


def read_date(found: str, kind: str, language: Language, system: DateSystem = 1900) -> Parsed:
    """The day of a cell, whose ``kind`` is as ``transforms.table.Row`` holds it.

    ``system`` is the year from which the workbook counts its days, for cells that hold a number and no date.
    """
    if kind == "d":
        return Parsed(date.fromisoformat(found[:10]))
    if kind == "n":
        day = day_of_serial(found, system)
        return Parsed(day) if day else Parsed(rule="cell.not_date")
    text = digits_of(found)
    day = day_named(text, language, re.Pattern.fullmatch)
    if day is None:
        return Parsed(rule="cell.not_date")
    if text != found:
        return Parsed(day, note="look_alike", warned="cell.look_alike", said=f"= {day.isoformat()}")
    return Parsed(day, note=None if str(day.year) in text else "short_year")


def day_of_serial(found: str, system: DateSystem = 1900) -> date | None:
    """The day that a spreadsheet holds as a number of days; None where the number is no day after 1905.

    >>> day_of_serial("45352"), day_of_serial("43890", 1904)
    (datetime.date(2024, 3, 1), datetime.date(2024, 3, 1))
    """
    try:
        value = Decimal(found)
    except ArithmeticError:
        return None
    if not value.is_finite() or value != value.to_integral_value() or not _FIRST_SERIAL <= value <= _LAST_SERIAL:
        return None
    return _EPOCHS[system] + timedelta(days=int(value))
