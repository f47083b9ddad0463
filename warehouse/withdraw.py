"""Withdrawals: a delivery, or a released figure, no longer stands. Appended; what was there stays, and says why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, bindparam, text

from catalogue.errors import UsageError
from warehouse import schema
from warehouse.append import note
from warehouse.staging import Staging

Kind = Literal["delivery", "figure"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided: why, by which document, who."""

    reason: str
    document: str
    by: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.by}; {self.document})"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal of a delivery did: its number, and each part that it took out, by unit and period."""

    key: int
    delivery: int
    parts: tuple[tuple[int, str], ...]


def withdraw_delivery(
    area: Staging, url: str, sha256: str, decided: Decision, run_id: str, now: datetime, *, restore: bool = False
) -> Withdrawn:
    """Take what a delivery brought out of what counts: each of its parts that counts now gets a new, empty vintage;
    with ``restore`` the one that it superseded counts again, where another delivery had sent one.

    One transaction. Raises UsageError where nothing of it counts, WarehouseBusy, WarehouseError.
    """
    with area.writing(url):
        current = _standing(area, sha256)
        if not current:
            raise UsageError(
                "nothing of this delivery counts now: it brought nothing, its unit has sent again since, or it was "
                "withdrawn; `chiso status` and the view part_current tell what counts"
            )
        number = _decided(area, "delivery", {"sha256": sha256}, decided, now, active=True)
        delivery = _take_out(area, sha256, decided, run_id, now)
        newest = int(area.one("SELECT coalesce(max(part_key), 0) FROM warehouse.dim_part"))
        for key, (form, unit, period, as_of, part) in enumerate(current, start=newest + 1):
            before = _before(area, sha256, form, unit, period) if restore else None
            facts, content, complete, rows = before or (key, f"withdrawn {part}", False, 0)
            area.run(
                f"INSERT INTO warehouse.dim_part ({_columns('dim_part')}) VALUES ({_holes('dim_part')})",
                (key, delivery, form, unit, period, as_of, content, facts, part,
                 "restored" if before else "withdrawn", rows, 0, complete, now),
            )  # fmt: skip
        places = tuple((unit, period) for _, unit, period, *_ in current)
        note(area, "withdraw", f"delivery {delivery}, {len(current)} parts: {decided}", run_id, now)
    return Withdrawn(number, delivery, places)


def _standing(area: Staging, sha256: str) -> list[tuple[Any, ...]]:
    """Form, unit, period, day and key of the parts that count now because of some bytes.

    A vintage that was restored is listed with the delivery whose withdrawal brought it back: what counts is the one
    that ``_before`` found, the last of another delivery that still stands.
    """
    return area.rows(
        f"""WITH current AS (
                SELECT p.* FROM warehouse.dim_part p
                WHERE p.part_key = (SELECT max(l.part_key) FROM warehouse.dim_part l WHERE l.form_code = p.form_code
                                    AND l.unit_key = p.unit_key AND l.period_code = p.period_code)),
            counting AS (
                SELECT part_key, delivery_key FROM current WHERE reason NOT IN ('withdrawn', 'restored')
                UNION ALL
                SELECT c.part_key, arg_max(p.delivery_key, p.part_key) FROM current c
                JOIN warehouse.dim_part p ON p.form_code = c.form_code AND p.unit_key = c.unit_key
                     AND p.period_code = c.period_code
                JOIN warehouse.dim_delivery d ON d.delivery_key = p.delivery_key
                WHERE c.reason = 'restored' AND {_BROUGHT} GROUP BY c.part_key)
            SELECT c.form_code, c.unit_key, c.period_code, c.as_of_date, c.part_key
            FROM current c JOIN counting s USING (part_key)
            JOIN warehouse.dim_delivery d ON d.delivery_key = s.delivery_key
            WHERE d.sha256 = ? ORDER BY c.part_key""",
        (sha256,),
    )


