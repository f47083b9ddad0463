"""Waivers: decisions of people that a report need not come, each with a written reason. Appended, never edited."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection, select

from catalogue.form import Form
from warehouse import schema
from warehouse.append import note, write_owed
from warehouse.dimensions import Rows, arrow_columns
from warehouse.staging import Staging


@dataclass(frozen=True, slots=True)
class Said:
    """What a person decided about reports: that they need not come, or (not ``active``) have to, after all; why, who,
    when (UTC)."""

    reason: str
    by: str
    at: datetime
    active: bool = True


@dataclass(frozen=True, slots=True)
class Waiver:
    """A decision about the report of a form, unit and period."""

    form: str
    unit: int
    period: str
    said: Said


def waive(
    area: Staging,
    url: str,
    form: Form,
    owed: tuple[Rows, Rows],
    wanted: Collection[tuple[int, str]],
    said: Said,
    run_id: str,
    now: datetime,
) -> list[tuple[int, str]]:
    """Waive reports of a form (unit, period), or take that back; returns those that it changes.

    ``owed`` are the rows of dim_period and fact_reporting of their years, written where they are new. One transaction.
    Raises WarehouseBusy, WarehouseError.
    """
    periods, rows = owed
    area.put("out_periods", arrow_columns(schema.dim_period), periods)
    area.put("out_owed", arrow_columns(schema.fact_reporting), rows)
    area.put("wanted", {"unit_key": pa.int64(), "period_code": pa.string()}, sorted(wanted))
    change, before = ("waived", "owed") if said.active else ("owed", "waived")
    with area.writing(url):
        write_owed(area, form, now)
        last = int(area.one("SELECT coalesce(max(change_key), 0) FROM warehouse.obligation_change"))
        area.run(
            f"""INSERT INTO warehouse.obligation_change
               (change_key, form_code, unit_key, period_code, change, reason, decided_by, decided_at)
               SELECT {last} + row_number() OVER (ORDER BY r.period_code, r.unit_key), r.form_code, r.unit_key,
                      r.period_code, '{change}', ?, ?, ?
               FROM warehouse.fact_reporting r
               JOIN wanted w ON w.unit_key = r.unit_key AND w.period_code = r.period_code
               LEFT JOIN (
                   SELECT unit_key, period_code, max_by(change, change_key) AS change
                   FROM warehouse.obligation_change WHERE form_code = ? GROUP BY unit_key, period_code) n
                    ON n.unit_key = r.unit_key AND n.period_code = r.period_code
               WHERE r.form_code = ? AND coalesce(n.change, 'owed') = '{before}'""",
            (said.reason, said.by, said.at, form.form, form.form),
        )
        changed = area.rows(
            "SELECT unit_key, period_code FROM warehouse.obligation_change WHERE change_key > ? ORDER BY change_key",
            (last,),
        )
        if changed:
            so = "waived" if said.active else "owed again"
            note(area, "waive", f"{form.form}: {len(changed)} reports {so}: {said.reason} ({said.by})", run_id, now)
    return [(unit, period) for unit, period in changed]


def changes_after(connection: Connection, key: int) -> set[tuple[str, str]]:
    """(form, period) of the reports that were waived, or are not owed any more, after some change."""
    change = schema.obligation_change.c
    rows = connection.execute(select(change.form_code, change.period_code).where(change.change_key > key).distinct())
    return {(form, period) for form, period in rows}


def read_waivers(connection: Connection) -> list[Waiver]:
    """What people decided, in order."""
    change = schema.obligation_change.c
    rows = connection.execute(
        select(
            change.form_code, change.unit_key, change.period_code, change.change, change.reason, change.decided_by,
            change.decided_at,
        )
        .where(change.decided_by.is_not(None))
        .order_by(change.change_key)
    ).all()  # fmt: skip
    return [
        Waiver(form, unit, period, Said(reason, by, at, what == "waived"))
        for form, unit, period, what, reason, by, at in rows
    ]
