"""Which sheets of a book hold a form's table, and which of them are read.

Of several sheets with the table the first is read: the others may be drafts, last period's, or a summary, and reading
them would count things twice. They are named, not passed over in silence. Two cases are different: a form may name its
sheets, and an office may send one sheet per unit, each with its unit in its head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catalogue.delivery import Cell, Finding
from catalogue.form import Form
from catalogue.language import Language
from catalogue.rule import finding
from transforms.clues import read_clues
from transforms.header import Header, find_header
from transforms.sheet import Book, Sheet
from transforms.table import Clues
from transforms.text import fold

LONGEST_NAME: Final = 31
"""Spreadsheets cut the names of sheets at this many characters."""


@dataclass(frozen=True, slots=True)
class Found:
    """A sheet with the form's table, its header, and what its head says."""

    sheet: Sheet
    header: Header
    clues: Clues


@dataclass(frozen=True, slots=True)
class Tables:
    """The sheets to read, in order; ``per_unit`` where each reports on its own unit. ``sought`` are those that were
    looked into, ``nearest`` the header that came nearest where none has the table."""

    read: tuple[Found, ...]
    per_unit: bool
    sought: tuple[Sheet, ...]
    nearest: Header | None
    findings: tuple[Finding, ...]


def seen_sheets(book: Book, form: Form, language: Language) -> tuple[Sheet, ...]:
    """The sheets in which a form is sought: those its layout names; where it names none, all that are not hidden.

    A csv file's only sheet has no name.
    """
    if not form.layout.sheets or (len(book.sheets) == 1 and not book.sheets[0].name):
        return tuple(sheet for sheet in book.sheets if not sheet.hidden)
    named = {fold(name, language) for name in form.layout.sheets}
    cut = {fold(name[:LONGEST_NAME], language) for name in form.layout.sheets}
    return tuple(
        sheet
        for sheet in book.sheets
        if fold(sheet.name, language) in (cut if len(sheet.name) >= LONGEST_NAME else named)
    )


def header_of(book: Book, sheet: Sheet, form: Form, language: Language) -> Header | None:
    """The best header of a form in a sheet of a book (``transforms.header.find_header``), sought once while it is open.

    The book is read in one language: that of its programme.
    """
    place = (id(sheet), id(form))
    if place not in book.found:
        book.found[place] = find_header(sheet, form, language), form
    header: Header | None = book.found[place][0]
    return header


def find_tables(book: Book, form: Form, language: Language) -> Tables:
    """The sheets of a book from which a form is read, and findings about those from which it is not."""
    sought = tuple(sheet for sheet in seen_sheets(book, form, language) if sheet.lines)
    found: list[Found] = []
    nearest: Header | None = None
    for sheet in sought:
        header = header_of(book, sheet, form, language)
        if header is not None and header.enough(form):
            found.append(Found(sheet, header, read_clues(sheet, header.top - 1, form.layout, language)))
        elif header is not None and (nearest is None or len(header.columns) > len(nearest.columns)):
            nearest = header
    read, per_unit = _to_read(found, form, language)
    unread = [one.sheet for one in found if one not in read]
    findings = [finding("table.sheet_unread", Cell(sheet.name), "", sheet.name, language) for sheet in unread]
    findings += [
        finding("table.hidden_sheet", Cell(sheet.name), "", sheet.name, language)
        for sheet in book.sheets
        if sheet.hidden and sheet not in sought and _has_table(book, sheet, form, language)
    ]
    return Tables(tuple(read), per_unit, sought, nearest, tuple(findings))


def _to_read(found: list[Found], form: Form, language: Language) -> tuple[list[Found], bool]:
    """Which of several sheets with the table are read, and whether each is its own unit's."""
    by_unit: dict[str, Found] = {}
    for one in found:
        if one.clues.unit is not None:
            by_unit.setdefault(fold(one.clues.unit[0], language), one)
    if len(by_unit) > 1:
        return list(by_unit.values()), True
    return (found if form.layout.sheets else found[:1]), False


def _has_table(book: Book, sheet: Sheet, form: Form, language: Language) -> bool:
    header = header_of(book, sheet, form, language)
    return header is not None and header.enough(form)
