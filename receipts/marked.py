"""The marked copy: the clerk's own workbook with the cells of the findings coloured and commented.

A workbook of the newer kind keeps its looks and its formulas; of anything else the rows as read are written anew. No
sheet is added, so that the copy can be mended and sent as it is.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

from catalogue.errors import DeliveryRefused
from receipts.page import found
from receipts.receipt import Line, Receipt
from receipts.words import Words
from transforms.workbook import Sheet, open_book

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell as OpenpyxlCell
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.worksheet import Worksheet

RED: Final = "FFFFC7CE"
YELLOW: Final = "FFFFEB9C"
LONGEST_COMMENT: Final = 1_500
"""As many characters as the comment of one cell holds."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""A workbook whose sheets are larger than this is not copied: it would take minutes. The page tells all of it."""
MOST_CELLS: Final = 200_000
"""The same of what is written anew."""
NARROW: Final = 9
WIDE: Final = 50
"""As narrow and as wide, in letters, as a column that is written anew may be."""

# A formula that reaches out of its workbook runs on whatever machine opens the copy.
_REACHING: Final = re.compile(
    r"\||\[|://|\b(HYPERLINK|WEBSERVICE|FILTERXML|CALL|REGISTER|REGISTER\.ID|EXEC|RTD|DDE|IMPORT\w+|ENCODEURL)\s*\(",
    re.IGNORECASE,
)
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?%?")
# What no cell of a workbook may hold.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


NoCopy = Literal["copy_too_large", "copy_unreadable", "copy_extract", "copy_lost"]
"""Why there is no marked copy although there are cells to mark: the phrase of a receipt that says so."""


def marked(data: bytes, receipt: Receipt, words: Words) -> bytes | NoCopy | None:
    """The marked copy of a file, from its bytes and its worded receipt, as xlsx; or why there is none.

    None where no finding is about a cell.
    """
    if not receipt.has_marks:
        return None
    copied = _copied(data)
    if copied is not None:
        # openpyxl opens some workbooks that it cannot save: these are written anew, too.
        with suppress(Exception):
            return _saved(copied, receipt, words)
    written = _written(data, receipt.name)
    return written if isinstance(written, str) else _saved(written, receipt, words)


def _saved(book: Workbook, receipt: Receipt, words: Words) -> bytes:
    _mark(book, receipt, words)
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula, for cells of xlsx and csv. Plain numbers stay as they are.

    >>> [harmless(text) for text in ("=1+1", "@SUM(A1)", "-3", "+1,5", "-1+cmd", "BM-07")]
    ["'=1+1", "'@SUM(A1)", '-3', '+1,5', "'-1+cmd", 'BM-07']
    """
    return f"'{text}" if text.startswith(_RUNS) and not _NUMBER.fullmatch(text) else text


def _copied(data: bytes) -> Workbook | None:
    """A workbook of the newer kind as it is; None where it is none, or too large."""
    # openpyxl costs a third of a second: only what is marked pays for it.
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            names = [one for one in parts.infolist() if one.filename.startswith(("xl/worksheets/", "xl/sharedStrings"))]
            if not names or "xl/workbook.xml" not in parts.namelist() or sum(n.file_size for n in names) > MOST_BYTES:
                return None
        with warnings.catch_warnings():
            # It warns of what it does not know, as validations of a later Excel.
            warnings.simplefilter("ignore")
            # Without its macros and without what it links to: neither is asked for, and both may run.
            book = load_workbook(BytesIO(data), keep_links=False)
            if sum(sheet.max_row * sheet.max_column for sheet in book.worksheets) > MOST_CELLS:
                return None
            _calm(book, data)
    except Exception:  # noqa: BLE001
        # Others read more than openpyxl does: what it cannot open is written anew.
        return None
    return book


def _calm(book: Workbook, data: bytes) -> None:
    """Put the value for every formula that reaches out of the workbook, and what was text back to being text."""
    from openpyxl import load_workbook  # noqa: PLC0415

    reaching = [
        (sheet.title, cell.coordinate)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f" and _REACHING.search(str(getattr(cell.value, "text", cell.value)))
    ]
    if not reaching:
        return
    values = load_workbook(BytesIO(data), data_only=True, keep_links=False)
    for title, coordinate in reaching:
        cell = book[title][coordinate]
        value = values[title][coordinate].value
        if value is None:
            value = str(getattr(cell.value, "text", cell.value))
        cell.value = harmless(value) if isinstance(value, str) else value
        if isinstance(value, str):
            cell.data_type = "s"


def _written(data: bytes, name: str) -> Workbook | NoCopy:
    """The rows of a file as read, in a new workbook; or why it cannot be written."""
    from openpyxl import Workbook  # noqa: PLC0415

    try:
        read = open_book(data, name)
    except DeliveryRefused:
        return "copy_unreadable"
    if sum(len(line.texts) for sheet in read.sheets for line in sheet.lines) > MOST_CELLS:
        return "copy_too_large"
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in read.sheets:
        _write(book.create_sheet(_title(sheet.name)), sheet)
    return book


def _title(name: str) -> str:
    """A name that a sheet may bear; a csv file's only sheet has none."""
    return re.sub(r"[\\/*?:\[\]]", "_", name)[:31] or "csv"


