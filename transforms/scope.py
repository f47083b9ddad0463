"""The scope of a computation: what is known, for which periods; and which parts and forms an indicator stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Subquery, Table, and_, func, select

from catalogue.fact import Fact, OverTime
from catalogue.indicator import Indicator, Term
from catalogue.programme import Programme
from warehouse import schema


@dataclass(frozen=True, slots=True)
class Scope:
    """What to compute: parts up to a number, and only these periods (None: all). ``tables`` are the programme's."""

    programme: Programme
    tables: Mapping[str, Table]
    last_part: int
    periods: tuple[str, ...] | None = None


def known_parts(last_part: int) -> Subquery:
    """The parts that are current among those up to ``last_part``: the latest of each form, unit and period."""
    part = schema.dim_part
    latest = (
        select(func.max(part.c.part_key).label("part_key"))
        .where(part.c.part_key <= last_part)
        .group_by(part.c.form_code, part.c.unit_key, part.c.period_code)
        .subquery("latest")
    )
    return select(part).join(latest, latest.c.part_key == part.c.part_key).subquery("known")


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


def wanted(target: Any, indicator: Indicator, scope: Scope) -> list[ColumnElement[bool]]:
    """The periods that an indicator is computed for, within the scope."""
    conditions = [target.c.kind.in_(indicator.periods), target.c.calendar_code == indicator.calendar]
    return conditions if scope.periods is None else [*conditions, target.c.period_code.in_(scope.periods)]


def feeding(programme: Programme, indicator: Indicator) -> set[str]:
    """The forms whose parts an indicator stands on."""
    if indicator.of:
        return feeding(programme, programme.indicator[indicator.of])
    fact = programme.fact[indicator.fact or ""]
    return {form for term in (*indicator.numerator, *indicator.denominator) for form in forms_of(programme, fact, term)}
