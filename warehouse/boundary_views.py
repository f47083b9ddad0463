"""The views of other boundaries than those of the time: who succeeded whom, and indicators restated.

succession                 who succeeded whom, with names
indicator_on_boundaries    the latest release on the boundaries of each day that the programme declares
"""

from __future__ import annotations

from typing import Final

_SUCCESSION: Final = """
SELECT s.effective_date, s.predecessor_key, b.code AS predecessor_code, b.name AS predecessor_name, b.level,
       s.successor_key, a.code AS successor_code, a.name AS successor_name, s.relation, s.share, s.basis,
       s.document, s.correction
FROM dim_succession s
LEFT JOIN place b ON b.entity_key = s.predecessor_key
     AND CAST(s.effective_date - INTERVAL '1 day' AS DATE) BETWEEN b.valid_from AND b.valid_to
LEFT JOIN place a ON a.entity_key = s.successor_key AND s.effective_date BETWEEN a.valid_from AND a.valid_to
"""
# What readers may see of a figure: the row of the last release that told of it. Laid as rows that none follows, and not
# by the greatest release of each: joined by five columns, a planner expects one row and goes on in nested loops.
_LATEST: Final = """
fact_indicator f
        WHERE f.from_release IN (SELECT release_key FROM release)
          AND NOT EXISTS (SELECT 1 FROM fact_indicator n
                          WHERE n.indicator_code = f.indicator_code AND n.entity_key = f.entity_key
                            AND n.period_code = f.period_code AND n.boundary_version = f.boundary_version
                            AND n.from_release > f.from_release
                            AND n.from_release IN (SELECT release_key FROM release))
          AND f.status <> 'tombstone'"""
# A figure as reported is true on other boundaries, too, where its place has the same extent on them for the whole
# period; else the restated one stands for it, or none. Names are those of the boundaries' day.
_ON_BOUNDARIES: Final = """
SELECT v.boundary_version, v.indicator_code, i.title, p.code AS place_code, p.name AS place_name,
       p.level AS place_level, p.register, v.period_code, t.kind AS period_kind, t.start_date, t.end_date, v.value,
       v.numerator, v.denominator, i.unit, i.scale, v.approx, v.of_n, v.reports_received, v.reports_expected,
       CASE WHEN v.reports_expected = 0 THEN NULL ELSE {coverage} END AS coverage, v.status, v.reason, v.is_restated,
       v.definition_version, v.entity_key, v.from_release
FROM (
    SELECT f.*, TRUE AS is_restated
    FROM {latest} AND f.boundary_version <> 'as_reported'
    UNION ALL
    SELECT {columns}, FALSE AS is_restated
    FROM (SELECT f.* FROM {latest} AND f.boundary_version = 'as_reported') f
    JOIN dim_period t ON t.period_code = f.period_code
    CROSS JOIN (SELECT DISTINCT boundary_version FROM dim_boundary) d
    WHERE NOT EXISTS (SELECT 1
                      FROM (SELECT boundary_version, source_key AS entity_key, valid_from, valid_to
                            FROM dim_boundary
                            WHERE target_key IS DISTINCT FROM source_key OR share IS DISTINCT FROM 1
                            UNION ALL
                            SELECT boundary_version, target_key, valid_from, valid_to FROM dim_boundary
                            WHERE target_key IS DISTINCT FROM source_key OR share IS DISTINCT FROM 1) m
                      WHERE m.boundary_version = d.boundary_version AND m.entity_key = f.entity_key
                        AND m.valid_from <= t.end_date AND m.valid_to >= t.start_date)
      AND NOT EXISTS (SELECT 1 FROM fact_indicator r
                      WHERE r.boundary_version = d.boundary_version AND r.indicator_code = f.indicator_code
                        AND r.entity_key = f.entity_key AND r.period_code = f.period_code
                        AND r.status <> 'tombstone')
) v
JOIN dim_indicator i ON i.indicator_code = v.indicator_code AND i.definition_version = v.definition_version
JOIN dim_period t ON t.period_code = v.period_code
LEFT JOIN place p ON p.entity_key = v.entity_key
     AND CAST(v.boundary_version AS DATE) BETWEEN p.valid_from AND p.valid_to
"""


def boundary_views(coverage: str, columns: tuple[str, ...]) -> dict[str, str]:
    """Name -> select. ``coverage`` is that of a figure ``v``; ``columns`` are those of fact_indicator."""
    own = ", ".join(f"{'d' if name == 'boundary_version' else 'f'}.{name}" for name in columns)
    shown = _ON_BOUNDARIES.format(coverage=coverage, columns=own, latest=_LATEST)
    return {"succession": _SUCCESSION, "indicator_on_boundaries": shown}
