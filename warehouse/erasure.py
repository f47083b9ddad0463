"""Erasures: what was archived or set aside holds personal data, and is taken out for good. Hash and counts stay.

The one thing that is ever changed in a warehouse, and only so: texts quoted from cells become ``ERASED``. Which, by
whom and why is appended, and stays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, inspect, text

from catalogue.programme import Programme
from warehouse import schema
from warehouse.append import note
from warehouse.backends.duckdb import path_of
from warehouse.dimensions import arrow_columns
from warehouse.explaining import Behind
from warehouse.move import move
from warehouse.staging import Staging
from warehouse.store import Warehouse

ERASED: Final = "[erased]"
"""What stands where a text was."""

Cells = frozenset[tuple[str, str, int]]
"""(sheet, column, row): sheet empty means any. None at all means every cell."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """A decision: which bytes, how many they were, which cells as they were named, why, the document, who, when."""

    sha256: str
    size: int | None
    cells: str
    reason: str
    document: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Masked:
    """How many rows that are set aside, and how many findings, quote less than before."""

    rows: int
    findings: int


def read_erasures(connection: Connection) -> list[Erasure]:
    """Every erasure, in order of decisions; none in what an earlier engine made."""
    if not inspect(connection).has_table("erasure"):
        return []
    found = connection.execute(
        text("""SELECT sha256, size, cells, reason, document, decided_by, decided_at FROM erasure
                ORDER BY erasure_key""")
    )
    return [Erasure(row[0], row[1], row[2] or "", *row[3:]) for row in found]


def append_erasure(
    area: Staging, warehouse: Warehouse, decided: Erasure, cells: Cells, run_id: str, *, known: bool
) -> Masked:
    """Append a decision (not where the same is ``known``), and mask what the warehouse quotes of those cells, in one
    transaction. Raises WarehouseBusy, WarehouseError."""
    with warehouse.connection() as connection:
        keys = _keys(connection, decided.sha256)
        aside, findings = _masked(connection, keys, cells)
    for name, (rows, _) in (("quarantine", aside), ("issue", findings)):
        area.put(f"masked_{name}", arrow_columns(schema.engine_tables.tables[name]), rows)
    with area.writing(warehouse.url):
        for name, (_, count) in (("quarantine", aside), ("issue", findings)):
            if count:
                area.run(f"DELETE FROM warehouse.{name} WHERE delivery_key IN ({', '.join(map(str, keys))})")
                area.run(f"INSERT INTO warehouse.{name} SELECT * FROM masked_{name}")
        if not known:
            _insert(area, decided)
            said = f"bytes {decided.sha256[:12]}, {aside[1]} rows and {findings[1]} findings: {decided.reason}"
            note(area, "erase", f"{said} ({decided.by})", run_id, decided.at)
    return Masked(aside[1], findings[1])


def carry_erasures(area: Staging, url: str, some: Sequence[Erasure]) -> None:
    """Write decisions into another warehouse, as they were. One transaction."""
    with area.writing(url):
        for one in some:
            _insert(area, one)


def _insert(area: Staging, one: Erasure) -> None:
    number = int(area.one("SELECT coalesce(max(erasure_key), 0) FROM warehouse.erasure")) + 1
    area.run(
        """INSERT INTO warehouse.erasure
           (erasure_key, sha256, size, cells, reason, document, decided_by, decided_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (number, one.sha256, one.size, one.cells or None, one.reason, one.document, one.by, one.at),
    )


def _keys(connection: Connection, sha256: str) -> list[int]:
    rows = connection.execute(text("SELECT delivery_key FROM dim_delivery WHERE sha256 = :sha"), {"sha": sha256})
    return sorted(rows.scalars())


Rows = tuple[list[tuple[Any, ...]], int]
"""All rows of the deliveries, and how many of them are not as they were."""


def _masked(connection: Connection, keys: Sequence[int], cells: Cells) -> tuple[Rows, Rows]:
    """What is set aside of some deliveries, and the findings about them, without the texts of some cells."""
    if not keys:
        return ([], 0), ([], 0)
    listed = ", ".join(map(str, keys))

    def rows(table: str, names: str = "*") -> list[dict[str, Any]]:
        query = f"SELECT {names} FROM {table} WHERE delivery_key IN ({listed})"
        return [dict(row) for row in connection.execute(text(query)).mappings()]

    columns: dict[tuple[int, str, str], str] = {
        (row["delivery_key"], row["source_sheet"], row["field"]): row["source_column"]
        for row in rows("sheet_layout JOIN layout_column USING (layout_hash)")
    }
    aside = rows("quarantine", _names("quarantine"))
    findings = rows("issue", _names("issue"))
    changed = [0, 0]
    for row in aside:
        texts = json.loads(row["content"])
        place = row["delivery_key"], row["source_sheet"]
        # A field whose column is not known may be any that was named in its row.
        hit = {
            field
            for field, value in texts.items()
            if value is not None and _hit(cells, place[1], columns.get((*place, field)), row["source_row"])
        }
        less = texts | dict.fromkeys(hit, ERASED)
        if less != texts:
            row["content"] = json.dumps(less, ensure_ascii=False)
            changed[0] += 1
    for row in findings:
        quotes = row["found"] and row["found"] != ERASED
        if quotes and _hit(cells, row["source_sheet"] or "", row["source_column"], row["source_row"]):
            row["found"] = ERASED
            changed[1] += 1
    return ([tuple(row.values()) for row in aside], changed[0]), ([tuple(row.values()) for row in findings], changed[1])


def _names(table: str) -> str:
    return ", ".join(column.name for column in schema.engine_tables.tables[table].columns)


def _hit(cells: Cells, sheet: str, column: str | None, row: int) -> bool:
    """Whether a text is of one of the cells. Of a finding about a whole row or file every cell may be quoted."""
    if not cells:
        return True
    return any(
        at in ("", sheet) and (row in (0, line) or row is None) and (not column or column == name)
        for at, name, line in cells
    )


def scour(area: Staging, warehouse: Warehouse, programme: Programme, now: datetime, behind: Behind) -> None:
    """Have the database forget what was deleted: its files may hold it still, where nobody asks. The file is written
    anew, compared table by table; on a server the tables are. Raises WarehouseError."""
    if not warehouse.embedded:
        with warehouse.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("quarantine", "issue"):
                connection.execute(text(f"VACUUM (FULL) {table}"))
        return
    path = path_of(warehouse.url)
    fresh = path.with_suffix(".erasing")
    fresh.unlink(missing_ok=True)
    # With no read copies of its own: there it would seem to be one that was lost.
    anew = Warehouse(f"duckdb:///{fresh}", fresh.with_suffix(".published"))
    move(area, warehouse, anew, programme, "", now, behind, noted=False)
    anew.engine().dispose()
    fresh.replace(path)
