"""Reading a form's table from a workbook: where it stands, which rows are data, and what everything else is.

Every row with something in it, of every sheet read, comes out exactly once: as a row or as a piece of furniture that
names the layout rule which said so.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Final

from catalogue.delivery import Cell, Finding
from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.language import Language
from catalogue.rule import finding
from transforms.clues import read_clues
from transforms.furniture import Verdict, sort_lines
from transforms.header import Header, find_header
from transforms.parse import parse
from transforms.table import Clues, Piece, Row, Table
from transforms.text import clean, fold
from transforms.workbook import Book, Line, Sheet, letter, open_book

_LONGEST_PIECE: Final = 300


def read_workbook(data: bytes, name: str, form: Form, language: Language) -> Table:
    """The table of a form in a file of any kind that ``open_book`` opens.

    Raises DeliveryRefused by ``file.unreadable``, ``file.empty`` or ``table.not_found``.
    """
    return read_book(open_book(data, name), form, language)


def read_book(book: Book, form: Form, language: Language) -> Table:
    """The table of a form in an opened file: the sheets that the layout names, or else the first that has the table.

    Raises DeliveryRefused by ``table.not_found``, naming what was sought and the row that came nearest.
    """
    findings: list[Finding] = []
    tables: list[tuple[Sheet, Header]] = []
    sought = _sheets(book, form, language)
    nearest: Header | None = None
    for sheet in sought:
        header = find_header(sheet, form, language)
        if header is not None and header.enough(form):
            tables.append((sheet, header))
            if not form.layout.sheets:
                break
        elif header is not None and (nearest is None or len(header.columns) > len(nearest.columns)):
            nearest = header
    if not tables:
        raise DeliveryRefused("table.not_found", _not_found(book, form, sought, nearest))
    rows: list[Row] = []
    totals: list[Row] = []
    furniture: list[Piece] = []
    nothing = False
    for sheet, header in tables:
        lines = sort_lines(sheet, header, form, language)
        findings += _column_findings(sheet, header, lines, form, language)
        rows += [_row(sheet, line, header, form) for line, verdict in lines if verdict.kind is None]
        furniture += [_piece(sheet, line, verdict) for line, verdict in lines if verdict.kind is not None]
        totals += [_row(sheet, line, header, form) for line in _grand_totals(lines, header, form, language)]
        nothing = nothing or any(verdict.rule == "layout.nothing" for _, verdict in lines)
    if form.layout.sheets:
        findings += _without_table(sought, tables, form, language)
    if not rows and not (form.empty and nothing):
        sheet, header = tables[0]
        cell = Cell(sheet.name, header.bottom + 1)
        findings.append(finding("table.no_rows", cell, "", "no row below the header", language))
    columns = {
        (sheet.name, field): letter(column) for sheet, header in tables for field, column in header.columns.items()
    }
    return Table(
        fields=tuple(field.field for field in form.fields),
        columns=columns,
        rows=tuple(rows),
        furniture=tuple(furniture),
        totals=tuple(totals),
        findings=tuple(findings),
        clues=_clues(tables, form, language),
    )


def _sheets(book: Book, form: Form, language: Language) -> list[Sheet]:
    """The sheets to look into: those the layout names, all where it names none. A csv file's only sheet has no name."""
    filled = [sheet for sheet in book.sheets if sheet.lines]
    if not form.layout.sheets or (len(book.sheets) == 1 and not book.sheets[0].name):
        return filled
    named = {fold(name, language) for name in form.layout.sheets}
    return [sheet for sheet in filled if fold(sheet.name, language) in named]


def _not_found(book: Book, form: Form, sought: list[Sheet], nearest: Header | None) -> str:
    wanted = ", ".join(f"{field.header[0]!r}" for field in form.fields if field.header and field.required)
    among = ", ".join(repr(sheet.name) for sheet in sought) or (
        f"none of {', '.join(map(repr, form.layout.sheets))}; the file has "
        f"{', '.join(repr(sheet.name) for sheet in book.sheets)}"
    )
    came = "no row has any of them"
    if nearest is not None:
        missing = ", ".join(nearest.missing(form))
        place = f"row {nearest.bottom}" + (f" of sheet {nearest.sheet!r}" if nearest.sheet else "")
        came = f"nearest is {place}, with {', '.join(nearest.columns)}, without {missing}"
    return (
        f"{book.name}: no table of form {form.form} in the first {form.layout.scan_rows} rows of sheets {among}. "
        f"Sought are the columns {wanted}; {came}. Use the form's template"
    )


