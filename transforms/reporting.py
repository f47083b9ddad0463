"""Indicators of reporting itself: reports in time and complete over those due, rows in quarantine over all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import DATE, ColumnElement, Interval, Select, and_, case, cast, func, literal, null, or_, select

from catalogue.indicator import Indicator
from transforms.scope import Scope, excused, holds, known_parts, local_day, reported_forms, wanted
from warehouse import schema
from warehouse.schema import AMOUNT


def reporting(indicator: Indicator, scope: Scope) -> Select[Any]:
    """The columns of ``transforms.indicate.figures``, for every place above the units that report."""
    reports = reports_behind(indicator, scope).subquery("reports")
    return select(
        reports.c.entity_key,
        reports.c.period_code,
        cast(func.sum(reports.c.numerator), AMOUNT).label("numerator"),
        cast(func.sum(reports.c.denominator), AMOUNT).label("denominator"),
        cast(null(), schema.dim_indicator.c.unit.type).label("approx"),
        cast(null(), schema.dim_indicator.c.definition_version.type).label("of_n"),
        literal(1).label("versions"),
    ).group_by(reports.c.entity_key, reports.c.period_code)


def reports_behind(indicator: Indicator, scope: Scope) -> Select[Any]:
    """The reports that a figure counts, one row per report and place above its unit: indicator_code, entity_key,
    period_code, form_code, unit_key, reported_period, as_of_date, due_at, part_key, numerator, denominator.

    ``part_key`` is the part that decides: the first that came, or the one that counts; empty where none came.
    """
    return _rows_in_error(indicator, scope) if indicator.reports == "in_error" else _reports_due(indicator, scope)


def owing(indicator: Indicator, scope: Scope) -> Select[Any]:
    """entity_key, period_code: the places below which a report is owed that the indicator is about."""
    owed, base, target = schema.fact_reporting, schema.dim_period.alias("base"), schema.dim_period.alias("target")
    above = scope.above
    held = owed.c.as_of_date.between(above.c.valid_from, above.c.valid_to)
    return (
        select(above.c.ancestor_key.label("entity_key"), target.c.period_code)
        .distinct()
        .select_from(owed)
        .join(base, base.c.period_code == owed.c.period_code)
        .join(target, holds(target, base))
        .join(above, and_(above.c.entity_key == owed.c.unit_key, held))
        .where(
            owed.c.form_code.in_(sorted(reported_forms(scope.programme, indicator))),
            *wanted(target, indicator, scope),
        )
    )


def watermark(last_part: int | ColumnElement[int]) -> Select[Any]:
    """When the newest part that is known came, UTC. A report is due once something has come after its last day: so the
    same parts tell the same, whatever the clock says."""
    part = schema.dim_part
    return select(func.max(part.c.received_at)).where(part.c.part_key <= last_part)


def fallen_due_after(last_part: int) -> Select[Any]:
    """form_code, period_code of the reports that fell due between what a part knew and now, and a day around them."""
    owed, part = schema.fact_reporting, schema.dim_part
    before, now = watermark(last_part).scalar_subquery(), select(func.max(part.c.received_at)).scalar_subquery()
    day = literal(timedelta(days=1), Interval())
    return select(owed.c.form_code, owed.c.period_code).distinct().where(owed.c.due_at.between(before - day, now + day))


def _reports_due(indicator: Indicator, scope: Scope) -> Select[Any]:
    """Reports of which the first came in time, or the last is complete, over those due.

    A correction does not make a report late, and a report is in time though rows of it are in quarantine. One that was
    waived, or is not owed any more, counts only where it came so.
    """
    owed, part, zone = schema.fact_reporting, schema.dim_part, scope.programme.header.time_zone
    current, hierarchy = known_parts(scope.last_part), scope.above
    spared = excused(scope.last_change)
    base, target = schema.dim_period.alias("base"), schema.dim_period.alias("target")
    names = ("form_code", "unit_key", "period_code")
    first = (
        select(
            *[part.c[name] for name in names],
            func.min(part.c.received_at).label("received_at"),
            func.min(part.c.part_key).label("part_key"),
        )
        .where(part.c.part_key <= scope.last_part)
        .group_by(*[part.c[name] for name in names])
        .subquery("first")
    )
    good = (
        func.coalesce(local_day(first.c.received_at, zone) <= owed.c.due_at, False)
        if indicator.reports == "on_time"
        else func.coalesce(current.c.complete, False)
    )
    decides = first if indicator.reports == "on_time" else current
    return (
        select(
            literal(indicator.indicator).label("indicator_code"),
            hierarchy.c.ancestor_key.label("entity_key"),
            target.c.period_code,
            owed.c.form_code,
            owed.c.unit_key,
            owed.c.period_code.label("reported_period"),
            owed.c.as_of_date,
            owed.c.due_at,
            decides.c.part_key,
            case((good, 1), else_=0).label("numerator"),
            literal(1).label("denominator"),
        )
        .select_from(owed)
        .join(base, base.c.period_code == owed.c.period_code)
        .join(target, holds(target, base))
        .join(
            hierarchy,
            and_(
                hierarchy.c.entity_key == owed.c.unit_key,
                owed.c.as_of_date.between(hierarchy.c.valid_from, hierarchy.c.valid_to),
            ),
        )
        .outerjoin(first, and_(*[first.c[name] == owed.c[name] for name in names]))
        .outerjoin(current, and_(*[current.c[name] == owed.c[name] for name in names]))
        .outerjoin(spared, and_(*[spared.c[name] == owed.c[name] for name in names]))
        .where(
            or_(spared.c.unit_key.is_(None), good),
            owed.c.form_code.in_(sorted(reported_forms(scope.programme, indicator))),
            owed.c.due_at < local_day(watermark(scope.last_part).scalar_subquery(), zone),
            *wanted(target, indicator, scope),
        )
    )


def _rows_in_error(indicator: Indicator, scope: Scope) -> Select[Any]:
    """Rows in quarantine over rows received, of the current part of each report."""
    current, hierarchy = known_parts(scope.last_part), scope.above
    base, target = schema.dim_period.alias("base"), schema.dim_period.alias("target")
    return (
        select(
            literal(indicator.indicator).label("indicator_code"),
            hierarchy.c.ancestor_key.label("entity_key"),
            target.c.period_code,
            current.c.form_code,
            current.c.unit_key,
            current.c.period_code.label("reported_period"),
            current.c.as_of_date,
            cast(null(), DATE).label("due_at"),
            current.c.part_key,
            current.c.rows_quarantined.label("numerator"),
            (current.c.rows_quarantined + current.c.rows_loaded).label("denominator"),
        )
        .select_from(current)
        .join(base, base.c.period_code == current.c.period_code)
        .join(target, holds(target, base))
        .join(
            hierarchy,
            and_(
                hierarchy.c.entity_key == current.c.unit_key,
                current.c.as_of_date.between(hierarchy.c.valid_from, hierarchy.c.valid_to),
            ),
        )
        .where(
            current.c.form_code.in_(sorted(reported_forms(scope.programme, indicator))),
            *wanted(target, indicator, scope),
        )
    )
