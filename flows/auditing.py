"""What people decided, in order: accepted with a reason, waived, judged anew, named, taken back, released; for good.

Each line is kept where it acts, in tables to which rows are only appended; here they are put one under the other.
"""

from __future__ import annotations

from typing import Final

from catalogue.errors import UsageError
from flows.asking import show, warehouse_of
from flows.headings import headings
from flows.settings import Settings
from warehouse.published import ask

_DECISIONS: Final = """
SELECT decided_at AS at, CASE WHEN active THEN 'override' ELSE 'override taken back' END AS what, decided_by AS who,
       rule_code || ' in ' || substr(sha256, 1, 12)
       || CASE WHEN source_row > 0 THEN ', ' || source_sheet || ' row ' || CAST(source_row AS VARCHAR) ELSE '' END
       AS about,
       reason
FROM rule_override
UNION ALL
SELECT decided_at, CASE WHEN entity_key IS NULL THEN 'alias taken back' ELSE 'alias' END, decided_by,
       register_name || ': ' || name, reason
FROM name_alias
UNION ALL
SELECT decided_at, CASE WHEN active THEN 'withdrawn' ELSE 'withdrawal taken back' END, decided_by,
       CASE WHEN kind = 'delivery' THEN 'delivery ' || substr(sha256, 1, 12)
            ELSE 'figure ' || indicator_code || ', ' || period_code END,
       reason || ' (' || document || ')'
FROM withdrawal
UNION ALL
SELECT o.decided_at, CASE WHEN o.change = 'waived' THEN 'waived' ELSE 'waiver taken back' END, o.decided_by,
       o.form_code || ' of ' || coalesce(u.code, CAST(o.unit_key AS VARCHAR)) || ', ' || o.period_code, o.reason
FROM obligation_change o
JOIN dim_period t ON t.period_code = o.period_code
LEFT JOIN place u ON u.entity_key = o.unit_key AND t.end_date BETWEEN u.valid_from AND u.named_to
WHERE o.decided_by IS NOT NULL
UNION ALL
SELECT decided_at, 'erased', decided_by,
       'bytes ' || substr(sha256, 1, 12) || CASE WHEN cells IS NULL THEN '' ELSE ', ' || cells END,
       reason || ' (' || document || ')'
FROM erasure
UNION ALL
SELECT received_at, 'judged anew', NULL, 'delivery ' || CAST(replay_of_key AS VARCHAR) || ' ' || name, reason
FROM dim_delivery WHERE replay_of_key IS NOT NULL
UNION ALL
SELECT s.judged_as_of, CASE WHEN s.rule_code IS NULL THEN 'signature verified' ELSE s.rule_code END, s.signer,
       'delivery ' || CAST(s.delivery_key AS VARCHAR) || ' ' || d.name
       || CASE WHEN s.serial_number IS NULL THEN '' ELSE ', serial ' || s.serial_number END, s.found
FROM delivery_signature s JOIN dim_delivery d ON d.delivery_key = s.delivery_key
UNION ALL
SELECT sealed_at, 'release', NULL, name || ', hash ' || substr(hash, 1, 12), NULL
FROM dim_release
"""


def print_decisions(settings: Settings, last: int, form: str) -> int:
    """Print the latest decisions, the newest first. Raises UsageError where ``last`` is none."""
    if last < 1:
        raise UsageError(f"--last {last} are no decisions; name a number from 1")
    answer = ask(warehouse_of(settings), f"SELECT * FROM ({_DECISIONS}) d ORDER BY 1 DESC, 2, 4 LIMIT {last}")
    said = headings(settings)
    show(answer, form, said("Decisions") if form == "table" else "", said)
    return 0
