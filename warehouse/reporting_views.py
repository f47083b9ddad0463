"""The views of reporting: who owed what and what came of it, and what was found in what came.

obligation      each report that was owed: on_time, late, missing, or open while its day has not passed; waived by a
                person, superseded where the form or the register asks for it no more
finding         what is wrong with each delivery, as it was judged last
"""

from __future__ import annotations

from typing import Final

# A report is on time by the day on which it came first: one that was mended after its day had come in time. What was
# waived and came all the same is on time where it was; it is never late.
_OBLIGATION: Final = """
SELECT r.form_code, r.unit_key, u.code AS unit_code, u.name AS unit_name, u.register, r.period_code,
       t.kind AS period_kind, t.year, t.start_date, t.end_date, r.due_at, c.first_received_at,
       p.received_at AS last_received_at, coalesce(c.submissions, 0) AS submissions, p.complete, p.delivery_key,
       CASE WHEN CAST(c.first_received_at AT TIME ZONE 'UTC' AT TIME ZONE '{zone}' AS DATE) <= r.due_at THEN 'on_time'
            WHEN x.change <> 'owed' THEN x.change
            WHEN c.first_received_at IS NOT NULL THEN 'late'
            WHEN r.due_at >= CAST(CURRENT_TIMESTAMP AT TIME ZONE '{zone}' AS DATE) THEN 'open'
            ELSE 'missing' END AS status,
       CASE WHEN x.change <> 'owed' THEN x.reason END AS excused_reason,
       CASE WHEN x.change <> 'owed' THEN x.decided_by END AS excused_by
FROM fact_reporting r
JOIN dim_period t ON t.period_code = r.period_code
LEFT JOIN part_current p ON p.form_code = r.form_code AND p.unit_key = r.unit_key AND p.period_code = r.period_code
LEFT JOIN (SELECT form_code, unit_key, period_code, min(received_at) AS first_received_at,
                  count(DISTINCT content_hash) AS submissions
           FROM dim_part GROUP BY form_code, unit_key, period_code) c
  ON c.form_code = r.form_code AND c.unit_key = r.unit_key AND c.period_code = r.period_code
LEFT JOIN (SELECT o.* FROM obligation_change o
           JOIN (SELECT max(change_key) AS change_key FROM obligation_change
                 GROUP BY form_code, unit_key, period_code) n ON n.change_key = o.change_key) x
  ON x.form_code = r.form_code AND x.unit_key = r.unit_key AND x.period_code = r.period_code
LEFT JOIN place u ON u.entity_key = r.unit_key AND r.as_of_date BETWEEN u.valid_from AND u.named_to
"""
_FINDING: Final = """
SELECT d.delivery_key, d.name, d.source_code, d.form_code, d.unit_key, d.unit_code, d.period_code, d.status,
       d.arrived_at, i.rule_code, i.severity, i.source_sheet, i.source_row, i.source_column, i.field, i.found,
       i.allowed, i.advice
FROM issue i JOIN delivery_standing d ON d.delivery_key = i.delivery_key
"""


def reporting_views(zone: str) -> dict[str, str]:
    """Name -> select. ``zone`` is the programme's: its days are those on which reports are due."""
    return {"obligation": _OBLIGATION.format(zone=zone.replace("'", "''")), "finding": _FINDING}
