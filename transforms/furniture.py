"""Telling rows of data from what stands around them: totals, sections, notes, signatures, numbered and blank rows.

A row is data unless a layout rule says otherwise; what a rule cannot tell apart stays data, so that it is loaded or
quarantined where people see it, and never dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from catalogue.form import Field, Form
from catalogue.language import Language
from transforms.header import Header
from transforms.parse import parse
from transforms.sheet import Line, Sheet
from transforms.table import Furniture
from transforms.text import clean, fold, per_language, read_text

_NUMBERS: Final = ("count", "decimal", "percent")
# (1)  1  (3)=(4)+(5)  7=8+9+10  A
_COLUMN_NUMBER = re.compile(r"\(?\s*(\d{1,3})\s*\)?\s*(?:=\s*[\d()+\-*/:\s.]+)?|\(?\s*[A-Za-z]\s*\)?")
_SERIAL = re.compile(r"\d{1,6}[.)]?")
_NUMERAL = re.compile(r"(?:[IVX]{1,5}|[A-Z])[.)/]?")
_NUMBERED = re.compile(r"(?:[IVX]{1,5}|[A-Z]|\d{1,3})\s*[.)/]\s+")
_NUMERALS = re.compile(r"[ivx\d]+\W*")
_WORD = re.compile(r"\w+")
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
class _Phrases:
    """Phrases to find at the beginning of cells, folded: all without marks, and by how they may go on.

    ``whole`` gives, for each, the ways in which it is written. ``marked`` begin or end with a mark, as "(*)" or
    "Sum:", and are compared with it. ``long`` have several words. ``short`` are one word, which is too little to go by,
    since folded it begins many names: it must be all there is, or stand before a colon, a bracket or a numeral.
    """

    whole: dict[str, tuple[str, ...]]
    marked: tuple[str, ...]
    long: tuple[str, ...]
    short: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of a language pack, folded."""

    total: _Phrases
    section: _Phrases
    note: _Phrases
    signature: _Phrases
    nothing: _Phrases
    zero: frozenset[str]
    absent: frozenset[str]


@per_language
def _words(language: Language) -> _Words:
    zero = frozenset(fold(word, language) for word in language.zero)
    return _Words(
        total=_phrases(language.total, language),
        section=_phrases(language.section, language),
        note=_phrases(language.note, language),
        signature=_phrases(language.signature, language),
        nothing=_phrases([word for word in language.zero if " " in word.strip()], language),
        zero=zero,
        absent=zero | {fold(word, language) for word in (*language.missing, *language.not_applicable)},
    )


def _phrases(words: Iterable[str], language: Language) -> _Phrases:
    whole, marked, long, short = dict[str, tuple[str, ...]](), [], [], []
    for word in words:
        bare = _bare(fold(word, language))
        if bare:
            whole[bare] = (*whole.get(bare, ()), word)
        if not (word[:1].isalnum() and word[-1:].isalnum()):
            marked.append(_BEFORE_MARK.sub("", fold(word, language)))
        elif " " in bare:
            long.append(f"{bare} ")
        else:
            short.append(bare)
    return _Phrases(whole, tuple(marked), tuple(long), tuple(short))


def _bare(folded: str) -> str:
    return " ".join(_WORD.findall(folded))


def _begins(text: str, phrases: _Phrases, language: Language) -> bool:
    """Whether a cell begins with one of some phrases, numbering and dashes before it left aside."""
    folded = _BEFORE_MARK.sub("", fold(text, language))
    written = _NUMBERED.sub("", _LEADING.sub("", text), count=1)
    bare = _bare(fold(written, language))
    if folded.startswith(phrases.marked):
        return True
    begun = [phrase.rstrip() for phrase in phrases.long if bare.startswith(phrase)]
    for phrase in (bare, *begun) if bare in phrases.whole else begun:
        if any(_same_marks(written, word, language) for word in phrases.whole[phrase]):
            return True
    for word in phrases.short:
        if bare.startswith(f"{word} "):
            rest = folded[folded.find(word) + len(word) :].strip()
            if rest[:1] in (":", "(", "[") or _NUMERALS.fullmatch(rest):
                return True
    return False


