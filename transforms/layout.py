"""Reading a form's table from a workbook: where it stands, which rows are data, and what everything else is.

Every row with something in it, of every sheet read, comes out exactly once: as a row or as a piece of furniture that
names the layout rule which said so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from catalogue.delivery import Cell, Finding
from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.language import Language
from catalogue.rule import finding
from transforms.day import day_of_serial
from transforms.furniture import Verdict, sort_lines
from transforms.grand_total import grand_totals
from transforms.header import Header
from transforms.sheet import Book, Line, Sheet, letter
from transforms.table import Clues, Piece, Row, Table
from transforms.tables import Found, Tables, find_tables
from transforms.text import clean
from transforms.workbook import open_book

_LONGEST_PIECE: Final = 300
_USUAL: Final = 1900


def read_workbook(data: bytes, name: str, form: Form, language: Language) -> Table:
    """The table of a form in a file of any kind that ``open_book`` opens.

    Raises DeliveryRefused by ``file.unreadable``, ``file.empty`` or ``table.not_found``.
    """
    return read_book(open_book(data, name, language), form, language)


def read_book(book: Book, form: Form, language: Language) -> Table:
    """The table of a form in an opened file, from the sheets that ``transforms.tables`` chooses.

    Raises DeliveryRefused by ``table.not_found``, naming what was sought and the row that came nearest.
    """
    tables = find_tables(book, form, language)
    if not tables.read:
        raise DeliveryRefused("table.not_found", _not_found(book, form, tables))
    findings = list(tables.findings)
    rows: list[Row] = []
    totals: list[Row] = []
    furniture: list[Piece] = []
    silent: list[Found] = []
    for one in tables.read:
        sheet, header = one.sheet, one.header
        lines = sort_lines(sheet, header, form, language)
        data = [line for line, verdict in lines if verdict.kind is None]
        findings += _column_findings(sheet, header, lines, form, language)
        findings += _hidden_findings(sheet, header, data, language)
        rows += _rows(sheet, data, header, form)
        furniture += [_piece(sheet, line, verdict) for line, verdict in lines if verdict.kind is not None]
        totals += _rows(sheet, grand_totals(lines, header, form, language), header, form)
        if not data and not (form.empty and any(verdict.rule == "layout.nothing" for _, verdict in lines)):
            silent.append(one)
    if form.layout.sheets:
        findings += _without_table(tables, form, language)
    findings += _without_rows(tables, silent, bool(rows), language)
    columns = {
        (one.sheet.name, field): letter(column) for one in tables.read for field, column in one.header.columns.items()
    }
    return Table(
        fields=tuple(field.field for field in form.fields),
        columns=columns,
        rows=tuple(rows),
        furniture=tuple(furniture),
        totals=tuple(totals),
        findings=tuple(findings),
        clues=_clues(tables),
        silent=frozenset(one.sheet.name for one in silent),
    )


def _not_found(book: Book, form: Form, tables: Tables) -> str:
    wanted = ", ".join(f"{field.header[0]!r}" for field in form.fields if field.header and field.required)
    nearest = tables.nearest
    among = ", ".join(repr(sheet.name) for sheet in tables.sought) or (
        f"none of {', '.join(map(repr, form.layout.sheets))}; the file has "
        f"{', '.join(repr(sheet.name) for sheet in book.sheets)}"
    )
    came = "no row has any of them"
    if nearest is not None:
        missing = ", ".join(nearest.missing(form))
        place = f"row {nearest.bottom}" + (f" of sheet {nearest.sheet!r}" if nearest.sheet else "")
        came = f"nearest is {place}, with {', '.join(nearest.columns)}, without {missing}"
    hidden = ", ".join(repr(one.cell.sheet) for one in tables.findings if one.rule == "table.hidden_sheet")
    came += f"; hidden sheet {hidden} has it: unhide it" if hidden else ""
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


def _hidden_findings(sheet: Sheet, header: Header, data: list[Line], language: Language) -> list[Finding]:
    """Rows of data and columns of the table that who opens the file does not see: they are read, and told."""
    found = []
    rows = [line.row for line in data if line.row in sheet.hidden_rows]
    if rows:
        cell = Cell(sheet.name, rows[0])
        found.append(finding("table.hidden_rows", cell, "", _runs(rows), language))
    columns = {column: name for name, column in header.columns.items() if column in sheet.hidden_columns}
    for column, name in sorted(columns.items()):
        cell = Cell(sheet.name, header.bottom, letter(column))
        found.append(finding("table.hidden_column", cell, name, letter(column), language))
    return found


def _runs(rows: list[int]) -> str:
    """Row numbers in few words.

    >>> _runs([3, 5, 6, 7, 9])
    '3, 5-7, 9'
    """
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = runs[-1][0], row
        else:
            runs.append((row, row))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _without_table(tables: Tables, form: Form, language: Language) -> list[Finding]:
    """Sheets that the layout names, that hold something, but no table."""
    having = {one.sheet.name for one in tables.read} | {one.cell.sheet for one in tables.findings}
    return [
        finding("table.not_found", Cell(sheet.name), "", form.form, language)
        for sheet in tables.sought
        if sheet.name not in having
    ]


def _without_rows(tables: Tables, silent: list[Found], any_rows: bool, language: Language) -> list[Finding]:  # noqa: FBT001 a fact, no switch
    """A table without rows that does not say so, either. Of sheets that are one unit's each, that unit is missing."""
    if any_rows:
        some = silent if tables.per_unit else []
        return [finding("table.sheet_empty", Cell(one.sheet.name), "", one.sheet.name, language) for one in some]
    if len(silent) < len(tables.read):
        return []
    first = tables.read[0]
    cell = Cell(first.sheet.name, first.header.bottom + 1)
    return [finding("table.no_rows", cell, "", "no row below the header", language)]


