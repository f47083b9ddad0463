"""Opening what offices send: xlsx, xls, xlsb, ods and csv, as sheets of texts with addresses.

Nothing is guessed here: numbers become their shortest exact text, a "%" behind it where the cell is shown as a
percentage; dates ISO; errors stay errors, and "00123" stays "00123".
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from math import isfinite
from pathlib import PurePath
from typing import Any, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from catalogue.errors import DeliveryRefused
from transforms.workbook_xml import SheetMarks, read_marks

_TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
# Encodings of csv files without a mark, in the order tried. cp1258 differs from cp1252 in a few letters only.
_ENCODINGS: Final = ("utf-8", "cp1258", "cp1252")
_SEPARATORS: Final = (",", ";", "\t")
_SAMPLE: Final = 50
# The reader keeps the whole used range: what would need more than this is no form that somebody filled in.
_MOST_CELLS: Final = 20_000_000
_MOST_BYTES: Final = 512 * 1024 * 1024
_MOST_COMPRESSION: Final = 200
_LOCKED: Final = "it is protected by a password; remove the password and send it again"
_ALLOWED: Final = "send an xlsx, xls, xlsb, ods or csv file"


@dataclass(frozen=True, slots=True)
class Line:
    """A row with something in it: texts and kinds (``transforms.table``) from column A to the last that is filled."""

    row: int
    texts: tuple[str | None, ...]
    kinds: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged cells, from the first to the last row and column, all from 1 and included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its lines in order (rows with nothing in them are left out), its merged cells (none known: ``None``)."""

    name: str
    lines: tuple[Line, ...]
    merges: tuple[Merge, ...] | None


@dataclass(frozen=True, slots=True)
class Book:
    """An opened file. A csv file is one sheet without a name."""

    name: str
    sheets: tuple[Sheet, ...]


def letter(column: int) -> str:
    """The letters of a column number.

    >>> letter(1), letter(26), letter(27), letter(703)
    ('A', 'Z', 'AA', 'AAA')
    """
    letters = ""
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def open_book(data: bytes, name: str) -> Book:
    """The sheets of a file. ``name`` tells a csv file by its suffix; workbooks are known by their content.

    Raises DeliveryRefused by ``file.unreadable`` (no workbook, encrypted, broken, of absurd size) or ``file.empty``.
    """
    if not data.strip(b"\x00\r\n\t "):
        raise DeliveryRefused("file.empty", f"{name}: the file is empty; fill in the form and send it again")
    binary = data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))
    if PurePath(name).suffix.lower() in _TEXT_SUFFIXES and not binary:
        sheets: tuple[Sheet, ...] = (_csv_sheet(data, name),)
    else:
        _refuse_bomb(data, name)
        sheets = tuple(_workbook_sheets(data, name))
    if not any(sheet.lines for sheet in sheets):
        raise DeliveryRefused("file.empty", f"{name}: no sheet holds anything; fill in the form and send it again")
    return Book(name, sheets)


# Workbooks


def _workbook_sheets(data: bytes, name: str) -> Iterator[Sheet]:
    marks = read_marks(data)
    for sheet, found in marks.items():
        rows, columns = found.extent
        if rows * columns > _MOST_CELLS:
            raise _unreadable(name, f"sheet {sheet!r} spans {rows} rows and {columns} columns; clear the far cells")
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            for described in workbook.sheets_metadata:
                if described.typ == SheetTypeEnum.WorkSheet:
                    found_marks = marks.get(described.name, SheetMarks())
                    yield _sheet(workbook.get_sheet_by_name(described.name), found_marks)
    except PasswordError:
        raise _unreadable(name, _LOCKED) from None
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(name, _LOCKED if _encrypted(data) else f"{_nature(data)}; {_ALLOWED}") from error
    except BaseException as error:
        # The reader's own panics on damaged files do not derive from Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable(name, f"it is damaged; {_ALLOWED}") from error


