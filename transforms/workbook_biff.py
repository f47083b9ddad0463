"""What the cell reader does not tell about xls files, read from their records: as ``transforms.workbook_xml`` for xlsx.

An xls file is a small file system (compound file) with one stream of records; what is looked at is in [MS-CFB] and
[MS-XLS]. Whatever does not fit is left to the cell reader to refuse.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from transforms.sheet import DateSystem
from transforms.workbook_xml import BUILT_IN_PERCENT, Mark, SheetMarks, Styles, is_asked, shows_percent

_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FREE: Final = 0xFFFFFFFA  # sector numbers from here on mean: no sector
_STREAMS: Final = ("workbook", "book")
ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip

# Records.
_EOF, _DAYS, _ENCRYPTED, _BOUNDSHEET, _FORMAT, _XF = 0x000A, 0x0022, 0x002F, 0x0085, 0x041E, 0x00E0
_ROW, _COLINFO, _BOOLERR, _FORMULA, _NUMBER, _RK, _MULRK = 0x0208, 0x007D, 0x0205, 0x0006, 0x0203, 0x027E, 0x00BD
_FONT, _LABEL, _LABELSST, _RSTRING = 0x0031, 0x0204, 0x00FD, 0x00D6
_TEXTS: Final = frozenset({_LABEL, _LABELSST, _RSTRING, _FORMULA})
_NO_FONT: Final = 4  # the fonts of a file are numbered without it
_CELLS: Final = frozenset({_BOOLERR, _FORMULA, _NUMBER, _RK, _MULRK, _LABEL, _LABELSST, _RSTRING})


def read_xls_marks(data: bytes, fonts: tuple[str, ...] = ()) -> dict[int, SheetMarks]:
    """The marks of each sheet of an xls file, by its place in the workbook; empty for files of any other kind.
    ``fonts`` are the beginnings of those to tell, in lower case."""
    if not data.startswith(_MAGIC):
        return {}
    try:
        stream = _stream(data)
        starts, styles, system = _globals(stream, fonts)
        return {place: _sheet(stream, start, styles, system) for place, start in starts.items()}
    except (struct.error, IndexError, ValueError, OverflowError, MemoryError):
        # A broken file is the cell reader's to refuse; where it can still read it, these marks are all we miss.
        return {}


def is_encrypted(data: bytes) -> bool:
    """Whether an xls file says that it is encrypted."""
    try:
        return any(kind == _ENCRYPTED for kind, _ in _records(_stream(data), 0))
    except (struct.error, IndexError, ValueError, OverflowError, MemoryError):
        return False


def _stream(data: bytes) -> bytes:
    """The stream of records of a compound file."""
    size, small = 1 << min(data[30], 16), 1 << min(data[32], 16)
    (first_entry,), cutoff, first_small = (struct.unpack_from("<I", data, at) for at in (48, 56, 60))
    table: list[int] = []
    sectors = [sector for sector in struct.unpack_from("<109I", data, 76) if sector < _FREE]
    (following,) = struct.unpack_from("<I", data, 68)
    while following < _FREE and len(sectors) * size < len(data):
        more = struct.unpack_from(f"<{size // 4}I", data, (following + 1) * size)
        sectors += [sector for sector in more[:-1] if sector < _FREE]
        following = more[-1]
    for sector in sectors:
        table += struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size)

    def chain(start: int, links: list[int]) -> Iterator[int]:
        left = len(links)
        while start < _FREE and left:
            yield start
            start, left = links[start], left - 1

    def read(start: int) -> bytes:
        return b"".join(data[(sector + 1) * size : (sector + 2) * size] for sector in chain(start, table))

    entries = read(first_entry)
    root = 0
    for at in range(0, len(entries) - 127, 128):
        name = entries[at : at + 64].decode("utf-16-le", "replace").partition("\x00")[0].lower()
        start, length = struct.unpack_from("<II", entries, at + 116)
        if at == 0:
            root = start
        elif name in _STREAMS:
            if length >= cutoff[0]:
                return read(start)[:length]
            held, links = read(root), read(first_small[0])
            parts = chain(start, list(struct.unpack(f"<{len(links) // 4}I", links)))
            return b"".join(held[part * small : (part + 1) * small] for part in parts)[:length]
    raise ValueError("no stream of records")


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records from a place up to the end of their part of the stream: (kind, content)."""
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        if kind == _EOF:
            return
        at += 4 + length


