"""What the cell reader does not tell about xlsx files, read from their XML.

Errors of the spreadsheet; formulas that were never calculated (a script wrote them, and their value is silently empty);
cells shown as percentages; the used range.

Each sheet is passed over once, and only where something of the kind occurs in it at all.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.etree import ElementTree

_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_STYLES: Final = "xl/styles.xml"
_BUILT_IN_PERCENT: Final = frozenset({9, 10})

_TAG = re.compile(rb"<(?:\w+:)?(row|c)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>")
_PLACE = re.compile(rb"\br=[\"']([A-Z]*)(\d+)[\"']")
_STYLE = re.compile(rb"\bs=[\"'](\d+)[\"']")
_IS_ERROR = re.compile(rb"\bt=[\"']e[\"']")
_FORMULA = re.compile(rb"\s*<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>)")
_CACHED = re.compile(rb"\s*(?:<(?:\w+:)?v\b[^>]*>([^<]+)</|<(?:\w+:)?is\b)")
_QUOTED = re.compile(r"\"[^\"]*\"|\\.|\[[^\]]*\]")

# What a broken or encrypted archive raises.
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, ValueError, RuntimeError, EOFError,
)  # fmt: skip

Mark = Literal["error", "formula", "percent"]


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """What one sheet's XML says. Keys are (row, column), both from 1.

    ``cells``   what a cell is, with the error as shown ("#DIV/0!") or the formula that has no value ("=A1+A2")
    ``extent``  (rows, columns) of the rectangle that holds all cells
    """

    cells: dict[tuple[int, int], tuple[Mark, str]] = field(default_factory=dict)
    extent: tuple[int, int] = (0, 0)


def read_marks(data: bytes) -> dict[str, SheetMarks]:
    """The marks of each sheet of an xlsx file, by sheet name; empty for files of any other kind."""
    if not data.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if _WORKBOOK not in names or _RELATIONS not in names:
                return {}
            percents = _percent_styles(archive.read(_STYLES)) if _STYLES in names else frozenset[int]()
            paths = {sheet: path for sheet, path in _sheets(archive).items() if path in names}
            return {sheet: _marks(archive.read(path), percents) for sheet, path in paths.items()}
    except _BROKEN:
        # A broken file is the cell reader's to refuse; where it can still read it, these marks are all we miss.
        return {}


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet names and the paths of their XML."""
    targets = {
        relation.get("Id"): relation.get("Target", "") for relation in ElementTree.fromstring(archive.read(_RELATIONS))
    }
    found = {}
    for element in ElementTree.fromstring(archive.read(_WORKBOOK)).iter():
        if element.tag.rpartition("}")[2] == "sheet":
            identity = next((value for name, value in element.items() if name.endswith("}id")), "")
            target = targets.get(identity) or ""
            found[element.get("name", "")] = posixpath.normpath(posixpath.join("xl", target)).lstrip("/")
    return found


def _percent_styles(xml: bytes) -> frozenset[int]:
    """The indexes of cell styles that show a number as a percentage."""
    root, own, found = ElementTree.fromstring(xml), {}, set()
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "numFmt":
            own[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
    styles = next((element for element in root if element.tag.rpartition("}")[2] == "cellXfs"), None)
    for place, style in enumerate(styles if styles is not None else ()):
        number_format = int(style.get("numFmtId", "0"))
        if number_format in _BUILT_IN_PERCENT or "%" in _QUOTED.sub("", own.get(number_format, "")):
            found.add(place)
    return frozenset(found)


def _marks(xml: bytes, percents: frozenset[int]) -> SheetMarks:
    columns = {_number(letters) for letters in set(re.findall(rb"\br=\"([A-Z]+)\d+\"", xml))}
    rows = [int(row) for row in re.findall(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d+)\"", xml)]
    extent = (max(rows) - min(rows) + 1, max(columns) - min(columns) + 1) if rows and columns else (0, 0)
    if not (percents or b"<f" in xml or b":f" in xml or _IS_ERROR.search(xml)):
        return SheetMarks(extent=extent)
    cells: dict[tuple[int, int], tuple[Mark, str]] = {}
    row = column = 0
    for tag in _TAG.finditer(xml):
        place = _PLACE.search(tag[2])
        if tag[1] == b"row":
            row, column = (int(place[2]) if place else row + 1), 0
            continue
        column = _number(place[1]) if place and place[1] else column + 1
        if not tag[3]:
            mark = _mark(xml, tag, percents)
            if mark:
                cells[row, column] = mark
    return SheetMarks(cells, extent)


def _mark(xml: bytes, tag: re.Match[bytes], percents: frozenset[int]) -> tuple[Mark, str] | None:
    """What a cell is, if it is anything special."""
    formula = _FORMULA.match(xml, tag.end())
    cached = _CACHED.match(xml, formula.end() if formula else tag.end())
    if _IS_ERROR.search(tag[2]):
        return "error", cached[1].decode("utf-8", "replace") if cached and cached[1] else "#N/A"
    if formula and not cached and b't="str"' not in tag[2]:
        return "formula", "=" + (formula[1] or b"").decode("utf-8", "replace")
    style = _STYLE.search(tag[2])
    return ("percent", "") if style and int(style[1]) in percents else None


def _number(letters: bytes) -> int:
    """The number of a column's letters: A is 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
