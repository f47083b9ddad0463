"""What the cell reader does not tell about xlsx files, read from their XML.

Errors of the spreadsheet; formulas that were never calculated (a script wrote them, and their value is silently empty);
cells shown as percentages; hidden rows and columns; the used range.

Each sheet is passed over once, and only where something of the kind occurs in it at all.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.etree import ElementTree

from transforms.sheet import DateSystem

_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_STYLES: Final = "xl/styles.xml"
BUILT_IN_PERCENT: Final = frozenset({9, 10})

_TAG = re.compile(rb"<(?:\w+:)?(row|c)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>")
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_CELLS: Final = (b"<c ", b"<c>", b"<c/", b":c ", b":c>", b":c/")
# Nearly all programs write addresses like this; those that do not are read by the patterns below, which take longer.
_PLAIN_CELL = re.compile(rb"<c r=\"([A-Z]+)(\d+)\"")
_PLAIN_ROW = re.compile(rb"<row r=\"(\d+)\"")
# An address that is not plainly within ZZ9999: a sheet without any spans fewer cells than could be too many.
_FAR = re.compile(rb"<(?:c|row) r=\"(?![A-Z]{0,2}\d{1,4}\")")
_NEAR: Final = (9_999, 702)
_MAY_BE_PERCENT = re.compile(rb"%|&#|numFmtId\s*=\s*[\"'](?:9|10)[\"']")
_ADDRESS = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]+)(\d+)[\"']")
_PLACE = re.compile(rb"\br=[\"']([A-Z]*)(\d+)[\"']")
_STYLE = re.compile(rb"\bs=[\"'](\d+)[\"']")
# What any cell with a formula or an error has.
_SPECIAL: Final = (b"<f", b":f", b't="e"', b"t='e'")
_IS_TEXT = re.compile(rb"\bt=[\"'](?:s|str|inlineStr)[\"']")
_IS_ERROR = re.compile(rb"\bt=[\"']e[\"']")
_FORMULA = re.compile(rb"\s*<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>)")
_CACHED = re.compile(rb"\s*(?:<(?:\w+:)?v\b[^>]*>([^<]+)</|<(?:\w+:)?is\b)")
_IS_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_COLUMNS = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_FIRST = re.compile(rb"\bmin=[\"'](\d{1,5})[\"']")
_LAST = re.compile(rb"\bmax=[\"'](\d{1,5})[\"']")
_MOST_COLUMNS: Final = 16_384
_MOST_DIGITS: Final = 18  # of a row number: more say no more, and Python reads no more than 4,300
_IS_SHEET = re.compile(r"worksheets/[^/]*\.xml$", re.IGNORECASE)
_FROM_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904\s*=\s*[\"'](?:1|true|on)[\"']")
_QUOTED = re.compile(r"\"[^\"]*\"|\\.|\[[^\]]*\]")

# What a broken or encrypted archive raises.
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, OSError, ValueError, RuntimeError, EOFError,
    LookupError,  # XML that says it is in an encoding which there is not
)  # fmt: skip

Mark = Literal["error", "formula", "percent"]


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """What one sheet's XML says. Keys are (row, column), both from 1.

    ``cells``   what a cell is, with the error as shown ("#DIV/0!") or the formula that has no value ("=A1+A2")
    ``extent``  (rows, columns) of a rectangle that holds all cells
    ``hidden_rows`` and ``hidden_columns``  what who opens the file does not see, also by a filter
    ``days_from``  the year from which the workbook counts its days
    ``fonts``   the font in which a text is shown, where it is one of those asked for
    """

    cells: dict[tuple[int, int], tuple[Mark, str]] = field(default_factory=dict)
    extent: tuple[int, int] = (0, 0)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    days_from: DateSystem = 1900
    fonts: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Styles:
    """What styles of cells say, by their numbers: which show a number as a percentage, which texts in a font that was
    asked for."""

    percents: frozenset[int] = frozenset()
    fonts: dict[int, str] = field(default_factory=dict)


def is_asked(font: str, asked: tuple[str, ...]) -> bool:
    """Whether a font's name begins as one of those asked for, which are folded to lower case."""
    return bool(asked) and font.casefold().startswith(asked)


def read_marks(data: bytes, fonts: tuple[str, ...] = ()) -> dict[str, SheetMarks]:
    """The marks of each sheet of an xlsx file, by sheet name; empty for files of any other kind. ``fonts`` are the
    beginnings of those to tell, in lower case.

    Of a file whose list of sheets is damaged, and of parts that it does not list, only the extent is told, by the
    name of the part: the cell reader may find them all the same, and would make room for their farthest cell.
    """
    if not data.startswith(b"PK"):
        return {}
    paths: dict[str, str] = {}
    styles = Styles()
    system: DateSystem = 1900
    found: dict[str, SheetMarks] = {}
    # What is broken is the cell reader's to refuse; where it can still read it, these marks are all we miss.
    with suppress(*_BROKEN), zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        with suppress(*_BROKEN):
            system = 1904 if _FROM_1904.search(archive.read(_WORKBOOK)) else 1900
            paths = {path: sheet for sheet, path in _sheets(archive).items() if path in names}
        with suppress(*_BROKEN):
            styles = _styles(archive.read(_STYLES), fonts)
        for name in names:
            if name in paths:
                with suppress(*_BROKEN):
                    found[paths[name]] = _marks(archive.read(name), styles, system)
            elif _IS_SHEET.search(name):
                with suppress(*_BROKEN):
                    found[name] = SheetMarks(extent=_extent(archive.read(name)))
    return found


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


