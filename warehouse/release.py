"""Releases: sealed states of the indicators. Only rows that changed are appended; nothing released is ever edited.

A partition is (indicator, period). Its hash is over its rows; the release's hash is over the hashes of all partitions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection, select

from warehouse import schema
from warehouse.append import note
from warehouse.dimensions import Rows, arrow_columns
from warehouse.staging import Staging

_KEY = ("indicator_code", "entity_key", "period_code", "boundary_version")
_COMPARED = (
    "definition_version", "numerator", "denominator", "value", "approx", "of_n", "reports_received", "reports_expected",
    "status", "target_code", "target_status",
)  # fmt: skip
_COLUMNS = tuple(column.name for column in schema.fact_indicator.columns)
FIGURES = {
    "indicator_code": pa.string(),
    "definition_version": pa.int64(),
    "entity_key": pa.int64(),
    "period_code": pa.string(),
    "numerator": pa.decimal128(38, 6),
    "denominator": pa.decimal128(38, 6),
    "approx": pa.string(),
    "of_n": pa.int64(),
    "reports_received": pa.int64(),
    "reports_expected": pa.int64(),
    "status": pa.string(),
    "target_code": pa.string(),
    "target_status": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Release:
    """A sealed release: what it is called, what it knows, and how many values it changed."""

    key: int
    name: str
    hash: str
    last_part: int
    changed: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the last release knew, and what has come since."""

    release: int | None
    last_part: int
    programme_hash: str | None
    parts_now: int


def known(connection: Connection) -> Known:
    """The last release and the newest part."""
    release, part = schema.dim_release, schema.dim_part
    last = connection.execute(select(release).order_by(release.c.release_key.desc()).limit(1)).mappings().first()
    newest = connection.execute(select(part.c.part_key).order_by(part.c.part_key.desc()).limit(1)).scalar() or 0
    if last is None:
        return Known(None, 0, None, newest)
    return Known(last["release_key"], last["last_part_key"], last["programme_hash"], newest)


def stage_figures(area: Staging, figures: Rows, scope: Sequence[tuple[str, str | None]], statuses: Rows) -> None:
    """Lay figures out and derive their values: the one place where a quotient is taken.

    ``figures`` have the columns FIGURES; ``scope`` lists the recomputed (indicator, period), all periods where None;
    ``statuses`` are (target, indicator, entity, period, status).
    """
    area.put("figures", FIGURES, figures)
    area.put("scope", {"indicator_code": pa.string(), "period_code": pa.string()}, scope)
    area.run("""
        CREATE OR REPLACE TABLE "values" AS
        SELECT *, 'as_reported' AS boundary_version,
               -- Cast each by itself: the common type of both would keep 6 places only.
               CASE WHEN status <> 'ok' THEN NULL WHEN denominator IS NULL THEN CAST(numerator AS DECIMAL(38, 12))
                    ELSE CAST(half_up(numerator, denominator) AS DECIMAL(38, 12)) END AS value
        FROM figures""")
    columns = {name: kind for name, kind in arrow_columns(schema.target_status).items() if name != "from_release"}
    area.put("statuses", columns, statuses)


_LATEST = """
SELECT f.* FROM warehouse.fact_indicator f JOIN (
    SELECT indicator_code, entity_key, period_code, boundary_version, max(from_release) AS from_release
    FROM warehouse.fact_indicator GROUP BY ALL) l
USING (indicator_code, entity_key, period_code, boundary_version, from_release)
"""
_IN_SCOPE = """EXISTS (SELECT 1 FROM scope s WHERE s.indicator_code = w.indicator_code
                       AND coalesce(s.period_code, w.period_code) = w.period_code)"""


