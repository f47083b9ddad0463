"""Indicators by SQL equal a naive reference in Python, on random small worlds: vintages, gaps, roll-up, an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.period import Period
from catalogue.programme import Programme
from tests.world import KINDS, World
from warehouse.staging import Staging

MONTHS = ("2023-07", "2023-08", "2024-07", "2024-08", "2024-09")
# The office of Oldtown ends, and that of Newtown begins, in August 2024.
UNITS = {"ON1": MONTHS, "ON2": MONTHS[:4], "ON3": MONTHS[3:], "OS1": MONTHS}
MEASURES = ("carried", "received", "resolved", "on_time", "pending")
TERMS = {
    "CARRIED": (("carried", "first"),),
    "RECEIVED": (("received", "sum"),),
    "PENDING": (("pending", "last"),),
    "TOTAL": (("carried", "first"), ("received", "sum")),
}

Row = dict[str, Any]
Part = tuple[str, str, list[Row]]
Found = dict[tuple[int, str], tuple[Decimal | None, Decimal | None, str]]

amounts = st.one_of(st.none(), st.integers(0, 5))
rows = st.fixed_dictionaries({"topic": st.sampled_from(["data", "web"]), **dict.fromkeys(MEASURES, amounts)})
parts = st.sampled_from([(unit, month) for unit, months in UNITS.items() for month in months]).flatmap(
    lambda place: st.tuples(st.just(place[0]), st.just(place[1]), st.lists(rows, max_size=2))
)


@pytest.fixture(scope="module")
def country() -> Path:
    return KINDS


def lines(programme: Programme, told: list[Part], rule: str) -> Iterator[tuple[str, int, Row]]:
    """(period, entity, row) for every row of a current part, and every entity above it that it counts for."""
    for period, entity, found in heard(programme, told, rule):
        yield from ((period, entity, row) for row in found)


def heard(programme: Programme, told: list[Part], rule: str) -> Iterator[tuple[str, int, list[Row]]]:
    """(period, entity, rows) for every current part, and every entity above it that it counts for."""
    current = {(unit, month): found for unit, month, found in told}
    for code in sorted({longer for _, month, _ in told for longer in (month, f"{month[:4]}-Q3", month[:4])}):
        period = Period.parse(code)
        inside = [place for place in current if month_in(place[1], period)]
        for unit, month in inside:
            months = [other for same, other in inside if same == unit]
            if rule != "sum" and month != {"first": min, "last": max}[rule](months):
                continue
            base = Period.parse(month)
            offices = programme.register_named["offices"]
            office = offices.by_code(unit, base.end) or offices.by_code(unit, base.start)
            assert office is not None
            edge = period.start if rule == "first" else period.end
            for above in programme.ancestors(office.key, programme.as_of(office.key, base)):
                gone = programme.version(office.key, edge) is None and programme.version(above, edge) is not None
                if rule == "sum" or not gone:
                    yield code, above, current[unit, month]


def month_in(month: str, period: Period) -> bool:
    base = Period.parse(month)
    return period.start <= base.start and base.end <= period.end


def sums(programme: Programme, told: list[Part], code: str) -> Found:
    found: dict[tuple[int, str], Decimal] = {}
    for measure, rule in TERMS[code]:
        for period, entity, row in lines(programme, told, rule):
            if row[measure] is not None:
                found[entity, period] = found.get((entity, period), Decimal(0)) + row[measure]
    return {place: (total, None, "ok") for place, total in found.items()}


def on_time(programme: Programme, told: list[Part]) -> Found:
    found: dict[tuple[int, str], tuple[Decimal, Decimal]] = {}
    for period, entity, row in lines(programme, told, "sum"):
        if row["on_time"] is not None and row["resolved"] is not None:
            before = found.get((entity, period), (Decimal(0), Decimal(0)))
            found[entity, period] = (before[0] + row["on_time"], before[1] + row["resolved"])
    return {place: (n, d, "ok" if d else "no_denominator") for place, (n, d) in found.items()}


def growth(programme: Programme, told: list[Part]) -> Found:
    received = {place: found[0] for place, found in sums(programme, told, "RECEIVED").items()}
    found: Found = {}
    for (entity, period), now in received.items():
        base = received.get((entity, Period.parse(period).year_before().code))
        found[entity, period] = (now, base, "no_base" if base is None else "ok" if base else "no_denominator")
    return found


def topics(programme: Programme, told: list[Part]) -> Found:
    found: dict[tuple[int, str], set[str]] = {(one, period): set() for period, one, _ in heard(programme, told, "sum")}
    for period, entity, row in lines(programme, told, "sum"):
        found[entity, period] |= {row["topic"]} if row["received"] else set()
    return {place: (Decimal(len(different)), None, "ok") for place, different in found.items()}


def topics_used(programme: Programme, told: list[Part]) -> Found:
    every: dict[tuple[int, str], set[str]] = {}
    for period, entity, row in lines(programme, told, "sum"):
        every.setdefault((entity, period), set()).add(row["topic"])
    used = topics(programme, told)
    return {place: (used[place][0], Decimal(len(different)), "ok") for place, different in every.items()}


def by_unit(programme: Programme, told: list[Part], code: str) -> Iterator[tuple[int, str, str, list[Row]]]:
    """(office, topic, month, rows) of the current parts of a period."""
    current = {(unit, month): found for unit, month, found in told}
    for (unit, month), found in current.items():
        base = Period.parse(month)
        if month_in(month, Period.parse(code)):
            offices = programme.register_named["offices"]
            office = offices.by_code(unit, base.end) or offices.by_code(unit, base.start)
            assert office is not None
            yield from ((office.key, row["topic"], month, [row]) for row in found)


def grouped(
    programme: Programme, told: list[Part], code: str, by: tuple[int, ...], measures: tuple[str, str]
) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """(entities that it counts for, first measure, second measure) of every unit whose rows say both."""
    groups: dict[tuple[Any, ...], list[tuple[str, Row]]] = {}
    for line in by_unit(programme, told, code):
        groups.setdefault(tuple(line[index] for index in by), []).append((line[2], line[3][0]))
    for group, members in groups.items():
        if all(row[measure] is not None for _, row in members for measure in measures):
            day = max(programme.as_of(group[0], Period.parse(month)) for month, _ in members)
            first, second = (sum(row[measure] for _, row in members) for measure in measures)
            yield programme.ancestors(group[0], day), first, second


def quarters(told: list[Part]) -> set[str]:
    return {f"{month[:4]}-Q3" for _, month, _ in told}


def prompt(programme: Programme, told: list[Part]) -> Found:
    found: Found = {}
    for code in quarters(told):
        for above, on_time, resolved in grouped(programme, told, code, (0, 1), ("on_time", "resolved")):
            for entity in above if resolved else ():
                reached, units, _ = found.get((entity, code), (Decimal(0), Decimal(0), "ok"))
                assert reached is not None
                assert units is not None
                found[entity, code] = (reached + (2 * on_time >= resolved), units + 1, "ok")
    return found


def gaps(programme: Programme, told: list[Part], *, larger: bool) -> Found:
    found: dict[tuple[int, str], tuple[Decimal, Decimal]] = {}
    for code in quarters(told):
        for above, one, other in grouped(programme, told, code, (0, 2), ("received", "resolved")):
            n, d = (one, max(one, other)) if larger else (abs(one - other), one)
            for entity in above:
                before = found.get((entity, code), (Decimal(0), Decimal(0)))
                found[entity, code] = (before[0] + n, before[1] + d)
    return {place: (n, d, "ok" if d else "no_denominator") for place, (n, d) in found.items()}


def points(programme: Programme, told: list[Part]) -> Found:
    found: Found = {}
    for month in {month for _, month, _ in told}:
        rows_of: dict[int, list[Row]] = {}
        for office, _, _, own in by_unit(programme, told, month):
            rows_of.setdefault(office, []).extend(own)
        for office, own in rows_of.items():
            known = [row["resolved"] for row in own if row["resolved"] is not None]
            whole = len(known) == len(own) and all(row["on_time"] is not None for row in own)
            n = Decimal(1000 * sum(row["on_time"] for row in own)) if whole else None
            status = "no_denominator" if not sum(known) else "ok" if whole else "incomplete"
            found[office, month] = (n, Decimal(sum(known)) if known else None, status)
    return found


def points_rank(programme: Programme, told: list[Part]) -> Found:
    """1 + how many have more, among the town offices of the North that still stand at the month's end."""
    values: dict[str, dict[int, Decimal]] = {}
    for (office, month), (n, d, status) in points(programme, told).items():
        version = programme.version(office, Period.parse(month).end)
        if status == "ok" and n is not None and d is not None and version is not None and version.parent == 110:
            values.setdefault(month, {})[office] = n / d
    return {
        (office, month): (Decimal(1 + sum(other > value for other in held.values())), None, "ok")
        for month, held in values.items()
        for office, value in held.items()
    }


