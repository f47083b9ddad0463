"""What the cell reader does not tell about xlsb files, read from their records: as ``workbook_xml`` does for xlsx.

Errors of the spreadsheet, cells shown as percentages, hidden rows and columns, the used range, and from which year days
are counted. What is looked at is in [MS-XLSB]. A formula that was never calculated is stored as zero or as blank there,
and nothing tells it from one that was.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

from transforms.sheet import DateSystem
from transforms.workbook_biff import ERRORS
from transforms.workbook_xml import BUILT_IN_PERCENT, Mark, SheetMarks, Styles, is_asked, shows_percent

_WORKBOOK: Final = "xl/workbook.bin"
_RELATIONS: Final = "xl/_rels/workbook.bin.rels"
_STYLES: Final = "xl/styles.bin"
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, ValueError, RuntimeError, EOFError,
    struct.error, LookupError, MemoryError, OverflowError,
)  # fmt: skip

# Records.
_ROW, _CELL_RK, _CELL_ERROR, _CELL_REAL, _FORMULA_NUMBER, _FORMULA_ERROR = 0, 2, 3, 5, 9, 11
_LAST_CELL: Final = 11
_FONT, _FORMAT, _XF, _COLUMN, _PROPERTIES, _SHEET, _CELL_STYLES, _CELL_STYLES_END = 43, 44, 47, 60, 153, 156, 617, 618
_NUMBERS: Final = frozenset({_CELL_RK, _CELL_REAL, _FORMULA_NUMBER})
_TEXTS: Final = frozenset({6, 7, 8})
_ERROR_CELLS: Final = frozenset({_CELL_ERROR, _FORMULA_ERROR})
_MOST_COLUMNS: Final = 16_384
_BITS: Final = 7


def read_xlsb_marks(data: bytes, fonts: tuple[str, ...] = ()) -> dict[str, SheetMarks]:
    """The marks of each sheet of an xlsb file, by its name; empty for files of any other kind. ``fonts`` are the
    beginnings of those to tell, in lower case.

    A broken file is the cell reader's to refuse; where it can still read it, these marks are all we miss.
    """
    if not data.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if _WORKBOOK not in names:
                return {}
            system, sheets = _workbook(archive)
            styles = _styles(archive.read(_STYLES), fonts) if _STYLES in names else Styles()
            return {
                sheet: _marks(archive.read(path), styles, system) for sheet, path in sheets.items() if path in names
            }
    except _BROKEN:
        return {}


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part: (kind, content). Kind and length are numbers of seven bits a byte, the lowest first."""
    at = 0

    def number(most: int) -> int:
        nonlocal at
        found = 0
        for place in range(most):
            byte = part[at]
            at += 1
            found |= (byte & 0x7F) << (_BITS * place)
            if not byte & 0x80:
                break
        return found

    while at < len(part):
        # The bit that says "another byte follows" belongs to the kind as written; the numbers here go without it.
        kind, length = number(2), number(4)
        yield kind, part[at : at + length]
        at += length


def _text(content: bytes, at: int) -> tuple[str, int]:
    """A text behind its length, and where it ends."""
    (length,) = struct.unpack_from("<I", content, at)
    end = at + 4 + 2 * length
    return content[at + 4 : end].decode("utf-16-le"), end


def _workbook(archive: zipfile.ZipFile) -> tuple[DateSystem, dict[str, str]]:
    """The year from which days are counted; the sheets and the paths of their parts."""
    relations = ElementTree.fromstring(archive.read(_RELATIONS))
    targets = {one.get("Id", ""): one.get("Target", "") for one in relations}
    system: DateSystem = 1900
    sheets = {}
    for kind, content in _records(archive.read(_WORKBOOK)):
        if kind == _PROPERTIES and content[0] & 0x01:
            system = 1904
        elif kind == _SHEET:
            relation, end = _text(content, 8)
            name, _ = _text(content, end)
            sheets[name] = posixpath.normpath(posixpath.join("xl", targets.get(relation, ""))).lstrip("/")
    return system, sheets


def _styles(part: bytes, fonts: tuple[str, ...]) -> Styles:
    own: dict[int, str] = {}
    names: list[str] = []
    styles: list[tuple[int, int]] = []
    inside = False
    for kind, content in _records(part):
        if kind == _FORMAT:
            own[struct.unpack_from("<H", content)[0]] = _text(content, 2)[0]
        elif kind == _FONT:
            names.append(_text(content, 21)[0])
        elif kind in (_CELL_STYLES, _CELL_STYLES_END):
            inside = kind == _CELL_STYLES
        elif kind == _XF and inside:
            styles.append(struct.unpack_from("<HH", content, 2))
    coded = enumerate(code for code, _ in styles)
    percents = (place for place, code in coded if code in BUILT_IN_PERCENT or shows_percent(own.get(code, "")))
    shown = {
        place: names[font]
        for place, (_, font) in enumerate(styles)
        if font < len(names) and is_asked(names[font], fonts)
    }
    return Styles(frozenset(percents), shown)


def _marks(part: bytes, styles: Styles, system: DateSystem) -> SheetMarks:
    cells: dict[tuple[int, int], tuple[Mark, str]] = {}
    fonts: dict[tuple[int, int], str] = {}
    rows: set[int] = set()
    columns: set[int] = set()
    row = bottom = right = 0
    for kind, content in _records(part):
        if kind == _ROW:
            row = struct.unpack_from("<I", content)[0] + 1
            if content[11] & 0x10:
                rows.add(row)
        elif kind == _COLUMN and content[16] & 0x01:
            first, last = struct.unpack_from("<II", content)
            columns.update(range(first + 1, min(last + 1, _MOST_COLUMNS) + 1))
        elif kind <= _LAST_CELL:
            column, style = struct.unpack_from("<II", content)
            at = row, column + 1
            bottom, right = max(bottom, row), max(right, column + 1)
            if kind in _ERROR_CELLS:
                cells[at] = "error", ERRORS.get(content[8], "#N/A")
            elif kind in _NUMBERS and style & 0xFFFFFF in styles.percents:
                cells[at] = "percent", ""
            elif kind in _TEXTS and style & 0xFFFFFF in styles.fonts:
                fonts[at] = styles.fonts[style & 0xFFFFFF]
    return SheetMarks(cells, (bottom, right), frozenset(rows), frozenset(columns), system, fonts)