def _write(sheet: Worksheet, read: Sheet) -> None:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    widths: dict[int, int] = {}
    # A title above the table may run over its neighbours; what stands beside others must not be cut off.
    for line in read.lines:
        beside = sum(bool(text) for text in line.texts) > 1
        for column, (text, kind) in enumerate(zip(line.texts, line.kinds, strict=True), start=1):
            if text is not None:
                _put(sheet.cell(line.row, column), text, kind)
                widths[column] = max(widths.get(column, 0), len(text) if beside else 0)
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(max(width + 2, NARROW), WIDE)
    for merge in read.merges or ():
        if merge.top >= 1 and merge.left >= 1 and (merge.bottom, merge.right) != (merge.top, merge.left):
            sheet.merge_cells(
                start_row=merge.top, start_column=merge.left, end_row=merge.bottom, end_column=merge.right
            )


def _put(cell: Any, text: str, kind: str) -> None:
    """Write a cell as it was: a number as a number, a day as a day, a text as a text, whatever it looks like."""
    if kind == "n" and text.endswith("%") and re.fullmatch(r"-?\d+(\.\d+)?%", text):
        cell.value, cell.number_format = float(text[:-1]) / 100, "0.00%"
    elif kind == "n" and re.fullmatch(r"-?\d{1,15}", text):
        cell.value = int(text)
    elif kind == "n" and re.fullmatch(r"-?\d+\.\d+", text):
        cell.value = float(text)
    elif kind == "d":
        cell.value = datetime.fromisoformat(text)
        whole = "T" not in text or text.endswith("T00:00:00")
        cell.number_format = "yyyy-mm-dd" if whole else "yyyy-mm-dd hh:mm:ss"
    elif kind == "b":
        cell.value = text == "true"
    else:
        cell.value = _CONTROL.sub("", text)
        # Said twice, as a text cell and as one whose content was typed behind an apostrophe: it never runs.
        cell.data_type = "s"
        cell.quotePrefix = True


def _mark(book: Workbook, receipt: Receipt, words: Words) -> None:
    """Colour and comment the cells of the findings; say at the first cell what became of the whole."""
    by_cell: dict[tuple[str, str], list[Line]] = {}
    others: dict[str, list[Line]] = {}
    for line in receipt.findings:
        if line.address:
            by_cell.setdefault((line.sheet, "{}{}".format(*line.address)), []).append(line)
        else:
            others.setdefault(line.sheet, []).append(line)
    for (name, coordinate), lines in by_cell.items():
        sheet = _sheet(book, name)
        if sheet is not None:
            _mark_cell(sheet, coordinate, lines, words)
    for sheet in book.worksheets:
        lines = [*others.get("", ()), *(others.get(sheet.title, ()) if sheet.title else ())]
        said = [
            f"{receipt.name}: {words(receipt.status)}. {words('findings')}: {words.number(receipt.findings_total)}."
        ]
        _comment(_anchor(sheet, "A1"), "\n\n".join([*said, *(_said(line, words) for line in lines)]))


def _sheet(book: Workbook, name: str) -> Worksheet | None:
    """The sheet of a finding; of a csv file the only one there is."""
    return next((one for one in book.worksheets if one.title in (name, _title(name))), None)


def _mark_cell(sheet: Worksheet, coordinate: str, lines: list[Line], words: Words) -> None:
    cell = _anchor(sheet, coordinate)
    cell.fill = _fill(YELLOW if all(line.severity == "warn" for line in lines) else RED)
    _comment(cell, "\n\n".join(_said(line, words) for line in lines))
    # A mark that nobody can see is none.
    sheet.row_dimensions[cell.row].hidden = False
    dimension = sheet.column_dimensions.get(cell.column_letter)
    if dimension is not None:
        dimension.hidden = False
    if sheet.sheet_state != "visible":
        sheet.sheet_state = "visible"


@cache
def _fill(colour: str) -> PatternFill:
    from openpyxl.styles import PatternFill  # noqa: PLC0415

    return PatternFill("solid", start_color=colour, end_color=colour)


def _anchor(sheet: Worksheet, coordinate: str) -> OpenpyxlCell:
    """The cell of an address; of merged cells the one that holds their value."""
    found: Any = sheet[coordinate]
    for merged in sheet.merged_cells.ranges:
        if coordinate in merged:
            found = sheet.cell(merged.min_row, merged.min_col)
    cell: OpenpyxlCell = found
    return cell


def _comment(cell: OpenpyxlCell, text: str) -> None:
    """Add a comment to a cell, behind what the clerk's own comment says."""
    from openpyxl.comments import Comment  # noqa: PLC0415

    own = f"{cell.comment.text}\n\n" if cell.comment else ""
    said = _CONTROL.sub("", own + text)
    comment = Comment(said if len(said) <= LONGEST_COMMENT else said[: LONGEST_COMMENT - 1] + "…", "chiso")
    comment.width, comment.height = 380, min(60 + 18 * (len(said) // 50 + said.count("\n")), 420)
    cell.comment = comment


def _said(line: Line, words: Words) -> str:
    """A finding as the comment of a cell says it."""
    return "\n".join(_pieces(line, words))


def _pieces(line: Line, words: Words) -> Iterator[str]:
    yield f"{words(line.severity)} ({line.rule})" + (f" - {line.title}" if line.title else "")
    yield f"{words('found')}: {found(line, words)}"
    if line.allowed:
        yield f"{words('allowed')}: {line.allowed}"
    yield f"{words('advice')}: {line.advice}"
