"""The rows behind a figure as SQLAlchemy selects. Nothing is executed here.

The same steps as ``transforms.indicate``, not added up: which row of which part counts, at which place, with how much.
Added up, they are the numerator and the denominator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    NUMERIC,
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
    exists,
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
from transforms.restate import ADDED, WHOLE, stored_moves
from transforms.scope import Scope, forms_of, over_time_of
from transforms.weighed import weighed_rows
from warehouse import schema
from warehouse.explaining import Behind
from warehouse.facts import dimension_columns
from warehouse.schema import AMOUNT, VALUE

TRACED: Final = frozenset({"count", "sum", "ratio", "published", "cumulative", "distinct"})
"""The kinds whose figures are rows of a fact, added up."""
WEIGHED: Final = frozenset({"share", "gap", "index"})
"""The kinds whose figures are rows of a fact, looked at unit by unit before anything is added up."""
_ROW: Final = (
    "indicator_code", "entity_key", "period_code", "side", "term_no", "measure", "over_time", "place_key", "part_key",
    "source_sheet", "source_row", "amount", "stated",
)  # fmt: skip
# As wide as the product of both may be on either database.
_FACTOR: Final[NUMERIC[Decimal]] = NUMERIC(30, 6)
_SHARE: Final[NUMERIC[Decimal]] = NUMERIC(8, 6)


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


def rows_on_boundaries(indicator: Indicator, scope: Scope, day: date) -> SelectBase:
    """The rows behind a figure on the boundaries of a declared day (``scope.on``): those of ``rows_behind``, with
    boundary_version and ``share``, how much of what the row says moved into the place; ``amount`` is that much of it.

    Nothing is rounded here, where the figure is rounded once to six places.
    """
    rows, move = rows_behind(indicator, scope).subquery("reported_row"), schema.dim_boundary
    piece = (
        select(move.c.piece_key, move.c.target_key, move.c.share)
        .where(move.c.boundary_version == day.isoformat(), move.c.piece_key < 0)
        .distinct()
        .subquery("piece")
    )
    share = func.coalesce(piece.c.share, 1)
    told: dict[str, ColumnElement[Any]] = {
        "entity_key": func.coalesce(piece.c.target_key, rows.c.entity_key),
        "amount": _share_of(rows.c.amount, share),
    }
    return select(
        literal(day.isoformat()).label("boundary_version"),
        *[told.get(one.name, one).label(one.name) for one in rows.c],
        cast(share, _SHARE).label("share"),
    ).select_from(rows.outerjoin(piece, piece.c.piece_key == rows.c.entity_key))


def all_rows_behind(programme: Programme, tables: Mapping[str, Table]) -> Behind:
    """What is behind every figure, as of the newest release that readers may see: ``rows_behind`` of the indicators
    that are made of rows, ``reports_behind`` of those about reports, ``rows_on_boundaries`` of those that are restated
    on a day that the programme declares; None where there is none."""
    release = table("release", column("last_part_key"), column("last_change_key"))
    last_part, last_change = (select(func.max(one)).scalar_subquery() for one in release.c)
    scope = Scope(programme, tables, last_part, last_change=last_change)
    rows = [rows_behind(one, scope) for one in programme.indicators if _has_rows(programme, one)]
    reports = [reports_behind(one, scope) for one in programme.indicators if one.kind == "reports"]
    days = programme.header.boundaries
    restated = [one for one in programme.indicators if one.kind in (*ADDED, *WHOLE) and _has_rows(programme, one)]
    alone = [one for one in restated if one.kind in WHOLE or any(term.once_by for term in one.terms)]
    elsewhere: list[SelectBase] = [
        rows_on_boundaries(one, replace(scope, on=stored_moves(day)), day) for day in days for one in alone
    ]
    if days and len(alone) < len(restated):
        elsewhere.append(_moved_rows([one.indicator for one in restated if one not in alone]))
    return Behind(_together(rows), _together(reports), _together(elsewhere))


def _moved_rows(codes: Sequence[str]) -> SelectBase:
    """The same for indicators whose rows count one by one, whatever else is below a place: the rows of the view
    explain_row below the places that moved. One join, where a select for each would take the database as long again.

    A stock is what stands at the edge of the period (``standing_at_the_edge``), though the place itself may be gone.
    """
    rows = table("explain_row", *[column(name) for name in _ROW])
    move, part, span, standing = schema.dim_boundary, schema.dim_part, schema.dim_period, schema.dim_hierarchy
    day = case((rows.c.over_time == "first", span.c.start_date), else_=span.c.end_date)
    stands = exists(select(1).select_from(standing)).where(
        standing.c.entity_key == rows.c.place_key,
        standing.c.distance == 0,
        day.between(standing.c.valid_from, standing.c.valid_to),
    )
    told: dict[str, ColumnElement[Any]] = {
        "entity_key": move.c.target_key,
        "amount": _share_of(rows.c.amount, move.c.share),
    }
    return (
        select(
            move.c.boundary_version,
            *[told.get(name, rows.c[name]).label(name) for name in _ROW],
            cast(move.c.share, _SHARE).label("share"),
        )
        .select_from(rows)
        .join(part, part.c.part_key == rows.c.part_key)
        .join(span, span.c.period_code == rows.c.period_code)
        .join(
            move,
            and_(
                move.c.source_key == rows.c.entity_key,
                part.c.as_of_date.between(move.c.valid_from, move.c.valid_to),
            ),
        )
        .where(move.c.share.is_not(None), move.c.target_key.is_not(None), rows.c.indicator_code.in_(codes))
        .where(or_(rows.c.over_time.not_in(("first", "last")), stands))
    )


def _share_of(amount: ColumnElement[Any], share: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(cast(amount, _FACTOR) * cast(share, _SHARE), VALUE)


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
