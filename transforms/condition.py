"""Conditions of a term as SQL: which rows of a fact it counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BIGINT, NUMERIC, ColumnElement, Select, Subquery, Table, and_, cast, func, literal, or_, select

from catalogue.fact import Fact
from catalogue.indicator import Condition, Share
from transforms.scope import Scope


def condition(
    fact: Fact, table: Table, spans: Subquery, versions: Subquery | None, one: Condition
) -> ColumnElement[bool]:
    """A condition of a term as SQL."""
    if one.attribute is not None and versions is not None:
        return func.coalesce(versions.c[one.attribute].in_(one.one_of or ()), False)
    if one.any_of:
        return or_(*[table.c[name] for name in one.any_of])
    if one.sum_of:
        return sum((func.coalesce(table.c[name], 0) for name in one.sum_of), literal(0)) >= one.at_least
    if one.ends_in_period:
        return table.c[one.ends_in_period].between(spans.c.start_date, spans.c.end_date)
    if one.active_at_end:
        begun, ended = (table.c[name] for name in one.active_at_end)
        return and_(begun <= spans.c.end_date, or_(ended.is_(None), ended > spans.c.end_date))
    if one.share:
        return _reaches(table, one.share)
    return _column(fact, table, one)


def _column(fact: Fact, table: Table, one: Condition) -> ColumnElement[bool]:
    """The column of a dimension, whatever its type, is one of some codes (or a flag is true)."""
    dimension = fact.dimension(one.column or "")
    if dimension is None:
        raise ValueError(f"fact {fact.fact} has no dimension {one.column}")
    if dimension.type == "flag":
        return table.c[dimension.dimension].is_(True)
    if dimension.type == "codes":
        held = literal(";") + table.c[f"{dimension.dimension}_codes"] + literal(";")
        return or_(*[held.like(f"%;{code};%") for code in one.one_of or ()])
    suffix = "" if dimension.type in ("text", "date") else "_code"
    return table.c[dimension.dimension + suffix].in_(one.one_of or ())


def versions_of(fact: Fact, scope: Scope) -> Subquery:
    """The versions of a fact's places, each with its code, its event and the first day of the next."""
    dimension = fact.dimension(fact.place or "")
    register = scope.programme.register_named[(dimension.register_name if dimension else None) or ""]
    table, key = scope.tables[f"dim_{register.entity}"], f"{register.entity}_key"
    following = func.lead(table.c.valid_from).over(partition_by=table.c[key], order_by=table.c.valid_from)
    code = table.c[f"{register.entity}_code"].label("code")
    columns = (table.c[key].label("place_key"), code, table.c.event, table.c.level, table.c.type, table.c.valid_from)
    return select(*columns, following.label("following")).subquery("versions")


def beside_versions(
    query: Select[Any], versions: Subquery, place: ColumnElement[Any], day: ColumnElement[Any]
) -> Select[Any]:
    """Rows beside the version of their place that held on a day, for conditions on its attributes."""
    return query.outerjoin(versions, and_(versions.c.place_key == place, held_on(versions, day)))


def held_on(versions: Subquery, day: ColumnElement[Any] | date) -> ColumnElement[bool]:
    """A version is the one of its entity on a day."""
    return and_(versions.c.valid_from <= day, or_(versions.c.following.is_(None), versions.c.following > day))


def _reaches(table: Table, share: Share) -> ColumnElement[bool]:
    """A quotient of two counts, rounded half-up where declared, reaches a third: by cross-multiplication, no division.

    round(n / d, k) >= t  is  floor((2 n 10^k + d) / 2 d) >= ceil(t 10^k)  is  2 n 10^k + d >= 2 d ceil(t 10^k).
    """
    n, d = table.c[share.numerator], table.c[share.denominator]
    t: ColumnElement[Decimal] = cast(table.c[share.at_least], NUMERIC(18, 6))
    if share.decimals is None:
        return and_(d > 0, cast(n, NUMERIC(18, 0)) >= t * cast(d, NUMERIC(18, 0)))
    scale = 10**share.decimals
    return and_(d > 0, n * (2 * scale) + d >= d * 2 * cast(func.ceil(t * scale), BIGINT))
