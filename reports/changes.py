"""What a release says otherwise than the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reports.figures import Row, Shown, rows
from warehouse.store import Warehouse

MOST: Final = 500
"""As many changes of an indicator are listed one by one: the widest first; all are counted."""


@dataclass(frozen=True)
class Changes:
    """Figures that were new and changed, counted by indicator; the changes, and how the releases before stand."""

    counts: list[Row]
    changed: list[Row]
    releases: list[Row]


def changes(warehouse: Warehouse, release: Shown) -> Changes:
    """What the release tells otherwise than the one before it."""
    return Changes(
        counts=rows(
            warehouse,
            """SELECT h.indicator_code, count(*) AS told, count(r.indicator_code) AS changed,
                      count(CASE WHEN h.status = 'withdrawn' THEN 1 END) AS withdrawn
               FROM indicator_history h
               LEFT JOIN revision r ON r.indicator_code = h.indicator_code AND r.entity_key = h.entity_key
                AND r.period_code = h.period_code AND r.boundary_version = h.boundary_version
                AND r.from_release = h.from_release
               WHERE h.from_release = :release AND h.status <> 'tombstone'
               GROUP BY h.indicator_code ORDER BY h.indicator_code""",
            release=release.key,
        ),
        changed=rows(
            warehouse,
            f"""SELECT * FROM (
                    SELECT indicator_code, entity_key, period_code, previous_value, value, change, previous_status,
                           status, release_status, cause, deliveries, delivery_name, reason,
                           row_number() OVER (PARTITION BY indicator_code
                                              ORDER BY abs(coalesce(change, 0)) DESC, entity_key, period_code) AS place
                    FROM revision WHERE from_release = :release) r
                WHERE place <= {MOST} ORDER BY indicator_code, place""",
            release=release.key,
        ),
        releases=rows(
            warehouse,
            "SELECT release_key, name, sealed_at, published_at, is_final FROM release ORDER BY release_key DESC",
        ),
    )
