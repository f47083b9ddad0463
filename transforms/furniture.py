"""Telling rows of data from what stands around them: totals, sections, notes, signatures, numbered and blank rows.

A row is data unless a layout rule says otherwise; what a rule cannot tell apart stays data, so that it is loaded or
quarantined where people see it, and never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from catalogue.form import Field, Form
from catalogue.language import Language
from transforms.header import Header
from transforms.parse import parse
from transforms.table import Furniture
from transforms.text import clean, fold, per_language
from transforms.workbook import Line, Sheet

_NUMBERS: Final = ("count", "decimal", "percent")
# (1)  1  (3)=(4)+(5)  7=8+9+10  A
_COLUMN_NUMBER = re.compile(r"\(?\s*(\d{1,3})\s*\)?\s*(?:=\s*[\d()+\-*/:\s.]+)?|\(?\s*[A-Za-z]\s*\)?")
_SERIAL = re.compile(r"\d{1,6}[.)]?")
_NUMERAL = re.compile(r"(?:[IVX]{1,5}|[A-Z])[.)/]?")
_NUMBERED = re.compile(r"(?:[IVX]{1,5}|[A-Z]|\d{1,3})\s*[.)/]\s+")
_LEADING = re.compile(r"^[\s\-+*\u2022\u2010-\u2015(]+")
_BEFORE_MARK = re.compile(r"\s+(?=[:.)])")
_FEW: Final = 2
_SAME: Final = 0.8


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a line is: a piece of furniture by a layout rule, or data (``kind`` None)."""

    kind: Furniture | None
    rule: str


