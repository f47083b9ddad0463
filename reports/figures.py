"""The figures of a release for the site: asked of what is published, in sets, packed into JSON by the database.

A figure travels as a short row: ``[period, value, numerator, denominator, reports received, reports expected, status,
release status]``, the last two as numbers into ``STATUSES`` and ``RELEASE_STATUSES``. A value is written as it is
stored, without trailing zeros; what is empty is null. So the database packs a country's figures in one query per shape,
and Python only writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from catalogue.errors import UsageError
from warehouse.published import ask
from warehouse.store import Warehouse

Row = dict[str, Any]

STATUSES: Final = (
    "ok", "no_denominator", "no_base", "incomplete", "estimated", "not_comparable", "withdrawn",
    "low_coverage",
)  # fmt: skip
RELEASE_STATUSES: Final = ("provisional", "final", "revised")
AS_REPORTED: Final = "as_reported"

_PERIODS: Final = """
SELECT period_code, calendar_code, kind, year, start_date, end_date,
       row_number() OVER (ORDER BY start_date, end_date, calendar_code, kind) - 1 AS no
FROM dim_period
"""
# What readers saw of figures as of a release: the latest row of each that is not later than it.
_SHOWN: Final = """
SELECT indicator_code, entity_key, period_code, period_kind, end_date, place_level, register, value, numerator,
       denominator, approx, of_n, reports_received, reports_expected, coverage, status, release_status, from_release
FROM indicator_history
WHERE from_release <= :release AND (to_release IS NULL OR to_release > :release) AND status <> 'tombstone'
"""


@dataclass(frozen=True)
class Shown:
    """The release that a site is of: its own row of ``release``, the one before it, the last day that it knows of."""

    key: int
    name: str
    sealed_at: datetime
    published_at: datetime
    is_final: bool
    hash: str
    before: str | None
    last_part: int
    latest_day: date


def shown_release(warehouse: Warehouse, name: str = "") -> Shown:
    """The release of a name or number; the newest where the name is empty. Raises UsageError where there is none."""
    releases = rows(warehouse, "SELECT * FROM release ORDER BY release_key DESC")
    for one in releases:
        if name in ("", one["name"], str(one["release_key"])):
            break
    else:
        known = ", ".join(str(one["name"]) for one in releases[:10]) or "none"
        raise UsageError(f"there is no release {name or 'yet'!r}; there are: {known} (`chiso release list`)")
    latest = rows(
        warehouse,
        """SELECT max(end_date) AS day FROM dim_period
           WHERE period_code IN (SELECT DISTINCT period_code FROM fact_indicator WHERE from_release <= :release)""",
        release=one["release_key"],
    )[0]["day"]
    return Shown(
        key=one["release_key"],
        name=one["name"],
        sealed_at=one["sealed_at"],
        published_at=one["published_at"],
        is_final=bool(one["is_final"]),
        hash=one["hash"],
        before=one["parent_name"],
        last_part=one["last_part_key"],
        latest_day=latest or one["sealed_at"].date(),
    )


def rows(warehouse: Warehouse, query: str, **values: object) -> list[Row]:
    """The answer of one query, a mapping per row."""
    names, found = ask(warehouse, query, values)
    return [dict(zip(names, row, strict=True)) for row in found]


def periods(warehouse: Warehouse) -> list[Row]:
    """Every period in the order by which rows of figures count them."""
    return rows(warehouse, f"SELECT * FROM ({_PERIODS}) p ORDER BY no")


def targets(warehouse: Warehouse, release: Shown) -> list[Row]:
    """Every target beside the latest figure that the release compares it with, as the release told its status."""
    return rows(
        warehouse,
        f"""
SELECT t.target_code, t.indicator_code, t.kind, t.entity_key, t.year, t.operator, t.value AS target_value, t.document,
       v.period_code, v.period_kind, v.value, v.numerator, v.denominator, v.approx, v.of_n, v.coverage,
       v.reports_received, v.reports_expected, v.status, v.release_status,
       coalesce(v.target_status, 'no_data') AS target_status
FROM dim_target t
LEFT JOIN (
    SELECT s.target_code, s.target_status, f.*,
           row_number() OVER (PARTITION BY s.target_code ORDER BY f.end_date DESC, f.period_kind) AS place
    FROM target_status s
    JOIN (SELECT target_code, indicator_code, entity_key, period_code, max(from_release) AS from_release
          FROM target_status WHERE from_release <= :release
          GROUP BY target_code, indicator_code, entity_key, period_code) n
      ON n.target_code = s.target_code AND n.indicator_code = s.indicator_code AND n.entity_key = s.entity_key
     AND n.period_code = s.period_code AND n.from_release = s.from_release
    JOIN ({_SHOWN}) f ON f.indicator_code = s.indicator_code AND f.entity_key = s.entity_key
     AND f.period_code = s.period_code) v ON v.target_code = t.target_code AND v.place = 1
