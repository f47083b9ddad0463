"""Overrides: decisions of people that a rule may be broken somewhere, each with a written reason. Only appended."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from catalogue.delivery import Override
from warehouse.append import note
from warehouse.schema import rule_override
from warehouse.staging import Staging


def overrides(connection: Connection, hashes: Collection[str]) -> list[Override]:
    """The decisions that stand about some bytes (sha256): the latest of each rule and place, unless it was dropped."""
    table = rule_override.c
    rows = connection.execute(
        select(
            table.override_key, table.sha256, table.rule_code, table.source_sheet, table.source_row, table.reason,
            table.decided_by, table.active,
        )
        .where(table.sha256.in_(list(hashes)))
        .order_by(table.override_key)
    ).all()  # fmt: skip
    latest = {(one.sha256, one.rule, one.sheet, one.row): (one, row.active) for row in rows for one in [_decision(row)]}
    return [one for one, active in latest.values() if active]


def _decision(row: tuple[object, ...]) -> Override:
    return Override(*row[:-1])  # type: ignore[arg-type]


def append_override(area: Staging, url: str, decided: Override, run_id: str, now: datetime, *, active: bool) -> int:
    """Append a decision, or (not ``active``) that one is taken back, with its line in the ledger; returns its number.

    ``decided.number`` is not used. One transaction. Raises WarehouseBusy, WarehouseError.
    """
    with area.writing(url):
        number = int(area.one("SELECT coalesce(max(override_key), 0) FROM warehouse.rule_override")) + 1
        area.run(
            """INSERT INTO warehouse.rule_override
               (override_key, sha256, rule_code, source_sheet, source_row, active, reason, decided_by, decided_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                number, decided.sha256, decided.rule, decided.sheet, decided.row, active, decided.reason,
                decided.decided_by, now,
            ),
        )  # fmt: skip
        place = (
            f" in {decided.sheet or 'every sheet'}, row {decided.row or 'any'}" if decided.sheet or decided.row else ""
        )
        said = "may be broken" if active else "is in force again"
        detail = f"{decided.rule} {said}{place} of {decided.sha256[:12]}: {decided.reason} ({decided.decided_by})"
        note(area, "override", detail, run_id, now)
    return number
