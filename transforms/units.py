"""Indicators that look at each unit before anything is added up: shares of units, gaps between two sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Table, and_, case, cast, func, literal, null, or_, select

from catalogue.fact import Fact
from catalogue.indicator import Indicator, Term
from transforms.condition import beside_versions, condition, versions_of
from transforms.picks import picks_of, standing_at_the_edge
from transforms.scope import Scope, forms_of, over_time_of
from warehouse import schema
from warehouse.facts import dimension_columns
from warehouse.schema import AMOUNT


def share(indicator: Indicator, fact: Fact, scope: Scope) -> Select[Any]:
    """Units whose own ratio reaches ``at_least``, over units that have one; compared by cross-multiplication.

    A unit is a place, or what ``unit_by`` tells apart at it. One with nothing to be measured by (a denominator of 0) is
    not among them.
    """
    ratios = ratios_of(indicator, fact, scope)
    return _rolled_up(
        indicator, fact, scope, ratios, func.sum(reaches(indicator, ratios)), func.count(), ratios.c.amount_1 > 0
    )


def ratios_of(indicator: Indicator, fact: Fact, scope: Scope) -> Subquery:
    """What each unit of a ``share`` is measured by: amount_0 over amount_1; unit_0, unit_1, ... tell units of a place
    apart."""
    return _per_unit(indicator, fact, scope, (indicator.numerator, indicator.denominator), indicator.unit_by)


def reaches(indicator: Indicator, ratios: Subquery) -> ColumnElement[int]:
    """1 where a unit's own ratio reaches what the ``share`` asks, else 0."""
    wanted = cast(literal(indicator.at_least), AMOUNT)
    return case((ratios.c.amount_0 >= wanted * ratios.c.amount_1, 1), else_=0)


def gap(indicator: Indicator, fact: Fact, scope: Scope) -> Select[Any]:
    """Two sources unit by unit and period by period: absolute differences over the first, or the first over the larger.

    A unit of which one source says nothing is not compared: what is missing is not zero.
    """
    pairs = pairs_of(indicator, fact, scope)
    larger = case((pairs.c.first >= pairs.c.second, pairs.c.first), else_=pairs.c.second)
    if indicator.gap == "larger":
        return _rolled_up(indicator, fact, scope, pairs, func.sum(pairs.c.first), func.sum(larger))
    apart = func.abs(pairs.c.first - pairs.c.second)
    return _rolled_up(indicator, fact, scope, pairs, func.sum(apart), func.sum(pairs.c.first))


def pairs_of(indicator: Indicator, fact: Fact, scope: Scope) -> Subquery:
    """What both sources of a ``gap`` say of each unit and period of a part: place_key, period_code, start_date,
    end_date, as_of_date, edge_date, first, second."""
    one = _per_unit(indicator, fact, scope, (indicator.numerator,), (), name="one")
    other = _per_unit(indicator, fact, scope, (indicator.against,), (), name="other")
    same = and_(*[one.c[name] == other.c[name] for name in ("place_key", "period_code", "start_date", "end_date")])
    first, second = one.c.amount_0, other.c.amount_0
    names = ("place_key", "period_code", "start_date", "end_date", "as_of_date", "edge_date")
    both = select(*[one.c[name] for name in names], first.label("first"), second.label("second")).join(other, same)
    return both.subquery("pairs")


def told_apart(fact: Fact, table: Table, unit_by: Sequence[str]) -> list[ColumnElement[Any]]:
    """The columns that tell the units of a place apart."""
    return [table.c[dimension_columns(one)[0]] for one in fact.dimensions if one.dimension in unit_by]


def _per_unit(
    indicator: Indicator,
    fact: Fact,
    scope: Scope,
    sides: Sequence[tuple[Term, ...]],
    unit_by: Sequence[str],
    name: str = "units",
) -> Subquery:
    """place_key, period_code, start and end of what was added up, as_of_date, edge_date, amount_0, amount_1, ...: each
    side of every unit. A ``gap`` keeps each part's own period; a ``share`` adds those of the indicator's period.

    Units of which a row does not say one of the measures are left out.
    """
    terms = [term for side in sides for term in side]
    rule, table = over_time_of(fact, terms[0]), scope.tables[f"fact_{fact.fact}"]
    picks = picks_of(indicator, forms_of(scope.programme, fact, terms[0]), rule, scope)
    versions = versions_of(fact, scope) if any(one.attribute for term in terms for one in term.where) else None
    place = table.c[f"{fact.place}_key"]
    apart = told_apart(fact, table, unit_by)
    amounts: list[ColumnElement[Any]] = []
    silent: list[ColumnElement[bool]] = []
    for side in sides:
        pieces: list[ColumnElement[Any]] = []
        for term in side:
            measure: ColumnElement[Any] = table.c[term.measure] if term.measure else literal(1)
            conditions = [condition(fact, table, picks, versions, one) for one in term.where]
            pieces.append(func.sum(case((and_(*conditions), measure), else_=0) if conditions else measure) * term.sign)
            if term.measure:
                silent.append(and_(*conditions, measure.is_(None)))
        amounts.append(sum(pieces[1:], start=pieces[0]))
    own = [picks.c.start_date, picks.c.end_date] if indicator.kind == "gap" else []
    query = (
        select(
            place.label("place_key"),
            picks.c.period_code,
            *[func.min(picks.c.start_date).label("start_date"), func.max(picks.c.end_date).label("end_date")],
            func.max(picks.c.as_of_date).label("as_of_date"),
            func.max(picks.c.edge_date).label("edge_date"),
            *[cast(amount, AMOUNT).label(f"amount_{number}") for number, amount in enumerate(amounts)],
            *[column.label(f"unit_{number}") for number, column in enumerate(apart)],
        )
        .select_from(table)
        .join(picks, picks.c.part_key == table.c.part_key)
        .where(*[column.is_not(None) for column in apart])
        .group_by(place, picks.c.period_code, *apart, *own)
    )
    if silent:
        query = query.having(func.count(case((or_(*silent), 1))) == 0)
    if versions is not None:
        query = beside_versions(query, versions, place, picks.c.as_of_date)
    return query.subquery(name)


def _rolled_up(
    indicator: Indicator,
    fact: Fact,
    scope: Scope,
    rows: Subquery,
    numerator: ColumnElement[Any],
    denominator: ColumnElement[Any],
    *only: ColumnElement[bool],
) -> Select[Any]:
    """The columns of ``transforms.indicate.figures``: amounts of units at every place above them."""
    hierarchy = scope.above
    query = (
        select(
            hierarchy.c.ancestor_key.label("entity_key"),
            rows.c.period_code,
            cast(numerator, AMOUNT).label("numerator"),
            cast(denominator, AMOUNT).label("denominator"),
            cast(null(), schema.dim_indicator.c.unit.type).label("approx"),
            cast(null(), schema.dim_indicator.c.definition_version.type).label("of_n"),
            literal(1).label("versions"),
        )
        .select_from(rows)
        .join(
            hierarchy,
            and_(
                hierarchy.c.entity_key == rows.c.place_key,
                rows.c.as_of_date.between(hierarchy.c.valid_from, hierarchy.c.valid_to),
            ),
        )
        .where(*only)
        .group_by(hierarchy.c.ancestor_key, rows.c.period_code)
    )
    edged = over_time_of(fact, indicator.numerator[0]) in ("first", "last")
    return standing_at_the_edge(query, rows.c.place_key, rows, scope) if edged else query
