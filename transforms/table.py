"""What reading makes of a delivery: rows of texts with their addresses, and everything that is not a row, named.

Texts are as written; ``kinds`` tells how each was stored, one letter per field in the order of ``fields``:

    n  a number cell (or JSON number); the text is its shortest exact form, as "12", "0.5"
    t  text
    d  a date cell; the text is ISO, "2024-03-01" or "2024-03-01T08:00:00"
    b  a boolean; "true" or "false"
    e  an error of the spreadsheet; the text is "#DIV/0!" and the like
    -  empty; the text is None
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple

from catalogue.delivery import Cell, Finding

Furniture = Literal["title", "header", "numbers", "section", "total", "note", "signature", "blank"]


class Row(NamedTuple):
    """One row of a table: ``texts`` and ``kinds`` go along with the fields of the table."""

    sheet: str
    row: int
    texts: tuple[str | None, ...]
    kinds: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A row that is no data: what it is, and which layout rule said so."""

    sheet: str
    row: int
    kind: Furniture
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Clues:
    """What a file says about itself, each with the cell where it says so; None where it is silent."""

    form: tuple[str, Cell] | None = None
    unit: tuple[str, Cell] | None = None
    period: tuple[str, Cell] | None = None
    submission: tuple[str, Cell] | None = None


FileKind = Literal["parquet", "csv", "jsonl", "pull"]
FILES: Final[dict[str, FileKind]] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""What the end of an extract's name says that it is."""


@dataclass(frozen=True, slots=True)
class File:
    """Records that are laid into staging as sets, straight from their file (``transforms.bulk``, ``transforms.pages``):
    they may be more than memory holds. ``label`` is what stands for their sheet."""

    path: Path
    kind: FileKind
    label: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A delivery as read by a form's layout. ``columns`` gives the letter (or record key) of (sheet, field).

    ``totals`` are the total rows again, as rows, for the checks of kind ``total``; they are furniture, never data.
    ``silent`` are sheets that were read and hold neither a row nor a word that there is nothing.
    Every non-empty row of every read sheet is exactly one of ``rows`` and ``furniture``. With a ``file``, its records
    are the rows, and all else but ``furniture`` is empty.
    """

    fields: tuple[str, ...]
    columns: dict[tuple[str, str], str]
    rows: tuple[Row, ...]
    furniture: tuple[Piece, ...] = ()
    totals: tuple[Row, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    clues: Clues = Clues()
    silent: frozenset[str] = frozenset()
    file: File | None = None