_DATA: Final = Verdict(None, "layout.data")


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of a language pack, folded."""

    total: tuple[str, ...]
    section: tuple[str, ...]
    note: tuple[str, ...]
    signature: tuple[str, ...]
    zero: frozenset[str]
    absent: frozenset[str]


@per_language
def _words(language: Language) -> _Words:
    def folded(words: Iterable[str]) -> tuple[str, ...]:
        return tuple(_word(word, language) for word in words)

    zero = frozenset(fold(word, language) for word in language.zero)
    return _Words(
        folded(language.total),
        folded(language.section),
        folded(language.note),
        folded(language.signature),
        zero,
        zero | {fold(word, language) for word in (*language.missing, *language.not_applicable)},
    )


def _word(word: str, language: Language) -> str:
    """A phrase as it is compared: with its mark where it begins or ends with one, else without any."""
    marked = not (word[:1].isalnum() and word[-1:].isalnum())
    return _BEFORE_MARK.sub("", fold(word, language)) if marked else _bare(word, language)


def _bare(text: str, language: Language) -> str:
    return " ".join(re.findall(r"\w+", fold(text, language)))


def starts_with(text: str, words: tuple[str, ...], language: Language) -> bool:
    """Whether a cell begins with one of some phrases, numbering and dashes before it left aside.

    A phrase with a mark at its end or beginning, as "(*)" or "Sum:", is compared with its mark. One short word alone is
    too little to go by, since folded it begins many names: it must be all there is, or stand before a colon, a bracket
    or a numeral.
    """
    folded = _BEFORE_MARK.sub("", fold(text, language))
    bare = _bare(_NUMBERED.sub("", _LEADING.sub("", clean(text)), count=1), language)
    for word in words:
        plain = _bare(word, language)
        if plain and (bare == plain or (plain == word and " " in word and bare.startswith(f"{word} "))):
            return True
        if plain != word:
            if folded.startswith(word):
                return True
        elif bare.startswith(f"{word} "):
            rest = folded[folded.find(word) + len(word) :].strip()
            if rest[:1] in (":", "(", "[") or re.fullmatch(r"[ivx\d]+\W*", rest):
                return True
    return False


def sort_lines(sheet: Sheet, header: Header, form: Form, language: Language) -> list[tuple[Line, Verdict]]:
    """The verdict on each line of a sheet, in order."""
    found: list[tuple[Line, Verdict]] = []
    judge = _Judge(sheet, header, form, language)
    for line in sheet.lines:
        if not any(text and clean(text) for text in line.texts):
            verdict = Verdict("blank", "layout.blank")
        elif line.row < header.top:
            verdict = Verdict("title", "layout.above_header")
        elif line.row <= header.bottom:
            verdict = Verdict("header", "layout.header")
        else:
            verdict = judge.below(line)
        found.append((line, verdict))
    return found


class _Judge:
    """Judges the lines below a header, from top to bottom: what a line is depends on those before it."""

    def __init__(self, sheet: Sheet, header: Header, form: Form, language: Language) -> None:
        self.form, self.language, self.words = form, language, _words(language)
        self.fields: dict[int, Field] = {
            column: field for field in form.fields if (column := header.columns.get(field.field)) is not None
        }
        self.ignored = {label.column for label in header.ignored}
        label = header.columns.get(form.layout.label) if form.layout.label else None
        self.label = label or min(self.fields)
        self.header_words = self._header_words(sheet, header)
        self.spans = {(merge.top, merge.left): merge.right - merge.left + 1 for merge in sheet.merges or ()}
        self.ended = self.noted = self.seen_data = False

    def _header_words(self, sheet: Sheet, header: Header) -> dict[int, str]:
        line = next((found for found in sheet.lines if found.row == header.bottom), None)
        texts = line.texts if line else ()
        return {
            column: fold(text, self.language) for column, text in enumerate(texts, start=1) if text and clean(text)
        }

    def below(self, line: Line) -> Verdict:
        """The verdict on a line below the header."""
        if self.ended:
            return Verdict("signature", "layout.after_signature")
        cells = {column: clean(text) for column, text in enumerate(line.texts, start=1) if text and clean(text)}
        verdict = self._furniture(line, cells)
        if verdict is None:
            self.noted, self.seen_data = False, True
            return _DATA
        self.ended = verdict.kind == "signature"
        self.noted = self.noted or verdict.kind == "note"
        return verdict

    def _furniture(self, line: Line, cells: dict[int, str]) -> Verdict | None:
        if self._repeats_header(cells):
            self.seen_data = False
            return Verdict("header", "layout.header_repeated")
        if not self.seen_data and self._numbers_columns(cells):
            return Verdict("numbers", "layout.column_numbers")
        figures = self._figures(line, cells)
        by_word = self._by_word(cells, figures)
        if by_word is not None:
            return by_word
        mapped = [column for column in cells if column in self.fields]
        if not mapped:
            return self._unmapped(cells)
        return None if figures else self._by_shape(line, cells)

    def _by_word(self, cells: dict[int, str], figures: int) -> Verdict | None:
        """Totals, sections, notes, signatures and reports of nothing: by their words, where no key is filled in."""
        if self._says_nothing(cells):
            return Verdict("note", "layout.nothing")
        first = next((column for column, text in cells.items() if not _SERIAL.fullmatch(text)), None)
        for column in dict.fromkeys((first, self.label)):
            if column is None or column not in cells or self._keys(cells, {column}):
                continue
            text = cells[column]
            if starts_with(text, self.words.total, self.language):
                return Verdict("total", "layout.total")
            if starts_with(text, self.words.section, self.language):
                return Verdict("section", "layout.section")
            if not figures and starts_with(text, self.words.note, self.language):
                return Verdict("note", "layout.note")
        # A numeral in front, as "I", hides the words behind it.
        if first is not None and _NUMERAL.fullmatch(cells[first]):
            second = next((column for column in cells if column > first), None)
            if second is not None and not self._keys(cells, {first, second}):
                if starts_with(cells[second], self.words.total, self.language):
                    return Verdict("total", "layout.total")
                if starts_with(cells[second], self.words.section, self.language):
                    return Verdict("section", "layout.section")
        signed = {
            column for column, text in cells.items() if starts_with(text, self.words.signature, self.language)
        }
        if signed and not figures and not self._keys(cells, signed):
            return Verdict("signature", "layout.signature")
        return None

    def _unmapped(self, cells: dict[int, str]) -> Verdict:
        """A row that fills in nothing the form reads: only its number, or words beside the table."""
        if all(column in self.ignored or _SERIAL.fullmatch(text) for column, text in cells.items()):
            return Verdict("blank", "layout.only_numbered")
        return Verdict("note", "layout.beside_table")

    def _by_shape(self, line: Line, cells: dict[int, str]) -> Verdict | None:
        """Rows without figures that are no data by where their few words stand."""
        few = len(cells) <= _FEW
        if few and self.noted:
            return Verdict("note", "layout.after_note")
        first = min(cells)
        spans = len(cells) == 1 and self.spans.get((line.row, first), 1) > max(_FEW, len(self.fields) // 2)
        if spans:
            return Verdict("section", "layout.merged_row")
        keys = self._keys(cells, set())
        if few and not self._numbers_only_keys() and self.label in cells and keys <= 1:
            numeral = cells[first] if first != self.label else ""
            if _NUMERAL.fullmatch(numeral) or (not numeral and re.match(r"[IVX]{1,5}[.)]\s", cells[self.label])):
                return Verdict("section", "layout.numeral")
        if self.label not in cells and few and (len(cells) == 1 or not keys) and len(self.fields) > _FEW:
            return Verdict("note", "layout.stray")
        return None

    def _numbers_only_keys(self) -> bool:
        """Whether the form has no figures at all: then a row without figures says nothing about what it is."""
        return not any(field.type in _NUMBERS for field in self.fields.values())

    def _keys(self, cells: dict[int, str], aside: set[int]) -> int:
        """How many required cells that hold no figures are filled in, some columns left aside; marks fill nothing."""
        return sum(
            1
            for column, field in self.fields.items()
            if field.required
            and field.type not in _NUMBERS
            and column not in aside
            and column in cells
            and fold(cells[column], self.language) not in self.words.absent
        )

    def _figures(self, line: Line, cells: dict[int, str]) -> int:
        """How many cells hold a figure where the form wants one."""
        found = 0
        for column in cells:
            field = self.fields.get(column)
            if field is not None and field.type in _NUMBERS:
                kind = line.kinds[column - 1]
                parsed = parse(cells[column], kind, field, self.language) if kind == "t" else None
                found += parsed is None or parsed.rule != "cell.not_number"
        return found

    def _says_nothing(self, cells: dict[int, str]) -> bool:
        """Whether the row only says, in words, that there is nothing to report."""
        said = [fold(text, self.language) for text in cells.values() if not _SERIAL.fullmatch(text)]
        words = [text for text in said if any(char.isalpha() for char in text)]
        if not words:
            return False
        if all(text in self.words.absent for text in said):
            return any(text in self.words.zero for text in words)
        phrases = tuple(word for word in self.words.zero if " " in word)
        return len(said) == 1 and starts_with(said[0], phrases, self.language)

    def _repeats_header(self, cells: dict[int, str]) -> bool:
        """Whether the row repeats the last header row, as printed pages do."""
        same = sum(fold(text, self.language) == self.header_words.get(column) for column, text in cells.items())
        return same >= _FEW and same >= _SAME * len(cells)

    def _numbers_columns(self, cells: dict[int, str]) -> bool:
        """Whether the row numbers the columns: (1) (2) (3)=(4)+(5), also where letters stand for the first ones."""
        matches = [_COLUMN_NUMBER.fullmatch(text) for text in cells.values()]
        if len(cells) < _FEW or not all(matches):
            return False
        numbers = [int(match[1]) for match in matches if match and match[1]]
        rising = len(numbers) >= _FEW and all(b > a for a, b in zip(numbers, numbers[1:], strict=False))
        bracketed = any(text.startswith("(") or "=" in text for text in cells.values())
        steps = rising and numbers[-1] - numbers[0] == len(numbers) - 1
        return rising and len(cells) >= len(self.fields) / 2 and (bracketed or (steps and len(numbers) > _FEW))
