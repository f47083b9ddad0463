"""Picks: the parts that speak for a period of an indicator, and which places stand at its edge."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select

from catalogue.fact import OverTime
from catalogue.indicator import Indicator
from transforms.scope import Scope, holds, known_parts, speaks_for, wanted
from warehouse import schema


def picks_of(indicator: Indicator, forms: Collection[str], rule: OverTime, scope: Scope) -> Subquery:
    """part_key (where the facts are), unit_key, as-of, first and last day of the part, and the indicator's period."""
    base, target = schema.dim_period.alias("base"), schema.dim_period.alias("target")
    known = known_parts(scope.last_part)
    picks = (
        select(
            known.c.facts_part_key.label("part_key"),
            known.c.form_code,
            known.c.unit_key,
            known.c.as_of_date,
            base.c.start_date,
            base.c.end_date,
            target.c.period_code,
            (target.c.start_date if rule == "first" else target.c.end_date).label("edge_date"),
        )
        .join(base, base.c.period_code == known.c.period_code)
        .join(target, speaks_for(indicator, target, base))
        .where(known.c.form_code.in_(sorted(forms)), *wanted(target, indicator, scope))
    )
    if indicator.since is not None:
        # A running total stands at the end of every period that has a report of its own.
        own, within = known_parts(scope.last_part).alias("own"), schema.dim_period.alias("within")
        heard = select(own.c.part_key).join(within, within.c.period_code == own.c.period_code)
        picks = picks.where(exists(heard.where(own.c.form_code.in_(sorted(forms)), holds(target, within))))
    if rule == "none":
        # A measure that does not add over time speaks only for its own period.
        return picks.where(target.c.period_code == base.c.period_code).subquery("picks")
    if rule == "sum":
        return picks.subquery("picks")
    every = picks.subquery("every")
    edge = (func.max if rule == "last" else func.min)(every.c.end_date).over(
        partition_by=(every.c.form_code, every.c.unit_key, every.c.period_code)
    )
    ranked = select(every, edge.label("edge")).subquery("ranked")
    return select(ranked).where(ranked.c.end_date == ranked.c.edge).subquery("picks")


def standing_at_the_edge(query: Select[Any], place: ColumnElement[Any], picks: Subquery, scope: Scope) -> Select[Any]:
    """Of a stock at the end (start) of a period, a place takes only what stands below it on that day.

    What an abolished office had pending is in its successor's figures by then: both would be counted twice above them.
    A place that is itself gone by then keeps what it had; on the boundaries of another day its successor has it.
    """
    below, above = schema.dim_hierarchy.alias("standing_below"), schema.dim_hierarchy.alias("standing_above")
    day = picks.c.edge_date

    def stands(alias: Any, key: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(alias.c.entity_key == key, alias.c.distance == 0, day.between(alias.c.valid_from, alias.c.valid_to))

    if scope.on is not None:
        return query.join(below, stands(below, place))
    return (
        query.outerjoin(below, stands(below, place))
        .outerjoin(above, stands(above, schema.dim_hierarchy.c.ancestor_key))
        .where(or_(below.c.entity_key.is_not(None), above.c.entity_key.is_(None)))
    )
