"""Numbers as people and spreadsheets write them, read exactly: nothing passes through floating point."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Final, TypeVar

from catalogue.form import Field
from catalogue.language import Language
from transforms.text import fold, per_language
from transforms.value import Parsed

_To = TypeVar("_To")

_MINUS = re.compile(r"^[\u2010-\u2015\u2212]\s*(?=\d)")
# Behind a number: superscripts, stars, and marks of one or two characters in brackets, as "12¹", "12 (*)", "1.234(1)".
_FOOTNOTE = re.compile(
    r"\s*(?:[\u00b9\u00b2\u00b3\u2070-\u2079]+|\*+|[(\[](?:\*{1,3}|\d{1,2}|[a-z])[)\]])$", re.IGNORECASE
)
_BRACKETED = re.compile(r"\(\s*([\d.,\s]*\d)\s*\)")
# Letters typed for digits, in a run that holds a digit: "1O", "l2", "2.OOO".
_TYPED_FOR = {"O": "0", "o": "0", "l": "1", "I": "1"}
_DIGITS_AND_LETTERS = re.compile(r"(?<![^\W\d_])[\dOolI]+(?:[.,][\dOolI]+)*(?![^\W\d_])")
_FRACTION = re.compile(r"(\d+)\s*/\s*(\d+)")
_DIGITS = re.compile(r"\d+")
# Conventions that the text itself does not show, and the rules that warn of them.
_WARNED: Final = {
    "thousands_mark": "cell.number_marks", "decimal_mark": "cell.number_marks", "look_alike": "cell.look_alike",
}  # fmt: skip
_DIGITS_OF_A_COUNT = 18  # a BIGINT holds every number of 18 digits
_DIGITS_OF_A_DECIMAL = 24
_DIGITS_OF_A_SPREADSHEET = 15  # what a number cell holds exactly; what follows is noise of binary fractions
_NOISE = Decimal("1e-9")
_PLACES = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class _Words:
    """The words around numbers, folded, for comparison with folded cells; the longest first."""

    approximate: tuple[tuple[str, str], ...]
    multipliers: tuple[tuple[str, int], ...]
    units: tuple[str, ...]
    grouped: re.Pattern[str]


@per_language
def _words(language: Language) -> _Words:
    def longest(words: Mapping[str, _To]) -> list[tuple[str, _To]]:
        pairs = [(fold(word, language), to) for word, to in words.items()]
        return sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)

    return _Words(
        approximate=tuple((word, str(sign)) for word, sign in longest(language.approximate)),
        multipliers=tuple((word, int(times)) for word, times in longest(language.multipliers)),
        units=tuple(word for word, _ in longest(dict.fromkeys(language.units, ""))),
        grouped=_grouped(language),
    )


def _grouped(language: Language) -> re.Pattern[str]:
    """Numbers in groups of three with one of the language's marks, and a decimal part: ``1.234.567,8``."""
    marks = "".join(re.escape(mark) for mark in language.thousands if len(mark) == 1)
    # A language that groups with any kind of space is meant; texts come with one kind.
    grouped = rf"\d{{1,3}}(?P<mark>[{marks}])\d{{3}}(?:(?P=mark)\d{{3}})*" if marks else r"(?P<mark>(?!))"
    return re.compile(rf"(?P<whole>{grouped})(?:{re.escape(language.decimal)}(?P<part>\d+))?")


def digits_of(text: str) -> str:
    """The text with letters that were typed for digits as digits, where they stand in a number.

    >>> digits_of("1O"), digits_of("l2 in Oslo"), digits_of("Q1")
    ('10', '12 in Oslo', 'Q1')
    """

    def written(match: re.Match[str]) -> str:
        run = match[0]
        return "".join(_TYPED_FOR.get(char, char) for char in run) if any(map(str.isdigit, run)) else run

    return _DIGITS_AND_LETTERS.sub(written, text)


def read_number(found: str, kind: str, field: Field, language: Language) -> Parsed:
    """A count, a decimal or a fraction. Dates and yes/no are no numbers: a spreadsheet may have made them of "4/5".

    What is read under a convention that the text does not show, or loses a sign for which the form has no place, is
    warned of.
    """
    if kind in "bd":
        return Parsed(rule="cell.not_number")
    parsed = _number_cell(found, field) if kind == "n" else _number_text(found, field, language)
    if parsed.value is None:
        return parsed
    if parsed.note in _WARNED:
        return replace(parsed, warned=_WARNED[parsed.note], said=f"= {parsed.value}")
    if parsed.approx and not field.approx:
        return replace(parsed, warned="cell.approximate", said=f"{parsed.approx} {parsed.value}")
    return parsed


def _number_text(found: str, field: Field, language: Language) -> Parsed:
    words = _words(language)
    typed = _MINUS.sub("-", re.sub(r"\s+", " ", found))
    text = digits_of(typed)
    note = "look_alike" if text != typed else None
    text, approx = _without_first(text, words.approximate, language)
    while approx:
        text, other = _without_first(text, words.approximate, language)
        if other is None:
            break
    whole = _BRACKETED.fullmatch(text)
    if whole:
        text, note = whole[1], note or "footnote"
    while (mark := _FOOTNOTE.search(text)) and mark.start() > 0:
        text, note = text[: mark.start()], note or "footnote"
    text = _without_last(text, words.units, language)
    hundredths = text.endswith("%")
    if hundredths:
        text = text[:-1].rstrip()
        if field.type == "count":
            return Parsed(rule="cell.not_number")
    text, times = _multiplied(text, words.multipliers, language)
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        return _fraction(int(fraction[1]), int(fraction[2]), field, approx)
    sign, text = (-1, text[1:].lstrip()) if text.startswith("-") else (1, text.removeprefix("+"))
    value, convention = _decimal(text, language, count=field.type == "count" and times == 1)
    if value is None:
        return Parsed(rule="cell.not_number")
    note = note if note == "look_alike" else convention or note
    return _fitting(sign * value * times, field, hundredths=hundredths, approx=approx, note=note)


def _fraction(part: int, whole: int, field: Field, approx: str | None) -> Parsed:
    """Part and whole of "45/192" where the form has a place for both, else their share, where the field is one."""
    if field.whole and whole < 10**_DIGITS_OF_A_COUNT and part < 10**_DIGITS_OF_A_COUNT:
        value = part if field.type == "count" else Decimal(part)
        return Parsed(value, approx=approx, of=whole, note="fraction")
    if field.type != "percent" or whole == 0:
        return Parsed(rule="cell.not_number")
    share = Context(prec=60).divide(Decimal(part), Decimal(whole))
    return Parsed(share.quantize(_PLACES, ROUND_HALF_UP, Context(prec=60)), approx=approx, note="fraction")


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
    if hundredths or (field.type == "percent" and headed_percent(field)):
        value = value.scaleb(-2, Context(prec=60))
    return Parsed(value, approx=approx, note=note)


def headed_percent(field: Field) -> bool:
    """Whether the column's header says that its numbers are percentages."""
    return any("%" in header for header in (*field.header, *field.title.values()))


def _decimal(text: str, language: Language, *, count: bool) -> tuple[Decimal | None, str | None]:
    """Digits with marks as a number, and the convention where the text alone does not show it; None where it is none.

    In a count a mark before groups of three separates thousands. Elsewhere a single point is a decimal point, and
    the decimal mark is just that.
    """
    other = "." if language.decimal == "," else ","
    single = text.count(".") + text.count(",") == 1
    grouped = _words(language).grouped.fullmatch(text)
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