# Parts (p) that a delivery (d) brought by itself, and that is not withdrawn.
_BROUGHT: Final = """p.reason NOT IN ('withdrawn', 'restored')
             AND d.sha256 NOT IN (SELECT e.sha256 FROM warehouse.dim_delivery e WHERE e.status = 'withdrawn'
                 AND e.delivery_key = (SELECT max(l.delivery_key) FROM warehouse.dim_delivery l
                                       WHERE l.sha256 = e.sha256))"""


def withdraw_figure(
    area: Staging,
    url: str,
    place: tuple[str, int, str],
    decided: Decision,
    run_id: str,
    now: datetime,
    *,
    active: bool = True,
) -> int:
    """Decide that a released figure (indicator, entity, period) no longer stands, or (not ``active``) take that back;
    returns the number of the decision. It counts with the next release. Raises UsageError where nothing would change.
    """
    names = ("indicator_code", "entity_key", "period_code")
    same = " AND ".join(f"{name} = ?" for name in names)
    with area.writing(url):
        released = area.rows(
            f"SELECT status FROM warehouse.fact_indicator WHERE {same} AND boundary_version = 'as_reported' "
            "ORDER BY from_release DESC LIMIT 1",
            place,
        )
        stands = area.rows(
            f"SELECT active FROM warehouse.withdrawal WHERE kind = 'figure' AND {same} "
            "ORDER BY withdrawal_key DESC LIMIT 1",
            place,
        )
        if active and (not released or released[0][0] == "tombstone"):
            raise UsageError(f"no release shows {place[0]} of that place in {place[2]}; there is nothing to withdraw")
        if active == bool(stands and stands[0][0]):
            raise UsageError(
                f"{place[0]} of that place in {place[2]} is {'withdrawn already' if active else 'not withdrawn'}"
            )
        number = _decided(area, "figure", dict(zip(names, place, strict=True)), decided, now, active=active)
        said = "withdrawn" if active else "stands again"
        note(area, "withdraw", f"figure {place[0]}, entity {place[1]}, {place[2]} {said}: {decided}", run_id, now)
    return number


def _decided(
    area: Staging, kind: Kind, about: dict[str, Any], decided: Decision, now: datetime, *, active: bool
) -> int:
    number = int(area.one("SELECT coalesce(max(withdrawal_key), 0) FROM warehouse.withdrawal")) + 1
    row: dict[str, Any] = {"withdrawal_key": number, "kind": kind, "active": active, "reason": decided.reason,
           "document": decided.document, "decided_by": decided.by, "decided_at": now, **about}  # fmt: skip
    names = [column.name for column in schema.withdrawal.columns]
    area.run(
        f"INSERT INTO warehouse.withdrawal ({_columns('withdrawal')}) VALUES ({_holes('withdrawal')})",
        [row.get(name) for name in names],
    )
    return number


def _take_out(area: Staging, sha256: str, decided: Decision, run_id: str, now: datetime) -> int:
    """Append the judgement that the bytes no longer stand: it says so wherever the delivery is listed."""
    last = area.rows(
        "SELECT * FROM warehouse.dim_delivery WHERE sha256 = ? ORDER BY delivery_key DESC LIMIT 1", (sha256,)
    )[0]
    names = [name for (name, *_) in area.rows("DESCRIBE warehouse.dim_delivery")]
    row = dict(zip(names, last, strict=True))
    key = int(area.one("SELECT max(delivery_key) FROM warehouse.dim_delivery")) + 1
    row |= {name: 0 for name in names if name.startswith("rows_")}
    row["replay_of_key"] = row["replay_of_key"] or row["delivery_key"]
    row |= {"delivery_key": key, "received_at": now, "status": "withdrawn", "run_id": run_id, "trace_id": None,
            "reason": str(decided)}  # fmt: skip
    area.run(
        f"INSERT INTO warehouse.dim_delivery ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})",
        [row[name] for name in names],
    )
    return key


def _before(area: Staging, sha256: str, form: str, unit: int, period: str) -> tuple[Any, ...] | None:
    """Facts, content, completeness and rows of the last vintage that another delivery, still standing, had brought."""
    found = area.rows(
        f"""SELECT p.facts_part_key, p.content_hash, p.complete, p.rows_loaded
           FROM warehouse.dim_part p JOIN warehouse.dim_delivery d ON d.delivery_key = p.delivery_key
           WHERE p.form_code = ? AND p.unit_key = ? AND p.period_code = ? AND d.sha256 <> ?
             AND {_BROUGHT}
           ORDER BY p.part_key DESC LIMIT 1""",
        (form, unit, period, sha256),
    )
    return tuple(found[0]) if found else None