def shows_percent(code: str) -> bool:
    """Whether a number format shows a number as a percentage; what it quotes is only a text."""
    return "%" in _QUOTED.sub("", code)


def _styles(xml: bytes, fonts: tuple[str, ...]) -> Styles:
    lowered = xml.lower() if fonts else b""
    if not _MAY_BE_PERCENT.search(xml) and not any(one.encode() in lowered for one in fonts):
        return Styles()
    root, own, percents = ElementTree.fromstring(xml), {}, set()
    names: list[str] = []
    shown: dict[int, str] = {}
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "numFmt":
            own[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
        elif tag == "fonts":
            named = ([one.get("val", "") for one in font if one.tag.rpartition("}")[2] == "name"] for font in element)
            names = [next(iter(found), "") for found in named]
    styles = next((element for element in root if element.tag.rpartition("}")[2] == "cellXfs"), None)
    for place, style in enumerate(styles if styles is not None else ()):
        number_format = int(style.get("numFmtId", "0"))
        if number_format in BUILT_IN_PERCENT or shows_percent(own.get(number_format, "")):
            percents.add(place)
        font = int(style.get("fontId", "0"))
        if font < len(names) and is_asked(names[font], fonts):
            shown[place] = names[font]
    return Styles(frozenset(percents), shown)


def _marks(xml: bytes, styles: Styles, system: DateSystem) -> SheetMarks:
    extent, (unseen_rows, unseen_columns) = _extent(xml), _hidden(xml)
    if not (styles.percents or styles.fonts or any(found in xml for found in _SPECIAL)):
        return SheetMarks({}, extent, unseen_rows, unseen_columns, system)
    cells: dict[tuple[int, int], tuple[Mark, str]] = {}
    fonts: dict[tuple[int, int], str] = {}
    row = column = 0
    for tag in _TAG.finditer(xml):
        place = _PLACE.search(tag[2])
        if tag[1] == b"row":
            row, column = (int(place[2]) if place else row + 1), 0
            continue
        column = _number(place[1]) if place and place[1] else column + 1
        if not tag[3]:
            mark = _mark(xml, tag, styles.percents)
            if mark:
                cells[row, column] = mark
            if styles.fonts and _IS_TEXT.search(tag[2]) and (style := _STYLE.search(tag[2])):
                font = styles.fonts.get(int(style[1]))
                if font:
                    fonts[row, column] = font
    return SheetMarks(cells, extent, unseen_rows, unseen_columns, system, fonts)


def _extent(xml: bytes) -> tuple[int, int]:
    """(rows, columns) of a rectangle that holds all cells: the smallest, or (9999, 702) where plainly all lie in it."""
    written = sum(map(xml.count, _CELLS))
    is_plain = written == xml.count(b'<c r="') and xml.count(b"<row") == xml.count(b'<row r="') and b":row" not in xml
    if is_plain and not _FAR.search(xml):
        return _NEAR
    addressed, numbered = _PLAIN_CELL.findall(xml), _PLAIN_ROW.findall(xml)
    if len(addressed) != written or len(numbered) != xml.count(b"<row") or b":row" in xml:
        addressed = _ADDRESS.findall(xml)
        numbered = re.findall(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d+)\"", xml)
    columns = {_number(letters.upper()) for letters in {letters for letters, _ in addressed}}
    # A damaged cell may say another row than the one that it stands in, and the reader would believe it.
    told = {digits for _, digits in addressed}.union(numbered)
    rows = [int(digits[:_MOST_DIGITS]) for digits in told]
    extent = (max(rows) - min(rows) + 1, max(columns) - min(columns) + 1) if rows and columns else (0, 0)
    if written > len(addressed):
        # Cells without an address stand one behind the other.
        parts = _ROW.split(xml)
        extent = max(extent[0], len(parts) - 1), max(extent[1], *(len(_CELL.findall(part)) for part in parts))
    return extent


def _hidden(xml: bytes) -> tuple[frozenset[int], frozenset[int]]:
    """The rows and the columns that are not shown."""
    if b"hidden" not in xml:
        return frozenset(), frozenset()
    rows, row = set(), 0
    for tag in _TAG.finditer(xml):
        if tag[1] == b"row":
            place = _PLACE.search(tag[2])
            row = int(place[2]) if place else row + 1
            if _IS_HIDDEN.search(tag[2]):
                rows.add(row)
    columns: set[int] = set()
    for found in _COLUMNS.finditer(xml):
        first, last = _FIRST.search(found[1]), _LAST.search(found[1])
        if first and last and _IS_HIDDEN.search(found[1]):
            columns.update(range(int(first[1]), min(int(last[1]), _MOST_COLUMNS) + 1))
    return frozenset(rows), frozenset(columns)


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