def _sheet(sheet: CalamineSheet, marks: SheetMarks) -> Sheet:
    left = sheet.start[1] if sheet.start else 0
    marked: dict[int, list[int]] = {}
    for row, column in marks.cells:
        marked.setdefault(row, []).append(column)
    lines = []
    last = 0
    for row, values in enumerate(sheet.iter_rows(), start=1):
        last = row
        if values.count("") < len(values) or row in marked:
            line = _line(row, left, values, marks, marked.get(row, []))
            if line is not None:
                lines.append(line)
    # An error in a row of its own below everything else is no value to the reader.
    for row in sorted(found for found in marked if found > last):
        line = _line(row, 0, [], marks, marked[row])
        if line is not None:
            lines.append(line)
    ranges = sheet.merged_cell_ranges
    merges = None if ranges is None else tuple(Merge(a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in ranges)
    return Sheet(sheet.name, tuple(lines), merges)


def _line(row: int, left: int, values: list[Any], marks: SheetMarks, marked: list[int]) -> Line | None:
    texts: list[str | None] = [None] * left
    kinds = ["-"] * left
    for value in values:
        text, kind = _cell(value)
        texts.append(text)
        kinds.append(kind)
    for column in marked:
        mark, shown = marks.cells[row, column]
        missing = column - len(texts)
        texts += [None] * missing
        kinds += ["-"] * missing
        text = texts[column - 1]
        if mark != "percent":
            texts[column - 1], kinds[column - 1] = shown, "e"
        elif kinds[column - 1] == "n" and text is not None:
            texts[column - 1] = f"{_plain(Decimal(text).scaleb(2))}%"
    while texts and texts[-1] is None:
        texts.pop()
    return Line(row, tuple(texts), "".join(kinds[: len(texts)])) if texts else None


def _cell(value: Any) -> tuple[str | None, str]:
    """The text and the kind of a value."""
    if isinstance(value, str):
        return (value, "t") if value else (None, "-")
    if isinstance(value, bool):
        return ("true" if value else "false"), "b"
    if isinstance(value, int | float):
        return (_plain(Decimal(repr(value))), "n") if isfinite(value) else ("#NUM!", "e")
    if isinstance(value, datetime):
        return value.isoformat(), "d"
    if isinstance(value, date):
        return value.isoformat(), "d"
    return str(value), "t"


def _plain(number: Decimal) -> str:
    """The shortest exact text of a number, without exponent or trailing zeros.

    >>> [_plain(Decimal(text)) for text in ("12.0", "1E+21", "0.30000000000000004", "1.5E-7", "-0.0")]
    ['12', '1000000000000000000000', '0.30000000000000004', '0.00000015', '0']
    """
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# Files that are none


def _unreadable(name: str, why: str) -> DeliveryRefused:
    return DeliveryRefused("file.unreadable", f"{name} cannot be read: {why}")


def _nature(data: bytes) -> str:
    """What a file that is no workbook seems to be, in words."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith(b"%pdf"):
        return "it is a PDF"
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<style")):
        return "it is a web page or XML under the name of a workbook"
    if start.startswith((b"\x89png", b"\xff\xd8\xff", b"gif8")):
        return "it is a picture"
    if start.startswith((b"pk\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "it is no workbook, it is damaged, or it is protected by a password"
    if b"\x00" not in data[:4096]:
        return "it is plain text under the name of a workbook"
    return "it is no workbook"


def _encrypted(data: bytes) -> bool:
    """Whether a file that cannot be opened says that it is encrypted: Office wraps it, OpenDocument lists it."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return b"encryption-data" in archive.read("META-INF/manifest.xml")
    # zipfile raises the last one for a compression it does not know.
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, RuntimeError, NotImplementedError):
        return False


def _refuse_bomb(data: bytes, name: str) -> None:
    """Refuse an archive that would unpack to something absurd."""
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return
    if unpacked > _MOST_BYTES and unpacked > _MOST_COMPRESSION * len(data):
        raise _unreadable(name, f"it unpacks from {len(data)} to {unpacked} bytes; {_ALLOWED}")


# Text files


def _csv_sheet(data: bytes, name: str) -> Sheet:
    text = _decoded(data, name)
    first, _, rest = text.partition("\n")
    declared = first.strip().removeprefix("sep=")
    skipped = 0
    if len(declared) == 1 and first.startswith("sep="):
        separator, text, skipped = declared, rest, 1
    else:
        separator = _separator(text)
    lines = []
    try:
        for row, values in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1 + skipped):
            texts: list[str | None] = [value or None for value in values]
            while texts and texts[-1] is None:
                texts.pop()
            if texts:
                lines.append(Line(row, tuple(texts), "".join("-" if value is None else "t" for value in texts)))
    except csv.Error as error:
        raise _unreadable(name, f"it is no csv file ({error}); {_ALLOWED}") from error
    return Sheet("", tuple(lines), None)


def _decoded(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: Iterable[str] = ("utf-16",)
    elif data.startswith(b"\xef\xbb\xbf"):
        encodings = ("utf-8-sig",)
    else:
        # Every second byte zero: UTF-16 that lost its mark.
        half = len(data[:2000]) // 2
        evens, odds = data[:2000:2].count(0), data[1:2000:2].count(0)
        encodings = _ENCODINGS
        if half and max(evens, odds) > 0.5 * half:
            encodings = ("utf-16-le",) if odds > evens else ("utf-16-be",)
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _unreadable(name, f"its bytes are no text in {', '.join(encodings)}; save it as csv in UTF-8")


def _separator(text: str) -> str:
    """The separator by which most lines have the same number of columns; of those, the one that gives most columns."""

    def regular(separator: str) -> tuple[int, int]:
        widths: Counter[int] = Counter()
        try:
            for values in islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), _SAMPLE):
                if len(values) > 1:
                    widths[len(values)] += 1
        except csv.Error:
            return 0, 0
        width, lines = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return lines, width

    return max(_SEPARATORS, key=regular)
