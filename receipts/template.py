"""Templates: the workbook of a blank form, generated from the form's declaration alone.

The reader finds in it what it was made from: the form's code behind the layout's own label, unit and period behind
theirs, the columns under the first label of each field. Sheets: the form, instructions per language, hidden lists.
"""

from __future__ import annotations

from datetime import date, datetime, time
from io import BytesIO
from math import ceil
from typing import Final

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.declared import say
from catalogue.form import FieldType, Form
from catalogue.period import Period
from catalogue.register import Version
from catalogue.template_phrase import phrase
from receipts.blank import Blank, Column, blank
from receipts.instructions import sheet_name, write_instructions, write_text
from receipts.validation import validation
from transforms.resolve import Resolver

# Rows for what the clerk has to tell: where they are known beforehand, a few more than those.
OPEN_ROWS: Final = 500
SPARE_ROWS: Final = 20
LISTS: Final = "chiso_lists"
# The reader looks for titles and headers in the first 200 rows of a sheet at most: lists begin below.
_LISTS_TOP: Final = 201

_FORMATS: Final[dict[FieldType, str]] = {
    "count": "#,##0",
    "decimal": "General",
    "percent": "0.00%",
    "date": "dd/mm/yyyy",
    "flag": "General",
}
_WIDTHS: Final[dict[FieldType, int]] = {"count": 11, "decimal": 11, "percent": 9, "date": 12, "flag": 9, "text": 22}
_USUAL_WIDTH: Final = 18
_SERIAL_WIDTH: Final = 6
# Where the values of the head stand: labels in the first column need the room of two.
_VALUE: Final = 3
_LETTER_HEIGHT: Final = 15
# How much longer a label is for being broken between words.
_WRAPPED: Final = 1.3
_THIN: Final = Side(style="thin", color="808080")
_BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEADER: Final = PatternFill("solid", fgColor="DCE6F1")
_CENTRED: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
_OPEN: Final = Protection(locked=False)


def template(
    resolver: Resolver, form: Form, language: str, unit: Version | None, period: Period | None, today: date
) -> bytes:
    """The template of a form as an xlsx file; ``unit`` and ``period`` where they are known.

    ``language`` is that of messages; labels are as the form declares them, instructions in every language.
    """
    made = blank(resolver, form, language, unit, period, today)
    book = Workbook()
    lists = _lists(book, made)
    names = form.layout.sheets or (_title(form.form),)
    for number, name in enumerate(names):
        sheet = book.create_sheet(name, number)
        _write_form(book, sheet, made, lists, first=number == 0)
    for one in [made.pack, *(one for one in resolver.programme.languages if one is not made.pack)]:
        title = sheet_name(one)
        taken = title in book.sheetnames
        sheet = book.create_sheet(f"{title[:26]} ({one.language})" if taken else title, len(book.sheetnames) - 1)
        write_instructions(sheet, made, one.language)
    book.active = 0
    book.properties.title = say(form.title, language)
    book.properties.subject = form.form
    book.properties.version = str(form.version)
    book.properties.creator = "chiso"
    book.properties.created = book.properties.modified = datetime.combine(today, time())
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def _title(code: str) -> str:
    """The name of a sheet: the form's code, without what a name may not hold."""
    return "".join("-" if char in r"[]:*?/\\" else char for char in code)[:31]


def _lists(book: Workbook, made: Blank) -> dict[str, str]:
    """The hidden sheet of lists: a column per list, its name over it; gives the defined name of each field's list."""
    sheet = book.worksheets[0]
    sheet.title, sheet.sheet_state = LISTS, "hidden"
    names = {}
    chosen = [column for column in made.columns if column.choices]
    for number, column in enumerate(chosen, start=1):
        texts = column.choices.texts if column.choices else ()
        names[column.field.field] = name = f"list_{column.field.field}"
        write_text(sheet, _LISTS_TOP, number, name)
        for row, text in enumerate(texts, start=_LISTS_TOP + 1):
            write_text(sheet, row, number, text)
            sheet.cell(row, number).number_format = "@"
        at = get_column_letter(number)
        last = _LISTS_TOP + max(1, len(texts))
        book.defined_names[name] = DefinedName(name, attr_text=f"{LISTS}!${at}${_LISTS_TOP + 1}:${at}${last}")
    sheet.protection.sheet = True
    return names


