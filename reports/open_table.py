"""The tables of an open data package: their columns in words, and how they are written as CSV and Parquet.

Both are the same bytes for the same rows: figures without trailing zeros, times as ISO, rows as they come.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

Type = Literal["string", "integer", "number", "date", "boolean"]

_MANY: Final = 50_000
_ARROW: Final[Mapping[Type, pa.DataType]] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.decimal128(38, 12),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}


@dataclass(frozen=True)
class Column:
    """A column: its name, type and meaning. ``allowed`` lists the codes that it may hold."""

    name: str
    type: Type
    what: str
    required: bool = False
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenTable:
    """A table of a package: name, what a row is, columns, the key, and (columns, table) that it refers to."""

    name: str
    what: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    refers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Written:
    """A file that was written: its path below the folder of the export, its size and sha256."""

    path: str
    size: int
    sha256: str
    media_type: str


def write_table(folder: Path, table: OpenTable, found: Iterable[Sequence[Any]]) -> tuple[Written, Written]:
    """Write the rows of a table as ``data/<name>.csv`` and ``.parquet`` below a folder."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    schema = pa.schema([pa.field(one.name, _ARROW[one.type], nullable=not one.required) for one in table.columns])
    paths = folder / "data" / f"{table.name}.csv", folder / "data" / f"{table.name}.parquet"
    with (
        paths[0].open("w", encoding="utf-8", newline="") as file,
        pq.ParquetWriter(paths[1], schema, compression="zstd") as parquet,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([one.name for one in table.columns])
        for some in _batches(found):
            writer.writerows([written(value) for value in row] for row in some)
            columns = [pa.array([_exact(row[place]) for row in some], field.type) for place, field in enumerate(schema)]
            parquet.write_table(pa.table(columns, schema=schema))
    return (
        described(folder, paths[0], "text/csv"),
        described(folder, paths[1], "application/vnd.apache.parquet"),
    )


def write_text(folder: Path, path: str, said: str, media_type: str) -> Written:
    """Write a text below a folder."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(said, encoding="utf-8", newline="\n")
    return described(folder, file, media_type)


def described(folder: Path, file: Path, media_type: str) -> Written:
    """Size and sha256 of a file below a folder."""
    with file.open("rb") as read:
        digest = hashlib.file_digest(read, "sha256").hexdigest()
    return Written(file.relative_to(folder).as_posix(), file.stat().st_size, digest, media_type)


def written(value: object) -> object:
    """A value as a text file has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        said = f"{value:f}"
        return (said.rstrip("0").rstrip(".") or "0") if "." in said else said
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='seconds')}Z"
    return value.isoformat() if isinstance(value, date) else value


def _exact(value: Any) -> Any:
    """A decimal with no more places than a column of Parquet keeps."""
    return value.quantize(Decimal("1e-12")) if isinstance(value, Decimal) else value


def _batches(found: Iterable[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    rest = iter(found)
    while some := list(islice(rest, _MANY)):
        yield some
