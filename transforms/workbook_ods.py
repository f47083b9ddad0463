"""What the cell reader does not tell about ods files, read from their XML: as ``transforms.workbook_xml`` for xlsx."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree

from transforms.sheet import Merge
from transforms.workbook_xml import Mark, SheetMarks

_CONTENT: Final = "content.xml"
_HIDDEN: Final = ("collapse", "filter")
# Repeated rows and columns are looked at one by one up to here; what is repeated more often is blank, to the end.
_MOST_REPEATED: Final = 20_000
_MOST_MARKS: Final = 500_000
_MOST_ROWS: Final = 1_100_000
_MOST_COLUMNS: Final = 20_000
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, ValueError, RuntimeError, EOFError,
    LookupError,  # XML that says it is in an encoding which there is not
)  # fmt: skip


@dataclass(slots=True)
class _Table:
    """What was found of the table that is being read; ``row`` and ``column`` are the last that were."""

    row: int = 0
    column: int = 0
    declared: int = 0
    cells: dict[tuple[int, int], tuple[Mark, str]] = field(default_factory=dict)
    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    merges: list[Merge] = field(default_factory=list)


def read_ods_marks(data: bytes) -> dict[str, tuple[SheetMarks, tuple[Merge, ...]]]:
    """The marks and the merged cells of each sheet of an ods file, by its name; empty for files of any other kind.

    A broken file is the cell reader's to refuse; where it can still read it, these marks are all we miss.
    """
    if not data.startswith(b"PK"):
        return {}
    found: dict[str, tuple[SheetMarks, tuple[Merge, ...]]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if _CONTENT not in archive.namelist():
                return {}
            with archive.open(_CONTENT) as content:
                table = _Table()
                for event, element in ElementTree.iterparse(content, events=("start", "end")):
                    tag = element.tag.rpartition("}")[2]
                    about = {name.rpartition("}")[2]: value for name, value in element.items()}
                    if event == "start" and tag == "table":
                        table = _Table()
                    elif event == "start" and tag == "table-row":
                        table.row, table.column = table.row + 1, 0
                    elif event == "end" and tag == "table-column":
                        _column(table, about)
                    elif event == "end" and tag in ("table-cell", "covered-table-cell"):
                        _cell(table, about)
                        element.clear()
                    elif event == "end" and tag == "table-row":
                        _row(table, about)
                        element.clear()
                    elif event == "end" and tag == "table":
                        marks = SheetMarks(table.cells, (0, 0), frozenset(table.rows), frozenset(table.columns))
                        found[about.get("name", "")] = marks, tuple(table.merges)
    except _BROKEN:
        return {}
    return found


def _times(about: dict[str, str], name: str) -> int:
    text = about.get(name, "1")
    return max(int(text), 1) if text.isascii() and text.isdigit() else 1


def _column(table: _Table, about: dict[str, str]) -> None:
    times = _times(about, "number-columns-repeated")
    if about.get("visibility") in _HIDDEN:
        table.columns.update(range(table.declared + 1, table.declared + min(times, _MOST_REPEATED) + 1))
    table.declared += times


def _row(table: _Table, about: dict[str, str]) -> None:
    """The end of a row. Its cells were marked in the first of the rows that it stands for."""
    times = _times(about, "number-rows-repeated")
    last = table.row + min(times, _MOST_REPEATED) - 1
    if about.get("visibility") in _HIDDEN:
        table.rows.update(range(table.row, last + 1))
    if last > table.row:
        # What was marked in the first holds for all; a row that is repeated has few cells.
        own = [(column, mark) for (row, column), mark in table.cells.items() if row == table.row]
        if len(own) * times > _MOST_MARKS:
            raise ValueError("more marks than a form has")
        table.cells.update({(row, column): mark for row in range(table.row + 1, last + 1) for column, mark in own})
    table.row += times - 1
    if table.row > _MOST_ROWS:
        raise ValueError("more rows than a sheet has")


def _cell(table: _Table, about: dict[str, str]) -> None:
    times = _times(about, "number-columns-repeated")
    first = table.column + 1
    table.column += times
    if table.column > _MOST_COLUMNS:
        raise ValueError("more columns than a sheet has")
    down, right = _times(about, "number-rows-spanned"), _times(about, "number-columns-spanned")
    if down > 1 or right > 1:
        table.merges.append(Merge(table.row, first, table.row + down - 1, first + right - 1))
    mark: tuple[Mark, str] | None = None
    if about.get("value-type") == "percentage":
        mark = "percent", ""
    elif "formula" in about and "value-type" not in about:
        mark = "formula", "=" + about["formula"].partition("=")[2]
    if mark is not None:
        for column in range(first, first + min(times, _MOST_REPEATED)):
            table.cells[table.row, column] = mark
