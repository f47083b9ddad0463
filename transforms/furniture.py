"""Telling rows of data from what stands around them: totals, sections, notes, signatures, numbered and blank rows.

A row is data unless a layout rule says otherwise; what a rule cannot tell apart stays data, so that it is loaded or
quarantined where people see it, and never dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final

from catalogue.form import Field, Form
from catalogue.language import Language
from transforms.header import Header
from transforms.parse import parse
from transforms.sheet import Line, Sheet, cells_of
from transforms.table import Furniture
from transforms.text import clean, fold, folder, per_language, read_text

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
_KEPT_TEXTS: Final = 16_384
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


@per_language
def _beginner(language: Language) -> Callable[[str, str], bool]:
    """Whether a cell begins with a phrase of some kind (a name of ``_Words``): columns say the same over and over."""
    words = _words(language)
    return lru_cache(maxsize=_KEPT_TEXTS)(lambda text, kind: _begins(text, getattr(words, kind), language))


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
        cells = cells_of(line)
        if not cells:
            verdict = Verdict("blank", "layout.blank")
        elif line.row < header.top:
            verdict = Verdict("title", "layout.above_header")
        elif line.row <= header.bottom:
            verdict = Verdict("header", "layout.header")
        else:
            verdict = judge.below(line, cells)
        found.append((line, verdict))
    return found


class _Judge:
    """Judges the lines below a header, from top to bottom: what a line is depends on those before it."""

    def __init__(self, sheet: Sheet, header: Header, form: Form, language: Language) -> None:
        self.language, self.words = language, _words(language)
        self.fold, self.begins = folder(language), _beginner(language)
        self.fields: dict[int, Field] = {
            column: field for field in form.fields if (column := header.columns.get(field.field)) is not None
        }
        self.numeric = {column: field for column, field in self.fields.items() if field.type in _NUMBERS}
        self.keys = [column for column, field in self.fields.items() if field.required and field.type not in _NUMBERS]
        label = header.columns.get(form.layout.label) if form.layout.label else None
        self.label = label or min(self.fields)
        self.header_words = self._header_words(sheet, header)
        self.spans = {(merge.top, merge.left): merge.right - merge.left + 1 for merge in sheet.merges or ()}
        self.serial = self._serial_column(sheet, header)
        self.ended = self.noted = self.seen_data = self.stopped = False
        self.ends = frozenset(self.fold(text) for text in form.layout.ends)

    def _header_words(self, sheet: Sheet, header: Header) -> dict[int, str]:
        line = next((found for found in sheet.lines if found.row == header.bottom), None)
        texts = line.texts if line else ()
        return {column: self.fold(text) for column, text in enumerate(texts, start=1) if text and clean(text)}

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

    def below(self, line: Line, cells: dict[int, str]) -> Verdict:
        """The verdict on a line below the header, whose cells say something."""
        if self.ended:
            return Verdict("signature", "layout.after_signature")
        if self.stopped or (self.ends and self.fold(cells[min(cells)]) in self.ends):
            self.stopped = True
            return Verdict("note", "layout.ended")
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
        named = (column for column, text in cells.items() if not _SERIAL.fullmatch(text))
        leading = set(islice(named, 1))
        if any(_NUMERAL.fullmatch(cells[column]) for column in leading):
            leading.update(islice(named, 1))
        return leading | ({self.label} & set(cells))

    def _by_word(self, cells: dict[int, str], leading: set[int], figures: int) -> Verdict | None:
        """Totals, sections and notes: by their words, where no other key is filled in."""
        if self._keys(cells, leading):
            return None
        texts = [cells[column] for column in sorted(leading)]
        kinds: tuple[Furniture, ...] = ("total", "section") if figures else ("total", "section", "note")
        for kind in kinds:
            if any(self.begins(text, kind) for text in texts):
                return Verdict(kind, f"layout.{kind}")
        return None

    def _signature(self, cells: dict[int, str], figures: int) -> Verdict | None:
        """The first row of the signatures: their words in any column, and nothing filled in beside them."""
        if figures:
            return None
        signed = {column for column, text in cells.items() if self.begins(text, "signature")}
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
        if few and keys <= 1 and self.numeric and self._numbered(list(cells.values())):
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
            column not in aside and column in cells and self.fold(cells[column]) not in self.words.absent
            for column in self.keys
        )

    def _figures(self, line: Line, cells: dict[int, str]) -> int:
        """How many cells hold a figure where the form wants one."""
        found = 0
        for column, field in self.numeric.items():
            if column in cells:
                is_text = line.kinds[column - 1] == "t"
                found += not is_text or parse(cells[column], "t", field, self.language).rule != "cell.not_number"
        return found

    def _says_nothing(self, cells: dict[int, str]) -> bool:
        """Whether the row only says, in words, that there is nothing to report."""
        said: list[str] = []
        strange = False
        for text in cells.values():
            if not _SERIAL.fullmatch(text):
                said.append(self.fold(text))
                strange = strange or said[-1] not in self.words.absent
                if strange and len(said) > 1:
                    return False
        words = [text for text in said if any(char.isalpha() for char in text)]
        if not words:
            return False
        if not strange:
            return any(text in self.words.zero for text in words)
        return self.begins(said[0], "nothing")

    def _repeats_header(self, cells: dict[int, str]) -> bool:
        """Whether the row repeats the last header row, as printed pages do."""
        # Cells hold long texts: as soon as too many differ, the others need no look.
        spare = len(cells) - max(_FEW, _SAME * len(cells))
        for column, text in cells.items():
            spare -= self.fold(text) != self.header_words.get(column)
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