def _columns(table: str) -> str:
    return ", ".join(column.name for column in schema.engine_tables.tables[table].columns)


def _holes(table: str) -> str:
    return ", ".join("?" for _ in schema.engine_tables.tables[table].columns)


_LATEST = """
SELECT w.* FROM withdrawal w JOIN (
    SELECT max(withdrawal_key) AS withdrawal_key FROM withdrawal
    GROUP BY kind, sha256, indicator_code, entity_key, period_code) l ON l.withdrawal_key = w.withdrawal_key
"""


def decided_since(connection: Connection, key: int) -> set[tuple[str, str]]:
    """The (indicator, period) of figures that somebody withdrew, or let stand again, after some decision."""
    rows = connection.execute(
        text("SELECT indicator_code, period_code FROM withdrawal WHERE kind = 'figure' AND withdrawal_key > :key"),
        {"key": key},
    )
    return {(code, period) for code, period in rows}


def withdrawn_figures(connection: Connection) -> list[tuple[str, int, str, int, bool]]:
    """(indicator, entity, period, decision, True) of every figure that is withdrawn by a decision about itself."""
    rows = connection.execute(
        text(
            "SELECT indicator_code, entity_key, period_code, withdrawal_key "
            f"FROM ({_LATEST}) latest WHERE kind = 'figure' AND active"
        )
    )
    return [(code, entity, period, key, True) for code, entity, period, key in rows]


def withdrawn_places(
    connection: Connection, feed: Sequence[tuple[str, str, bool]], periods: Collection[str]
) -> list[tuple[str, int, str, int, bool]]:
    """(indicator, entity, period, decision, False) of the figures, in some periods, for which parts whose delivery is
    withdrawn would speak: of the places above their unit, and where the form tells of others (``feed``: indicator,
    form, that), of its branch. Where such a figure is no more, the withdrawal is why."""
    query = """
        SELECT DISTINCT p.form_code, o.ancestor_key, t.period_code, w.withdrawal_key, {wide} AS of_branch
        FROM part_current p
        JOIN dim_delivery d ON d.delivery_key = p.delivery_key
        JOIN (SELECT sha256, max(withdrawal_key) AS withdrawal_key FROM withdrawal WHERE kind = 'delivery'
              GROUP BY sha256) w ON w.sha256 = d.sha256
        JOIN dim_period s ON s.period_code = p.period_code
        JOIN dim_period t ON t.calendar_code = s.calendar_code AND t.start_date <= s.start_date
             AND t.end_date >= s.end_date
        JOIN dim_hierarchy {join}
        WHERE p.reason = 'withdrawn' AND t.period_code IN :periods"""
    up = "o ON o.entity_key = p.unit_key AND p.as_of_date BETWEEN o.valid_from AND o.valid_to"
    down = (
        "h ON h.entity_key = p.unit_key AND h.distance <= 1 AND p.as_of_date BETWEEN h.valid_from AND h.valid_to "
        "JOIN (SELECT entity_key AS ancestor_key, ancestor_key AS above_key, valid_from, valid_to"
        "      FROM dim_hierarchy) o "
        "ON o.above_key = h.ancestor_key AND p.as_of_date BETWEEN o.valid_from AND o.valid_to"
    )
    found: set[tuple[str, int, str, int, bool]] = set()
    if not periods:
        return []
    for wide, join in ((False, up), (True, down)):
        asked = text(query.format(wide="TRUE" if wide else "FALSE", join=join))
        rows = connection.execute(
            asked.bindparams(bindparam("periods", expanding=True)), {"periods": sorted(periods)}
        ).all()
        for form, entity, period, key, of_branch in rows:
            found |= {
                (indicator, entity, period, key, False)
                for indicator, of, is_wide in feed
                if of == form and (is_wide or not of_branch)
            }
    return sorted(found)
