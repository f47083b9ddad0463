"""What is different between two releases, and the releases themselves: read over a connection, on either backend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from catalogue.errors import UsageError
from warehouse.release_views import moving


@dataclass(frozen=True, slots=True)
class Listed:
    """A release as ``chiso release list`` shows it."""

    key: int
    name: str
    sealed_at: datetime
    embargo_until: datetime | None
    final: bool
    changed: int
    last_part: int
    hash: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that two releases say differently. A status of None: the release does not show it."""

    indicator: str
    entity: int
    place: str
    period: str
    boundaries: str
    old: Decimal | None
    old_status: str | None
    new: Decimal | None
    new_status: str | None
    revised: bool
    deliveries: tuple[int, ...] = ()

    @property
    def change(self) -> Decimal | None:
        """New less old, where both are numbers."""
        return None if self.old is None or self.new is None else self.new - self.old


def releases(connection: Connection) -> list[Listed]:
    """Every release, the newest first, those under embargo too."""
    rows = connection.execute(
        text("""SELECT r.release_key, r.name, r.sealed_at, r.embargo_until, coalesce(r.is_final, FALSE),
                       (SELECT count(*) FROM fact_indicator f WHERE f.from_release = r.release_key), r.last_part_key,
                       r.hash
                FROM dim_release r ORDER BY r.release_key DESC""")
    )
    return [Listed(*row) for row in rows]


def release_named(connection: Connection, name: str) -> Listed:
    """The release with a name, or a number; the newest where the name is empty. Raises UsageError where none is."""
    every = releases(connection)
    for one in every:
        if name in ("", one.name, str(one.key)):
            return one
    known = ", ".join(one.name for one in every[:10]) or "none"
    raise UsageError(f"there is no release {name or 'yet'!r}; there are: {known} (`chiso release list`)")


def differences(connection: Connection, old: Listed, new: Listed) -> list[Difference]:
    """What two releases say differently, per indicator, place, period and boundaries; and the deliveries in between
    that may have moved it: of the form that feeds it, of its period, from below its place."""
    keys = "indicator_code, entity_key, period_code, boundary_version"
    shown = f"""
        SELECT f.* FROM fact_indicator f JOIN (
            SELECT {keys}, max(from_release) AS from_release FROM fact_indicator WHERE from_release <= :{{}}
            GROUP BY {keys}
        ) l ON l.indicator_code = f.indicator_code AND l.entity_key = f.entity_key AND l.period_code = f.period_code
           AND l.boundary_version = f.boundary_version AND l.from_release = f.from_release
        WHERE f.status <> 'tombstone'"""
    differing = f"""
        SELECT coalesce(n.indicator_code, o.indicator_code) AS indicator_code,
               coalesce(n.entity_key, o.entity_key) AS entity_key,
               coalesce(n.period_code, o.period_code) AS period_code,
               coalesce(n.boundary_version, o.boundary_version) AS boundary_version,
               o.value AS old_value, o.status AS old_status, n.value AS new_value, n.status AS new_status,
               coalesce(n.release_status = 'revised' AND n.from_release > :old, FALSE) AS revised
        FROM ({shown.format("old")}) o FULL JOIN ({shown.format("new")}) n
             ON n.indicator_code = o.indicator_code AND n.entity_key = o.entity_key AND n.period_code = o.period_code
            AND n.boundary_version = o.boundary_version
        WHERE o.status IS DISTINCT FROM n.status OR o.numerator IS DISTINCT FROM n.numerator
           OR o.denominator IS DISTINCT FROM n.denominator"""
    values = {"old": old.key, "new": new.key}
    rows = connection.execute(
        text(f"""SELECT d.*, coalesce(p.code || ' ' || p.name, '') AS place FROM ({differing}) d
                 JOIN dim_period t ON t.period_code = d.period_code
                 LEFT JOIN place p ON p.entity_key = d.entity_key AND t.end_date BETWEEN p.valid_from AND p.named_to
                 ORDER BY d.indicator_code, t.start_date, d.period_code, d.entity_key, d.boundary_version"""),
        values,
    ).all()
    spans = {"after_part": min(old.last_part, new.last_part), "until_part": max(old.last_part, new.last_part)}
    moved: dict[tuple[str, int, str], set[int]] = {}
    query = moving(
        f"(SELECT DISTINCT indicator_code, entity_key, period_code FROM ({differing}) d)", ":after_part", ":until_part"
    )
    for code, entity, period, _part, delivery in connection.execute(text(query), values | spans):
        moved.setdefault((code, entity, period), set()).add(delivery)
    return [
        Difference(
            row.indicator_code,
            row.entity_key,
            row.place,
            row.period_code,
            row.boundary_version,
            row.old_value,
            row.old_status,
            row.new_value,
            row.new_status,
            bool(row.revised),
            tuple(sorted(moved.get((row.indicator_code, row.entity_key, row.period_code), ()))),
        )
        for row in rows
    ]
