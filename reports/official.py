"""A layout that a regulation prescribes, filled from a release, as a workbook to print, sign and send."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.errors import UsageError
from catalogue.official import Official, read_official
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.report import read_report
from reports.figures import Shown, rows, shown_release
from reports.office_file import restamped
from reports.official_figures import Filled, Values, filled, total
from reports.words import Words, worded
from warehouse.store import Warehouse

_FONT: Final = "Times New Roman"
_THIN: Final = Side(style="thin", color="000000")
_BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_MIDDLE: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
_PAPER_A4: Final = 9
# Inches, and points.
_MARGIN: Final = 0.5
_HEAD: Final = 44


def write_official(
    path: Path,
    warehouse: Warehouse,
    programme: Programme,
    what: tuple[str, str, str],
    release: str,
    language: str,
) -> None:
    """Write a layout as xlsx. ``what``: code of the layout, of the unit (or its name), and of the period.

    Raises UsageError where there is no such layout, unit, period or release, or nothing was reported.
    """
    layout, unit, period_code = what
    declared = {one.official: one for one in read_official(programme)}
    if layout not in declared:
        known = ", ".join(declared) or "none; declare it in report/official.yml"
        raise UsageError(f"programme {programme.name} has no layout {layout!r}; it has: {known}")
    try:
        period = Period.parse(period_code, programme.calendars)
    except ValueError as error:
        raise UsageError(str(error)) from error
    shown = shown_release(warehouse, release)
    key, name = _unit(warehouse, unit, period)
    found = filled(warehouse, programme, declared[layout], shown, key, period, language)
    words = worded(programme, read_report(programme.folder), language)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = layout
    top = _head(sheet, declared[layout], words, name, period)
    last = _body(sheet, declared[layout], words, found, top)
    _foot(sheet, declared[layout], words, (found, shown), last + 1)
    _paper(sheet, declared[layout], top)
    out = BytesIO()
    book.save(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(restamped(out.getvalue(), shown.published_at))


def _unit(warehouse: Warehouse, wanted: str, period: Period) -> tuple[int, str]:
    """Key and name of the unit that bore a code or name at the end of a period."""
    found = rows(
        warehouse,
        """SELECT entity_key, name FROM place
           WHERE (code = :wanted OR lower(name) = lower(:wanted)) AND :day BETWEEN valid_from AND named_to
           ORDER BY entity_key""",
        wanted=wanted,
        day=period.end,
    )
    if len(found) != 1:
        what = "several units are" if found else "no unit is"
        raise UsageError(f"{what} called {wanted!r} on {period.end}; name one by its code")
    return int(found[0]["entity_key"]), str(found[0]["name"])


def _head(sheet: Worksheet, layout: Official, words: Words, unit: str, period: Period) -> int:
    """What stands above the table, and its head; returns the number of the last row of the head."""
    wide = len(layout.columns) + 2
    left, right = 3, wide - 3
    _merged(sheet, (1, 1, 3, left), words.say(layout.stamp), bold=True, size=10, where="left")
    _merged(sheet, (1, left + 1, 1, right), words.say(layout.title), bold=True, size=13)
    _merged(
        sheet, (2, left + 1, 2, right), words.say(layout.period).format(period=words.period(period.code)), bold=True
    )
    days = words.say(layout.days).format(first=words.day(period.start), last=words.day(period.end))
    _merged(sheet, (3, left + 1, 3, right), days)
    said = f"{words.say(layout.reporter)} {unit}\n{words.say(layout.receiver)} {words.say(layout.receiver_name)}"
    _merged(sheet, (1, right + 1, 3, wide), said.strip(), size=10, where="left")
    _merged(sheet, (4, right, 4, wide), words.say(layout.unit), italic=True, where="right")
    for row, height in ((1, 32), (2, 18), (3, 18)):
        sheet.row_dimensions[row].height = height
    return _names(sheet, layout, words, 5)


def _names(sheet: Worksheet, layout: Official, words: Words, first: int) -> int:
    """The head rows of the table, merged where labels are, and the row of column numbers below them."""
    paths = [[words.say(layout.serial)], [words.say(layout.label)]]
    paths += [[part.strip() for part in words.say(one.title).split(">")] for one in layout.columns]
    deep = max(map(len, paths))
    for level in range(deep):
        place = 0
        while place < len(paths):
            path = paths[place]
            after = place + 1
            while after < len(paths) and level < len(path) - 1 and paths[after][: level + 1] == path[: level + 1]:
                after += 1
            if level < len(path):
                down = deep - 1 if level == len(path) - 1 else level
                box = (first + level, place + 1, first + down, after)
                _merged(sheet, box, path[level], bold=True, boxed=True)
            place = after
    numbers = [1, 2, *(one.number for one in layout.columns)]
    for place, number in enumerate(numbers, start=1):
        cell = sheet.cell(first + deep, place, number)
        cell.font, cell.alignment, cell.border = Font(_FONT, 10, italic=True), _MIDDLE, _BOX
    return first + deep


def _body(sheet: Worksheet, layout: Official, words: Words, found: Filled, top: int) -> int:
    """The rows: sections with their subtotals, then the total; returns the number of the last."""
    row, serial = top, 0
    for level, lines in found.sections.items():
        row += 1
        title = words.say(layout.sections.get(level, {})) or words.level(level)
        _merged(sheet, (row, 1, row, len(layout.columns) + 2), title, bold=True, boxed=True, where="left")
        for label, values in lines:
            row, serial = row + 1, serial + 1
            _line(sheet, layout, row, (serial, label or words.say(layout.blank), values), bold=False)
        row += 1
        added = total(layout, [values for _, values in lines])
        _line(sheet, layout, row, (None, words.say(layout.subtotal), added), bold=True)
    row += 1
    every = total(layout, [values for lines in found.sections.values() for _, values in lines])
    _line(sheet, layout, row, (None, words.say(layout.total), every), bold=True)
    return row


def _line(sheet: Worksheet, layout: Official, row: int, what: tuple[int | None, str, Values], *, bold: bool) -> None:
    serial, label, values = what
    figures = [_number(values.get(column.number)) for column in layout.columns]
    for place, value in enumerate((serial, label, *figures), start=1):
        cell = sheet.cell(row, place)
        cell.value = value
        if place == _LABEL:
            cell.data_type = "s"
        cell.font, cell.border = Font(_FONT, 11, bold=bold), _BOX
        side = "left" if place == _LABEL else "center" if place < _LABEL else "right"
        cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=place == _LABEL)
        cell.number_format = "#,##0.######" if isinstance(value, Decimal) else "#,##0"


_LABEL: Final = 2


def _number(value: Decimal | None) -> int | Decimal | None:
    return int(value) if value is not None and value == value.to_integral_value() else value


def _foot(sheet: Worksheet, layout: Official, words: Words, of: tuple[Filled, Shown], row: int) -> None:
    """Where figures come from, rows that do not add up, and the places to sign."""
    found, release = of
    wide = len(layout.columns) + 2
    notes = []
    if layout.source:
        notes.append(
            words.say(layout.source).format(
                form=found.form, release=release.name, received=found.received, expected=found.expected
            )
        )
    notes += _broken(layout, words, found)
    for note in notes:
        _merged(sheet, (row, 1, row, wide), note, italic=True, size=10, where="left")
        row += 1
    blocks = layout.signed.get(words.language) or next(iter(layout.signed.values()), ())
    if not blocks:
        return
    share = wide // len(blocks)
    for place, lines in enumerate(blocks):
        for down, line in enumerate(lines):
            box = (row + 1 + down, place * share + 1, row + 1 + down, (place + 1) * share)
            _merged(sheet, box, line, bold=down == 0, italic=down > 0)


def _broken(layout: Official, words: Words, found: Filled) -> list[str]:
    """A note per identity that some rows do not keep."""
    notes = []
    for one in layout.identities:
        wrong = [
            label
            for lines in found.sections.values()
            for label, values in lines
            if _sum(values, one.left) != _sum(values, one.right)
        ]
        if wrong:
            notes.append(words.say(one.note).format(rows=len(wrong), first=wrong[0] or words.say(layout.blank)))
    return notes


def _sum(values: Values, numbers: Sequence[int]) -> Decimal:
    return sum((values.get(number) or Decimal(0) for number in numbers), Decimal(0))


def _merged(
    sheet: Worksheet,
    box: tuple[int, int, int, int],
    said: str,
    *,
    bold: bool = False,
    italic: bool = False,
    size: int = 11,
    boxed: bool = False,
    where: str = "center",
) -> None:
    """A text in the cells from (row, column) to (row, column)."""
    first_row, first, last_row, last = box
    cell = sheet.cell(first_row, first)
    cell.value = said
    cell.data_type = "s"
    cell.font = Font(_FONT, size, bold=bold, italic=italic)
    cell.alignment = Alignment(horizontal=where, vertical="center", wrap_text=True)
    if boxed:
        for row in range(first_row, last_row + 1):
            for place in range(first, last + 1):
                sheet.cell(row, place).border = _BOX
    if (first_row, first) != (last_row, last):
        sheet.merge_cells(start_row=first_row, start_column=first, end_row=last_row, end_column=last)


def _paper(sheet: Worksheet, layout: Official, top: int) -> None:
    """A4 across, one page wide, the head on each page."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _PAPER_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    if sheet.sheet_properties.pageSetUpPr is not None:
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.left = margins.right = margins.top = margins.bottom = _MARGIN
    # The lowest labels of the head take two or three lines.
    sheet.row_dimensions[top - 1].height = _HEAD
    sheet.print_title_rows = f"{top}:{top}"
    sheet.freeze_panes = f"C{top + 1}"
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 5, 36
    for place in range(3, len(layout.columns) + 3):
        sheet.column_dimensions[get_column_letter(place)].width = 11