def _rows(sheet: Sheet, lines: list[Line], header: Header, form: Form) -> Iterator[Row]:
    """Lines as rows: texts and kinds of the form's fields, in their order."""
    places = [header.columns.get(field.field, 0) - 1 for field in form.fields]
    named = [field.taken == "sheet" for field in form.fields]
    days = [field.type == "date" and sheet.days_from != _USUAL for field in form.fields]
    special = [place for place, found in enumerate(zip(named, days, strict=True)) if any(found)]
    width = max(places, default=-1) + 1
    for line in lines:
        # One more than there are: the place of a column that is not there is -1.
        beyond = max(1, width - len(line.texts))
        filled, stored = (*line.texts, *(None,) * beyond), line.kinds + "-" * beyond
        texts = [filled[place] for place in places]
        kinds = [stored[place] for place in places]
        for place in special:
            text = texts[place]
            if named[place]:
                texts[place], kinds[place] = sheet.name or None, "t"
            elif kinds[place] == "n" and text and (day := day_of_serial(text, sheet.days_from)):
                # The number means another day in most workbooks: what it means here is told from here on.
                texts[place], kinds[place] = day.isoformat(), "d"
        for place, text in enumerate(texts):
            # A number is never blank.
            if not text or (kinds[place] != "n" and not clean(text)):
                texts[place], kinds[place] = None, "-"
        yield Row(sheet.name, line.row, tuple(texts), "".join(kinds))


def _piece(sheet: Sheet, line: Line, verdict: Verdict) -> Piece:
    text = " | ".join(" ".join(clean(found).split()) for found in line.texts if found and clean(found))
    if verdict.kind is None:
        raise ValueError(f"{sheet.name}!{line.row} is data, no furniture")
    return Piece(sheet.name, line.row, verdict.kind, verdict.rule, text[:_LONGEST_PIECE])


def _clues(tables: Tables) -> Clues:
    """The clues of the sheets read, from above their headers; of several the first."""
    found = [one.clues for one in tables.read]
    return Clues(
        form=next((clues.form for clues in found if clues.form), None),
        unit=next((clues.unit for clues in found if clues.unit), None),
        period=next((clues.period for clues in found if clues.period), None),
        submission=next((clues.submission for clues in found if clues.submission), None),
    )
