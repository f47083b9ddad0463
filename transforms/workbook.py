"""Opening what offices send: xlsx, xlsm, xls, xlsb, ods, csv and web pages, as sheets of texts with addresses.

Nothing is guessed here: numbers become their shortest exact text, a "%" behind it where the cell is shown as a
percentage; dates ISO; errors stay errors, and "00123" stays "00123". A text in a font of before Unicode becomes what
people see in it; of csv and web pages the fonts are not looked at.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import PurePath
from typing import Any, Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)  # fmt: skip

from catalogue.errors import DeliveryRefused
from catalogue.language import Language
from transforms.package import UNREADABLE, absurdity
from transforms.sheet import Book, Line, Merge, Sheet, letter
from transforms.text import decoded
from transforms.text_file import read_text_file
from transforms.web_page import is_page, read_page
from transforms.workbook_biff import is_encrypted, read_xls_marks
from transforms.workbook_ods import read_ods_marks
from transforms.workbook_xlsb import read_xlsb_marks
from transforms.workbook_xml import SheetMarks, read_marks

__all__ = ["Book", "Line", "Merge", "Sheet", "letter", "open_book"]

_TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
# The reader keeps the whole used range: what would need more than this is no form that somebody filled in.
_MOST_CELLS: Final = 8_000_000
_MOST_COLUMNS: Final = 16_384
_EXACT: Final = 10**15
_SMALL: Final = {float(number): str(number) for number in range(10_000)}
"""The texts of small whole numbers: made once, and held once however many cells have them."""
_LOCKED: Final = "it is protected by a password; remove the password and send it again"
_ALLOWED: Final = "send an xlsx, xls, xlsb, ods or csv file"


def open_book(data: bytes, name: str, language: Language | None = None) -> Book:
    """The sheets of a file. ``name`` tells a csv file by its suffix; workbooks are known by their content. By the
    ``language`` texts in its fonts of before Unicode are read.

    Raises DeliveryRefused by ``file.unreadable`` (no workbook, encrypted, broken, of absurd size) or ``file.empty``.
    """
    if not data.strip(b"\x00\r\n\t "):
        raise DeliveryRefused("file.empty", f"{name}: the file is empty; fill in the form and send it again")
    binary = data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))
    if PurePath(name).suffix.lower() in _TEXT_SUFFIXES and not binary:
        sheets: tuple[Sheet, ...] = (read_text_file(data, name),)
    elif is_page(data):
        sheets = (read_page(data, name),)
    else:
        absurd = absurdity(data)
        if absurd:
            raise _unreadable(name, f"{absurd}; {_ALLOWED}")
        sheets = tuple(_workbook_sheets(data, name, language))
    if not any(sheet.lines for sheet in sheets):
        raise DeliveryRefused("file.empty", f"{name}: no sheet holds anything; fill in the form and send it again")
    return Book(name, sheets)


# Workbooks


def _workbook_sheets(data: bytes, name: str, language: Language | None) -> Iterator[Sheet]:
    fonts = tuple(font.casefold() for one in (language.encodings if language else ()) for font in one.fonts)
    marks, by_place = read_marks(data, fonts) or read_xlsb_marks(data, fonts), read_xls_marks(data, fonts)
    of_ods = read_ods_marks(data, fonts) if not marks else {}
    for title, found in (*marks.items(), *((str(place + 1), found) for place, found in by_place.items())):
        rows, columns = found.extent
        if rows * columns > _MOST_CELLS or columns > _MOST_COLUMNS:
            raise _unreadable(name, f"sheet {title!r} spans {rows} rows and {columns} columns; clear the far cells")
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            for place, described in enumerate(workbook.sheets_metadata):
                if described.typ == SheetTypeEnum.WorkSheet:
                    told, merges = of_ods.get(described.name, (SheetMarks(), None))
                    found_marks = by_place.get(place) or marks.get(described.name) or told
                    sheet = workbook.get_sheet_by_name(described.name)
                    if sheet.total_width > _MOST_COLUMNS:
                        why = f"sheet {sheet.name!r} has {sheet.total_width} columns; send the form itself"
                        raise _unreadable(name, why)
                    yield _in_letters(_sheet(sheet, described, found_marks, merges), found_marks.fonts, language)
    except PasswordError:
        raise _unreadable(name, _LOCKED) from None
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(name, _LOCKED if _encrypted(data) else f"{_nature(data)}; {_ALLOWED}") from error
    except BaseException as error:
        # The reader's own panics on damaged files do not derive from Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable(name, f"it is damaged; {_ALLOWED}") from error


def _sheet(sheet: CalamineSheet, described: SheetMetadata, marks: SheetMarks, known: tuple[Merge, ...] | None) -> Sheet:
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
    merges = known if ranges is None else tuple(Merge(a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in ranges)
    hidden = described.visible != SheetVisibleEnum.Visible
    unseen = marks.hidden_rows, marks.hidden_columns
    return Sheet(sheet.name, tuple(lines), merges, hidden, *unseen, marks.days_from)


def _in_letters(sheet: Sheet, fonts: dict[tuple[int, int], str], language: Language | None) -> Sheet:
    """A sheet with the texts of some cells, shown in fonts of before Unicode, in letters."""
    if language is None or not fonts:
        return sheet
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row, column), font in fonts.items():
        by_row.setdefault(row, []).append((column - 1, font))
    lines = []
    for line in sheet.lines:
        texts = list(line.texts)
        for place, font in by_row.get(line.row, ()):
            if place < len(texts) and line.kinds[place] == "t" and (text := texts[place]):
                texts[place] = decoded(text, language, font)
        lines.append(line._replace(texts=tuple(texts)))
    return replace(sheet, lines=tuple(lines))


def _line(row: int, left: int, values: list[Any], marks: SheetMarks, marked: list[int]) -> Line | None:
    texts: list[str | None] = [None] * left
    kinds = ["-"] * left
    for value in values:
        # Most cells by far are texts, blanks and small whole numbers: they are told apart here, without a call.
        text: str | None
        if value == "":
            text, kind = None, "-"
        elif type(value) is str:
            text, kind = value, "t"
        elif type(value) is float and (small := _SMALL.get(value)) is not None:
            text, kind = small, "n"
        else:
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
    if isinstance(value, float):
        if not isfinite(value):
            return "#NUM!", "e"
        if value.is_integer() and abs(value) < _EXACT:
            return str(int(value)), "n"
        return _plain(Decimal(repr(value))), "n"
    if isinstance(value, int):
        return str(value), "n"
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
    if "EncryptedPackage".encode("utf-16-le") in data or is_encrypted(data):
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return b"encryption-data" in archive.read("META-INF/manifest.xml")
    except (KeyError, *UNREADABLE):
        return False
