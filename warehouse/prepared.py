"""What a batch has prepared to be appended, as Parquet files: judged in one place, appended in another.

The tables are those that ``warehouse.append`` reads, with their columns in their order and of their types, and their
rows in theirs: an append of the files writes what an append of the area would have written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from warehouse.staging import Staging

_LAID: Final = ("parts", "part_content", "conformed", "held_back")
"""What an append reads besides the tables that are named ``out_``."""
_ASKED_OFTEN: Final = frozenset({"out_deliveries", "parts", "part_content", "held_back"})
_WIDER: Final = frozenset({"HUGEINT", "UHUGEINT"})
"""Types that Parquet does not have; written as texts, for it would take them for floating point."""


class Written(NamedTuple):
    """A table as a file: the sha256 of its bytes, and the types of its columns, by name, in order."""

    sha256: str
    types: dict[str, str]


def write_prepared(area: Staging, folder: Path) -> dict[str, Written]:
    """Write the prepared tables of an area as ``<table>.parquet`` into a folder; what each is, by table."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    outgoing = area.rows("SELECT table_name FROM information_schema.tables WHERE starts_with(table_name, 'out_')")
    for table in (*_LAID, *sorted(name for (name,) in outgoing)):
        types = {name: kind for name, kind, *_ in area.rows(f"DESCRIBE {table}")}
        columns = (f'CAST("{name}" AS VARCHAR) AS "{name}"' if kind in _WIDER else f'"{name}"'
                   for name, kind in types.items())  # fmt: skip
        path = folder / f"{table}.parquet"
        area.run(f"COPY (SELECT {', '.join(columns)} FROM {table}) TO {_quoted(path)} (FORMAT parquet)")
        written[table] = Written(sha256_of(path), types)
    return written


def lay_prepared(area: Staging, files: Mapping[str, Path], written: Mapping[str, Written]) -> None:
    """Lay the files of prepared tables into an area, by table; they are read until the area is closed."""
    for table, path in files.items():
        columns = (f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in written[table].types.items())
        how = "TABLE" if table in _ASKED_OFTEN else "VIEW"
        area.run(f"CREATE {how} {table} AS SELECT {', '.join(columns)} FROM read_parquet({_quoted(path)})")


def sha256_of(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
