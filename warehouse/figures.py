"""Figures laid out for a release, and the one place where a quotient is taken.

``scope``     indicator_code, period_code: what was computed anew; all periods where none is named
``figures``   those whose value is still to be derived
``values``    figures, as reported and on other boundaries, with their value
``statuses``  target_code, indicator_code, entity_key, period_code, target_status
``gone``      the decision for which a figure is withdrawn by itself (``forced``), or where it is no more
``feed``      which forms feed what
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from warehouse import schema
from warehouse.dimensions import Rows, arrow_columns
from warehouse.schema import AS_REPORTED
from warehouse.staging import Staging

_FIGURES: Final = {
    "boundary_version": pa.string(),
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
_STATUSES: Final = {name: kind for name, kind in arrow_columns(schema.target_status).items() if name != "from_release"}


# Each cast by itself: the common type of both would keep 6 places only.
_VALUES: Final = f"""
SELECT f.*,
       CASE WHEN f.status NOT IN ('ok', 'estimated') THEN NULL
            WHEN f.denominator IS NULL THEN CAST(f.numerator AS DECIMAL(38, 12))
            ELSE CAST(half_up(f.numerator, f.denominator) AS DECIMAL(38, 12)) END AS value,
       CASE WHEN f.boundary_version = '{AS_REPORTED}' THEN g.withdrawal_key END AS withdrawal_key
FROM figures f
LEFT JOIN (
    SELECT indicator_code, entity_key, period_code, max(withdrawal_key) AS withdrawal_key
    FROM gone WHERE forced GROUP BY ALL) g USING (indicator_code, entity_key, period_code)"""


def lay_scope(area: Staging, scope: Sequence[tuple[str, str | None]], gone: Rows = (), feed: Rows = ()) -> None:
    """Lay out what is computed anew, before any figure is added."""
    area.put("scope", {"indicator_code": pa.string(), "period_code": pa.string()}, scope)
    area.put("gone", _GONE, gone)
    area.put("feed", _FEED, feed)
    area.put("figures", _FIGURES, ())
    area.run(f'CREATE OR REPLACE TABLE "values" AS {_VALUES}')
    area.put("statuses", _STATUSES, ())


def add_figures(area: Staging, figures: Rows, statuses: Rows = (), restated: Rows = ()) -> None:
    """Add figures, as ``derive_values`` takes them, and how targets stand. ``restated`` are those on other boundaries,
    behind their boundary_version."""
    area.add("figures", _FIGURES, [*((AS_REPORTED, *one) for one in figures), *restated])
    area.add("statuses", _STATUSES, statuses)


def derive_values(area: Staging) -> None:
    """Derive the values of the figures that were added since the last time."""
    area.run(f'INSERT INTO "values" {_VALUES}')
    area.put("figures", _FIGURES, ())
