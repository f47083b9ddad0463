"""Incidents and the outbox, as the warehouse remembers them: read and appended in one transaction.

All of it runs inside ``Staging.writing``: what is decided from what is read is written before anybody else may decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from warehouse import alert_tables
from warehouse.dimensions import arrow_columns
from warehouse.schema import engine_tables
from warehouse.staging import Staging

Row = Mapping[str, Any]

_EXCUSED: Final = """
SELECT form_code, unit_key, period_code FROM warehouse.obligation_change
GROUP BY form_code, unit_key, period_code HAVING max_by(change, change_key) <> 'owed'
"""
_NAMED: Final = 3
"""As many rules of a delivery are named."""
NOT_SENT: Final = f"""NOT EXISTS (
    SELECT 1 FROM warehouse.dim_part p WHERE p.form_code = r.form_code AND p.unit_key = r.unit_key
    AND p.period_code = r.period_code AND p.reason <> 'withdrawn')
AND NOT EXISTS (
    SELECT 1 FROM ({_EXCUSED}) x WHERE x.form_code = r.form_code AND x.unit_key = r.unit_key
    AND x.period_code = r.period_code)"""
"""Of reports (``r``) those that are still to come."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message of the outbox that was not sent yet. ``due_at`` is when it may be, UTC."""

    message_id: str
    route: str
    subject: str
    body: str
    tone: str
    due_at: datetime


def open_incidents(area: Staging) -> list[Row]:
    """The incidents that are open, the oldest first: the columns of ``incident_event`` as last known, with ``since``,
    and ``escalated``, the routes it was escalated to."""
    names = [column.name for column in alert_tables.incident_event.columns]
    rows = area.rows(f"""
        SELECT {", ".join(f"l.{name}" for name in names)}, o.happened_at, e.escalated
        FROM (SELECT incident_key, max(event_key) AS latest,
                     max(CASE WHEN change IN ('opened', 'repeated', 'worsened') THEN event_key END) AS event_key,
                     string_agg(route_name, ';') AS escalated, bool_or(change IN ('recovered', 'closed')) AS is_over
              FROM warehouse.incident_event GROUP BY incident_key) e
        JOIN warehouse.incident_event l ON l.event_key = e.event_key
        JOIN warehouse.incident_event o ON o.event_key = e.incident_key
        WHERE NOT e.is_over ORDER BY e.incident_key""")
    return [dict(zip([*names, "since", "escalated"], row, strict=True)) for row in rows]


def told_routes(area: Staging, incidents: Collection[int]) -> dict[int, set[str]]:
    """Which routes a message was written to about each of some incidents."""
    if not incidents:
        return {}
    rows = area.rows(f"""
        SELECT DISTINCT i.incident_key, m.route_name
        FROM warehouse.outbox_incident i JOIN warehouse.outbox_message m ON m.message_id = i.message_id
        WHERE i.incident_key IN ({", ".join(map(str, incidents))})""")
    found: dict[int, set[str]] = {}
    for key, route in rows:
        found.setdefault(key, set()).add(route)
    return found


def last_digests(area: Staging) -> dict[str, datetime]:
    """When the last digest of each route was written, UTC."""
    rows = area.rows(
        "SELECT route_name, max(created_at) FROM warehouse.outbox_message WHERE kind = 'digest' GROUP BY route_name"
    )
    return dict(rows)


def closed_overdue(area: Staging) -> set[str]:
    """The fingerprints of overdue reports that a person closed: they are not opened again."""
    rows = area.rows(
        "SELECT DISTINCT fingerprint FROM warehouse.incident_event WHERE event_code = 'overdue' AND change = 'closed'"
    )
    return {mark for (mark,) in rows}


def looked_at(area: Staging) -> int:
    """The number of the last delivery that was looked at for incidents."""
    return int(area.one("SELECT coalesce(max(delivery_key), 0) FROM warehouse.alert_look"))


def deliveries_after(area: Staging, key: int) -> list[Row]:
    """The deliveries after one, in order: what became of each, with the number of its findings, whether its source
    restated figures (``drift``: what it changed), and the ids of its worst rules with their counts."""
    rows = area.rows(f"""
        SELECT delivery_key, sha256, name, source_code, form_code, unit_key, unit_code, period_code, received_at,
               status, rows_quarantined + rows_refused
        FROM warehouse.dim_delivery WHERE delivery_key > {int(key)} ORDER BY delivery_key""")
    if not rows:
        return []
    told = area.rows(f"""
        WITH broken AS (
            SELECT delivery_key, rule_code, count(*) AS times, max(CASE WHEN rule_code = 'pull.drift' THEN found END) AS
                   drift, min(CASE severity WHEN 'reject_delivery' THEN 1 WHEN 'reject_row' THEN 2 ELSE 3 END) AS rank
            FROM warehouse.issue WHERE delivery_key > {int(key)} GROUP BY delivery_key, rule_code),
        ordered AS (
            SELECT *, row_number() OVER (PARTITION BY delivery_key ORDER BY rank, times DESC, rule_code) AS place
            FROM broken)
        SELECT delivery_key, CAST(sum(times) AS BIGINT), max(drift),
               string_agg(rule_code || ' ' || times, ', ' ORDER BY place) FILTER (WHERE place <= {_NAMED})
        FROM ordered GROUP BY delivery_key""")
    findings = {number: rest for number, *rest in told}
    names = ("delivery_key", "sha256", "name", "source_code", "form_code", "unit_key", "unit_code", "period_code",
             "received_at", "status", "rows_aside", "findings", "drift", "rules")  # fmt: skip
    return [dict(zip(names, (*row, *findings.get(row[0], (0, None, None))), strict=True)) for row in rows]