def _column_findings(
    sheet: Sheet, header: Header, lines: list[tuple[Line, Verdict]], form: Form, language: Language
) -> list[Finding]:
    """What is wrong with the columns: required ones missing, some twice, some that the form does not know."""
    found = []
    unknown_labels = ", ".join(label.text for label in header.unknown)
    for name in header.missing(form):
        field = form.field(name)
        allowed = " | ".join(field.header) if field else name
        cell = Cell(sheet.name, header.bottom)
        found.append(finding("table.column_missing", cell, name, unknown_labels, language, allowed))
    for name, label in header.doubled:
        cell = Cell(sheet.name, header.bottom, letter(label.column))
        found.append(finding("table.column_doubled", cell, name, label.text, language))
    for label in header.unknown:
        cell = Cell(sheet.name, header.bottom, letter(label.column))
        found.append(finding("table.column_unknown", cell, "", label.text, language))
    labelled = {
        *header.columns.values(),
        *(label.column for label in (*header.ignored, *header.unknown)),
        *(label.column for _, label in header.doubled),
    }
    # A column without a label that holds something beside data would be lost silently.
    filled = Counter(
        column
        for line, verdict in lines
        if verdict.kind is None
        for column, text in enumerate(line.texts, start=1)
        if column not in labelled and text and clean(text)
    )
    for column in sorted(filled):
        cell = Cell(sheet.name, header.bottom, letter(column))
        found.append(finding("table.column_unknown", cell, "", "", language))
    return found


def _without_table(
    sought: list[Sheet], tables: list[tuple[Sheet, Header]], form: Form, language: Language
) -> list[Finding]:
    """Sheets that the layout names, that hold something, but no table."""
    having = {sheet.name for sheet, _ in tables}
    return [
        finding("table.not_found", Cell(sheet.name), "", form.form, language)
        for sheet in sought
        if sheet.name not in having
    ]


def _row(sheet: Sheet, line: Line, header: Header, form: Form) -> Row:
    """A line as a row: texts and kinds of the form's fields, in their order."""
    texts: list[str | None] = []
    kinds = ""
    for field in form.fields:
        column = header.columns.get(field.field, 0)
        inside = 0 < column <= len(line.texts)
        text = line.texts[column - 1] if inside else None
        blank = text is None or not clean(text)
        texts.append(None if blank else text)
        kinds += "-" if blank else line.kinds[column - 1]
    return Row(sheet.name, line.row, tuple(texts), kinds)


def _piece(sheet: Sheet, line: Line, verdict: Verdict) -> Piece:
    text = " | ".join(" ".join(clean(found).split()) for found in line.texts if found and clean(found))
    if verdict.kind is None:
        raise ValueError(f"{sheet.name}!{line.row} is data, no furniture")
    return Piece(sheet.name, line.row, verdict.kind, verdict.rule, text[:_LONGEST_PIECE])


def _grand_totals(lines: list[tuple[Line, Verdict]], header: Header, form: Form, language: Language) -> list[Line]:
    """The total rows that stand for all rows: the one with the largest figures, and those of the same words.

    Others are totals of sections or parts ("of which"). Where the same words also stand between rows of data, each is
    the total of its section, and none stands for all.
    """
    data = [line.row for line, verdict in lines if verdict.kind is None]
    totals = [line for line, verdict in lines if verdict.kind == "total"]
    sums = {line.row: _sum(line, header, form, language) for line in totals}
    largest = max(totals, key=lambda line: sums[line.row], default=None)
    if not data or largest is None or not sums[largest.row]:
        return []
    alike = [line for line in totals if _words_of(line, language) == _words_of(largest, language)]
    middle = any(data[0] < line.row < data[-1] for line in alike)
    return alike if not middle else [line for line in alike if line is largest and line.row < data[0]]


def _sum(line: Line, header: Header, form: Form, language: Language) -> Decimal:
    """The sum of a row's figures, whatever they count: only good to see which total holds which."""
    found = Decimal(0)
    for field in form.fields:
        column = header.columns.get(field.field, 0)
        if field.type in ("count", "decimal") and 0 < column <= len(line.texts):
            value = parse(line.texts[column - 1], line.kinds[column - 1], field, language).value
            found += Decimal(value) if isinstance(value, int | Decimal) else 0
    return found


def _words_of(line: Line, language: Language) -> str:
    """The words of a row, without its figures."""
    texts = (text for text, kind in zip(line.texts, line.kinds, strict=True) if text and kind == "t")
    return " ".join(fold(text, language) for text in texts if any(char.isalpha() for char in text))


def _clues(tables: list[tuple[Sheet, Header]], form: Form, language: Language) -> Clues:
    """The clues of the sheets read, from above their headers; of several the first."""
    found = [read_clues(sheet, header.top - 1, form.layout, language) for sheet, header in tables]
    return Clues(
        form=next((clues.form for clues in found if clues.form), None),
        unit=next((clues.unit for clues in found if clues.unit), None),
        period=next((clues.period for clues in found if clues.period), None),
    )
