"""Indicators by SQL equal a naive reference in Python, on random small worlds: vintages, gaps, roll-up, an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.period import Period
from catalogue.programme import Programme
from tests.world import World
from warehouse.staging import Staging, staging_area

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
def area(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    with staging_area(tmp_path_factory.mktemp("staging") / "figures.duckdb") as area:
        yield area


def lines(programme: Programme, told: list[Part], rule: str) -> Iterator[tuple[str, int, Row]]:
    """(period, entity, row) for every row of a current part, and every entity above it that it counts for."""
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
                    yield from ((code, above, row) for row in current[unit, month])


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


REFERENCE: dict[str, Callable[[Programme, list[Part]], Found]] = {
    **{code: lambda programme, told, code=code: sums(programme, told, code) for code in TERMS},  # type: ignore[misc]
    "ON.TIME": on_time,
    "RECEIVED.GROWTH": growth,
}


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(parts, min_size=1, max_size=10))
def test_sql_equals_the_naive_reference(shared_world: World, area: Staging, told: list[Part]) -> None:
    with shared_world.house.warehouse.engine().connect() as connection:
        shared_world.write(connection, "CASES", told)
        computed = {code: shared_world.computed(code, connection, area) for code in REFERENCE}
        connection.rollback()
    for code, reference in REFERENCE.items():
        expected = reference(shared_world.programme, told)
        figures = computed[code].items()
        assert {place: (one.numerator, one.denominator, one.status) for place, one in figures} == expected, code
        for place, one in figures:
            n, d, status = expected[place]
            if status != "ok" or n is None:
                assert one.value is None
            else:
                exact = n if d is None else (n / d).quantize(Decimal("1e-12"), ROUND_HALF_UP)
                assert one.value == exact, (code, place)