def seal(
    area: Staging,
    url: str,
    *,
    name: str,
    programme: tuple[str, str],
    engine: str,
    last_part: int,
    run_id: str,
    now: datetime,
) -> Release | None:
    """Append what changed, hash it, seal it. None, and nothing written, where nothing changed.

    ``programme`` is its name and digest.
    """
    with area.writing(url):
        previous = area.rows("SELECT release_key FROM warehouse.dim_release ORDER BY release_key DESC LIMIT 1")
        parent = previous[0][0] if previous else None
        key = (parent or 0) + 1
        changed, withdrawn = _append_changes(area, key)
        judged = _append_statuses(area, key)
        if not changed and not withdrawn and not judged:
            return None
        total = _hash(area, key)
        title = name or f"release-{key}"
        said = f"{title}: {changed} values changed, {withdrawn} withdrawn, {judged} statuses of targets changed"
        sequence = note(area, "release", said, run_id, now)
        area.run(
            "INSERT INTO warehouse.dim_release VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (key, title, now, total, parent, sequence, last_part, *programme, engine),
        )
    return Release(key, title, total, last_part, changed, withdrawn)


def _append_changes(area: Staging, release: int) -> tuple[int, int]:
    """Insert the values that differ from the latest released ones, and tombstones for those that are no more."""
    same = " AND ".join(f"v.{column} = w.{column}" for column in _KEY)
    differs = " OR ".join(f"v.{column} IS DISTINCT FROM w.{column}" for column in _COMPARED)
    columns = ", ".join(_COLUMNS)
    values = ", ".join(str(release) if column == "from_release" else f"v.{column}" for column in _COLUMNS)
    changed = area.one(f"""
        INSERT INTO warehouse.fact_indicator ({columns})
        SELECT {values} FROM "values" v LEFT JOIN ({_LATEST}) w ON {same}
        WHERE w.from_release IS NULL OR {differs}
        ORDER BY v.indicator_code, v.period_code, v.entity_key""")
    gone = dict.fromkeys(("numerator", "denominator", "value", "approx", "of_n", "target_code"), "NULL")
    gone |= {"status": "'tombstone'", "target_status": "'no_target'", "from_release": str(release)}
    buried = ", ".join(gone.get(column, f"w.{column}") for column in _COLUMNS)
    withdrawn = area.one(f"""
        INSERT INTO warehouse.fact_indicator ({columns})
        SELECT {buried} FROM ({_LATEST}) w
        WHERE w.status <> 'tombstone' AND {_IN_SCOPE} AND NOT EXISTS (SELECT 1 FROM "values" v WHERE {same})""")
    return int(changed), int(withdrawn)


def _append_statuses(area: Staging, release: int) -> int:
    """Insert the statuses of targets that differ from the latest: a target may be new where its figure is not."""
    keys = "target_code, indicator_code, entity_key, period_code"
    changed = area.one(f"""
        INSERT INTO warehouse.target_status
        SELECT s.*, {release} FROM statuses s LEFT JOIN (
            SELECT * FROM warehouse.target_status JOIN (
                SELECT {keys}, max(from_release) AS from_release FROM warehouse.target_status GROUP BY ALL) latest
            USING ({keys}, from_release)) w USING ({keys})
        WHERE s.target_status IS DISTINCT FROM w.target_status""")
    return int(changed)


def _hash(area: Staging, release: int) -> str:
    """Hash the partitions that the release changed; returns the hash over the hashes of all partitions it shows."""
    line = " || '|' || ".join(f"coalesce(CAST(f.{column} AS VARCHAR), '~')" for column in (*_KEY, *_COMPARED))
    area.run(f"""
        INSERT INTO warehouse.release_partition
        SELECT {release}, indicator_code, period_code, count(*), sha256(string_agg(line, '\n' ORDER BY line))
        FROM (SELECT f.indicator_code, f.period_code, {line} AS line FROM ({_LATEST}) f
              WHERE (f.indicator_code, f.period_code) IN (
                  SELECT (indicator_code, period_code) FROM warehouse.fact_indicator WHERE from_release = {release}))
        GROUP BY indicator_code, period_code""")
    partitions = area.rows("""
        SELECT indicator_code, period_code, hash FROM (
            SELECT *, row_number() OVER (PARTITION BY indicator_code, period_code ORDER BY release_key DESC) AS line
            FROM warehouse.release_partition) WHERE line = 1""")
    listed = "\n".join("|".join(row) for row in sorted(partitions))
    return hashlib.sha256(listed.encode()).hexdigest()
