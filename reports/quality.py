"""The quality of what was sent, as of what is published: rules and what they found, rows that are still set aside, what
became of deliveries and rows, and two sources beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reports.figures import Row, rows
from warehouse.store import Warehouse

_MOST: Final = 200
"""As many units of a reconciliation, and as many of its gaps, are listed: the widest first."""


@dataclass(frozen=True)
class Quality:
    """What the page of quality shows, each a list of rows."""

    checks: list[Row]
    findings: list[Row]
    aside: list[Row]
    deliveries: list[Row]
    fates: Row
    reconciled: list[Row]
    gaps: list[Row]


def quality(warehouse: Warehouse) -> Quality:
    """Everything about the quality of what was sent."""
    fates = ", ".join(
        f"sum(d.{name}) AS {name}"
        for name in ("rows_read", "rows_loaded", "rows_quarantined", "rows_refused", "rows_repeated", "rows_furniture")
    )
    return Quality(
        checks=rows(
            warehouse,
            """SELECT form_code, check_code, sum(rows_seen) AS seen, sum(rows_failed) AS failed,
                      count(CASE WHEN verdict = 'error' THEN 1 END) AS errors
               FROM check_result GROUP BY form_code, check_code
               ORDER BY sum(rows_failed) DESC, form_code, check_code""",
        ),
        findings=rows(
            warehouse,
            """SELECT i.rule_code, i.severity, count(*) AS findings, count(DISTINCT i.delivery_key) AS deliveries,
                      count(DISTINCT d.unit_key) AS units
               FROM issue i JOIN delivery_standing d ON d.delivery_key = i.delivery_key
               GROUP BY i.rule_code, i.severity ORDER BY count(*) DESC, i.rule_code""",
        ),
        aside=rows(
            warehouse,
            """SELECT form_code, unit_key, period_code, count(*) AS rows_aside, min(open_since) AS since
               FROM quarantine_open GROUP BY form_code, unit_key, period_code
               ORDER BY count(*) DESC, form_code, unit_key, period_code""",
        ),
        deliveries=rows(
            warehouse,
            "SELECT status, count(*) AS deliveries FROM delivery_standing GROUP BY status ORDER BY status",
        ),
        fates=rows(warehouse, f"SELECT {fates} FROM delivery_standing d")[0],
        reconciled=rows(
            warehouse,
            """SELECT reconciliation_code, status, count(*) AS units, sum(left_amount) AS left_amount,
                      sum(right_amount) AS right_amount, sum(gap_absolute) AS gap_absolute
               FROM reconciliation GROUP BY reconciliation_code, status ORDER BY reconciliation_code, status""",
        ),
        gaps=rows(
            warehouse,
            f"""SELECT * FROM (
                    SELECT reconciliation_code, entity_key, period_code, left_amount, right_amount, gap, gap_absolute,
                           status,
                           row_number() OVER (PARTITION BY reconciliation_code
                                              ORDER BY gap_absolute DESC, entity_key, period_code) AS place
                    FROM reconciliation WHERE status IN ('left_lacks', 'right_lacks')) g
                WHERE place <= {_MOST} ORDER BY reconciliation_code, place""",
        ),
    )