def parts_after(area: Staging, key: int) -> list[tuple[str, int, str]]:
    """Form, unit and period of the reports that came with the deliveries after one."""
    rows = area.rows(f"""
        SELECT DISTINCT form_code, unit_key, period_code FROM warehouse.dim_part
        WHERE delivery_key > {int(key)} AND reason <> 'withdrawn'""")
    return [(form, unit, period) for form, unit, period in rows]


def overdue(area: Staging, first: date, today: date) -> list[tuple[str, int, str, date]]:
    """Form, unit, period and due day of the reports that were due from ``first`` on and before ``today``, and never
    came. One that was waived, or is not owed any more, is not among them."""
    rows = area.rows(
        f"""SELECT r.form_code, r.unit_key, r.period_code, r.due_at FROM warehouse.fact_reporting r
           WHERE r.due_at >= ? AND r.due_at < ? AND {NOT_SENT}
           ORDER BY r.form_code, r.unit_key, r.period_code""",
        (first, today),
    )
    return [(form, unit, period, due) for form, unit, period, due in rows]


def to_come(area: Staging, forms: Sequence[str], first: date, last: date) -> list[tuple[str, int, str, date]]:
    """Form, unit, period and due day of the reports of some forms that are due between two days, and have not come."""
    rows = area.rows(
        f"""SELECT r.form_code, r.unit_key, r.period_code, r.due_at FROM warehouse.fact_reporting r
           WHERE r.due_at BETWEEN ? AND ? AND r.form_code IN ({", ".join("?" for _ in forms)}) AND {NOT_SENT}
           ORDER BY r.form_code, r.unit_key, r.period_code""",
        (first, last, *forms),
    )
    return [(form, unit, period, due) for form, unit, period, due in rows]


def reminded(area: Staging, periods: Collection[str]) -> set[tuple[str, tuple[str, int, str], int]]:
    """Who was reminded of the reports of some periods: route, (form, unit, period), days after it was due."""
    if not periods:
        return set()
    rows = area.rows(
        f"""SELECT m.route_name, r.form_code, r.unit_key, r.period_code, r.step
           FROM warehouse.outbox_reminder r JOIN warehouse.outbox_message m ON m.message_id = r.message_id
           WHERE r.period_code IN ({", ".join("?" for _ in periods)})""",
        sorted(periods),
    )
    return {(route, (form, unit, period), step) for route, form, unit, period, step in rows}


def remind(area: Staging, reports: Sequence[tuple[str, str, int, str, int]]) -> None:
    """Append which reports a message reminds of: message, form, unit, period, days after it was due."""
    names = ("message_id", "form_code", "unit_key", "period_code", "step")
    _append(area, "outbox_reminder", [dict(zip(names, row, strict=True)) for row in reports])


def excused(area: Staging) -> set[tuple[str, int, str]]:
    """Form, unit and period of the reports that were waived, or are not owed any more."""
    return {(form, unit, period) for form, unit, period in area.rows(_EXCUSED)}


def next_event(area: Staging) -> int:
    """The number of the next change of an incident."""
    return int(area.one("SELECT coalesce(max(event_key), 0) FROM warehouse.incident_event")) + 1


def remember(area: Staging, events: Sequence[Row], messages: Sequence[Row], links: Sequence[tuple[str, int]]) -> None:
    """Append changes of incidents (rows of ``incident_event``), messages (rows of ``outbox_message``), and which
    message tells of which incident."""
    _append(area, "incident_event", events)
    _append(area, "outbox_message", messages)
    _append(area, "outbox_incident", [{"message_id": one, "incident_key": key} for one, key in links])


def looked(area: Staging, key: int, run_id: str, now: datetime) -> None:
    """Append that all deliveries up to one were looked at."""
    _append(area, "alert_look", [{"delivery_key": key, "run_id": run_id, "looked_at": now}])


def unsent(area: Staging) -> list[Unsent]:
    """The messages that were neither sent nor dropped, in the order in which they were written."""
    rows = area.rows("""
        SELECT message_id, route_name, subject, body, tone, due_at FROM warehouse.outbox_message
        WHERE message_id NOT IN (SELECT message_id FROM warehouse.outbox_attempt WHERE outcome <> 'failed')
        ORDER BY created_at, route_name, message_id""")
    return [Unsent(*row) for row in rows]


def attempted(area: Staging, message_id: str, outcome: str, reason: str, run_id: str, now: datetime) -> None:
    """Append what became of an attempt to send a message: ``sent``, ``failed`` or ``dropped``."""
    row = {"message_id": message_id, "tried_at": now, "run_id": run_id, "outcome": outcome, "reason": reason or None}
    _append(area, "outbox_attempt", [row])


def _append(area: Staging, name: str, rows: Sequence[Row]) -> None:
    """Append rows to a table: registered, as a transaction may write one database only."""
    if not rows:
        return
    kinds = arrow_columns(engine_tables.tables[name])
    columns = ", ".join(kinds)
    fields = pa.schema(list(kinds.items()))
    area.connection.register("_alerts", pa.Table.from_pylist([dict(row) for row in rows], schema=fields))
    area.run(f"INSERT INTO warehouse.{name} ({columns}) SELECT {columns} FROM _alerts")
    area.connection.unregister("_alerts")