def since(programme: Programme, told: list[Part]) -> Found:
    totals: dict[tuple[int, str], Decimal] = {}
    for code in {longer for _, month, _ in told for longer in (month, f"{month[:4]}-Q3")}:
        until = Period.parse(code).end
        for period, entity, row in lines(programme, told, "sum"):
            if period in MONTHS and Period.parse(period).end <= until and row["received"] is not None:
                totals[entity, code] = totals.get((entity, code), Decimal(0)) + row["received"]
    return {place: (total, None, "ok") for place, total in totals.items()}


REFERENCE: dict[str, Callable[[Programme, list[Part]], Found]] = {
    **{code: lambda programme, told, code=code: sums(programme, told, code) for code in TERMS},  # type: ignore[misc]
    "ON.TIME": on_time,
    "RECEIVED.GROWTH": growth,
    "TOPICS": topics,
    "TOPICS.USED": topics_used,
    "PROMPT": prompt,
    "APART": lambda programme, told: gaps(programme, told, larger=False),
    "IN.STEP": lambda programme, told: gaps(programme, told, larger=True),
    "POINTS": points,
    "POINTS.RANK": points_rank,
    "RECEIVED.SINCE": since,
}


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(parts, min_size=1, max_size=10))
def test_sql_equals_the_naive_reference(shared_world: World, area: Staging, told: list[Part]) -> None:
    with shared_world.house.warehouse.engine().connect() as connection:
        shared_world.write(connection, "CASES", told)
        computed = {code: shared_world.computed(code, connection, area) for code in REFERENCE}
        connection.rollback()
    for code, reference in REFERENCE.items():
        kinds = shared_world.programme.indicator[code].periods
        every = reference(shared_world.programme, told)
        expected = {place: found for place, found in every.items() if Period.parse(place[1]).kind in kinds}
        figures = computed[code].items()
        assert {place: (one.numerator, one.denominator, one.status) for place, one in figures} == expected, code
        for place, one in figures:
            n, d, status = expected[place]
            if status != "ok" or n is None:
                assert one.value is None
            else:
                exact = n if d is None else (n / d).quantize(Decimal("1e-12"), ROUND_HALF_UP)
                assert one.value == exact, (code, place)
