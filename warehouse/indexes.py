"""The indexes of a warehouse on a server. An embedded one needs none: it reads columns, and knows the range of each
block; and an index would slow its appends down.

Each serves a question that is asked all the time: is this delivery known, what is current, what is owed, who lies
below. Facts have one, of parts: they are appended in the order of parts, and every view finds them by part. Measured in
docs/adr/0018: it stands in for partitions by period.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, text

INDEXES: Final[tuple[tuple[str, str], ...]] = (
    ("dim_delivery", "sha256"),
    ("dim_delivery", "form_code, unit_key, period_code"),
    ("dim_part", "form_code, unit_key, period_code, part_key"),
    ("dim_part", "facts_part_key"),
    ("dim_part", "delivery_key"),
    ("dim_part", "period_code"),
    ("dim_hierarchy", "entity_key"),
    ("dim_hierarchy", "ancestor_key"),
    ("quarantine", "delivery_key"),
    ("issue", "delivery_key"),
    ("issue", "rule_code"),
    ("furniture", "delivery_key"),
    ("fact_reporting", "form_code, unit_key, period_code"),
    ("fact_indicator", "indicator_code, entity_key, period_code, boundary_version, from_release"),
    ("fact_indicator", "period_code"),
    ("target_status", "target_code, period_code"),
)
"""(table, columns) of the engine's own tables."""


def create_indexes(connection: Connection, facts: Iterable[str]) -> None:
    """Create the indexes that are missing. ``facts`` are the tables of facts."""
    if connection.dialect.name == "duckdb":
        return
    for table, columns in INDEXES:
        _create(connection, table, columns)
    for table in facts:
        _create(connection, table, "part_key")
    # How many parts are current, which no planner guesses: it would fetch all facts part by part, in four times the
    # time (docs/adr/0018).
    connection.execute(
        text(
            "CREATE STATISTICS IF NOT EXISTS st_dim_part_current (ndistinct) "
            "ON form_code, unit_key, period_code FROM dim_part"
        )
    )


def _create(connection: Connection, table: str, columns: str) -> None:
    name = f"ix_{table}_{columns.replace(', ', '_')}"
    # PostgreSQL cuts longer names off, and would take the second of two for the first.
    name = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 4]}_{len(name):03}"
    connection.execute(text(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({columns})"))


_LONGEST: Final = 63
