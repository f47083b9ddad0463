"""The views of reconciliations: two sources side by side, unit by unit. The same SQL on both backends.

fact_reconciliation   one row per reconciliation, unit and period that either source tells of
reconciliation        the same with names
"""

from __future__ import annotations

from typing import Final

from catalogue.declared import say
from catalogue.programme import Programme
from catalogue.reconciliation import Reconciliation, Side

_NOTHING: Final = """
SELECT CAST(NULL AS TEXT) AS reconciliation_code, CAST(NULL AS BIGINT) AS entity_key,
       CAST(NULL AS TEXT) AS period_code, CAST(NULL AS NUMERIC(38, 6)) AS left_amount,
       CAST(NULL AS NUMERIC(38, 6)) AS right_amount, CAST(NULL AS NUMERIC(38, 6)) AS gap,
       CAST(NULL AS NUMERIC(38, 6)) AS gap_absolute, CAST(NULL AS BIGINT) AS left_blank,
       CAST(NULL AS BIGINT) AS right_blank, CAST(NULL AS TEXT) AS status
FROM ledger WHERE 1 = 0
"""


def reconciliation_views(programme: Programme) -> dict[str, str]:
    """Name -> select; they read part_current and place."""
    pieces = [_pair(programme, one) for one in programme.reconciliations]
    return {"fact_reconciliation": " UNION ALL ".join(pieces) or _NOTHING, "reconciliation": _named(programme)}


def _side(programme: Programme, fact: str, side: Side) -> str:
    """What a source says of each unit and period; ``blank`` counts the rows in which it leaves something blank, which
    is not zero."""
    place = programme.fact[fact].place
    forms = ", ".join(f"'{form}'" for form in side.forms)
    known = " AND ".join(f"f.{name} IS NOT NULL" for name in side.measures)
    total = " + ".join(f"coalesce(f.{name}, 0)" for name in side.measures)
    return f"""
SELECT f.{place}_key AS entity_key, p.period_code, CAST(sum({total}) AS NUMERIC(38, 6)) AS amount,
       count(CASE WHEN {known} THEN NULL ELSE 1 END) AS blank
FROM fact_{fact} f JOIN part_current p ON p.facts_part_key = f.part_key
WHERE p.form_code IN ({forms})
GROUP BY f.{place}_key, p.period_code
HAVING count(CASE WHEN {known} THEN 1 END) > 0"""


def _pair(programme: Programme, one: Reconciliation) -> str:
    return f"""
SELECT '{one.reconciliation}' AS reconciliation_code, coalesce(l.entity_key, r.entity_key) AS entity_key,
       coalesce(l.period_code, r.period_code) AS period_code, l.amount AS left_amount, r.amount AS right_amount,
       CAST(r.amount - l.amount AS NUMERIC(38, 6)) AS gap,
       CAST(abs(r.amount - l.amount) AS NUMERIC(38, 6)) AS gap_absolute,
       coalesce(l.blank, 0) AS left_blank, coalesce(r.blank, 0) AS right_blank,
       CASE WHEN r.entity_key IS NULL THEN 'only_left' WHEN l.entity_key IS NULL THEN 'only_right'
            WHEN l.blank > 0 OR r.blank > 0 THEN 'incomplete'
            WHEN abs(r.amount - l.amount) <= {one.tolerance} * l.amount THEN 'agrees'
            WHEN r.amount < l.amount THEN 'right_lacks' ELSE 'left_lacks' END AS status
FROM ({_side(programme, one.fact, one.left)}) l
FULL JOIN ({_side(programme, one.fact, one.right)}) r
     ON r.entity_key = l.entity_key AND r.period_code = l.period_code
"""


def _named(programme: Programme) -> str:
    language = programme.header.languages[0]
    lines = [
        "("
        + ", ".join(
            "'" + words.replace("'", "''") + "'"
            for words in (
                one.reconciliation,
                say(one.title, language),
                say(one.left.title, language),
                say(one.right.title, language),
            )
        )
        + ")"
        for one in programme.reconciliations
    ] or [f"({', '.join(['CAST(NULL AS TEXT)'] * 4)})"]
    return f"""
SELECT g.reconciliation_code, m.title, u.code AS place_code, u.name AS place_name, g.period_code, t.start_date,
       t.end_date, m.left_title, g.left_amount, m.right_title, g.right_amount, g.gap, g.gap_absolute, g.left_blank,
       g.right_blank, g.status, g.entity_key
FROM fact_reconciliation g
JOIN (VALUES {", ".join(lines)}) AS m(code, title, left_title, right_title) ON m.code = g.reconciliation_code
JOIN dim_period t ON t.period_code = g.period_code
LEFT JOIN place u ON u.entity_key = g.entity_key AND t.end_date BETWEEN u.valid_from AND u.named_to
"""
