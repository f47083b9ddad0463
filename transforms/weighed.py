"""The rows behind figures that are no plain sum of rows: shares of units, gaps between two sources, indices.

The same columns as ``transforms.explain.rows_behind``. What a unit adds to a side stands in one of its rows, so that
the sum over a side is the figure's numerator or denominator; ``stated`` is what each row says by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    TEXT,
    ColumnElement,
    Integer,
    Select,
    SelectBase,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from catalogue.fact import Fact
from catalogue.indicator import Indicator, Term
from transforms.condition import beside_versions, condition, versions_of
from transforms.picks import picks_of, standing_at_the_edge
from transforms.scope import Scope, forms_of, over_time_of
from transforms.units import pairs_of, ratios_of, reaches, told_apart
from warehouse.schema import AMOUNT


def sides(indicator: Indicator) -> dict[str, tuple[Term, ...]]:
    """The terms on each side of a figure, in order. Both sources of a ``gap`` are on its numerator, as what lies
    between them; of one over the ``larger``, both are on its denominator."""
    if indicator.kind != "gap":
        return {"numerator": indicator.numerator, "denominator": indicator.denominator}
    both = (*indicator.numerator, *indicator.against)
    if indicator.gap == "larger":
        return {"numerator": indicator.numerator, "denominator": both}
    return {"numerator": both, "denominator": indicator.numerator}


def weighed_rows(indicator: Indicator, fact: Fact, scope: Scope) -> SelectBase:
    """The rows behind a share, a gap or an index, with what they add to it."""
    pieces = {"share": _share, "gap": _gap, "index": _index}[indicator.kind](indicator, fact, scope)
    return union_all(*pieces)


def _share(indicator: Indicator, fact: Fact, scope: Scope) -> list[Select[Any]]:
    """Each unit counts 1 below, and 1 or 0 above, in the first of its rows."""
    ratios = ratios_of(indicator, fact, scope)
    rule_of = (*indicator.numerator, *indicator.denominator)[0]
    pieces = []
    for side, terms in sides(indicator).items():
        for number, term in enumerate(terms, 1):
            rows = _stated(indicator, fact, term, rule_of, scope)
            names = ["place_key", "period_code", *(f"unit_{one}" for one in range(len(indicator.unit_by)))]
            keys = [rows.c[name] for name in names]
            first = func.row_number().over(partition_by=keys, order_by=_order(rows)) == 1
            counts = literal(1) if side == "denominator" else reaches(indicator, ratios)
            amount = case((first, counts), else_=0) if number == 1 else literal(0)
            same = and_(*[rows.c[name] == ratios.c[name] for name in names])
            found = select(rows, cast(amount, AMOUNT).label("amount")).join(ratios, same)
            weighed = found.where(ratios.c.amount_1 > 0).subquery("weighed")
            pieces.append(_above(indicator, fact, side, number, term, weighed, scope))
    return pieces


def _gap(indicator: Indicator, fact: Fact, scope: Scope) -> list[Select[Any]]:
    """Each row counts as much as it says, on the side and with the sign that its unit's gap gives it."""
    pieces = []
    for side, terms in sides(indicator).items():
        for number, term in enumerate(terms, 1):
            is_first = number <= len(indicator.numerator)
            rule_of = (indicator.numerator if is_first else indicator.against)[0]
            rows, pairs = _stated(indicator, fact, term, rule_of, scope), pairs_of(indicator, fact, scope)
            more = pairs.c.first >= pairs.c.second
            if indicator.gap == "larger":
                kept = more if is_first else ~more
                weight = case((kept, 1), else_=0) if side == "denominator" else literal(1)
            elif side == "denominator":
                weight = literal(1)
            else:
                weight = case((more, 1 if is_first else -1), else_=-1 if is_first else 1)
            names = ("place_key", "period_code", "start_date", "end_date")
            same = and_(*[rows.c[name] == pairs.c[name] for name in names])
            amount = cast(rows.c.stated * weight, AMOUNT).label("amount")
            weighed = select(rows, amount).join(pairs, same).subquery("weighed")
            pieces.append(_above(indicator, fact, side, number, term, weighed, scope))
    return pieces


