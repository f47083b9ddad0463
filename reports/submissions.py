"""Who sent what, when: for each form the reports owed, a letter per unit and period. What is owed and not due yet, as
of the last delivery that the release knows, waits; so the same release shows the same, whatever the clock says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from reports.figures import Row, Shown, rows
from warehouse.store import Warehouse

ON_TIME: Final = "T"
LATE: Final = "L"
MISSING: Final = "M"
REJECTED: Final = "R"
WAITING: Final = "W"
NOT_OWED: Final = "."
STATES: Final = (ON_TIME, LATE, MISSING, REJECTED, WAITING)
"""A small letter (t, l) is a report of which rows were set aside."""


@dataclass(frozen=True)
class Board:
    """The reports of a form. ``units`` are (entity key, a letter per period); ``receipts`` name, by "unit:period", the
    receipt of the delivery that decided, where it was not simply accepted."""

    form: str
    periods: tuple[str, ...]
    units: tuple[tuple[int, str], ...]
    receipts: dict[str, str]

    @property
    def counts(self) -> Counter[str]:
        """How many reports are in each state; those with rows set aside count as what they are beside that."""
        return Counter("".join(letters for _, letters in self.units).upper())


_STATE: Final = f"""
SELECT o.form_code, o.unit_key, o.period_code, t.start_date, t.end_date, coalesce(d.sha256, j.sha256) AS sha256,
       CASE WHEN c.part_key IS NOT NULL AND c.complete AND f.on_time THEN '{ON_TIME}'
            WHEN c.part_key IS NOT NULL AND f.on_time THEN '{ON_TIME.lower()}'
            WHEN c.part_key IS NOT NULL AND c.complete THEN '{LATE}'
            WHEN c.part_key IS NOT NULL THEN '{LATE.lower()}'
            WHEN j.sha256 IS NOT NULL THEN '{REJECTED}'
            WHEN x.unit_key IS NOT NULL THEN '{NOT_OWED}'
            WHEN o.due_at < w.day THEN '{MISSING}' ELSE '{WAITING}' END AS state,
       coalesce(d.status, j.status) AS status
FROM fact_reporting o
JOIN dim_period t ON t.period_code = o.period_code
CROSS JOIN (SELECT CAST(max(received_at) AT TIME ZONE 'UTC' AT TIME ZONE :zone AS DATE) AS day
            FROM dim_part WHERE part_key <= :last) w
LEFT JOIN (SELECT p.form_code, p.unit_key, p.period_code, max(p.part_key) AS part_key
           FROM dim_part p WHERE p.part_key <= :last GROUP BY p.form_code, p.unit_key, p.period_code) l
  ON l.form_code = o.form_code AND l.unit_key = o.unit_key AND l.period_code = o.period_code
LEFT JOIN dim_part c ON c.part_key = l.part_key AND c.reason <> 'withdrawn'
LEFT JOIN dim_delivery d ON d.delivery_key = c.delivery_key
LEFT JOIN (SELECT p.form_code, p.unit_key, p.period_code,
                  min(CAST(p.received_at AT TIME ZONE 'UTC' AT TIME ZONE :zone AS DATE)) <= min(r.due_at) AS on_time
           FROM dim_part p
           JOIN fact_reporting r ON r.form_code = p.form_code AND r.unit_key = p.unit_key
            AND r.period_code = p.period_code
           WHERE p.part_key <= :last GROUP BY p.form_code, p.unit_key, p.period_code) f
  ON f.form_code = o.form_code AND f.unit_key = o.unit_key AND f.period_code = o.period_code
LEFT JOIN (SELECT form_code, unit_key, period_code, max(sha256) AS sha256, max(status) AS status
           FROM dim_delivery WHERE status IN ('rejected', 'error')
           GROUP BY form_code, unit_key, period_code) j
  ON j.form_code = o.form_code AND j.unit_key = o.unit_key AND j.period_code = o.period_code
LEFT JOIN (SELECT c.form_code, c.unit_key, c.period_code FROM obligation_change c
           JOIN (SELECT max(k.change_key) AS change_key FROM obligation_change k
                 WHERE k.change_key <= (SELECT coalesce(max(last_change_key), 0) FROM dim_release
                                        WHERE last_part_key <= :last)
                 GROUP BY k.form_code, k.unit_key, k.period_code) n ON n.change_key = c.change_key
           WHERE c.change <> 'owed') x
  ON x.form_code = o.form_code AND x.unit_key = o.unit_key AND x.period_code = o.period_code
"""


def boards(warehouse: Warehouse, release: Shown, zone: str) -> list[Board]:
    """The reports owed, form by form. ``zone`` is the programme's, in which days end."""
    values = {"zone": zone, "last": release.last_part}
    spans = rows(
        warehouse,
        f"""SELECT DISTINCT form_code, period_code, start_date, end_date FROM ({_STATE}) s
            ORDER BY form_code, start_date, end_date, period_code""",
        **values,
    )
    periods: dict[str, list[str]] = {}
    for one in spans:
        periods.setdefault(one["form_code"], []).append(one["period_code"])
    lines = rows(
        warehouse,
        f"""SELECT form_code, unit_key, string_agg(concat(period_code, '=', state), ' ') AS states
            FROM ({_STATE}) s GROUP BY form_code, unit_key ORDER BY form_code, unit_key""",
        **values,
    )
    told = rows(
        warehouse,
        f"""SELECT form_code, unit_key, period_code, sha256 FROM ({_STATE}) s
            WHERE sha256 IS NOT NULL AND status <> 'accepted'""",
        **values,
    )
    return [
        Board(
            form=form,
            periods=tuple(codes),
            units=tuple(_unit(one, codes) for one in lines if one["form_code"] == form),
            receipts={
                f"{one['unit_key']}:{one['period_code']}": str(one["sha256"])[:16]
                for one in told
                if one["form_code"] == form
            },
        )
        for form, codes in periods.items()
    ]


def _unit(one: Row, codes: list[str]) -> tuple[int, str]:
    states = dict(part.rsplit("=", 1) for part in str(one["states"]).split(" "))
    return int(one["unit_key"]), "".join(states.get(code, NOT_OWED) for code in codes)