def _write_form(book: Workbook, sheet: Worksheet, made: Blank, lists: dict[str, str], *, first: bool) -> None:
    """One sheet of the form: head, header, column numbers, cells to fill in."""
    top = _write_head(sheet, made)
    bottom = top + made.depth - 1
    _write_header(sheet, made, top)
    numbered = made.columns[-1].number > 1
    if numbered:
        for number in range(1, made.columns[-1].number + 1):
            cell = sheet.cell(bottom + 1, number, f"({number})")
            cell.font, cell.alignment, cell.border = Font(name="Calibri", italic=True, size=9), _CENTRED, _BOX
    start = bottom + (2 if numbered else 1)
    end = start + (len(made.rows) + SPARE_ROWS if made.rows else OPEN_ROWS) - 1
    _write_cells(sheet, made, start, end)
    for column in made.columns:
        name = f"col_{column.field.field}"
        cells = f"{column.letter}{start}:{column.letter}{end}"
        sheet.add_data_validation(validation(made, column, lists.get(column.field.field, ""), cells))
        area = f"{quote_sheetname(sheet.title)}!${column.letter}${start}:${column.letter}${end}"
        (book if first else sheet).defined_names[name] = DefinedName(name, attr_text=area)
    _set_up(sheet, made, top, start, end)


def _write_head(sheet: Worksheet, made: Blank) -> int:
    """Title, note, stamp, unit and period, as far as the layout leaves room; gives the first row of the header.

    Below the last label stands nothing: the reader would take it for the value that is not there yet.
    """
    form, layout, words = made.form, made.form.layout, made.pack.template
    room = layout.scan_rows - 1
    unit = (made.unit.code, made.unit.name) if made.unit else ("", "")
    days = f"({made.period.start:%d/%m/%Y} – {made.period.end:%d/%m/%Y})" if made.period else ""
    # The calendar is the form's own, and goes without saying.
    code = made.period.code.partition("@")[0] if made.period else ""
    stamp = layout.stamp[0] if layout.stamp else ""
    period = layout.period[0] if layout.period and form.frequency else (phrase(words, "period") if code else "")
    lines: list[tuple[str, str, str]] = [
        (say(form.title, made.language), "", ""),
        (f"{phrase(words, 'note')}: {sheet_name(made.pack)}", "", ""),
        (stamp, form.form, f"{phrase(words, 'version')}: {form.version}"),
        (layout.unit[0] if layout.unit else (phrase(words, "unit") if unit[0] else ""), *unit),
        (period, code, days),
    ][:room]
    for row, (label, value, beside) in enumerate(lines, start=1):
        if value or beside or label in (*layout.unit, *layout.period):
            _write_line(sheet, row, label, value, beside)
        elif label:
            write_text(sheet, row, 1, label)
            sheet.cell(row, 1).font = (
                Font(name="Calibri", bold=True, size=14) if row == 1 else Font(name="Calibri", italic=True)
            )
    return min(len(lines) + 2, layout.scan_rows)


def _write_line(sheet: Worksheet, row: int, label: str, value: str, beside: str) -> None:
    """A label, its value, and what explains the value. A value that is not known yet is the clerk's to write."""
    if label:
        write_text(sheet, row, 1, f"{label}:")
        sheet.cell(row, 1).font = Font(name="Calibri", bold=True)
    at = sheet.cell(row, _VALUE)
    at.number_format = "@"
    if value:
        write_text(sheet, row, _VALUE, value)
    else:
        at.protection = _OPEN
        at.border = Border(bottom=_THIN)
    if beside:
        write_text(sheet, row, _VALUE + 1, beside)