def _index(indicator: Indicator, fact: Fact, scope: Scope) -> list[Select[Any]]:
    """Each row counts what it says by its weight; of a component that several rows tell alike, the first."""
    pieces = []
    for side, terms in sides(indicator).items():
        for number, term in enumerate(terms, 1):
            rows = _stated(indicator, fact, term, term, scope)
            amount: ColumnElement[Any] = rows.c.stated * literal(term.weight)
            if indicator.maximum is not None:
                keys = [rows.c.place_key, rows.c.period_code]
                first = func.row_number().over(partition_by=keys, order_by=_order(rows))
                amount = case((first == 1, amount), else_=0)
            weighed = select(rows, cast(amount, AMOUNT).label("amount")).subquery("weighed")
            columns = _columns(indicator, fact, side, number, term, weighed.c.place_key, weighed)
            pieces.append(select(*columns))
    return pieces


def _stated(indicator: Indicator, fact: Fact, term: Term, rule_of: Term, scope: Scope) -> Subquery:
    """What each row says that a term counts, with the part's days; unit_0, ... tell the units of its place apart.

    ``rule_of`` is the term whose rule over time and forms choose the parts.
    """
    table = scope.tables[f"fact_{fact.fact}"]
    picks = picks_of(indicator, forms_of(scope.programme, fact, rule_of), over_time_of(fact, rule_of), scope)
    versions = versions_of(fact, scope) if any(one.attribute for one in term.where) else None
    place = table.c[f"{fact.place}_key"]
    measure: ColumnElement[Any] = table.c[term.measure] if term.measure else literal(1)
    apart = told_apart(fact, table, indicator.unit_by) if indicator.kind == "share" else []
    query = (
        select(
            place.label("place_key"),
            *[picks.c[name] for name in ("period_code", "start_date", "end_date", "as_of_date", "edge_date")],
            table.c.part_key,
            table.c.source_sheet,
            table.c.source_row,
            cast(measure * term.sign, AMOUNT).label("stated"),
            *[column.label(f"unit_{number}") for number, column in enumerate(apart)],
        )
        .select_from(table)
        .join(picks, picks.c.part_key == table.c.part_key)
        .where(
            *[column.is_not(None) for column in (*apart, *([measure] if term.measure else []))],
            *[condition(fact, table, picks, versions, one) for one in term.where],
        )
    )
    if versions is not None:
        query = beside_versions(query, versions, place, picks.c.as_of_date)
    return query.subquery("stated_row")


def _above(
    indicator: Indicator, fact: Fact, side: str, number: int, term: Term, rows: Subquery, scope: Scope
) -> Select[Any]:
    """The rows at every place above theirs."""
    hierarchy = scope.above
    held = rows.c.as_of_date.between(hierarchy.c.valid_from, hierarchy.c.valid_to)
    columns = _columns(indicator, fact, side, number, term, hierarchy.c.ancestor_key, rows)
    query = select(*columns).select_from(rows).join(hierarchy, and_(hierarchy.c.entity_key == rows.c.place_key, held))
    edged = over_time_of(fact, indicator.numerator[0]) in ("first", "last")
    return standing_at_the_edge(query, rows.c.place_key, rows, scope) if edged else query


def _columns(
    indicator: Indicator, fact: Fact, side: str, number: int, term: Term, entity: ColumnElement[Any], rows: Subquery
) -> Sequence[ColumnElement[Any]]:
    return (
        literal(indicator.indicator).label("indicator_code"),
        entity.label("entity_key"),
        rows.c.period_code,
        literal(side).label("side"),
        literal(number, Integer).label("term_no"),
        (literal(term.measure) if term.measure else cast(null(), TEXT)).label("measure"),
        literal(over_time_of(fact, term)).label("over_time"),
        rows.c.place_key,
        rows.c.part_key,
        rows.c.source_sheet,
        rows.c.source_row,
        rows.c.amount,
        rows.c.stated,
    )


def _order(rows: Subquery) -> tuple[ColumnElement[Any], ...]:
    return (rows.c.part_key, rows.c.source_sheet, rows.c.source_row)
