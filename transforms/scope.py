"""The scope of a computation: what is known, for which periods; and which parts and forms an indicator stands on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import DATE, ColumnElement, FromClause, Subquery, Table, and_, cast, func, select

from catalogue.fact import Fact, OverTime
from catalogue.indicator import Indicator, Term
from catalogue.programme import Programme
from warehouse import schema


@dataclass(frozen=True, slots=True)
class Scope:
    """What to compute: parts up to a number, and only these periods (None: all). ``tables`` are the programme's.

    ``last_change``: the last change of an obligation that is known; None: all are.
    ``on``: the moves onto the boundaries of a day (``transforms.restate``); None: as reported.
    """

    programme: Programme
    tables: Mapping[str, Table]
    last_part: int | ColumnElement[int]
    periods: tuple[str, ...] | None = None
    on: FromClause | None = None
    last_change: int | ColumnElement[int] | None = None

    @property
    def above(self) -> FromClause:
        """Which places lie above which, between which days: on other boundaries those that they lie in there."""
        hierarchy = schema.dim_hierarchy
        if self.on is None:
            return hierarchy
        return (
            select(
                hierarchy.c.entity_key,
                self.on.c.target_key.label("ancestor_key"),
                hierarchy.c.distance,
                func.greatest(hierarchy.c.valid_from, self.on.c.valid_from).label("valid_from"),
                func.least(hierarchy.c.valid_to, self.on.c.valid_to).label("valid_to"),
            )
            .join(
                self.on,
                and_(
                    self.on.c.source_key == hierarchy.c.ancestor_key,
                    self.on.c.valid_from <= hierarchy.c.valid_to,
                    self.on.c.valid_to >= hierarchy.c.valid_from,
                ),
            )
            .subquery("above")
        )


def known_parts(last_part: int | ColumnElement[int]) -> Subquery:
    """The parts that are current among those up to ``last_part``: the latest of each form, unit and period."""
    part = schema.dim_part
    latest = (
        select(func.max(part.c.part_key).label("part_key"))
        .where(part.c.part_key <= last_part)
        .group_by(part.c.form_code, part.c.unit_key, part.c.period_code)
        .subquery("latest")
    )
    current = select(part).join(latest, latest.c.part_key == part.c.part_key)
    # Where what counts was withdrawn, nothing does: that is no report of nothing.
    return current.where(part.c.reason != "withdrawn").subquery("known")


def first_parts(last_part: int | ColumnElement[int], zone: str, forms: Collection[str]) -> Subquery:
    """form_code, unit_key, period_code of what has come of some forms, and the day on which it first did."""
    part = schema.dim_part
    place = (part.c.form_code, part.c.unit_key, part.c.period_code)
    return (
        select(*place, local_day(func.min(part.c.received_at), zone).label("day"))
        .where(part.c.part_key <= last_part, part.c.form_code.in_(sorted(forms)))
        .group_by(*place)
        .subquery("first_parts")
    )


def local_day(moment: ColumnElement[Any], time_zone: str) -> ColumnElement[Any]:
    """The day of a moment in UTC, where the programme is."""
    return cast(func.timezone(time_zone, func.timezone("UTC", moment)), DATE)


def excused(last_change: int | ColumnElement[int] | None) -> Subquery:
    """form_code, unit_key, period_code of the reports that are not asked for any more: waived, or superseded. One that
    came in time, or complete, counts all the same."""
    change = schema.obligation_change
    latest = select(func.max(change.c.change_key).label("change_key"))
    if last_change is not None:
        latest = latest.where(change.c.change_key <= last_change)
    newest = latest.group_by(change.c.form_code, change.c.unit_key, change.c.period_code).subquery("newest")
    return (
        select(change.c.form_code, change.c.unit_key, change.c.period_code)
        .join(newest, newest.c.change_key == change.c.change_key)
        .where(change.c.change != "owed")
        .subquery("excused")
    )


def forms_of(programme: Programme, fact: Fact, term: Term) -> tuple[str, ...]:
    """The forms whose rows a term counts: those it names, else all that feed the fact."""
    return term.forms or tuple(form.form for form in programme.forms if form.fact == fact.fact)


def over_time_of(fact: Fact, term: Term) -> OverTime:
    """What several periods make of a term: its own rule, else its measure's; rows that are counted add up."""
    if term.over_time:
        return term.over_time
    measure = fact.measure(term.measure) if term.measure else None
    return measure.over_time if measure else "sum"


def holds(target: Any, base: Any) -> ColumnElement[bool]:
    """A period holds another of its calendar."""
    return and_(
        target.c.calendar_code == base.c.calendar_code,
        target.c.start_date <= base.c.start_date,
        target.c.end_date >= base.c.end_date,
    )


def speaks_for(indicator: Indicator, target: Any, base: Any) -> ColumnElement[bool]:
    """A period holds another of its calendar; what is cumulated, all that lies between its first day and the end."""
    if indicator.since is None:
        return holds(target, base)
    return and_(
        target.c.calendar_code == base.c.calendar_code,
        base.c.start_date >= indicator.since,
        target.c.end_date >= base.c.end_date,
    )


def wanted(target: Any, indicator: Indicator, scope: Scope) -> list[ColumnElement[bool]]:
    """The periods that an indicator is computed for, within the scope."""
    conditions = [target.c.kind.in_(indicator.periods), target.c.calendar_code == indicator.calendar]
    if indicator.reference_years:
        conditions.append(target.c.year.in_(indicator.reference_years))
    return conditions if scope.periods is None else [*conditions, target.c.period_code.in_(scope.periods)]


def feeding(programme: Programme, indicator: Indicator) -> set[str]:
    """The forms whose parts an indicator stands on."""
    if indicator.of:
        return feeding(programme, programme.indicator[indicator.of])
    if indicator.kind == "reports":
        return set(reported_forms(programme, indicator))
    fact = programme.fact[indicator.fact or ""]
    return {form for term in indicator.terms for form in forms_of(programme, fact, term)}


def reported_forms(programme: Programme, indicator: Indicator) -> tuple[str, ...]:
    """The forms whose reports an indicator is about: those it names, else all."""
    return indicator.forms or tuple(form.form for form in programme.forms)
