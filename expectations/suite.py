"""From a form's rules to a Great Expectations suite. Native expectations where there are any; SQL only where not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import great_expectations as gx
import great_expectations.expectations as gxe

from expectations.predicate import Rule

_INDEX: Final = "part_no"
ROWS: Final = "table.rows"
"""The rule that both sides have seen the same rows."""


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
        column_list=[_INDEX, *columns],
        ignore_row_if="any_value_is_missing",
        meta={"rule": rule.code},
    )


def _rows(rule: Rule) -> Any:
    # Per part, so that the counts can be compared per part. Total rows stand in a table beside the batch.
    source = (
        "(SELECT * FROM {batch})"
        if rule.table == "staged"
        else "(SELECT t.* FROM totals t, (SELECT count(*) FROM {batch}) n)"
    )
    predicate = rule.breaks.replace("{", "{{").replace("}", "}}")
    query = f"SELECT s.{_INDEX}, count(*) AS n FROM {source} s WHERE {predicate} GROUP BY s.{_INDEX}"
    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=query, meta={"rule": rule.code})


_BUILDERS: Final[dict[str, Callable[[Rule], Any]]] = {
    "null": lambda rule: gxe.ExpectColumnValuesToBeNull(column=f"{rule.fields[0]}__rule", meta={"rule": rule.code}),
    "not_null": lambda rule: gxe.ExpectColumnValuesToNotBeNull(column=rule.fields[0], meta={"rule": rule.code}),
    "between": _between,
    "pair": _pair,
    "unique": _unique,
    "rows": _rows,
}


def suite_of(name: str, rules: tuple[Rule, ...], rows: int) -> gx.ExpectationSuite:
    """The suite of a form over so many rows. Their number stands in it, because every other expectation passes on no
    rows at all, and would on fewer."""
    expectations = [_BUILDERS[rule.native](rule) for rule in rules]
    expectations.append(gxe.ExpectTableRowCountToEqual(value=rows, meta={"rule": ROWS}))
    return gx.ExpectationSuite(name=name, expectations=expectations)