def _globals(stream: bytes, fonts: tuple[str, ...]) -> tuple[dict[int, int], Styles, DateSystem]:
    """Where the records of each sheet begin, by its place; the cell styles; the year from which days are counted."""
    system: DateSystem = 1900
    starts: dict[int, int] = {}
    own: dict[int, str] = {}
    styles: list[tuple[int, int]] = []
    names: list[str] = []
    for kind, content in _records(stream, 0):
        if kind == _ENCRYPTED:
            return {}, Styles(), system
        if kind == _DAYS and content[:1] == b"\x01":
            system = 1904
        if kind == _BOUNDSHEET:
            starts[len(starts)] = struct.unpack_from("<I", content)[0]
        elif kind == _FORMAT:
            # The text stands behind its length; how it is encoded does not matter for a "%".
            own[struct.unpack_from("<H", content)[0]] = content[2:].replace(b"\x00", b"").decode("latin-1")
        elif kind == _XF:
            styles.append(struct.unpack_from("<HH", content))
        elif kind == _FONT:
            # As with formats: of a name that is looked for, every letter is ASCII.
            names.append(content[16:].replace(b"\x00", b"").decode("latin-1"))
    coded = enumerate(code for _, code in styles)
    percents = (place for place, code in coded if code in BUILT_IN_PERCENT or shows_percent(own.get(code, "")))
    shown = {}
    for place, (font, _) in enumerate(styles):
        number = font - (font > _NO_FONT)
        if number < len(names) and is_asked(names[number], fonts):
            shown[place] = names[number]
    return starts, Styles(frozenset(percents), shown), system


def _sheet(stream: bytes, start: int, styles: Styles, system: DateSystem) -> SheetMarks:
    cells: dict[tuple[int, int], tuple[Mark, str]] = {}
    fonts: dict[tuple[int, int], str] = {}
    rows: set[int] = set()
    columns: set[int] = set()
    bottom = right = 0
    for kind, content in _records(stream, start):
        if kind == _ROW and content[12] & 0x20:
            rows.add(struct.unpack_from("<H", content)[0] + 1)
        elif kind == _COLINFO and content[8] & 0x01:
            first, last = struct.unpack_from("<HH", content)
            columns.update(range(first + 1, last + 2))
        elif kind in _CELLS:
            row, column, style = struct.unpack_from("<HHH", content)
            bottom, right = max(bottom, row + 1), max(right, column + 1)
            at = row + 1, column + 1
            if kind in _TEXTS and style in styles.fonts:
                fonts[at] = styles.fonts[style]
            if kind == _BOOLERR and content[7]:
                cells[at] = "error", ERRORS.get(content[6], "#N/A")
            elif kind == _FORMULA and content[12:14] == b"\xff\xff" and content[6] == 2:  # noqa: PLR2004 an error
                cells[at] = "error", ERRORS.get(content[8], "#N/A")
            elif kind == _MULRK:
                for place in range((len(content) - 6) // 6):
                    if struct.unpack_from("<H", content, 4 + 6 * place)[0] in styles.percents:
                        cells[row + 1, column + 1 + place] = "percent", ""
            elif kind in (_NUMBER, _RK, _FORMULA) and style in styles.percents:
                cells[at] = "percent", ""
    return SheetMarks(cells, (bottom, right), frozenset(rows), frozenset(columns), system, fonts)
