"""An indicator as SQLAlchemy selects over the warehouse. Nothing is executed here.

A figure is built from the current parts that the release knows (``known``), in three steps: which parts speak for a
period of the indicator (``picks``: all of them, or the first or last of each unit), what their rows say (terms), and
which places lie above the place of a row (``dim_hierarchy``, as of the end of the part's period).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    TEXT,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from catalogue.fact import Fact, OverTime
from catalogue.indicator import Indicator, Term
from transforms.condition import beside_versions, condition, versions_of
from transforms.index import index
from transforms.picks import picks_of, standing_at_the_edge
from transforms.reporting import reporting
from transforms.scope import Scope, forms_of, over_time_of
from transforms.units import gap, share
from warehouse import schema
from warehouse.facts import dimension_columns
from warehouse.schema import AMOUNT

_ELSEWHERE: Final[Mapping[str, Callable[[Indicator, Fact, Scope], Select[Any]]]] = {
    "share": share,
    "gap": gap,
    "index": index,
}


def figures(indicator: Indicator, scope: Scope) -> Select[Any]:
    """entity_key, period_code, numerator, denominator, approx, of_n, versions: one row per place and period."""
    if indicator.kind == "reports":
        return reporting(indicator, scope)
    if indicator.fact is None:
        raise ValueError(f"{indicator.indicator} of kind {indicator.kind} is not computed from a fact")
    fact = scope.programme.fact[indicator.fact]
    if indicator.kind == "published":
        return _published(indicator, fact, scope)
    if indicator.kind in _ELSEWHERE:
        return _ELSEWHERE[indicator.kind](indicator, fact, scope)
    pieces = [_term(indicator, fact, term, scope, "numerator") for term in indicator.numerator]
    pieces += [_term(indicator, fact, term, scope, "denominator") for term in indicator.denominator]
    if indicator.kind in ("count", "distinct") and not indicator.denominator:
        pieces += [_nothing_reported(indicator, fact, term, scope) for term in indicator.numerator]
    lines = union_all(*pieces).subquery("lines")
    has_denominator = bool(indicator.denominator)
    return (
        select(
            lines.c.entity_key,
            lines.c.period_code,
            func.sum(lines.c.numerator).label("numerator"),
            (func.sum(lines.c.denominator) if has_denominator else cast(null(), AMOUNT)).label("denominator"),
            cast(null(), schema.dim_indicator.c.unit.type).label("approx"),
            cast(null(), schema.dim_indicator.c.definition_version.type).label("of_n"),
            literal(1).label("versions"),
        )
        .group_by(lines.c.entity_key, lines.c.period_code)
        .having(func.sum(lines.c.numerator).is_not(None))
    )


def _term(indicator: Indicator, fact: Fact, term: Term, scope: Scope, side: str) -> Select[Any]:
    """entity_key, period_code, numerator, denominator of one term, per place."""
    if term.once_by:
        return _once(indicator, fact, term, scope, side)
    rule = over_time_of(fact, term)
    picks = picks_of(indicator, forms_of(scope.programme, fact, term), rule, scope)
    leaf = _per_place(indicator, fact, term, picks, scope)
    query = _rolled_up(leaf, leaf.c.place_key, func.sum(leaf.c.amount) * term.sign, picks, rule, side, scope)
    measure = fact.measure(term.measure) if term.measure else None
    alone = measure is not None and measure.over_place == "none"
    return query.where(schema.dim_hierarchy.c.distance == 0) if alone and scope.on is None else query


def _rolled_up(
    rows: FromClause,
    place: ColumnElement[Any],
    amount: ColumnElement[Any],
    picks: Subquery,
    rule: OverTime,
    side: str,
    scope: Scope,
) -> Select[Any]:
    """entity_key, period_code, numerator, denominator: an amount of rows (which bear a part_key) at every place above
    theirs."""
    hierarchy = scope.above
    both: dict[str, ColumnElement[Any]] = {"numerator": cast(null(), AMOUNT), "denominator": cast(null(), AMOUNT)}
    both[side] = cast(amount, AMOUNT)
    query = (
        select(
            hierarchy.c.ancestor_key.label("entity_key"),
            picks.c.period_code,
            both["numerator"].label("numerator"),
            both["denominator"].label("denominator"),
        )
        .select_from(rows)
        .join(picks, picks.c.part_key == rows.c.part_key)
        .join(
            hierarchy,
            and_(
                hierarchy.c.entity_key == place,
                picks.c.as_of_date.between(hierarchy.c.valid_from, hierarchy.c.valid_to),
            ),
        )
        .group_by(hierarchy.c.ancestor_key, picks.c.period_code)
    )
    return standing_at_the_edge(query, place, picks, scope) if rule in ("first", "last") else query


def _once(indicator: Indicator, fact: Fact, term: Term, scope: Scope, side: str) -> Select[Any]:
    """The same of a term that counts things several units report: different ones, anew at every place.

    What two units below a place share counts once there, and once for each of the two. A row that lacks one of the
    columns is a thing of its own, and among what is ``distinct`` no thing at all.
    """
    rule, table = over_time_of(fact, term), scope.tables[f"fact_{fact.fact}"]
    picks = picks_of(indicator, forms_of(scope.programme, fact, term), rule, scope)
    versions = versions_of(fact, scope) if any(one.attribute for one in term.where) else None
    place = table.c[f"{fact.place}_key"]
    columns = [table.c[dimension_columns(one)[0]] for one in fact.dimensions if one.dimension in term.once_by]
    row = [table.c.part_key, table.c.source_sheet, table.c.source_row]
    alone = None if indicator.kind == "distinct" else _joined(row)
    told = case((and_(*[column.is_not(None) for column in columns]), _joined(columns)), else_=alone)
    conditions = [condition(fact, table, picks, versions, one) for one in term.where]
    amount = func.count((case((and_(*conditions), told)) if conditions else told).distinct())
    query = _rolled_up(table, place, amount * term.sign, picks, rule, side, scope)
    return query if versions is None else beside_versions(query, versions, place, picks.c.as_of_date)


def _joined(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """Columns as one text, with a character between them that no cell has."""
    pieces: list[ColumnElement[str]] = []
    for column in columns:
        pieces += [literal("\x1f"), cast(column, TEXT)]
    return func.concat(*pieces)


def _per_place(indicator: Indicator, fact: Fact, term: Term, picks: Subquery, scope: Scope) -> Subquery:
    """place_key, part_key, amount: a term added up per place and part, before anything is rolled up, so that rolling up
    costs as much as there are places and not as there are rows.

    Only of the parts that speak for a period (``picks``): what is computed again costs as much as those have rows."""
    table = scope.tables[f"fact_{fact.fact}"]
    place = table.c[f"{fact.place}_key"]
    # A part may speak for a month and for its quarter.
    spans = (
        select(picks.c.part_key, picks.c.as_of_date, picks.c.start_date, picks.c.end_date).distinct().subquery("spans")
    )
    versions = versions_of(fact, scope) if any(one.attribute for one in term.where) else None
    amount: ColumnElement[Any] = table.c[term.measure] if term.measure else literal(1)
    conditions = [condition(fact, table, spans, versions, one) for one in term.where]
    # A row that does not meet the conditions counts 0, not nothing: a place that reports none has a figure, 0.
    value = case((and_(*conditions), amount), else_=0) if conditions else amount
    query = (
        select(place.label("place_key"), table.c.part_key, func.sum(value).label("amount"))
        .join(spans, spans.c.part_key == table.c.part_key)
        .where(*[table.c[name].is_not(None) for name in measures_together(indicator, term)])
        .group_by(place, table.c.part_key)
    )
    if versions is not None:
        query = beside_versions(query, versions, place, spans.c.as_of_date)
    return query.subquery("leaf")


def measures_together(indicator: Indicator, term: Term) -> list[str]:
    """The measures that a row must all bear to count. A ratio takes a row only where both its sides are known."""
    if indicator.kind != "ratio":
        return []
    measures = {one.measure for one in (*indicator.numerator, *indicator.denominator) if one.measure}
    same_rule = len({(one.over_time, one.forms) for one in (*indicator.numerator, *indicator.denominator)}) == 1
    return sorted(measures) if same_rule else [term.measure] if term.measure else []


def _nothing_reported(indicator: Indicator, fact: Fact, term: Term, scope: Scope) -> Select[Any]:
    """A zero for every unit that reported, though it had nothing to report, and for the places above it."""
    picks = picks_of(indicator, forms_of(scope.programme, fact, term), over_time_of(fact, term), scope)
    hierarchy = scope.above
    zero = cast(literal(0), AMOUNT)
    return select(
        hierarchy.c.ancestor_key.label("entity_key"),
        picks.c.period_code,
        zero.label("numerator"),
        zero.label("denominator"),
    ).join(
        hierarchy,
        and_(
            hierarchy.c.entity_key == picks.c.unit_key,
            picks.c.as_of_date.between(hierarchy.c.valid_from, hierarchy.c.valid_to),
        ),
    )


def _published(indicator: Indicator, fact: Fact, scope: Scope) -> Select[Any]:
    """A value that was published: never added, never averaged. Two different ones are no figure (``versions`` > 1)."""
    table = scope.tables[f"fact_{fact.fact}"]
    term = indicator.numerator[0]
    picks = picks_of(indicator, forms_of(scope.programme, fact, term), "none", scope)
    if term.measure is None:
        raise ValueError(f"{indicator.indicator}: a published value names its measure")
    value, place = table.c[term.measure], table.c[f"{fact.place}_key"]
    approx = func.max(table.c[indicator.approx]) if indicator.approx else cast(null(), schema.dim_indicator.c.unit.type)
    of_n = (
        func.max(table.c[indicator.of_n])
        if indicator.of_n
        else cast(null(), schema.dim_indicator.c.definition_version.type)
    )
    return (
        select(
            place.label("entity_key"),
            picks.c.period_code,
            cast(func.max(value), AMOUNT).label("numerator"),
            cast(null(), AMOUNT).label("denominator"),
            approx.label("approx"),
            of_n.label("of_n"),
            func.count(value.distinct()).label("versions"),
        )
        .select_from(table)
        .join(picks, picks.c.part_key == table.c.part_key)
        .where(value.is_not(None), *[condition(fact, table, picks, None, one) for one in term.where])
        .where(*_as_it_was(fact, table, picks))
        .group_by(place, picks.c.period_code)
    )


def _as_it_was(fact: Fact, table: FromClause, picks: Subquery) -> list[ColumnElement[bool]]:
    """Leaves out rows on the boundaries of a day after their period: of a place that bears the code then, not of this
    one (``transforms.restate``)."""
    if fact.boundaries is None:
        return []
    stated = table.c[fact.boundaries]
    later = and_(stated.like("____-__-__"), stated > cast(picks.c.end_date, TEXT))
    return [or_(stated.is_(None), ~later)]
