"""The rows behind a figure as SQLAlchemy selects. Nothing is executed here.

The same steps as ``transforms.indicate``, not added up: which row of which part counts, at which place, with how much.
Added up, they are the numerator and the denominator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    TEXT,
    ColumnElement,
    Integer,
    Select,
    SelectBase,
    Table,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    table,
    union_all,
)

from catalogue.fact import Fact
from catalogue.indicator import Indicator, Term
from catalogue.programme import Programme
from transforms.condition import condition, versions_of
from transforms.indicate import measures_together
from transforms.picks import picks_of, standing_at_the_edge
from transforms.reporting import reports_behind
from transforms.scope import Scope, forms_of, over_time_of
from transforms.weighed import weighed_rows
from warehouse.explaining import Behind
from warehouse.facts import dimension_columns
from warehouse.schema import AMOUNT

TRACED: Final = frozenset({"count", "sum", "ratio", "published", "cumulative", "distinct"})
"""The kinds whose figures are rows of a fact, added up."""
WEIGHED: Final = frozenset({"share", "gap", "index"})
"""The kinds whose figures are rows of a fact, looked at unit by unit before anything is added up."""


def traced(programme: Programme, indicator: Indicator) -> Indicator | None:
    """The indicator whose rows (``reports``: whose reports) stand behind a figure: itself, or the one it is made of;
    None where there is none."""
    while indicator.kind not in TRACED | WEIGHED:
        if indicator.kind == "reports":
            return indicator
        if indicator.of is None:
            return None
        indicator = programme.indicator[indicator.of].model_copy(
            update={"periods": indicator.periods, "calendar": indicator.calendar}
        )
    return indicator if indicator.fact is not None and programme.fact[indicator.fact].place else None


def rows_behind(indicator: Indicator, scope: Scope) -> SelectBase:
    """One row per row of a fact, place above it and term: indicator_code, entity_key, period_code, side, term_no,
    measure, over_time, place_key, part_key, source_sheet, source_row, amount, stated.

    ``amount`` bears the sign of its term; of things that several units report, all but the first are 0. The sum over
    a side is the figure's numerator or denominator. ``stated`` is what the row says by itself, with that sign.
    """
    if indicator.fact is None or indicator.kind not in TRACED | WEIGHED:
        raise ValueError(f"{indicator.indicator} of kind {indicator.kind} is not made of the rows of a fact")
    fact = scope.programme.fact[indicator.fact]
    if indicator.kind in WEIGHED:
        return weighed_rows(indicator, fact, scope)
    sides = (("numerator", indicator.numerator), ("denominator", indicator.denominator))
    pieces = [
        _rows(indicator, fact, term, number, side, scope)
        for side, terms in sides
        for number, term in enumerate(terms, 1)
    ]
    return union_all(*pieces) if len(pieces) > 1 else pieces[0]


def all_rows_behind(programme: Programme, tables: Mapping[str, Table]) -> Behind:
    """What is behind every figure, as of the newest release that readers may see: ``rows_behind`` of the indicators
    that are made of rows, ``reports_behind`` of those about reports; None where there is none."""
    release = table("release", column("last_part_key"))
    scope = Scope(programme, tables, select(func.max(release.c.last_part_key)).scalar_subquery())
    rows = [rows_behind(one, scope) for one in programme.indicators if _has_rows(programme, one)]
    reports = [reports_behind(one, scope) for one in programme.indicators if one.kind == "reports"]
    return Behind(_together(rows), _together(reports))


def _together(found: Sequence[SelectBase]) -> SelectBase | None:
    return union_all(*[select(one.subquery()) for one in found]) if found else None


def _has_rows(programme: Programme, one: Indicator) -> bool:
    return one.kind in TRACED | WEIGHED and traced(programme, one) is not None


def _rows(indicator: Indicator, fact: Fact, term: Term, number: int, side: str, scope: Scope) -> Select[Any]:
    """The rows that one term counts."""
    rows, hierarchy = scope.tables[f"fact_{fact.fact}"], scope.above
    published = indicator.kind == "published"
    rule = "none" if published else over_time_of(fact, term)
    picks = picks_of(indicator, forms_of(scope.programme, fact, term), rule, scope)
    versions = versions_of(fact, scope) if any(one.attribute for one in term.where) else None
    place = rows.c[f"{fact.place}_key"]
    above = place if published else hierarchy.c.ancestor_key
    query = select(
        literal(indicator.indicator).label("indicator_code"),
        above.label("entity_key"),
        picks.c.period_code,
        literal(side).label("side"),
        literal(number, Integer).label("term_no"),
        (literal(term.measure) if term.measure else cast(null(), TEXT)).label("measure"),
        literal(rule).label("over_time"),
        place.label("place_key"),
        rows.c.part_key,
        rows.c.source_sheet,
        rows.c.source_row,
        cast(_amount(indicator, fact, term, rows, above, picks) * term.sign, AMOUNT).label("amount"),
        cast((rows.c[term.measure] if term.measure else literal(1)) * term.sign, AMOUNT).label("stated"),
    ).select_from(rows.join(picks, picks.c.part_key == rows.c.part_key))
    if not published:
        held = picks.c.as_of_date.between(hierarchy.c.valid_from, hierarchy.c.valid_to)
        query = query.join(hierarchy, and_(hierarchy.c.entity_key == place, held))
    measure = fact.measure(term.measure) if term.measure else None
    if measure is not None and measure.over_place == "none" and not published:
        query = query.where(hierarchy.c.distance == 0)
    if versions is not None:
        day = picks.c.as_of_date
        then = and_(versions.c.valid_from <= day, or_(versions.c.following.is_(None), versions.c.following > day))
        query = query.outerjoin(versions, and_(versions.c.place_key == place, then))
    together = [term.measure] if published and term.measure else measures_together(indicator, term)
    needed = sorted({*together, *([term.measure] if term.measure else [])})
    query = query.where(
        *[rows.c[name].is_not(None) for name in needed],
        *[condition(fact, rows, picks, versions, one) for one in term.where],
    )
    if indicator.kind == "distinct":
        # A row that lacks one of the columns is no thing at all.
        query = query.where(*[rows.c[name].is_not(None) for name in _things(fact, term)])
    return standing_at_the_edge(query, place, picks, scope) if rule in ("first", "last") and not published else query


def _things(fact: Fact, term: Term) -> list[str]:
    """The columns that tell apart what a term counts once."""
    return [dimension_columns(one)[0] for one in fact.dimensions if one.dimension in term.once_by]


def _amount(
    indicator: Indicator, fact: Fact, term: Term, rows: Any, above: ColumnElement[Any], picks: Any
) -> ColumnElement[Any]:
    """What a row counts: its measure, or 1; of rows that say the same thing again, the first alone."""
    amount: ColumnElement[Any] = rows.c[term.measure] if term.measure else literal(1)
    row = (rows.c.part_key, rows.c.source_sheet, rows.c.source_row)
    if indicator.kind == "published":
        thing: list[ColumnElement[Any]] = []
    elif term.once_by:
        columns = [rows.c[name] for name in _things(fact, term)]
        # A row that lacks one of the columns is a thing of its own.
        lacking = or_(*[column.is_(None) for column in columns])
        thing = [*columns, *[case((lacking, column)) for column in row]]
    else:
        return amount
    first = func.row_number().over(partition_by=[above, picks.c.period_code, *thing], order_by=row)
    return case((first == 1, amount), else_=0)
