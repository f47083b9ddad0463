"""The hand of an office: how one file is written. Letterhead, spellings, kinds of cells, where the total stands."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from catalogue.errors import SettingsError
from catalogue.fact import Dimension
from catalogue.form import Field
from catalogue.language import Language
from catalogue.period import Period
from catalogue.register import Version
from demo.scene import Fault, Manners

_ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

Content = str | int | Decimal | date | Fault | None
"""What is written into a cell: a text, a number, a date cell, an error of the spreadsheet, nothing."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How a file is written. ``bare`` texts bear no marks, ``decomposed`` ones bear them as characters of their own;
    ``flat`` headers have one row; ``moved`` lays the last columns first. Numbers may be indices into the manners."""

    csv: bool = False
    text_numbers: bool = False
    text_dates: bool = False
    bare: bool = False
    decomposed: bool = False
    flat: bool = False
    numbered: bool = False
    total: bool = True
    total_top: bool = False
    section: bool = False
    spaced: bool = False
    moved: bool = False
    serial: bool = True
    letterhead: int = 0
    closing: int = 0
    unit: int = 0
    period: int = 0
    file: int = 0
    sheet: int = 0
    date_format: int = 0


def take_up(manners: Manners, chance: np.random.Generator, forced: dict[str, Any]) -> Hand:
    """A hand at random, as the manners share them out; ``forced`` says what is not left to chance."""
    yes = {name: bool(chance.random() < float(share)) for name, share in sorted(manners.shares.items())}
    picks = {
        "letterhead": int(chance.integers(len(manners.letterheads))),
        "closing": int(chance.integers(len(manners.closings))),
        "unit": int(chance.integers(len(manners.units))),
        "period": int(chance.integers(1000)),
        "file": int(chance.integers(len(manners.files))),
        "sheet": int(chance.integers(len(manners.sheets))),
        "date_format": int(chance.integers(3)),
    }
    known = {one.name for one in fields(Hand)}
    strange = (yes.keys() | forced.keys()) - known
    if strange:
        raise SettingsError(f"manners {', '.join(sorted(strange))} are unknown; known are {', '.join(sorted(known))}")
    hand = replace(Hand(), **{**yes, **picks, **forced})
    # A text file has no cells of its own kind, no merged header and no parts of texts apart.
    return replace(hand, text_numbers=True, text_dates=True, flat=True) if hand.csv else hand


def as_written(field: Field, value: Any, hand: Hand, language: Language) -> Content:
    """What a hand writes for a value of a field."""
    if value is None:
        return None
    match field.type:
        case "flag":
            no = None if field.blank == "false" else language.false[0]
            return language.true[0] if value else no
        case "date":
            return day_text(value, language, hand.date_format) if hand.text_dates else value
        case "count" | "decimal" | "percent":
            return number_text(value, language) if hand.text_numbers else value
        case "codes":
            return "; ".join(value) if isinstance(value, tuple) else str(value)
        case "entity":
            return value.code if isinstance(value, Version) else str(value)
        case _:
            return spelled(str(value), hand, language)


def spelled(text: str, hand: Hand, language: Language) -> str:
    """A text in the spelling of a hand."""
    if hand.bare:
        return bare(text, language)
    return unicodedata.normalize("NFD", text) if hand.decomposed else text


def bare(text: str, language: Language) -> str:
    """A text without marks on its letters, as typed where nobody has the right keyboard."""
    plain = "".join(language.letters.get(char, char) for char in text)
    # Letters of the pack are folded to lower case; a capital stays one.
    plain = "".join(new.upper() if old.isupper() else new for old, new in zip(text, plain, strict=True))
    return "".join(char for char in unicodedata.normalize("NFD", plain) if not unicodedata.combining(char))


def number_text(value: Any, language: Language) -> str:
    """A number with the language's marks: 1234.5 as "1.234,5".

    A decimal below 1000 bears its decimal mark only; whole numbers are grouped.
    """
    whole, _, part = format(Decimal(value), "f").partition(".")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    groups = []
    while len(whole) > 3:  # noqa: PLR2004 groups of three digits
        groups.append(whole[-3:])
        whole = whole[:-3]
    grouped = (language.thousands[0] if language.thousands else "").join([whole, *reversed(groups)])
    return sign + grouped + (language.decimal + part if part else "")


def day_text(value: date, language: Language, choice: int = 0) -> str:
    """A day as a text of the language; ISO where the language has no formats."""
    formats = [one for one in language.date_formats if "%B" not in one and "%b" not in one][:3]
    return value.strftime(formats[choice % len(formats)]) if formats else value.isoformat()


def period_text(period: Period, manners: Manners, hand: Hand, language: Language) -> str:
    """A period in one of the spellings declared for it: of its kind and place in the year, of its kind and calendar,
    or of its kind; its code where there is none."""
    kinds = (f"{period.kind}:{period.index}", f"{period.kind}@{period.calendar.code}", period.kind)
    spellings = next((found for kind in kinds if (found := manners.periods.get(kind))), ())
    if not spellings:
        return period.code
    tags = {
        "year": period.year, "next": period.year + 1, "index": period.index, "roman": _ROMAN[period.index],
        "start": day_text(period.start, language), "end": day_text(period.end, language),
    }  # fmt: skip
    return spellings[hand.period % len(spellings)].format(**tags)


def nothing_words(language: Language) -> str:
    """How an office says that there is nothing to report; empty where the language has no words for it."""
    worded = [word for word in language.zero if any(char.isalpha() for char in word)]
    return next((word for word in worded if " " in word), next(iter(worded), ""))


def fact_values(dimension: Dimension, value: Any, written: Content) -> dict[str, Any]:
    """The columns of a dimension in the fact, as a value makes them. An entity keeps its code as it was written."""
    name = dimension.dimension
    match dimension.type:
        case "entity":
            if not isinstance(value, Version):
                return {f"{name}_key": None, f"{name}_code": None}
            return {f"{name}_key": value.key, f"{name}_code": str(written).strip(" ")}
        case "codes":
            return {f"{name}_codes": ";".join(sorted(set(value))) if value else None}
        case "code" | "period":
            return {f"{name}_code": None if value is None else str(value)}
        case _:
            return {name: value}