ORDER BY t.target_code""",
        release=release.key,
    )


def extents(warehouse: Warehouse, release: Shown) -> list[Row]:
    """For each indicator and kind of period: how many figures, places and periods, and how many are not plainly so."""
    return rows(
        warehouse,
        f"""
SELECT indicator_code, period_kind, count(*) AS figures, count(DISTINCT entity_key) AS places,
       count(DISTINCT period_code) AS periods, max(period_code) AS latest,
       sum(reports_received) AS received, sum(reports_expected) AS expected,
       count(CASE WHEN status <> 'ok' THEN 1 END) AS not_ok
FROM ({_SHOWN}) shown GROUP BY indicator_code, period_kind ORDER BY indicator_code, period_kind""",
        release=release.key,
    )


@dataclass(frozen=True)
class Packed:
    """All figures as JSON rows without the outer brackets: ``units`` are (entity key, indicator code, rows that begin
    with the number of the period), ``periods`` are (indicator code, number of the period, rows that begin with the
    entity key), each in that order."""

    units: list[tuple[int, str, str]]
    periods: list[tuple[str, int, str]]


def packed_figures(warehouse: Warehouse, release: Shown) -> Packed:
    """All figures of a release in both shapes: they are looked for and written as text once."""
    _, found = ask(
        warehouse,
        f"""
WITH figures AS MATERIALIZED (
    SELECT f.entity_key, f.indicator_code, p.no, {_body()} AS body
    FROM ({_SHOWN}) f JOIN ({_PERIODS}) p ON p.period_code = f.period_code)
SELECT 'unit' AS shape, entity_key AS key, indicator_code,
       string_agg(concat('[', no, ',', body, ']'), ',' ORDER BY no) AS packed
FROM figures GROUP BY entity_key, indicator_code
UNION ALL
SELECT 'period', no, indicator_code, string_agg(concat('[', entity_key, ',', body, ']'), ',' ORDER BY entity_key)
FROM figures GROUP BY indicator_code, no""",
        {"release": release.key},
    )
    units = sorted((int(key), str(code), str(rows)) for shape, key, code, rows in found if shape == "unit")
    periods = sorted((str(code), int(no), str(rows)) for shape, no, code, rows in found if shape == "period")
    return Packed(units, periods)


def on_boundaries(warehouse: Warehouse) -> Iterator[tuple[str, str, int, str]]:
    """The figures on the boundaries of declared days, of the newest release, packed: (day, indicator code, number of
    the period, rows whose first place is the entity). An estimate, or one that cannot be compared, says so."""
    _, found = ask(
        warehouse,
        f"""
SELECT f.boundary_version, f.indicator_code, p.no,
       string_agg(concat('[', f.entity_key, ',', {_body(plain=True)}, ']'), ',' ORDER BY f.entity_key) AS packed
FROM indicator_on_boundaries f JOIN ({_PERIODS}) p ON p.period_code = f.period_code
GROUP BY f.boundary_version, f.indicator_code, p.no ORDER BY f.boundary_version, f.indicator_code, p.no""",
        {},
    )
    yield from ((str(day), str(code), int(no), str(packed)) for day, code, no, packed in found)


def _body(*, plain: bool = False) -> str:
    """The expression that writes a figure ``f``, but for the first place of its row."""
    status = " ".join(f"WHEN '{name}' THEN {no}" for no, name in enumerate(STATUSES))
    told = " ".join(f"WHEN '{name}' THEN {no}" for no, name in enumerate(RELEASE_STATUSES))
    cells = [
        *(_number(f"f.{name}") for name in ("value", "numerator", "denominator")),
        "f.reports_received",
        "f.reports_expected",
        f"CASE f.status {status} ELSE 0 END",
        "0" if plain else f"CASE f.release_status {told} ELSE 0 END",
    ]
    between = ", ',', "
    return f"concat({between.join(cells)})"


def _number(column: str) -> str:
    """A decimal, which always has decimal places, as JSON: without trailing zeros, null where it is empty."""
    return f"coalesce(rtrim(rtrim(CAST({column} AS TEXT), '0'), '.'), 'null')"


def sparks(warehouse: Warehouse, release: Shown, wanted: Sequence[Row]) -> dict[tuple[str, int, str], list[Row]]:
    """The series of figures of some (indicator, entity, kind of period): period, value, in the order of days."""
    if not wanted:
        return {}
    found = rows(
        warehouse,
        f"""
SELECT f.indicator_code, f.entity_key, f.period_kind, f.period_code, f.end_date, f.value, f.status, f.release_status,
       f.coverage, f.reports_received, f.reports_expected, f.numerator, f.denominator
FROM ({_SHOWN}) f
WHERE f.entity_key IN ({", ".join(str(int(key)) for key in sorted({one["entity_key"] for one in wanted}))})
ORDER BY f.indicator_code, f.entity_key, f.period_kind, f.end_date""",
        release=release.key,
    )
    series: dict[tuple[str, int, str], list[Row]] = {}
    for one in found:
        series.setdefault((one["indicator_code"], one["entity_key"], one["period_kind"]), []).append(one)
    return series
