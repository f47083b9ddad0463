"""Figures laid out for a release, and the one place where a quotient is taken.

``scope``     indicator_code, period_code: what was computed anew; all periods where none is named
``figures``   the figures as reported; ``restated`` those on other boundaries, behind their boundary_version
``statuses``  target_code, indicator_code, entity_key, period_code, target_status
``gone``      the decision for which a figure is withdrawn by itself (``forced``), or where it is no more
``feed``      which forms feed what
``values``    figures and restated ones with their value
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from warehouse import schema
from warehouse.dimensions import Rows, arrow_columns
from warehouse.staging import Staging

_FIGURES: Final = {
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
    "reason": pa.string(),
    "reports_on_time": pa.int64(),
}
_GONE: Final = {
    "indicator_code": pa.string(),
    "entity_key": pa.int64(),
    "period_code": pa.string(),
    "withdrawal_key": pa.int64(),
    "forced": pa.bool_(),
}
_FEED: Final = {"indicator_code": pa.string(), "form_code": pa.string(), "is_wide": pa.bool_()}
_RESTATED: Final = {"boundary_version": pa.string(), **_FIGURES}
_STATUSES: Final = {name: kind for name, kind in arrow_columns(schema.target_status).items() if name != "from_release"}


def lay_scope(area: Staging, scope: Sequence[tuple[str, str | None]], gone: Rows = (), feed: Rows = ()) -> None:
    """Lay out what is computed anew, before any figure is added."""
    area.put("scope", {"indicator_code": pa.string(), "period_code": pa.string()}, scope)
    area.put("gone", _GONE, gone)
    area.put("feed", _FEED, feed)
    area.put("figures", _FIGURES, ())
    area.put("restated", _RESTATED, ())
    area.put("statuses", _STATUSES, ())


def add_figures(area: Staging, figures: Rows, statuses: Rows = (), restated: Rows = ()) -> None:
    """Add figures, how targets stand, and figures on other boundaries."""
    area.add("figures", _FIGURES, figures)
    area.add("statuses", _STATUSES, statuses)
    area.add("restated", _RESTATED, restated)


def derive_values(area: Staging) -> None:
    """Derive the value of every figure, when all have been added."""
    area.run("""
        CREATE OR REPLACE TABLE "values" AS
        SELECT f.*,
               -- Cast each by itself: the common type of both would keep 6 places only.
               CASE WHEN f.status NOT IN ('ok', 'estimated') THEN NULL
                    WHEN f.denominator IS NULL THEN CAST(f.numerator AS DECIMAL(38, 12))
                    ELSE CAST(half_up(f.numerator, f.denominator) AS DECIMAL(38, 12)) END AS value,
               CASE WHEN f.boundary_version = 'as_reported' THEN g.withdrawal_key END AS withdrawal_key
        FROM (SELECT 'as_reported' AS boundary_version, * FROM figures UNION ALL BY NAME SELECT * FROM restated) f
        LEFT JOIN (
            SELECT indicator_code, entity_key, period_code, max(withdrawal_key) AS withdrawal_key
            FROM gone WHERE forced GROUP BY ALL) g USING (indicator_code, entity_key, period_code)""")