def _same_marks(text: str, phrase: str, language: Language) -> bool:
    """Whether a text that begins as a phrase, marks aside, may be meant as it: words with other marks are other words.

    A word without any mark may be any; where a mark stands within a word does not matter.
    """
    found = _WORD.findall(unicodedata.normalize("NFC", read_text(text, language)).casefold())
    for one, other in zip(found, _WORD.findall(unicodedata.normalize("NFC", phrase).casefold()), strict=False):
        apart, wanted = (sorted(unicodedata.normalize("NFD", word)) for word in (one, other))
        if not one.isascii() and fold(one, language) == fold(other, language) and apart != wanted:
            return False
    return True


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
        # Where a form wants no figures, a row without any says nothing about what it is.
        self.has_figures = any(field.type in _NUMBERS for field in self.fields.values())
        label = header.columns.get(form.layout.label) if form.layout.label else None
        self.label = label or min(self.fields)
        self.header_words = self._header_words(sheet, header)
        self.spans = {(merge.top, merge.left): merge.right - merge.left + 1 for merge in sheet.merges or ()}
        self.serial = self._serial_column(sheet, header)
        self.ended = self.noted = self.seen_data = False

    def _header_words(self, sheet: Sheet, header: Header) -> dict[int, str]:
        line = next((found for found in sheet.lines if found.row == header.bottom), None)
        texts = line.texts if line else ()
        return {column: fold(text, self.language) for column, text in enumerate(texts, start=1) if text and clean(text)}

    def _serial_column(self, sheet: Sheet, header: Header) -> int | None:
        """The column left of the label that numbers the rows, where no field is read from it and digits stand in it."""
        digits = Counter(
            column
            for line in sheet.lines
            if line.row > header.bottom
            for column, text in enumerate(line.texts[: self.label - 1], start=1)
            if column not in self.fields and text and _SERIAL.fullmatch(text.strip())
        )
        column, times = max(digits.items(), key=lambda item: item[1], default=(0, 0))
        return column if times >= _FEW else None

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
        leading = self._leading(cells)
        if figures and self._keys(cells, leading):
            return None
        if self._says_nothing(cells):
            return Verdict("note", "layout.nothing")
        if figures and _NUMERAL.fullmatch(cells.get(self.serial or 0, "")):
            # Among rows numbered 1, 2, 3 one numbered I or A is the subtotal of those below it.
            return Verdict("section", "layout.numeral_subtotal")
        by_word = self._by_word(cells, leading, figures) or self._signature(cells, figures)
        if by_word is not None:
            return by_word
        if not figures:
            by_shape = self._by_shape(line, cells)
            if by_shape is not None:
                return by_shape
        if any(column in self.fields for column in cells):
            return None
        # Nothing is filled in that the form reads.
        return Verdict("note", "layout.beside_table")

    def _leading(self, cells: dict[int, str]) -> set[int]:
        """The columns whose words may tell what a row is: the first with words, the one behind a numeral, the label."""
        named = [column for column, text in cells.items() if not _SERIAL.fullmatch(text)]
        leading = set(named[: 2 if named and _NUMERAL.fullmatch(cells[named[0]]) else 1])
        return leading | ({self.label} & set(cells))

    def _by_word(self, cells: dict[int, str], leading: set[int], figures: int) -> Verdict | None:
        """Totals, sections and notes: by their words, where no other key is filled in."""
        if self._keys(cells, leading):
            return None
        texts = [cells[column] for column in sorted(leading)]
        kinds: tuple[tuple[Furniture, _Phrases], ...] = (("total", self.words.total), ("section", self.words.section))
        for kind, phrases in (*kinds, *((("note", self.words.note),) if not figures else ())):
            if any(_begins(text, phrases, self.language) for text in texts):
                return Verdict(kind, f"layout.{kind}")
        return None

    def _signature(self, cells: dict[int, str], figures: int) -> Verdict | None:
        """The first row of the signatures: their words in any column, and nothing filled in beside them."""
        if figures:
            return None
        signed = {column for column, text in cells.items() if _begins(text, self.words.signature, self.language)}
        return Verdict("signature", "layout.signature") if signed and not self._keys(cells, signed) else None

    def _by_shape(self, line: Line, cells: dict[int, str]) -> Verdict | None:
        """Rows without figures that are no data by how few their words are and where they stand."""
        first, few, keys = min(cells), len(cells) <= _FEW, self._keys(cells, set())
        if not any(column in self.fields for column in cells) and all(map(_SERIAL.fullmatch, cells.values())):
            return Verdict("blank", "layout.only_numbered")
        if few and self.noted:
            return Verdict("note", "layout.after_note")
        if len(cells) == 1 and self.spans.get((line.row, first), 1) > max(_FEW, len(self.fields) // 2):
            return Verdict("section", "layout.merged_row")
        if few and keys <= 1 and self.has_figures and self._numbered(list(cells.values())):
            return Verdict("section", "layout.numeral")
        if self.label not in cells and few and (len(cells) == 1 or not keys) and len(self.fields) > _FEW:
            return Verdict("note", "layout.stray")
        return None

    def _numbered(self, texts: list[str]) -> bool:
        """Whether a row is a numeral and words, as "I | Departments" or "I. Departments"."""
        numeral, *words = texts
        return bool(_NUMERAL.fullmatch(numeral) if words else re.match(r"[IVX]{1,5}[.)]\s", numeral))

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
        for column, text in cells.items():
            field = self.fields.get(column)
            if field is not None and field.type in _NUMBERS:
                kind = line.kinds[column - 1]
                parsed = parse(text, kind, field, self.language) if kind == "t" else None
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
        return len(said) == 1 and _begins(said[0], self.words.nothing, self.language)

    def _repeats_header(self, cells: dict[int, str]) -> bool:
        """Whether the row repeats the last header row, as printed pages do."""
        # Cells hold long texts: as soon as too many differ, the others need no look.
        spare = len(cells) - max(_FEW, _SAME * len(cells))
        for column, text in cells.items():
            spare -= fold(text, self.language) != self.header_words.get(column)
            if spare < 0:
                return False
        return bool(cells)

    def _numbers_columns(self, cells: dict[int, str]) -> bool:
        """Whether the row numbers the columns: (1) (2) (3)=(4)+(5), also where letters stand for the first ones."""
        matches = [_COLUMN_NUMBER.fullmatch(text) for text in cells.values()]
        if len(cells) < _FEW or not all(matches):
            return False
        numbers = [int(match[1]) for match in matches if match and match[1]]
        rising = len(numbers) >= _FEW and all(b > a for a, b in pairwise(numbers))
        bracketed = any(text.startswith("(") or "=" in text for text in cells.values())
        steps = rising and numbers[-1] - numbers[0] == len(numbers) - 1
        return rising and len(cells) >= len(self.fields) / 2 and (bracketed or (steps and len(numbers) > _FEW))
