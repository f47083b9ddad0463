"""What an opened file is made of: sheets of texts with their addresses, whatever kind of file they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from transforms.text import clean

DateSystem = Literal[1900, 1904]
"""The year from which a workbook counts its days."""


class Line(NamedTuple):
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
    """A sheet: its lines in order (rows with nothing in them are left out), its merged cells (none known: ``None``).

    ``hidden`` sheets are not seen by who opens the file; of a sheet that is seen, ``hidden_rows`` and
    ``hidden_columns`` (from 1) are not. Where a kind of file does not tell, nothing is hidden. ``days_from`` is for
    cells with a number that should be a day: what is shown as a day is one already.
    """

    name: str
    lines: tuple[Line, ...]
    merges: tuple[Merge, ...] | None
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    days_from: DateSystem = 1900


@dataclass(frozen=True, slots=True)
class Book:
    """An opened file. A csv file and a web page are one sheet without a name.

    ``found`` keeps what was found in it, by sheet and form, for as long as the book is open: recognising a file and
    reading it ask for the same headers (``transforms.tables.header_of``).
    """

    name: str
    sheets: tuple[Sheet, ...]
    found: dict[tuple[int, int], tuple[Any, object]] = field(default_factory=dict, compare=False, repr=False)


def cells_of(line: Line) -> dict[int, str]:
    """What the cells of a line say, by column; those that say nothing are left out."""
    found = {}
    for column, text in enumerate(line.texts, start=1):
        # A number is clean as it is.
        if text and (said := text if line.kinds[column - 1] == "n" else clean(text)):
            found[column] = said
    return found


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
