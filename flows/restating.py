"""Indicators on the boundaries of other days: those that the programme keeps, and any that somebody asks for."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, select

from catalogue.boundaries import Boundaries, boundaries
from catalogue.indicator import Indicator
from catalogue.period import Period
from flows.house import House
from transforms.coverage import coverage
from transforms.derive import derive
from transforms.evaluate import Figure, figure
from transforms.indicate import reported
from transforms.reporting import owing
from transforms.restate import Key, laid_moves, on_boundaries, published_on, stored_moves
from transforms.scope import Scope


def kept_boundaries(
    house: House,
    connection: Connection,
    work: Mapping[str, tuple[str, ...] | None],
    last_part: int,
    periods: Mapping[str, Period],
    results: Iterable[Figure],
    withdrawn: Container[tuple[str, int, str]] = (),
) -> Iterator[tuple[str, Figure]]:
    """(boundary version, figure) on every day that the programme declares, of the places that changed.

    ``work`` are the indicators and periods that were computed, ``results`` their figures as reported, ``withdrawn``
    those (indicator, entity, period) that no longer stand: what they went into is not comparable.
    """
    by_code: dict[str, list[Figure]] = {}
    for one in results:
        gone = (one.indicator, one.entity, one.period) in withdrawn
        by_code.setdefault(one.indicator, []).append(replace(one, status="withdrawn") if gone else one)
    for day in house.programme.header.boundaries if by_code else ():
        extent = boundaries(house.programme, day)
        scope = Scope(house.programme, house.tables, last_part, on=stored_moves(day))
        for code, figures in by_code.items():
            indicator = house.programme.indicator[code]
            for one in _restated(connection, indicator, scope, extent, figures, work[code], periods):
                yield day.isoformat(), one


def figures_on(
    house: House,
    connection: Connection,
    code: str,
    day: date,
    last_part: int,
    periods: Mapping[str, Period],
    places: Iterable[int] | None = None,
) -> list[Figure]:
    """An indicator on the boundaries of any day, computed now: of all places, or of some.

    ``periods`` are those to compute, by code; a change needs those of the year before in the warehouse, too. Places
    whose extent is the same as reported have their figures as reported.
    """
    indicator, extent = house.programme.indicator[code], boundaries(house.programme, day)
    asked = None if places is None else set(places)
    if asked is not None:
        extent = _only(extent, asked)
    plain = Scope(house.programme, house.tables, last_part, tuple(sorted(periods)))
    figures = _as_reported(connection, indicator, plain, periods)
    changed: list[Figure] = []
    if any(one.share is not None for one in extent.moves):
        scope = replace(plain, on=laid_moves(extent.moves))
        changed = _restated(connection, indicator, scope, extent, figures, plain.periods, periods)
    told = {(one.entity, one.period) for one in changed}
    same = [
        one
        for one in figures
        if (one.entity, one.period) not in told and not extent.affects(one.entity, *_span(periods, one.period))
    ]
    return [one for one in (*changed, *same) if asked is None or one.entity in asked]


def _as_reported(
    connection: Connection, indicator: Indicator, scope: Scope, periods: Mapping[str, Period]
) -> list[Figure]:
    """The figures of an indicator, with those of the year before where it compares with them."""
    if indicator.of is None:
        return _reported(connection, indicator, scope)
    years = {one.code: one for code in periods for one in (periods[code], periods[code].year_before())}
    base = _base(scope.programme.indicator, indicator)
    figures = _reported(connection, base, replace(scope, periods=tuple(sorted(years))))
    return [one for one in derive(indicator, figures, years, scope.programme) if one.period in periods]


def _only(extent: Boundaries, places: set[int]) -> Boundaries:
    """The moves into some places, and what else their sources do."""
    sources = places | {one.source for one in extent.moves if one.target in places}
    moves = tuple(one for one in extent.moves if one.target in places or one.source in sources)
    return Boundaries(extent.day, moves)


def _base(declared: Mapping[str, Indicator], indicator: Indicator) -> Indicator:
    """The indicator whose rows are added up: itself, or the one that it is of, in its own periods."""
    if indicator.of is None:
        return indicator
    return declared[indicator.of].model_copy(update={"periods": indicator.periods, "calendar": indicator.calendar})


def _restated(
    connection: Connection,
    indicator: Indicator,
    scope: Scope,
    extent: Boundaries,
    figures: Sequence[Figure],
    chosen: tuple[str, ...] | None,
    periods: Mapping[str, Period],
) -> list[Figure]:
    """The figures of an indicator that are others on some boundaries."""
    codes = {code for code in (chosen if chosen is not None else periods) if code in periods}
    touched = {code for code in codes if extent.reaches(periods[code].start, periods[code].end)}
    if indicator.kind == "change":
        return _changes(connection, indicator, scope, extent, codes, periods)
    if not touched:
        return []
    within = replace(scope, periods=tuple(sorted(touched)))
    shown = [one for one in figures if one.period in touched]
    return _on(connection, indicator, within, extent, shown, periods)


def _on(
    connection: Connection,
    indicator: Indicator,
    scope: Scope,
    extent: Boundaries,
    figures: Sequence[Figure],
    periods: Mapping[str, Period],
) -> list[Figure]:
    """The figures of an indicator that stands on facts, where boundaries are others."""
    moved: list[Figure] = []
    if indicator.kind == "published":
        stated = published_on(indicator, scope, extent.day)
        moved = [] if stated is None else [figure(indicator, row, None) for row in connection.execute(stated)]
        alone = [one for one in moved if extent.affects(one.entity, *_span(periods, one.period))]
        listed = on_boundaries(indicator, scope.programme, extent, figures, alone, lambda _: (), periods)
        told = {(one.entity, one.period) for one in listed}
        return [*listed, *(one for one in alone if (one.entity, one.period) not in told)]
    if indicator.of is None:
        moved = _reported(connection, indicator, scope)

    def owed(places: Collection[int]) -> set[Key]:
        plain = replace(scope, on=None)
        reports = owing(indicator, plain) if indicator.kind == "reports" else coverage(indicator, plain)
        if reports is None:
            return set()
        every = reports.subquery("owed")
        asked = select(every.c.entity_key, every.c.period_code).where(every.c.entity_key.in_(sorted(places)))
        return {(int(entity), str(period)) for entity, period in connection.execute(asked)}

    return on_boundaries(indicator, scope.programme, extent, figures, moved, owed, periods)


def _changes(
    connection: Connection,
    indicator: Indicator,
    scope: Scope,
    extent: Boundaries,
    chosen: set[str],
    periods: Mapping[str, Period],
) -> list[Figure]:
    """Changes between two years on the same boundaries, wherever those of either year were others."""
    years = {code: periods[code].year_before() for code in chosen}
    touched = {
        code
        for code, before in years.items()
        if extent.reaches(periods[code].start, periods[code].end) or extent.reaches(before.start, before.end)
    }
    if not touched:
        return []
    both = touched | {years[code].code for code in touched}
    spans = {**periods, **{years[code].code: years[code] for code in touched}}
    base = _base(scope.programme.indicator, indicator)
    within = replace(scope, periods=tuple(sorted(both)))
    reports = _reported(connection, base, replace(within, on=None))
    moved = _on(connection, base, within, extent, reports, spans)
    there = {(one.entity, one.period): one for one in moved}
    for one in reports:
        if not extent.affects(one.entity, *_span(spans, one.period)):
            there.setdefault((one.entity, one.period), one)
    found = []
    exact = [replace(one, status="ok") if one.status == "estimated" else one for one in there.values()]
    for one in derive(indicator, exact, spans, scope.programme):
        now, before = (
            there.get((one.entity, code)) for code in (one.period, years.get(one.period, periods[one.period]).code)
        )
        if one.period not in touched or not _moved(extent, one.entity, periods[one.period], years[one.period]):
            continue
        states = {part.status for part in (now, before) if part is not None}
        if "not_comparable" in states:
            found.append(replace(one, numerator=None, denominator=None, status="not_comparable", reason="predecessor"))
        else:
            found.append(replace(one, status="estimated") if "estimated" in states and one.status == "ok" else one)
    return found


def _moved(extent: Boundaries, entity: int, period: Period, before: Period) -> bool:
    return extent.affects(entity, period.start, period.end) or extent.affects(entity, before.start, before.end)


def _span(periods: Mapping[str, Period], code: str) -> tuple[date, date]:
    return periods[code].start, periods[code].end


def _reported(connection: Connection, indicator: Indicator, scope: Scope) -> list[Figure]:
    rows = connection.execute(reported(indicator, scope)).all()
    return [figure(indicator, row[:-3], (int(row[-3]), int(row[-2]), int(row[-1]))) for row in rows]