def _write_header(sheet: Worksheet, made: Blank, top: int) -> None:
    """The header: labels over several rows, merged where neighbours share them or nothing stands below."""
    bottom = top + made.depth - 1
    serial = [((made.form.layout.serial,), 1)] if made.form.layout.serial else []
    paths = [*serial, *((_marked(column), column.number) for column in made.columns)]
    for row in range(top, bottom + 1):
        for _, number in paths:
            cell = sheet.cell(row, number)
            cell.font, cell.fill, cell.alignment, cell.border = Font(name="Calibri", bold=True), _HEADER, _CENTRED, _BOX
    for labels, number in paths:
        depth = len(labels)
        for level, label in enumerate(labels[:-1]):
            before = next((other for other, place in paths if place == number - 1), ())
            if len(before) > level + 1 and before[: level + 1] == labels[: level + 1]:
                continue
            last = number
            while any(
                place == last + 1 and len(other) > level + 1 and other[: level + 1] == labels[: level + 1]
                for other, place in paths
            ):
                last += 1
            write_text(sheet, top + level, number, label)
            _heighten(sheet, top + level, label, sum(sheet_width(made, one) for one in range(number, last + 1)), 1)
            if last > number:
                sheet.merge_cells(start_row=top + level, end_row=top + level, start_column=number, end_column=last)
        write_text(sheet, top + depth - 1, number, labels[-1])
        if top + depth - 1 < bottom:
            sheet.merge_cells(start_row=top + depth - 1, end_row=bottom, start_column=number, end_column=number)
        _heighten(sheet, bottom, labels[-1], sheet_width(made, number), made.depth - depth + 1)


def _heighten(sheet: Worksheet, row: int, label: str, width: int, rows: int) -> None:
    """Make a row high enough for a label that is wrapped into a width and spread over some rows."""
    height = ceil(len(label) * _WRAPPED / width) * _LETTER_HEIGHT / rows
    sheet.row_dimensions[row].height = max(sheet.row_dimensions[row].height or _LETTER_HEIGHT, height)


def _marked(column: Column) -> tuple[str, ...]:
    """The labels of a column, with a star where it must be filled in."""
    return (*column.labels[:-1], f"{column.labels[-1]} *") if column.field.required else column.labels


def sheet_width(made: Blank, number: int) -> int:
    """The width of a column, in letters."""
    column = next((one for one in made.columns if one.number == number), None)
    if column is None:
        return _SERIAL_WIDTH
    chosen = max((len(text) for text in column.choices.texts), default=0) if column.choices else 0
    return max(_WIDTHS.get(column.field.type, _USUAL_WIDTH), min(chosen + 4, 28))


def _write_cells(sheet: Worksheet, made: Blank, start: int, end: int) -> None:
    """The cells to fill in, open and formatted, and the rows that are known beforehand."""
    for row in range(start, end + 1):
        own = made.rows[row - start] if row - start < len(made.rows) else None
        if made.form.layout.serial:
            sheet.cell(row, 1).protection = _OPEN
            if own:
                sheet.cell(row, 1, row - start + 1)
        for column in made.columns:
            cell = sheet.cell(row, column.number)
            cell.protection = _OPEN
            cell.number_format = _FORMATS.get(column.field.type, "@")
            if own and column.field.field in own.texts:
                write_text(sheet, row, column.number, own.texts[column.field.field])


def _set_up(sheet: Worksheet, made: Blank, top: int, start: int, end: int) -> None:
    """Widths, frozen header, pages, protection; lines around the rows that hold something."""
    last = made.columns[-1]
    for number in range(1, last.number + 1):
        sheet.column_dimensions[get_column_letter(number)].width = sheet_width(made, number)
    label = next((one.number for one in made.columns if one.field.field == made.form.layout.label), 0)
    sheet.freeze_panes = f"{get_column_letter(label + 1 if label <= _VALUE else 1)}{start}"
    filled = Rule(type="expression", dxf=DifferentialStyle(border=_BOX))
    filled.formula = [f"COUNTA($A{start}:${last.letter}{start})>0"]
    sheet.conditional_formatting.add(f"A{start}:{last.letter}{end}", filled)
    sheet.print_title_rows = f"{top}:{start - 1}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if sheet.oddFooter is not None:
        sheet.oddFooter.left.text = f"{made.form.form} ({made.form.version})"
        sheet.oddFooter.right.text = "&P/&N"
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
    sheet.protection.sort = False
    sheet.protection.autoFilter = False
