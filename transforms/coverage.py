"""Coverage: how many of the reports that are owed stand, complete, behind a figure."""

from __future__ import annotations

from typing import Any

from sqlalchemy import FromClause, Select, Subquery, and_, case, func, literal, or_, select, union_all

from catalogue.fact import OverTime
from catalogue.indicator import Indicator
from transforms.scope import Scope, excused, first_parts, forms_of, known_parts, over_time_of, speaks_for, wanted
from warehouse import schema


def coverage(indicator: Indicator, scope: Scope) -> Select[Any] | None:
    """entity_key, period_code, received, expected, on_time: complete reports behind a figure, those owed, those that
    first came in time; None: not owed."""
    per_report = reports(indicator, scope)
    if per_report is None:
        return None
    return select(
        per_report.c.entity_key,
        per_report.c.period_code,
        func.sum(per_report.c.received).label("received"),
        func.count().label("expected"),
        func.sum(per_report.c.on_time).label("on_time"),
    ).group_by(per_report.c.entity_key, per_report.c.period_code)


def reports(indicator: Indicator, scope: Scope) -> Subquery | None:
    """The reports that are owed for a figure, one by one: entity_key, period_code, form_code, unit_key,
    reported_period, due_at, received (1 where it stands, complete), on_time (1 where it first came in time); None: not
    owed."""
    terms = indicator.terms
    if indicator.fact is None or not terms or indicator.kind == "published":
        return None
    programme = scope.programme
    fact = programme.fact[indicator.fact]
    forms = sorted({form for term in terms for form in forms_of(programme, fact, term)})
    rules = {over_time_of(fact, term) for term in terms}
    rule: OverTime = "sum" if "sum" in rules else next(iter(sorted(rules)))
    owed, hierarchy = schema.fact_reporting, schema.dim_hierarchy
    base, target = schema.dim_period.alias("base"), schema.dim_period.alias("target")
    current, spared = known_parts(scope.last_part), excused(scope.last_change)
    first = first_parts(scope.last_part, programme.header.time_zone, forms)
    below = hierarchy.alias("below")
    of_unit = hierarchy.alias("of_unit")
    # A report counts for every place above its unit; one that covers a branch also for every place below it.
    up = select(
        hierarchy.c.entity_key.label("unit_key"),
        hierarchy.c.ancestor_key.label("place_key"),
        hierarchy.c.valid_from,
        hierarchy.c.valid_to,
        literal(False).label("covering"),
    )
    down = (
        select(of_unit.c.entity_key, below.c.entity_key, below.c.valid_from, below.c.valid_to, literal(True))
        .join(below, below.c.ancestor_key == of_unit.c.ancestor_key)
        .where(of_unit.c.distance <= 1)
        .where(
            of_unit.c.entity_key.in_(
                select(owed.c.unit_key).where(owed.c.covers_branch).where(owed.c.form_code.in_(forms))
            )
        )
    )
    if not any(programme.form[code].respondents.reports == "branch" for code in forms):
        reach = up.subquery("reach")
    else:
        reach = union_all(up, down).subquery("reach")
    if scope.on is not None:
        reach = _onto(reach, scope.on)
    per_report = (
        select(
            reach.c.place_key.label("entity_key"),
            target.c.period_code,
            owed.c.form_code,
            owed.c.unit_key,
            base.c.end_date,
            func.max(owed.c.period_code).label("reported_period"),
            func.max(owed.c.due_at).label("due_at"),
            func.max(case((current.c.complete, 1), else_=0)).label("received"),
            func.max(case((first.c.day <= owed.c.due_at, 1), else_=0)).label("on_time"),
        )
        .join(base, base.c.period_code == owed.c.period_code)
        .join(target, speaks_for(indicator, target, base))
        .join(
            reach,
            and_(reach.c.unit_key == owed.c.unit_key, owed.c.as_of_date.between(reach.c.valid_from, reach.c.valid_to)),
        )
        .outerjoin(
            current,
            and_(
                current.c.form_code == owed.c.form_code,
                current.c.unit_key == owed.c.unit_key,
                current.c.period_code == owed.c.period_code,
            ),
        )
        .outerjoin(
            first,
            and_(
                first.c.form_code == owed.c.form_code,
                first.c.unit_key == owed.c.unit_key,
                first.c.period_code == owed.c.period_code,
            ),
        )
        .outerjoin(
            spared,
            and_(
                spared.c.form_code == owed.c.form_code,
                spared.c.unit_key == owed.c.unit_key,
                spared.c.period_code == owed.c.period_code,
            ),
        )
        .where(
            owed.c.form_code.in_(forms),
            or_(spared.c.unit_key.is_(None), current.c.complete),
            or_(~reach.c.covering, owed.c.covers_branch),
            *wanted(target, indicator, scope),
        )
        .group_by(reach.c.place_key, target.c.period_code, owed.c.form_code, owed.c.unit_key, base.c.end_date)
    ).subquery("per_report")
    columns = [per_report]
    if rule in ("first", "last"):
        edge = (func.max if rule == "last" else func.min)(per_report.c.end_date).over(
            partition_by=(per_report.c.entity_key, per_report.c.period_code, per_report.c.form_code)
        )
        ranked = select(*columns, edge.label("edge")).subquery("ranked")
        per_report = select(ranked).where(ranked.c.end_date == ranked.c.edge).subquery("at_edge")
    return per_report


def _onto(reach: Subquery, on: FromClause) -> Subquery:
    """Where a report reaches, on the boundaries of another day."""
    return (
        select(
            reach.c.unit_key,
            on.c.target_key.label("place_key"),
            func.greatest(reach.c.valid_from, on.c.valid_from).label("valid_from"),
            func.least(reach.c.valid_to, on.c.valid_to).label("valid_to"),
            reach.c.covering,
        )
        .join(on, and_(on.c.source_key == reach.c.place_key, on.c.valid_from <= reach.c.valid_to))
        .where(on.c.valid_to >= reach.c.valid_from)
        .subquery("reach_onto")
    )
