"""Turning the text of a cell into a value, exactly, or saying by which rule it is none.

Nothing passes through floating point, and nothing is decided by size: whether "12,5" in a column of percentages is
0.125 follows from the mark in the cell or in the column's header. What can be read in one way only is read; what was
read under a convention that the text itself does not show carries a note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from catalogue.form import Field
from catalogue.language import Language
from catalogue.period import CALENDAR, CALENDARS, Calendar
from transforms.day import read_date
from transforms.number import read_number
from transforms.span import Reading, read_period
from transforms.text import clean, fold, in_one_script, per_language, read_text
from transforms.value import Parsed

_ERROR = re.compile(r"#(?:DIV/0!|REF!|N/A|NAME\?|VALUE!|NUM!|NULL!|SPILL!|CALC!|#+)", re.IGNORECASE)
_DASHES = re.compile(r"[-\u2010-\u2015\u2212_.\u2026 ]+")

_MISSING: Final = Parsed(missing="missing")


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a language pack that stand for a value, folded, for comparison with folded cells."""

    missing: frozenset[str]
    not_applicable: frozenset[str]
    zero: frozenset[str]
    true: frozenset[str]
    false: frozenset[str]


@per_language
def _words(language: Language) -> _Words:
    def folded(words: tuple[str, ...]) -> frozenset[str]:
        return frozenset(fold(word, language) for word in words)

    return _Words(
        missing=folded(language.missing),
        not_applicable=folded(language.not_applicable),
        zero=folded(language.zero),
        true=folded(language.true),
        false=folded(language.false),
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
    found = "" if text is None else read_text(text, language)
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
        return read_number(found, kind, field, language)
    if field.type == "date":
        return read_date(found, kind, language)
    if field.type == "period":
        return _period(read_period(found, None, calendar, language, calendars))
    whole_cell = field.type != "text"
    meant = in_one_script(found, language, every_word=whole_cell)
    warned, said = ("cell.look_alike", f"= {meant}") if meant != found else (None, None)
    if field.type == "codes":
        parts = (clean(part) for part in re.split(r"[;,\n]", meant))
        return Parsed(tuple(dict.fromkeys(part for part in parts if part)), warned=warned, said=said)
    if len(meant) > field.max_length:
        return Parsed(rule="cell.too_long")
    return Parsed(meant, warned=warned, said=said)


def _period(reading: Reading) -> Parsed:
    """The period of a cell in which a row bears its own."""
    if reading.period is None:
        return Parsed(rule="cell.not_period", said=reading.said)
    return Parsed(reading.period.code, warned=reading.warned, said=reading.said)


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
    zero = words.zero if field.zero is None else frozenset(fold(word, language) for word in field.zero)
    if numeric and folded in zero:
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
