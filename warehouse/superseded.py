"""What is owed, as it is declared now: new obligations are added, those that no longer are one are marked, none goes.

A register that learns late that a unit was merged, or a form that asks fewer units, would else leave reports that
nobody can send, missing for ever.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from warehouse.staging import Staging

_NOW: Final = """
SELECT c.* FROM warehouse.obligation_change c JOIN (
    SELECT max(change_key) AS change_key FROM warehouse.obligation_change
    WHERE form_code = ? GROUP BY unit_key, period_code) l USING (change_key)
"""
_REASONS: Final = {
    "superseded": "by the form and the register as they are declared now, the unit does not owe it",
    "owed": "by the form and the register as they are declared now, the unit owes it again",
}


def supersede(area: Staging, form: str, valid_from: date, now: datetime) -> int:
    """Inside a transaction that has written ``out_owed`` (what a form's years ask now): mark what else stands there of
    the same periods as superseded, and what was so and is asked again as owed; returns how many.

    Periods that ended before ``valid_from`` are those of the form's earlier version, and stay as they are.
    """
    if not area.one("SELECT count(*) FROM out_owed"):
        return 0
    changed = 0
    asked = "EXISTS (SELECT 1 FROM out_owed o WHERE o.unit_key = r.unit_key AND o.period_code = r.period_code)"
    for change, where in (
        ("superseded", f"NOT {asked} AND coalesce(n.change, 'owed') = 'owed'"),
        ("owed", f"{asked} AND n.change = 'superseded'"),
    ):
        first = int(area.one("SELECT coalesce(max(change_key), 0) FROM warehouse.obligation_change"))
        changed += int(
            area.one(
                f"""INSERT INTO warehouse.obligation_change
                   (change_key, form_code, unit_key, period_code, change, reason, decided_at)
                   SELECT {first} + row_number() OVER (ORDER BY r.unit_key, r.period_code), r.form_code, r.unit_key,
                          r.period_code, '{change}', ?, ?
                   FROM warehouse.fact_reporting r
                   LEFT JOIN ({_NOW}) n ON n.unit_key = r.unit_key AND n.period_code = r.period_code
                   WHERE r.form_code = ? AND r.period_code IN (SELECT period_code FROM out_owed)
                     AND r.as_of_date >= ? AND {where}""",
                (_REASONS[change], now, form, form, valid_from),
            )
        )
    return changed
