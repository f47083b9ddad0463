"""Everything that is published, as CSV: each view in one file, its rows in one order, with a hash.

Two warehouses that say the same give the same bytes, whatever database they live in: figures are written without
trailing zeros, times as ISO, rows are sorted by all of their columns, texts by code point.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, inspect, text

from warehouse.explaining import WIDE

VOLATILE: Final = frozenset({"run_id", "trace_id"})
"""Columns that no two runs share. Times of a wall clock are in ``CLOCKED``."""
CLOCKED: Final = frozenset(
    {
        *("happened_at", "received_at", "arrived_at", "open_since", "known_from", "known_to", "decided_at"),
        *("first_received_at", "last_received_at"),
        *("sealed_at", "published_at", "final_from", "embargo_until"),
        *("last_seen", "last_escalated", "created_at", "tried_at", "sent_at", "looked_at"),
    }
)
_MANY: Final = 10_000


def export(
    connection: Connection, folder: Path, *, tables: bool = False, without: Collection[str] = ()
) -> dict[str, tuple[int, str]]:
    """Write every view (with ``tables`` every table, too) into a folder; returns name -> (rows, sha256).

    ``without`` names columns to leave out. The list of hashes is written as SHA256SUMS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if connection.dialect.name == "postgresql":
        # A cursor of the server gets no parallel plan, and the size of views upon views is ill guessed: with nested
        # loops the demo's indicator_on_boundaries took 393 s, with hash joins 5 s. Holds until the transaction ends.
        connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
    found = inspect(connection)
    names = sorted({*found.get_view_names(), *(found.get_table_names() if tables else ())} - {"alembic_version", *WIDE})
    written = {}
    for name in names:
        columns = [column["name"] for column in found.get_columns(name) if column["name"] not in without]
        written[name] = _write(connection, name, columns, folder / f"{name}.csv")
    sums = "".join(f"{digest}  {name}.csv\n" for name, (_, digest) in written.items())
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    return written


def _write(connection: Connection, name: str, columns: Sequence[str], path: Path) -> tuple[int, str]:
    """One file: its rows and its sha256."""
    quoted = [f'"{column}"' for column in columns]
    order = ", ".join(f"{number} NULLS FIRST" for number in range(1, len(columns) + 1))
    query = f'SELECT {", ".join(quoted)} FROM "{name}" ORDER BY {order}'
    digest, rows = hashlib.sha256(), 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in _rows(connection, query):
            writer.writerow([written(value) for value in row])
            rows += 1
    with path.open("rb") as read:
        while block := read.read(1 << 20):
            digest.update(block)
    return rows, digest.hexdigest()


def _rows(connection: Connection, query: str) -> Iterator[Sequence[Any]]:
    """The rows of a query, some at a time: a view may be larger than memory."""
    result = connection.execution_options(stream_results=True).execute(text(re.sub(r":", r"\\:", query)))
    while some := result.fetchmany(_MANY):
        yield from some


def written(value: object) -> object:
    """A value as both databases would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        written = f"{value:f}"
        return (written.rstrip("0").rstrip(".") or "0") if "." in written else written
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
