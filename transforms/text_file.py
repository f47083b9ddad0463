"""Text files: in which encoding they are, by what their columns are separated, and their lines as a sheet.

An encoding is taken only where the bytes fit it; of those that fit, the one whose text could have been meant.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from itertools import islice
from typing import Final

from catalogue.errors import DeliveryRefused
from transforms.sheet import Line, Sheet

_SEPARATORS: Final = (",", ";", "\t")
_SAMPLE: Final = 50
# Longer than any cell that a spreadsheet can hold (32,767 characters).
_LONGEST_CELL: Final = 1_000_000
_MOST_LINES: Final = 5_000_000
_MOST_SYMBOLS: Final = 0.2
# So many characters must be right UTF-8 for each that is not, for the file to be UTF-8 with a fault in it.
_MOSTLY: Final = 10
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_VOWELS: Final = "aeiouy"
_SYMBOL_IN_A_WORD = re.compile(r"[A-Za-z\xc0-\xff][\xa1-\xbf]|[\xa1-\xbf][A-Za-z\xc0-\xff]")
_HIGH = re.compile(r"[\xa1-\xff]")


def read_text_file(data: bytes, name: str) -> Sheet:
    """The one sheet of a text file, without a name; every cell is text.

    Raises DeliveryRefused by ``file.unreadable`` where the bytes are no text, or the text no table.
    """
    text = decode(data, name)
    first, _, rest = text.partition("\n")
    declared = first.strip().removeprefix("sep=")
    skipped = 0
    if len(declared) == 1 and first.startswith("sep="):
        separator, text, skipped = declared, rest, 1
    else:
        separator = _separator(text)
    lines = []
    csv.field_size_limit(_LONGEST_CELL)
    try:
        for row, values in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1 + skipped):
            texts: list[str | None] = [value or None for value in values]
            while texts and texts[-1] is None:
                texts.pop()
            if texts:
                lines.append(Line(row, tuple(texts), "".join("-" if value is None else "t" for value in texts)))
            if len(lines) > _MOST_LINES:
                raise _unreadable(name, f"it has more than {_MOST_LINES} lines; send it in parts")
    except csv.Error as error:
        raise _unreadable(name, f"it is no csv file ({error}); send an xlsx, xls, xlsb, ods or csv file") from error
    return Sheet("", tuple(lines), None)


def decode(data: bytes, name: str, declared: str = "") -> str:
    """The text of some bytes: by their mark, by what they declare, else by the encoding that they fit.

    Fonts of before Unicode drew other letters for the symbols of Latin-1. Such a file comes out as Latin-1; which
    letters were meant is found cell by cell.

    Raises DeliveryRefused by ``file.unreadable``.
    """
    for encoding in _encodings(data, declared):
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" not in text and not (encoding == "cp1258" and _is_no_cp1258(text, data)):
            return text
        if encoding.startswith("utf-8"):
            break
    fault = _fault(data)
    if fault:
        raise _unreadable(name, f"it is UTF-8, but for line {fault}; save it as csv in UTF-8")
    raise _unreadable(name, "its bytes are no text in UTF-8, UTF-16, cp1258 or cp1252; save it as csv in UTF-8")


def _encodings(data: bytes, declared: str) -> tuple[str, ...]:
    """The encodings to try, in order."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if data.startswith(b"\xef\xbb\xbf"):
        return ("utf-8-sig",)
    # Every second byte zero: UTF-16 that lost its mark.
    half = len(data[:2000]) // 2
    evens, odds = data[:2000:2].count(0), data[1:2000:2].count(0)
    if half and max(evens, odds) > 0.5 * half:
        return ("utf-16-le",) if odds > evens else ("utf-16-be",)
    named = (declared,) if declared else ()
    return (*named, "utf-8") if _fault(data) else (*named, "utf-8", "cp1258", "cp1252")


def _fault(data: bytes) -> int:
    """The line of the first byte that is no UTF-8, in a file that is UTF-8 otherwise; 0 where there is none such."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "replace")
        wrong = text.count("\ufffd")
        right = sum(1 for char in text if char > "\x7f") - wrong
        return data.count(b"\n", 0, error.start) + 1 if right > _MOSTLY * wrong else 0
    return 0


def _is_no_cp1258(text: str, data: bytes) -> bool:
    """Whether a text cannot have been meant as cp1258.

    There marks of tone stand behind a vowel, and both can be written as one; and words hold no symbols.
    """
    for char in set(unicodedata.normalize("NFC", text)):
        apart = unicodedata.normalize("NFD", char)
        if unicodedata.combining(char) or (apart[-1] in _TONES and apart[0].lower() not in _VOWELS + "n"):
            return True
    latin = data.decode("latin-1")
    high = len(_HIGH.findall(latin))
    return len(_SYMBOL_IN_A_WORD.findall(latin)) > _MOST_SYMBOLS * high if high else False


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


def _unreadable(name: str, why: str) -> DeliveryRefused:
    return DeliveryRefused("file.unreadable", f"{name} cannot be read: {why}")
