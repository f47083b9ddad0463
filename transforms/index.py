"""Indices: components with weights over what could be reached, of each place's own rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, literal, null, or_, select, union_all

from catalogue.fact import Fact
from catalogue.indicator import Indicator, Term
from transforms.condition import condition
from transforms.picks import picks_of
from transforms.scope import Scope, forms_of, over_time_of
from warehouse import schema
from warehouse.schema import AMOUNT


def index(indicator: Indicator, fact: Fact, scope: Scope) -> Select[Any]:
    """The columns of ``transforms.indicate.figures``; the numerator is empty where a component is missing.

    With a ``maximum`` each term is one component, which has one value: where two differ, choosing one would be a guess
    (``versions`` > 1). Without, each row is a component, and the denominator adds up what its rows could reach.
    """
    if indicator.maximum is None:
        return _of_rows(indicator, fact, scope)
    terms = indicator.numerator
    components = [_component(indicator, fact, term, scope) for term in terms]
    lines = union_all(*components).subquery("lines")
    numerator = case((func.count() == len(terms), func.sum(lines.c.amount)))
    return _figures(
        select(
            lines.c.entity_key,
            lines.c.period_code,
            cast(numerator, AMOUNT).label("numerator"),
            cast(literal(indicator.maximum), AMOUNT).label("denominator"),
            *_nothing_else(),
            func.max(lines.c.versions).label("versions"),
        ),
        lines.c.entity_key,
        lines.c.period_code,
    )


def _component(indicator: Indicator, fact: Fact, term: Term, scope: Scope) -> Select[Any]:
    """entity_key, period_code, amount, versions: the weighted value of one component."""
    table = scope.tables[f"fact_{fact.fact}"]
    picks = picks_of(indicator, forms_of(scope.programme, fact, term), over_time_of(fact, term), scope)
    value, place = table.c[term.measure or ""], table.c[f"{fact.place}_key"]
    return _figures(
        select(
            place.label("entity_key"),
            picks.c.period_code,
            cast(func.max(value) * literal(term.weight), AMOUNT).label("amount"),
            func.count(value.distinct()).label("versions"),
        )
        .select_from(table)
        .join(picks, picks.c.part_key == table.c.part_key)
        .where(value.is_not(None), *[condition(fact, table, picks, None, one) for one in term.where]),
        place,
        picks.c.period_code,
    )


def _of_rows(indicator: Indicator, fact: Fact, scope: Scope) -> Select[Any]:
    """Rows that are components: their points by weight over the points they could reach."""
    table, first = scope.tables[f"fact_{fact.fact}"], indicator.numerator[0]
    picks = picks_of(indicator, forms_of(scope.programme, fact, first), over_time_of(fact, first), scope)
    place = table.c[f"{fact.place}_key"]
    unknown: list[ColumnElement[bool]] = []

    def added(terms: tuple[Term, ...]) -> ColumnElement[Any]:
        pieces: list[ColumnElement[Any]] = []
        for term in terms:
            value = table.c[term.measure or ""]
            conditions = [condition(fact, table, picks, None, one) for one in term.where]
            unknown.append(and_(*conditions, value.is_(None)))
            kept = case((and_(*conditions), value), else_=0) if conditions else value
            pieces.append(func.sum(kept) * literal(term.weight))
        return sum(pieces[1:], start=pieces[0])

    numerator, denominator = added(indicator.numerator), added(indicator.denominator)
    known = func.count(case((or_(*unknown), 1))) == 0
    return _figures(
        select(
            place.label("entity_key"),
            picks.c.period_code,
            cast(case((known, numerator)), AMOUNT).label("numerator"),
            cast(denominator, AMOUNT).label("denominator"),
            *_nothing_else(),
            literal(1).label("versions"),
        )
        .select_from(table)
        .join(picks, picks.c.part_key == table.c.part_key),
        place,
        picks.c.period_code,
    )


def _nothing_else() -> list[ColumnElement[Any]]:
    return [
        cast(null(), schema.dim_indicator.c.unit.type).label("approx"),
        cast(null(), schema.dim_indicator.c.definition_version.type).label("of_n"),
    ]


def _figures(query: Select[Any], *by: ColumnElement[Any]) -> Select[Any]:
    return query.group_by(*by)
