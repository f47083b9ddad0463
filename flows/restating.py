"""Indicators on the boundaries of other days: those that the programme keeps, and any that somebody asks for."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property

from sqlalchemy import Connection, select

from catalogue.boundaries import Boundaries, boundaries
from catalogue.indicator import Indicator
from catalogue.period import Period
from flows.figures import Figures
from flows.house import House
from transforms.coverage import coverage
from transforms.derive import derive
from transforms.evaluate import Figure, figure
from transforms.reporting import owing
from transforms.restate import Key, laid_moves, on_boundaries, published_on, stored_moves
from transforms.scope import Scope


class KeptBoundaries:
    """The boundaries of the days that the programme declares, with what the warehouse answers on them."""

    def __init__(self, house: House, asked: Figures, last_part: int, periods: Mapping[str, Period]) -> None:
        self.house, self.asked, self.last_part, self.periods = house, asked, last_part, periods

    @cached_property
    def _days(self) -> list[tuple[Boundaries, Scope]]:
        programme = self.house.programme
        return [
            (boundaries(programme, day), Scope(programme, self.house.tables, self.last_part, on=stored_moves(day)))
            for day in programme.header.boundaries
        ]

    def restated(
        self,
        indicator: Indicator,
        chosen: tuple[str, ...] | None,
        figures: Iterable[Figure],
        withdrawn: Container[tuple[str, int, str]] = (),
    ) -> Iterator[tuple[str, Figure]]:
        """(boundary version, figure) on every day, of the places that changed, of the ``chosen`` periods (None: all).

        ``figures`` are the indicator's as reported, ``withdrawn`` those (indicator, entity, period) that no longer
        stand: what they went into is not comparable.
        """
        standing = [
            replace(one, status="withdrawn") if (one.indicator, one.entity, one.period) in withdrawn else one
            for one in figures
        ]
        for extent, scope in self._days if standing else ():
            for one in _restated(self.asked, indicator, scope, extent, standing, chosen, self.periods):
                yield extent.day.isoformat(), one


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
    asked_of = Figures(connection)
    figures = _as_reported(asked_of, indicator, plain, periods)
    changed: list[Figure] = []
    if any(one.share is not None for one in extent.moves):
        scope = replace(plain, on=laid_moves(extent.moves))
        changed = _restated(asked_of, indicator, scope, extent, figures, plain.periods, periods)
    told = {(one.entity, one.period) for one in changed}
    same = [
        one
        for one in figures
        if (one.entity, one.period) not in told and not extent.affects(one.entity, *_span(periods, one.period))
    ]
    return [one for one in (*changed, *same) if asked is None or one.entity in asked]


def _as_reported(asked: Figures, indicator: Indicator, scope: Scope, periods: Mapping[str, Period]) -> list[Figure]:
    """The figures of an indicator, with those of the year before where it compares with them."""
    if indicator.of is None:
        return asked.of(indicator, scope)
    years = {one.code: one for code in periods for one in (periods[code], periods[code].year_before())}
    base = _base(scope.programme.indicator, indicator)
    figures = asked.of(base, replace(scope, periods=tuple(sorted(years))))
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
    asked: Figures,
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
        return _changes(asked, indicator, scope, extent, codes, periods)
    if not touched:
        return []
    within = replace(scope, periods=tuple(sorted(touched)))
    shown = [one for one in figures if one.period in touched]
    return _on(asked, indicator, within, extent, shown, periods)


def _on(
    asked: Figures,
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
        moved = [] if stated is None else [figure(indicator, row, None) for row in asked.connection.execute(stated)]
        alone = [one for one in moved if extent.affects(one.entity, *_span(periods, one.period))]
        listed = on_boundaries(indicator, scope.programme, extent, figures, alone, lambda _: (), periods)
        told = {(one.entity, one.period) for one in listed}
        return [*listed, *(one for one in alone if (one.entity, one.period) not in told)]
    if indicator.of is None:
        moved = asked.of(indicator, scope)

    def owed(places: Collection[int]) -> set[Key]:
        plain = replace(scope, on=None)
        reports = owing(indicator, plain) if indicator.kind == "reports" else coverage(indicator, plain)
        if reports is None:
            return set()
        every = reports.subquery("owed")
        wanted = select(every.c.entity_key, every.c.period_code).where(every.c.entity_key.in_(sorted(places)))
        return {(int(entity), str(period)) for entity, period in asked.connection.execute(wanted)}

    return on_boundaries(indicator, scope.programme, extent, figures, moved, owed, periods)


def _changes(
    asked: Figures,
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
    reports = asked.of(base, replace(within, on=None))
    moved = _on(asked, base, within, extent, reports, spans)
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
