"""A world in which every relation has rows of two offices, a portal and nobody, released and under embargo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from flows.compute import compute
from flows.house import now
from tests.world import FIRST_DAY, World
from warehouse import alert_tables, erasure_table, schema
from warehouse.release import Terms

ON1, OS1, N, R = 111, 121, 10, 14
ROWS: Final = [{"topic": "data", "received": 5, "resolved": 5}]
STRANGE: Final = "later_table"
"""A relation that nobody decided about."""


def rows_of(table: Any, *rows: Mapping[str, object]) -> tuple[Any, list[dict[str, object]]]:
    """Rows of a table in which only what matters is said: the rest is as empty as it may be."""
    empty = {"TEXT": "x", "BIGINT": 1, "INTEGER": 1, "BOOLEAN": True, "DATE": date(2024, 1, 1), "TIMESTAMP": FIRST_DAY}
    blank = {column.name: None if column.nullable else empty.get(str(column.type), 1) for column in table.columns}
    return table, [blank | dict(row) for row in rows]


def tell(world: World) -> None:
    """Two offices reported and were released; one of them and a portal reported since, and are under embargo."""
    world.reports("CASES", [("ON1", "2024-01", ROWS), ("OS1", "2024-01", ROWS)])
    released = world.release()
    assert released is not None
    world.reports("CASES", [("ON1", "2024-02", ROWS), ("ON1", "2024-03", ROWS), ("OS1", "2024-03", ROWS)])
    sha = {int(key): value for key, value in world.sql("SELECT delivery_key, sha256 FROM dim_delivery")}
    with world.house.warehouse.connection() as connection:
        later, senders = datetime(2024, 3, 1), ((1, "ON1"), (2, "OS1"))
        figure = {"indicator_code": "RESOLVED", "definition_version": 1, "boundary_version": "as_reported",
                  "entity_key": R, "status": "ok", "target_status": "no_target", "from_release": 1}  # fmt: skip
        cell = {"source_sheet": "sheet", "rules": "cell.type", "content": "{}"}
        for table, rows in (
            rows_of(schema.quarantine, *(
                {**cell, "delivery_key": delivery, "part_key": part, "source_row": place}
                for place, (delivery, part) in enumerate(((2, 2), (3, 3), (3, None), (4, 4), (4, 5), (4, None)), 50)
            )),
            rows_of(schema.issue, *(
                {"delivery_key": delivery, "rule_code": rule}
                for delivery, rule in ((2, "cell.type"), (3, "cell.type"), (1, "correction.applied"),
                                       (2, "override.applied"), (4, "cell.type"))
            )),
            rows_of(schema.furniture, *({"delivery_key": key} for key in (1, 2, 4))),
            rows_of(schema.sheet_layout, *({"delivery_key": key} for key in (1, 2, 4))),
            rows_of(schema.delivery_signature, *({"delivery_key": key} for key in (1, 2))),
            rows_of(schema.name_alias, *(
                {"alias_key": key, "name": name, "unit_key": unit, "decided_at": later}
                for key, (name, unit) in enumerate((("of ON1", ON1), ("of OS1", OS1), ("of all", None)), 1)
            )),
            rows_of(schema.rule_override, *(
                {"override_key": key, "rule_code": f"of {unit}", "sha256": sha[key]} for key, unit in senders
            )),
            rows_of(erasure_table.erasure, *(
                {"erasure_key": key, "reason": f"of {unit}", "sha256": sha[key]} for key, unit in senders
            )),
            rows_of(
                schema.withdrawal,
                {"withdrawal_key": 1, "active": False, "kind": "delivery", "sha256": sha[1], "reason": "of ON1"},
                {"withdrawal_key": 2, "active": False, "kind": "delivery", "sha256": sha[2], "reason": "of OS1"},
                {"withdrawal_key": 3, "active": False, "kind": "figure", "entity_key": N, "period_code": "2024-01",
                 "reason": "figure of N"},
                {"withdrawal_key": 4, "active": False, "kind": "figure", "entity_key": OS1, "period_code": "2024-01",
                 "reason": "figure of OS1"},
            ),
            rows_of(schema.fact_reporting, *(
                {"form_code": "CASES", "unit_key": R, "period_code": period, "as_of_date": day}
                for period, day in (("2024-07", date(2024, 7, 31)), ("2024-09", date(2024, 9, 30)))
            )),
            rows_of(schema.obligation_change, *(
                {"change_key": key, "unit_key": unit, "change": "owed", "period_code": "2024-01"}
                for key, unit in ((1, ON1), (2, OS1))
            )),
            rows_of(schema.fact_indicator, *({**figure, "period_code": period} for period in ("2024-07", "2024-09"))),
            rows_of(schema.target_status, *(
                {"entity_key": entity, "period_code": "2024-01", "from_release": release, "target_status": "met"}
                for entity, release in ((N, 1), (20, 1), (N, 2))
            )),
            rows_of(schema.release_feed, {"from_release": 2}),
            rows_of(alert_tables.incident_event, *(
                {"event_key": key, "incident_key": key, "unit_key": unit, "happened_at": later}
                for key, unit in ((1, ON1), (2, OS1), (3, None))
            )),
            rows_of(alert_tables.outbox_message, {"message_id": "m"}),
            rows_of(alert_tables.outbox_incident, {"message_id": "m"}),
            rows_of(alert_tables.outbox_attempt, {"message_id": "m"}),
            rows_of(alert_tables.outbox_reminder, {"message_id": "m"}),
            rows_of(alert_tables.alert_look, {"run_id": "r"}),
            rows_of(schema.layout_column, {"layout_hash": "h"}),
        ):  # fmt: skip
            connection.execute(table.insert(), rows)
        # The fifth delivery is the same answer of a portal as the fourth, which no unit sent.
        connection.execute(text("UPDATE dim_part SET delivery_key = 4 WHERE part_key = 5"))
        connection.execute(text("DELETE FROM dim_delivery WHERE delivery_key = 5"))
        connection.execute(text("UPDATE dim_delivery SET unit_key = NULL, unit_code = NULL WHERE delivery_key = 4"))
        connection.execute(text(f"CREATE TABLE {STRANGE} (secret TEXT)"))
        connection.execute(text(f"INSERT INTO {STRANGE} VALUES ('nobody decided')"))
    compute(world.house, terms=Terms("quarter", now() + timedelta(days=1)))
