"""Restatement: the figures of an indicator on the boundaries of another day. Never a wrong number.

What is reported stays on the place as it was. On other boundaries its rows are added up below the places in which it
lies there (``Scope.on``): whole moves exactly, with numerator and denominator apart; a part only where its share is
stated, and the figure is then ``estimated``. Everything else is ``not_comparable``, with the reason: ranks, indices and
published values are never put together; what is counted without repetition, shares of units, gaps and reports only
where nothing was split. Units are those of the time: who kept a book or sent a report is none other once it is merged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sqlalchemy import BIGINT, DATE, FromClause, Select, and_, cast, column, func, null, select, values

from catalogue.boundaries import Boundaries, Move
from catalogue.indicator import Indicator
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.register import ENDS
from transforms.condition import condition, held_on, versions_of
from transforms.evaluate import Figure
from transforms.picks import picks_of
from transforms.scope import Scope, forms_of, over_time_of
from warehouse import schema
from warehouse.schema import AMOUNT

ADDED: Final = ("count", "sum", "ratio")
"""Kinds whose numerators and denominators add up over places."""
WHOLE: Final = ("distinct", "share", "gap", "reports")
"""Kinds that are counted anew wherever nothing was split: things, units as they were, and their reports."""
_PLACES: Final = Decimal("0.000001")
_ALL: Final = Decimal(1)

Key = tuple[int, str]
"""Entity and period."""


def stored_moves(day: date) -> FromClause:
    """The moves onto the boundaries of a day that the programme declares, as the warehouse has them."""
    move = schema.dim_boundary
    return (
        select(move.c.source_key, move.c.piece_key.label("target_key"), move.c.valid_from, move.c.valid_to)
        .where(move.c.boundary_version == day.isoformat(), move.c.share.is_not(None))
        .subquery("moves")
    )


def laid_moves(moves: Iterable[Move]) -> FromClause:
    """Moves onto the boundaries of any other day, as values in the select. Raises ValueError where there is none."""
    rows = [(one.source, one.piece, one.valid_from, one.valid_to) for one in moves if one.share is not None]
    if not rows:
        raise ValueError("no move is known: nothing to restate")
    names = (("source_key", BIGINT), ("target_key", BIGINT), ("valid_from", DATE), ("valid_to", DATE))
    laid = values(*(column(name, kind) for name, kind in names), name="laid", literal_binds=True).data(rows)
    return select(*(cast(laid.c[name], kind).label(name) for name, kind in names)).subquery("moves")


def on_boundaries(
    indicator: Indicator,
    programme: Programme,
    boundaries: Boundaries,
    reported: Sequence[Figure],
    moved: Iterable[Figure],
    owed: Callable[[Collection[int]], Collection[Key]],
    periods: Mapping[str, Period],
) -> list[Figure]:
    """The figures of places whose extent is another on the boundaries, in as many periods as ``reported`` has.

    ``reported`` are the figures as reported, ``moved`` those of the moves (by piece) with ``Scope.on``; ``owed`` says
    for which of some places, and when, a report is owed: a predecessor that owes one and has not sent it lowers the
    coverage; one of which nothing is known makes its successor not comparable.
    What is not comparable says why (``reason``, in the words of ``fact_indicator``).
    """
    known = {(one.entity, one.period): one for one in reported}
    pieces = {(one.entity, one.period): one for one in moved}
    spans = {code: relevant_days(indicator, programme, periods[code]) for code in {one.period for one in reported}}
    wanted = {
        (target, one.period): one
        for one in reported
        for target in sorted(boundaries.targets(one.entity, *spans[one.period]))
        if boundaries.affects(target, periods[one.period].start, periods[one.period].end)
    }
    lacking = {
        move.source
        for target, period in wanted
        for move in boundaries.into(target, *spans[period])
        if (move.source, period) not in known
    }
    due = owed(lacking) if lacking else ()
    found = []
    for (target, period), pattern in sorted(wanted.items()):
        moves = boundaries.into(target, *spans[period])
        blank = replace(pattern, entity=target, numerator=None, denominator=None, approx=None, of_n=None)
        lone = known.get((moves[0].source, period)) if len({one.source for one in moves}) == 1 else None
        if indicator.kind == "published" and (target, period) in pieces:
            found.append(pieces[target, period])
        elif lone is not None and all(one.share == _ALL for one in moves):
            # The same territory under another key: every kind of figure is true of it.
            found.append(replace(lone, entity=target))
        elif reason := _hindrance(indicator, programme, moves) or _unknown(moves, period, known, due):
            found.append(replace(blank, received=0, expected=0, status="not_comparable", reason=reason))
        else:
            found.append(_added(blank, moves, period, pieces))
    return found


def relevant_days(indicator: Indicator, programme: Programme, period: Period) -> tuple[date, date]:
    """The days of a period whose boundaries matter: of a stock its edge, of a flow all of them."""
    terms = indicator.terms
    if indicator.fact is None or not terms:
        return period.start, period.end
    rules = {over_time_of(programme.fact[indicator.fact], term) for term in terms}
    if rules == {"last"}:
        return period.end, period.end
    return (period.start, period.start) if rules == {"first"} else (period.start, period.end)


def _hindrance(indicator: Indicator, programme: Programme, moves: Sequence[Move]) -> str | None:
    """Why figures of this kind may not be put together, or taken apart, as the moves ask; None where they may."""
    if indicator.kind not in (*ADDED, *WHOLE):
        return "kind"
    terms = indicator.terms
    fact = programme.fact[indicator.fact] if indicator.fact else None
    measures = [fact.measure(term.measure) for term in terms if term.measure] if fact else []
    if any(measure is not None and measure.over_place == "none" for measure in measures):
        return "kind"
    if any(one.share is None for one in moves):
        return "split"
    if indicator.kind in ADDED and not any(term.once_by for term in terms):
        return None
    return None if all(one.share == _ALL for one in moves) else "part"


def _unknown(moves: Sequence[Move], period: str, known: Mapping[Key, Figure], owed: Collection[Key]) -> str | None:
    """Why what predecessors say is not all there is: each must have a figure that stands, or have none and owe a
    report."""
    for one in moves:
        has = known.get((one.source, period))
        if has is None and (one.source, period) not in owed:
            return "unknown"
        if has is not None and has.status not in ("ok", "no_denominator"):
            return "predecessor"
    return None


def _added(blank: Figure, moves: Sequence[Move], period: str, pieces: Mapping[Key, Figure]) -> Figure:
    """The sum of what moved into a place: each numerator and denominator times its share."""
    shares = {one.piece: one.share or _ALL for one in moves}
    parts = [(pieces[key, period], share) for key, share in shares.items() if (key, period) in pieces]
    numerators = [one.numerator * share for one, share in parts if one.numerator is not None]
    denominators = [one.denominator * share for one, share in parts if one.denominator is not None]
    denominator = _rounded(sum(denominators)) if denominators else None
    status = "ok" if all(share == _ALL for share in shares.values()) else "estimated"
    if any(one.status == "no_denominator" or one.denominator is not None for one, _ in parts) and not denominator:
        status = "no_denominator"
    return replace(
        blank,
        numerator=_rounded(sum(numerators)) if numerators else None,
        denominator=denominator,
        received=sum(one.received for one, _ in parts),
        expected=sum(one.expected for one, _ in parts),
        on_time=sum(one.on_time for one, _ in parts),
        status=status if numerators else "not_comparable",
        reason=None if numerators else "unknown",
    )


def _rounded(number: Decimal | int) -> Decimal:
    return Decimal(number).quantize(_PLACES, ROUND_HALF_UP)


def published_on(indicator: Indicator, scope: Scope, day: date) -> Select[Any] | None:
    """Values that somebody published on the boundaries of a day, though of a period before it; None: not told apart.

    The columns of ``transforms.indicate.figures``. The place is what bears the code as reported on that day.
    """
    fact = scope.programme.fact[indicator.fact or ""]
    if indicator.kind != "published" or fact.boundaries is None or fact.place is None:
        return None
    term, table = indicator.numerator[0], scope.tables[f"fact_{fact.fact}"]
    versions = versions_of(fact, scope)
    exists = and_(held_on(versions, day), versions.c.event.not_in(ENDS))
    place = select(versions.c.code, versions.c.place_key.label("entity_key")).where(exists).subquery("bearing")
    picks = picks_of(indicator, forms_of(scope.programme, fact, term), "none", scope)
    value = table.c[term.measure or ""]
    texts, numbers = schema.dim_indicator.c.unit.type, schema.dim_indicator.c.definition_version.type
    return (
        select(
            place.c.entity_key,
            picks.c.period_code,
            cast(func.max(value), AMOUNT).label("numerator"),
            cast(null(), AMOUNT).label("denominator"),
            (func.max(table.c[indicator.approx]) if indicator.approx else cast(null(), texts)).label("approx"),
            (func.max(table.c[indicator.of_n]) if indicator.of_n else cast(null(), numbers)).label("of_n"),
            func.count(value.distinct()).label("versions"),
        )
        .select_from(table)
        .join(picks, picks.c.part_key == table.c.part_key)
        .join(place, place.c.code == table.c[f"{fact.place}_code"])
        .where(
            and_(table.c[fact.boundaries] == day.isoformat(), picks.c.end_date < day, value.is_not(None)),
            *[condition(fact, table, picks, None, one) for one in term.where],
        )
        .group_by(place.c.entity_key, picks.c.period_code)
    )
