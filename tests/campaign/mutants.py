"""Workbooks that were damaged: in their bytes, in their parts, in their cells. The same seed makes the same damage."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

NASTY: Final[tuple[Any, ...]] = (
    None, "", " ", "\u00a0", "\u200b", "x", "-", "...", "0", 0, -3, 1.5, 1e308, -1e-308, 10**30, True, False,
    "1.234", "1,234", "1.234,5", "12,5%", "45/192", "133 nghìn", "> 3.400", "(12)", "12 (*)", "1.23457E+05", "1-2",
    "#DIV/0!", "=1+1", "=A1", "@SUM(A1)", "+1", "\t=1", "31/02/2024", "29/02/2023", datetime(2024, 2, 30 - 1),
    "Quý V/2024", "Tổng cộng", "Trong đó:", "I", "(1)", "Người lập biểu", "Së Th«ng tin", "Hoà", "Hòa", "Ð", "l0",
    "a" * 40_000, "\u202e12", "👍", "'; DROP TABLE x; --", "<script>alert(1)</script>", "{{ 7 * 7 }}",
    "../../etc/passwd", "nan", "inf", "NaN", "None", "NULL", "true",
)  # fmt: skip

Damage = Callable[[bytes, random.Random], bytes]


def mutant(data: bytes, seed: int) -> tuple[str, bytes]:
    """A damaged copy of a workbook, and the name of the damage."""
    chance = random.Random(seed)
    kind = chance.choice(sorted(DAMAGES))
    try:
        return kind, DAMAGES[kind](data, chance)
    except (zipfile.BadZipFile, KeyError, ValueError):
        # The file has no such part; then its bytes are damaged.
        return "flip", _flip(data, chance)


def _flip(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _blank(data: bytes, chance: random.Random) -> bytes:
    start, length = chance.randrange(len(data)), chance.choice((1, 64, 1024))
    return data[:start] + bytes(length) + data[start + length :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    start, length = chance.randrange(len(data)), chance.choice((16, 512))
    return data[: start + length] + data[start:]


def _junk(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(chance.choice((1, 100, 10_000)))


def _member(data: bytes, chance: random.Random, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The archive with one member changed; without it where ``change`` gives None."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = chance.choice(names)
        for name in names:
            held: bytes | None = old.read(name)
            if name == chosen:
                held = change(name, old.read(name))
            if held is not None:
                new.writestr(name, held)
    return out.getvalue()


def _lose_part(data: bytes, chance: random.Random) -> bytes:
    return _member(data, chance, lambda _name, _held: None)


def _spoil_part(data: bytes, chance: random.Random) -> bytes:
    return _member(data, chance, lambda _name, held: _flip(held or b"x", chance))


def _lose_tag(data: bytes, chance: random.Random) -> bytes:
    def change(_name: str, held: bytes) -> bytes:
        tags = list(re.finditer(rb"<[^>]+>", held))
        if not tags:
            return held
        tag = chance.choice(tags)
        return held[: tag.start()] + held[tag.end() :]

    return _member(data, chance, change)


def _spoil_number(data: bytes, chance: random.Random) -> bytes:
    def change(_name: str, held: bytes) -> bytes:
        digits = list(re.finditer(rb"\d+", held))
        if not digits:
            return held
        found = chance.choice(digits)
        put = chance.choice((b"", b"-1", b"99999999999999999999", b"1e999", b"x"))
        return held[: found.start()] + put + held[found.end() :]

    return _member(data, chance, change)


def _in_sheet(data: bytes, chance: random.Random, change: Callable[[Worksheet, random.Random], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(chance.choice(book.worksheets), chance)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _somewhere(sheet: Worksheet, chance: random.Random) -> tuple[int, int]:
    return chance.randint(1, sheet.max_row or 1), chance.randint(1, sheet.max_column or 1)


def _spoil_cells(sheet: Worksheet, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 1, 5, 50))):
        row, column = _somewhere(sheet, chance)
        cell = sheet.cell(row, column)
        if type(cell).__name__ != "MergedCell":
            cell.value = chance.choice(NASTY)


def _move_lines(sheet: Worksheet, chance: random.Random) -> None:
    row, column = _somewhere(sheet, chance)
    count = chance.choice((1, 1, 3))
    how = chance.choice((sheet.insert_rows, sheet.delete_rows, sheet.insert_cols, sheet.delete_cols))
    how(row if "rows" in how.__name__ else column, count)


def _repeat_rows(sheet: Worksheet, chance: random.Random) -> None:
    row, _ = _somewhere(sheet, chance)
    for column in range(1, (sheet.max_column or 1) + 1):
        sheet.cell((sheet.max_row or 1) + 1, column).value = sheet.cell(row, column).value


def _merge(sheet: Worksheet, chance: random.Random) -> None:
    row, column = _somewhere(sheet, chance)
    sheet.merge_cells(
        start_row=row, end_row=row + chance.randrange(3), start_column=column, end_column=column + chance.randrange(4)
    )


def _hide(sheet: Worksheet, chance: random.Random) -> None:
    row, _ = _somewhere(sheet, chance)
    sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["C"].hidden = chance.random() < 0.5


def _name(sheet: Worksheet, chance: random.Random) -> None:
    sheet.title = chance.choice(("Sheet'1", "Biểu 1" * 5, "a", "=1", "x" * 31))


DAMAGES: Final[dict[str, Damage]] = {
    "flip": _flip,
    "truncate": _truncate,
    "blank": _blank,
    "repeat": _repeat,
    "junk": _junk,
    "lose part": _lose_part,
    "spoil part": _spoil_part,
    "lose tag": _lose_tag,
    "spoil number": _spoil_number,
    "spoil cells": lambda data, chance: _in_sheet(data, chance, _spoil_cells),
    "spoil cells again": lambda data, chance: _in_sheet(data, chance, _spoil_cells),
    "move lines": lambda data, chance: _in_sheet(data, chance, _move_lines),
    "repeat rows": lambda data, chance: _in_sheet(data, chance, _repeat_rows),
    "merge": lambda data, chance: _in_sheet(data, chance, _merge),
    "hide": lambda data, chance: _in_sheet(data, chance, _hide),
    "name": lambda data, chance: _in_sheet(data, chance, _name),
}
