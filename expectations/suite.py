"""From a form's rules to Great Expectations' own: native expectations where there are any, SQL only where not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import great_expectations.expectations as gxe

from expectations.predicate import Rule

INDEX: Final = "part_no"
"""What broken rows are listed by."""
ROWS: Final = "table.rows"
"""The rule that both sides have seen the same rows."""
SQL: Final = "sql"
"""All rules together that Great Expectations has no expectation for."""


def _between(rule: Rule) -> Any:
    return gxe.ExpectColumnValuesToBeBetween(
        column=rule.fields[0], min_value=_bound(rule.minimum), max_value=_bound(rule.maximum), meta={"rule": rule.code}
    )


def _bound(value: object) -> float | int | None:
    """A bound as Great Expectations takes it: whole where it is whole."""
    if not isinstance(value, Decimal):
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _pair(rule: Rule) -> Any:
    if rule.pair is None:
        raise ValueError(f"{rule.code} is no comparison of two columns")
    larger, smaller, or_equal = rule.pair
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=larger,
        column_B=smaller,
        or_equal=or_equal,
        ignore_row_if="either_value_is_missing",
        meta={"rule": rule.code},
    )


def _unique(rule: Rule) -> Any:
    columns = [f"{field}__sound" for field in (rule.check.fields if rule.check else rule.fields)]
    return gxe.ExpectCompoundColumnsToBeUnique(
        column_list=[INDEX, *columns],
        ignore_row_if="any_value_is_missing",
        meta={"rule": rule.code},
    )


_BUILDERS: Final[dict[str, Callable[[Rule], Any]]] = {
    "null": lambda rule: gxe.ExpectColumnValuesToBeNull(column=f"{rule.fields[0]}__rule", meta={"rule": rule.code}),
    "not_null": lambda rule: gxe.ExpectColumnValuesToNotBeNull(column=rule.fields[0], meta={"rule": rule.code}),
    "between": _between,
    "pair": _pair,
    "unique": _unique,
}


def expectations_of(rules: Sequence[Rule], rows: int) -> dict[str, gxe.Expectation]:
    """What Great Expectations is asked of a form over so many rows, by rule code; what only SQL can say, together.

    The number of rows is among it, because every other expectation passes on no rows at all, and would on fewer.
    """
    asked = {rule.code: _BUILDERS[rule.native](rule) for rule in rules if rule.native != "rows"}
    asked[ROWS] = gxe.ExpectTableRowCountToEqual(value=rows, meta={"rule": ROWS})
    told = [rule for rule in rules if rule.native == "rows"]
    if told:
        asked[SQL] = sql_expectation(told, SQL)
    return asked


def sql_expectation(rules: Sequence[Rule], code: str) -> gxe.Expectation:
    """Rules that only SQL can say, as one expectation under a code: it finds a row per broken rule, with the number of
    broken rows in each part ("1:3 2:1"). Each table is passed over once; total rows stand in a table beside the batch.
    """
    sources = {"staged": "(SELECT * FROM {batch}) s", "totals": "totals s, (SELECT count(*) FROM {batch}) n"}
    queries = []
    for table, source in sources.items():
        columns = [f'count_if({rule.breaks}) AS "{rule.code}"' for rule in rules if rule.table == table]
        if columns:
            counted = f"SELECT s.{INDEX}, {', '.join(columns)} FROM ".replace("{", "{{").replace("}", "}}")
            queries.append(
                f"SELECT rule, string_agg({INDEX} || ':' || n, ' ') AS counts "
                f"FROM (UNPIVOT ({counted}{source} GROUP BY s.{INDEX}) ON COLUMNS(* EXCLUDE {INDEX}) "
                "INTO NAME rule VALUE n) WHERE n > 0 GROUP BY rule"
            )
    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=" UNION ALL ".join(queries), meta={"rule": code})
