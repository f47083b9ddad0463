"""Checks that remember: against what a unit reported before, what others report, and what would be made up.

``<field>__past``, ``<field>__rose_<n>``, ``<field>__first_<span>``, ``<field>__rest_<span>``, ``past_rows``,
``past_next``, ``past_adjoins``, ``alike`` and ``goals`` are laid by ``transforms.past`` before the gate.
"""

from __future__ import annotations

from catalogue.check import Check, When
from catalogue.form import Form


def remembered(check: Check, form: Form, name: str) -> str:
    """SQL that is true where a row breaks a check that remembers; null where nothing is known to judge it by."""
    now, past = f's."{name}"', f's."{name}__past"'
    match check.kind:
        case "jump":
            by = f"abs({now} - {past})"
            share = f"CAST({check.share} AS DECIMAL(12, 6))"
            return f"s.past_next AND {by} > abs({past}) * {share} AND {by} > {check.least}"
        case "falls":
            return f"{now} < {past} * CAST({1 - check.share} AS DECIMAL(12, 6))" if check.share else f"{now} < {past}"
        case "grows":
            return f'{now} > {past} AND s."{name}__rose_{check.times}" AND s.past_next'
        case "repeats":
            return _repeats(check)
        case "backfilled":
            return _backfilled(check)
        case "shared":
            return _shared(check)
        case _:
            raise ValueError(f"{check.check} of kind {check.kind} in {form.form} does not remember")


def _repeats(check: Check) -> str:
    """The first row of a report that equals the last one in every row and figure, unless all of these are zero."""
    same = " AND ".join(f'o."{name}" IS NOT DISTINCT FROM o."{name}__past"' for name in check.fields)
    some = " OR ".join(f'coalesce(o."{name}", 0) <> 0' for name in check.fields)
    return (
        "s.row_no IN (SELECT min(o.row_no) FROM staged o GROUP BY o.part_no "
        f"HAVING count(*) = max(o.past_rows) AND bool_and(o.past_next) AND bool_and({same}) AND bool_or({some}))"
    )


def _backfilled(check: Check) -> str:
    """A figure that is a target of the unit's own province times another figure, to the last digit."""
    part, whole, indicator = check.left[0].field, check.right[0].field, (check.target or "").replace("'", "''")
    return (
        "s.row_no IN (SELECT o.row_no FROM staged o JOIN goals g ON g.part_no = o.part_no "
        f"AND g.indicator = '{indicator}' WHERE o.\"{whole}\" >= {check.least} "
        f'AND o."{part}" = half_up_units(o."{whole}" * g.value, 1, 1))'
    )


def _shared(check: Check) -> str:
    """Rows of which another unit has one with the same fields, both under the check's conditions."""
    same = " AND ".join(f'a."{name}" = o."{name}__sound"' for name in check.fields)
    conditions = "".join(f" AND {condition(when, 'a')}" for when in check.when)
    return (
        "s.row_no IN (SELECT o.row_no FROM staged o JOIN parts p ON p.part_no = o.part_no JOIN alike a "
        f"ON a.period_code = p.period_code AND a.unit_key <> p.unit_key AND {same}{conditions})"
    )


def condition(when: When, alias: str) -> str:
    """A condition of a check over the rows of an alias."""
    column = f'{alias}."{when.field}"'
    if when.one_of is not None:
        codes = ", ".join("'" + code.replace("'", "''") + "'" for code in when.one_of)
        return f"{column} IN ({codes})"
    if when.is_true is not None:
        return column if when.is_true else f"NOT {column}"
    if when.more_than is not None:
        return f"{column} > {when.more_than}"
    return f"{column} IS NOT NULL" if when.present is not False else f"{column} IS NULL"
