"""Decisions of people on what a name means: appended to ``name_alias``, never changed, read in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, inspect, select

from catalogue.alias import Alias
from warehouse.append import note
from warehouse.schema import name_alias
from warehouse.staging import Staging


def read_aliases(connection: Connection) -> tuple[Alias, ...]:
    """Every decision, in the order in which they were taken; none where the warehouse is older than its table."""
    if not inspect(connection).has_table(name_alias.name):
        return ()
    columns = name_alias.c
    rows = connection.execute(
        select(
            columns.register_name,
            columns.name,
            columns.unit_key,
            columns.entity_key,
            columns.reason,
            columns.decided_by,
            columns.decided_at,
        ).order_by(columns.alias_key)
    )
    return tuple(Alias(*row) for row in rows)


def append_aliases(area: Staging, url: str, aliases: Sequence[Alias], run_id: str, now: datetime) -> int:
    """Append decisions, with a line of the ledger for each, in one transaction; returns the first one's key.

    Raises WarehouseBusy where another process is writing, WarehouseError where the database fails.
    """
    with area.writing(url):
        first = int(area.one("SELECT coalesce(max(alias_key), 0) FROM warehouse.name_alias")) + 1
        for key, alias in enumerate(aliases, start=first):
            area.run(
                "INSERT INTO warehouse.name_alias (alias_key, register_name, name, unit_key, entity_key, reason, "
                "decided_by, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key,
                    alias.register,
                    alias.name,
                    alias.unit_key,
                    alias.entity_key,
                    alias.reason,
                    alias.decided_by,
                    alias.decided_at,
                ),
            )
            note(area, "alias", f"{key}: {_said(alias)}", run_id, now)
    return first


def _said(alias: Alias) -> str:
    whose = "everybody" if alias.unit_key is None else f"unit {alias.unit_key}"
    means = "taken back" if alias.entity_key is None else f"means {alias.entity_key}"
    return f"{alias.register} {alias.name!r} {means}, for {whose}, by {alias.decided_by}: {alias.reason}"
