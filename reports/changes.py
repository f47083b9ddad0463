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


_CHANGED: Final = f"""
SELECT * FROM (
    SELECT indicator_code, entity_key, period_code, previous_value, value, change, previous_status, status,
           release_status, cause, deliveries, delivery_name, reason,
           count(*) OVER (PARTITION BY indicator_code) AS changed,
           row_number() OVER (PARTITION BY indicator_code
                              ORDER BY abs(coalesce(change, 0)) DESC, entity_key, period_code) AS place
    FROM revision WHERE from_release = :release) r
WHERE place <= {MOST} ORDER BY indicator_code, place
"""


def changes(warehouse: Warehouse, release: Shown) -> Changes:
    """What the release tells otherwise than the one before it."""
    told = rows(
        warehouse,
        """SELECT indicator_code, count(*) AS told, count(CASE WHEN status = 'withdrawn' THEN 1 END) AS withdrawn
           FROM indicator_history WHERE from_release = :release AND status <> 'tombstone'
           GROUP BY indicator_code ORDER BY indicator_code""",
        release=release.key,
    )
    # The first release changes nothing: it is not looked for.
    found = rows(warehouse, _CHANGED, release=release.key) if release.before else []
    counted = {one["indicator_code"]: one["changed"] for one in found}
    return Changes(
        counts=[one | {"changed": counted.get(one["indicator_code"], 0)} for one in told],
        changed=found,
        releases=rows(
            warehouse,
            "SELECT release_key, name, sealed_at, published_at, is_final FROM release ORDER BY release_key DESC",
        ),
    )
