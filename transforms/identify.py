"""Finding out which form a file is, and what it says of its unit and period: by stamp, by folder, by layout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from catalogue.delivery import Cell
from catalogue.form import Form
from catalogue.language import Language
from catalogue.source import Clue
from transforms.clues import read_clues, read_stamps
from transforms.header import Header
from transforms.sheet import Book, Sheet
from transforms.table import Clues
from transforms.tables import header_of, seen_sheets
from transforms.text import fold

# The share of required columns from which a layout tells a form.
_ENOUGH: Final = 0.8
_LONGEST_STAMP: Final = 40


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file was found to be. ``by`` tells which clue gave ``form``, ``unit`` and ``period``.

    Texts are as written; finding the unit in its register is done elsewhere. A text from a folder has an empty cell.
    ``clues`` are those of the file alone, also where the folder's word came first.
    """

    form: Form | None = None
    unit_text: tuple[str, Cell] | None = None
    period_text: tuple[str, Cell] | None = None
    by: dict[str, Clue] = field(default_factory=dict)
    clues: Clues = field(default_factory=Clues)


def identify(
    book: Book, forms: Sequence[Form], order: tuple[Clue, ...], folder: Mapping[str, str], language: Language
) -> Identity:
    """What a file is, each part from the first clue in ``order`` that tells it.

    ``folder`` holds what the folders' names say, by ``form``, ``unit`` and ``period``. A layout tells the form only
    where one form alone matches best, with at least 80 % of its required columns.
    """
    by: dict[str, Clue] = {}
    form: Form | None = None
    for clue in order:
        if clue == "stamp":
            form = _stamped(book, forms, language)
        elif clue == "folder":
            form = _coded(folder.get("form", ""), forms, language)
        else:
            form = _laid_out(book, forms, language)
        if form is not None:
            by["form"] = clue
            break
    clues = _clues(book, [form] if form else forms, language)
    unit, period = None, None
    for clue in order:
        if unit is None:
            unit = _told(clue, clues.unit, folder.get("unit"))
            if unit is not None:
                by["unit"] = clue
        if period is None:
            period = _told(clue, clues.period, folder.get("period"))
            if period is not None:
                by["period"] = clue
    return Identity(form, unit, period, by, clues)


def _told(clue: Clue, inside: tuple[str, Cell] | None, outside: str | None) -> tuple[str, Cell] | None:
    """What a clue says: the file itself, or its folder. The layout says nothing of unit or period."""
    if clue == "stamp":
        return inside
    return (outside, Cell()) if clue == "folder" and outside else None


def _plain(code: str, language: Language) -> str:
    """A code without the marks between its parts: offices write BM-01, BM 01 and BM01."""
    return re.sub(r"[^\w]|_", "", fold(code, language))


def _coded(text: str, forms: Sequence[Form], language: Language) -> Form | None:
    """The form whose code a text begins with, at the end of a word; the longest of several."""
    plain = [_plain(text[: match.end()], language) for match in re.finditer(r"\w+", text)]
    matching = [form for form in forms if _plain(form.form, language) in plain]
    return max(matching, key=lambda form: len(_plain(form.form, language)), default=None)


def _open(book: Book, form: Form, language: Language) -> list[Sheet]:
    """The sheets that people see, and those that the form names."""
    named = seen_sheets(book, form, language)
    return [sheet for sheet in book.sheets if not sheet.hidden or sheet in named]


def _heads(book: Book, form: Form, language: Language) -> Iterator[tuple[Sheet, int]]:
    """The sheets of a book with the last row above the form's table, or the last row that is looked at.

    Those with the table come first: instructions beside it name periods and units as examples.
    """
    without = []
    for sheet in _open(book, form, language):
        header = header_of(book, sheet, form, language)
        if header is not None and header.enough(form):
            yield sheet, header.top - 1
        else:
            without.append((sheet, form.layout.scan_rows))
    yield from without


def _stamped(book: Book, forms: Sequence[Form], language: Language) -> Form | None:
    """The form whose code stands in the head of a sheet: behind its label, or alone in a cell."""
    alone = {_plain(form.form, language): form for form in forms}
    # What nobody sees comes last.
    for sheet in sorted(book.sheets, key=lambda sheet: sheet.hidden):
        for labels, last in dict.fromkeys((form.layout.stamp, form.layout.scan_rows) for form in forms):
            for stamp in read_stamps(sheet, last, labels, language):
                form = _coded(stamp, forms, language)
                if form is not None:
                    return form
        for line in sheet.lines:
            for text in line.texts if line.row <= max((form.layout.scan_rows for form in forms), default=0) else ():
                form = alone.get(_plain(text, language)) if text and len(text) <= _LONGEST_STAMP else None
                if form is not None:
                    return form
    return None


def _laid_out(book: Book, forms: Sequence[Form], language: Language) -> Form | None:
    """The one form whose header matches best: by its share of columns, then by how many there are."""
    scores: list[tuple[float, int, Form]] = []
    for form in forms:
        sheets = _open(book, form, language)
        headers = [header for sheet in sheets if (header := header_of(book, sheet, form, language)) is not None]
        best = max(headers, key=lambda header: _score(header, form), default=None)
        if best is not None and best.enough(form) and best.share(form) >= _ENOUGH:
            scores.append((*_score(best, form), form))
    scores.sort(key=lambda score: score[:2], reverse=True)
    if not scores or (len(scores) > 1 and scores[0][:2] == scores[1][:2]):
        return None
    return scores[0][2]


def _score(header: Header, form: Form) -> tuple[float, int]:
    return header.share(form), len(header.columns)


def _clues(book: Book, forms: Sequence[Form], language: Language) -> Clues:
    """The clues in the heads of all sheets, by the labels of the form, or of all forms where it is not known."""
    found: list[Clues] = []
    for form in forms:
        found += [read_clues(sheet, last, form.layout, language) for sheet, last in _heads(book, form, language)]
    return Clues(
        form=next((clues.form for clues in found if clues.form), None),
        unit=next((clues.unit for clues in found if clues.unit), None),
        period=next((clues.period for clues in found if clues.period), None),
    )
