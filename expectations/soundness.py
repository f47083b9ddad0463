"""Soundness: which cells are wrong in themselves, so that no check that reads them finds the row wrong once more.

Adds to ``staged`` and ``totals``, for every field, ``<field>__own``: the cell has a finding of its own; and
``<field>__sound``: the value where it has none. Great Expectations' own expectations look at the latter.
"""

from __future__ import annotations

from contextlib import suppress

from expectations.predicate import Rule
from warehouse.staging import Staging


def mark(area: Staging, rules: tuple[Rule, ...]) -> None:
    """Mark every field that the rules read. Marks of an earlier call are replaced."""
    own: dict[str, list[str]] = {}
    for rule in rules:
        for field in rule.fields:
            own.setdefault(field, [])
        if rule.check is None and rule.of_cell:
            own[rule.fields[0]].append(rule.breaks)
    for table in ("staged", "totals"):
        columns = ["s.*"]
        for field, breaks in own.items():
            broken = " OR ".join(breaks) or "false"
            columns.append(f'({broken}) AS "{field}__own"')
            columns.append(f'CASE WHEN NOT ({broken}) THEN s."{field}" END AS "{field}__sound"')
        area.run(f"CREATE OR REPLACE VIEW {table} AS SELECT {', '.join(columns)} FROM {table}_cells s")


def set_unfit(area: Staging, rules: tuple[Rule, ...]) -> None:
    """Write ``unfit`` (row_no): rows that will be set aside whatever was reported before, so that they are no past of
    another report in the same batch. Nothing where no rule remembers."""
    if not any(rule.remembers for rule in rules):
        return
    mark(area, rules)
    area.run("CREATE OR REPLACE TABLE unfit (row_no BIGINT)")
    breaks = [
        rule.breaks for rule in rules if rule.severity == "reject_row" and rule.table == "staged" and not rule.remembers
    ]
    try:
        _set_unfit(area, " OR ".join(breaks) or "false")
    except Exception:  # noqa: BLE001 whatever the database refuses: one of them, which the loop below leaves out
        for one in breaks:
            # A check that cannot be carried out sets nothing aside; the gate says what is wrong with it.
            with suppress(Exception):
                _set_unfit(area, one)


def _set_unfit(area: Staging, breaks: str) -> None:
    area.run(f"INSERT INTO unfit SELECT s.row_no FROM staged s WHERE {breaks}")
