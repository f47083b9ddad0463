"""What the cell reader does not tell about ods files, read from their XML: as ``transforms.workbook_xml`` for xlsx."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree

from transforms.sheet import Merge
from transforms.workbook_xml import Mark, SheetMarks, is_asked

_CONTENT: Final = "content.xml"
_STYLES: Final = "styles.xml"
_HIDDEN: Final = ("collapse", "filter")
# Repeated rows and columns are looked at one by one up to here; what is repeated more often is blank, to the end.
_MOST_REPEATED: Final = 20_000
_MOST_MARKS: Final = 500_000
_MOST_ROWS: Final = 1_100_000
_MOST_COLUMNS: Final = 20_000
_MOST_PARENTS: Final = 20
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, ValueError, RuntimeError, EOFError,
    LookupError,  # XML that says it is in an encoding which there is not
)  # fmt: skip


@dataclass(slots=True)
class _Styles:
    """The styles of cells as they are declared: the font of each, by its name or that of its typeface, and the style
    that it adds to. The style "" is that of cells without any."""

    asked: tuple[str, ...]
    typefaces: dict[str, str] = field(default_factory=dict)
    fonts: dict[str, str] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)

    def add(self, tag: str, about: dict[str, str], within: Iterable[ElementTree.Element]) -> None:
        """Take in a typeface or a style."""
        if tag == "font-face":
            self.typefaces[about.get("name", "")] = about.get("font-family", "")
        elif about.get("family") == "table-cell":
            name = about.get("name", "") if tag == "style" else ""
            self.parents[name] = about.get("parent-style-name", "")
            for one in within:
                if one.tag.endswith("}text-properties"):
                    told = {key.rpartition("}")[2]: value for key, value in one.items()}
                    if font := told.get("font-name") or told.get("font-family"):
                        self.fonts[name] = font

    def font(self, style: str) -> str:
        """The font in which a style shows texts, where it is one of those asked for; else ""."""
        if not self.asked:
            return ""
        for _ in range(_MOST_PARENTS):
            if style in self.fonts or not style:
                break
            style = self.parents.get(style, "")
        named = self.fonts.get(style, "")
        font = self.typefaces.get(named, named).strip("'\" ")
        return font if is_asked(font, self.asked) else ""


@dataclass(slots=True)
class _Table:
    """What was found of the table that is being read; ``row`` and ``column`` are the last that were. ``of_columns``
    are the last columns and the styles of the stretches of columns that have one, ``of_row`` is that of the row."""

    row: int = 0
    column: int = 0
    declared: int = 0
    cells: dict[tuple[int, int], tuple[Mark, str]] = field(default_factory=dict)
    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    merges: list[Merge] = field(default_factory=list)
    fonts: dict[tuple[int, int], str] = field(default_factory=dict)
    of_columns: list[tuple[int, str]] = field(default_factory=list)
    of_row: str = ""


def read_ods_marks(data: bytes, fonts: tuple[str, ...] = ()) -> dict[str, tuple[SheetMarks, tuple[Merge, ...]]]:
    """The marks and the merged cells of each sheet of an ods file, by its name; empty for files of any other kind.
    ``fonts`` are the beginnings of those to tell, in lower case; a font of a part of a cell's text is not told.

    A broken file is the cell reader's to refuse; where it can still read it, these marks are all we miss.
    """
    if not data.startswith(b"PK"):
        return {}
    found: dict[str, tuple[SheetMarks, tuple[Merge, ...]]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if _CONTENT not in archive.namelist():
                return {}
            styles = _Styles(fonts)
            if fonts and _STYLES in archive.namelist():
                with archive.open(_STYLES) as declared:
                    for _, element in ElementTree.iterparse(declared):
                        _declare(styles, element)
            with archive.open(_CONTENT) as content:
                table = _Table()
                for event, element in ElementTree.iterparse(content, events=("start", "end")):
                    tag = element.tag.rpartition("}")[2]
                    about = {name.rpartition("}")[2]: value for name, value in element.items()}
                    if event == "start" and tag == "table":
                        table = _Table()
                    elif event == "start" and tag == "table-row":
                        table.row, table.column = table.row + 1, 0
                        table.of_row = about.get("default-cell-style-name", "")
                    elif event == "end" and tag == "table-column":
                        _column(table, about)
                    elif event == "end" and tag in ("table-cell", "covered-table-cell"):
                        _cell(table, about, styles)
                        element.clear()
                    elif event == "end" and tag == "table-row":
                        _row(table, about)
                        element.clear()
                    elif event == "end" and tag == "table":
                        hidden = frozenset(table.rows), frozenset(table.columns)
                        marks = SheetMarks(table.cells, (0, 0), *hidden, fonts=table.fonts)
                        found[about.get("name", "")] = marks, tuple(table.merges)
                    elif event == "end" and fonts:
                        _declare(styles, element)
    except _BROKEN:
        return {}
    return found


def _declare(styles: _Styles, element: ElementTree.Element) -> None:
    tag = element.tag.rpartition("}")[2]
    if tag in ("font-face", "style", "default-style"):
        styles.add(tag, {name.rpartition("}")[2]: value for name, value in element.items()}, element)


def _times(about: dict[str, str], name: str) -> int:
    text = about.get(name, "1")
    return max(int(text), 1) if text.isascii() and text.isdigit() else 1


def _column(table: _Table, about: dict[str, str]) -> None:
    times = _times(about, "number-columns-repeated")
    if about.get("visibility") in _HIDDEN:
        table.columns.update(range(table.declared + 1, table.declared + min(times, _MOST_REPEATED) + 1))
    table.declared += times
    table.of_columns.append((table.declared, about.get("default-cell-style-name", "")))


def _row(table: _Table, about: dict[str, str]) -> None:
    """The end of a row. Its cells were marked in the first of the rows that it stands for."""
    times = _times(about, "number-rows-repeated")
    last = table.row + min(times, _MOST_REPEATED) - 1
    if about.get("visibility") in _HIDDEN:
        table.rows.update(range(table.row, last + 1))
    if last > table.row:
        # What was marked in the first holds for all; a row that is repeated has few cells.
        own = [(column, mark) for (row, column), mark in table.cells.items() if row == table.row]
        shown = [(column, font) for (row, column), font in table.fonts.items() if row == table.row]
        if (len(own) + len(shown)) * times > _MOST_MARKS:
            raise ValueError("more marks than a form has")
        table.cells.update({(row, column): mark for row in range(table.row + 1, last + 1) for column, mark in own})
        table.fonts.update({(row, column): font for row in range(table.row + 1, last + 1) for column, font in shown})
    table.row += times - 1
    if table.row > _MOST_ROWS:
        raise ValueError("more rows than a sheet has")


def _cell(table: _Table, about: dict[str, str], styles: _Styles) -> None:
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
    if styles.asked and about.get("value-type") == "string":
        for column in range(first, first + min(times, _MOST_REPEATED)):
            of_column = next((style for last, style in table.of_columns if column <= last), "")
            if font := styles.font(about.get("style-name") or table.of_row or of_column):
                table.fonts[table.row, column] = font
