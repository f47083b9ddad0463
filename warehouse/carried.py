"""A delivery carried from one warehouse into another as it was judged, where its bytes cannot be judged anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection, Table, text

from catalogue.fact import Fact
from warehouse import schema
from warehouse.dimensions import arrow_columns
from warehouse.facts import fact_columns
from warehouse.staging import Staging

_BELONGS: Final = {
    "quarantine": "out_quarantine",
    "issue": "out_issues",
    "furniture": "out_furniture",
    "sheet_layout": "out_layouts",
    "delivery_signature": "out_signatures",
}
_PARTS: Final = {
    "parts": ("part_no", "delivery_no", "unit_key", "period_code", "as_of_date"),
    "part_content": ("part_no", "content_hash", "rows_loaded", "rows_quarantined", "complete"),
}
_NUMBER: Final = pa.int64()
Row = Mapping[str, Any]


def form_of(connection: Connection, sha256: str) -> str | None:
    """The form as which some bytes were judged last."""
    return _last(connection, sha256)["form_code"]  # type: ignore[no-any-return]


def stage_carried(
    area: Staging, connection: Connection, sha256: str, arrived: datetime, run_id: str, fact: Fact | None, table: Table
) -> None:
    """Lay out for ``append`` what a warehouse says of some bytes, as they were judged last: the delivery with its
    counts, its parts, facts, what was set aside, findings. Its number in the batch is 1. ``table`` is that of the fact.
    """

    def rows(name: str, where: str, names: Sequence[str]) -> list[Row]:
        listed = ", ".join(f'"{one}"' for one in names)
        return [dict(row) for row in connection.execute(text(f"SELECT {listed} FROM {name} WHERE {where}")).mappings()]

    one = _last(connection, sha256)
    of_it = f"delivery_key = {one['delivery_key']}"
    parts = rows("dim_part", f"{of_it} AND reason <> 'withdrawn' ORDER BY part_key", _names(schema.dim_part))
    numbers = {part["part_key"]: number for number, part in enumerate(parts, start=1)}
    told = {**one, "replay_of_key": None, "reason": None, "received_at": arrived, "run_id": run_id, "delivery_no": 1}
    _put(area, "out_deliveries", schema.dim_delivery, [told])
    lines = [{**part, "part_no": numbers[part["part_key"]], "delivery_no": 1} for part in parts]
    for name, columns in _PARTS.items():
        kinds = {"part_no": _NUMBER, "delivery_no": _NUMBER} | arrow_columns(schema.dim_part)
        area.put(name, {one: kinds[one] for one in columns}, [tuple(line[one] for one in columns) for line in lines])
    area.put_numbers("held_back", ())
    names = ["source_sheet", "source_row", *fact_columns(fact)] if fact else []
    kinds = {name: kind for name, kind in arrow_columns(table).items() if name in names}
    facts = [
        (numbers[part["part_key"]], *row.values())
        for part in parts
        for row in (rows(table.name, f"part_key = {part['facts_part_key']}", list(kinds)) if fact else ())
    ]
    area.put("conformed", {"part_no": _NUMBER, **kinds}, facts)
    for name, staged in _BELONGS.items():
        belongs = schema.engine_tables.tables[name]
        _put(
            area, staged, belongs,
            [{**row, "delivery_no": 1, "part_no": numbers.get(row.get("part_key"))}
             for row in rows(name, of_it, _names(belongs))],
        )  # fmt: skip
    area.put("out_checks", arrow_columns(schema.check_result), ())
    hashes = f"layout_hash IN (SELECT layout_hash FROM sheet_layout WHERE {of_it})"
    _put(area, "out_layout_columns", schema.layout_column, rows("layout_column", hashes, _names(schema.layout_column)))


def _last(connection: Connection, sha256: str) -> Row:
    found = connection.execute(
        text("""SELECT * FROM dim_delivery WHERE sha256 = :sha AND status <> 'withdrawn'
                ORDER BY delivery_key DESC LIMIT 1"""),
        {"sha": sha256},
    )
    return dict(found.mappings().one())


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _put(area: Staging, name: str, table: Table, rows: Sequence[Row]) -> None:
    """Write rows with the columns of a table, and the numbers in the batch in the place of its keys."""
    kinds = {
        column: kind for column, kind in arrow_columns(table).items() if column not in ("delivery_key", "part_key")
    }
    columns = {"delivery_no": _NUMBER, "part_no": _NUMBER, **kinds}
    area.put(name, columns, [tuple(row.get(column) for column in columns) for row in rows])
