"""Rows that are counted, values that others published and figures about reports: SQL equals a naive reference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from catalogue.period import Period
from catalogue.programme import Programme
from tests.world import KINDS, World
from warehouse.schema import fact_reporting
from warehouse.staging import Staging

Key = tuple[int, str]
Sides = dict[Key, tuple[Decimal | None, Decimal | None, str]]
FEW = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])

# The office of Oldtown ends, and that of Newtown begins, in the third quarter of 2024.
QUARTERS = [("ON1", "2024-Q2"), ("ON1", "2024-Q3"), ("ON2", "2024-Q2"), ("ON2", "2024-Q3"), ("ON3", "2024-Q3"),
            ("OS1", "2024-Q2"), ("OS1", "2024-Q4")]  # fmt: skip
course = st.fixed_dictionaries(
    {
        "topic": st.sampled_from(["data", "web"]),
        "ends": st.dates(date(2024, 3, 1), date(2024, 10, 31)),
        "online": st.booleans(),
        "learners": st.integers(1, 9),
    }
)
courses = st.lists(
    st.sampled_from(QUARTERS).flatmap(
        lambda place: st.tuples(st.just(place[0]), st.just(place[1]), st.lists(course, max_size=3))
    ),
    min_size=1,
    max_size=6,
)
value = st.fixed_dictionaries(
    {
        "figure": st.sampled_from(["RANK", "SCORE"]),
        "place": st.sampled_from(["N", "N1", "S"]),
        "value": st.sampled_from(["0.5", "3", "7"]),
    }
)
published = st.lists(
    st.tuples(st.sampled_from(["ON", "OS"]), st.sampled_from(["2022", "2023"]), st.lists(value, max_size=4)),
    min_size=1,
    max_size=4,
)
report = st.fixed_dictionaries(
    {
        "form": st.just("CASES"),
        "unit": st.sampled_from(["ON1", "ON2", "OS1"]),
        "period": st.sampled_from(["2024-01", "2024-02", "2024-03"]),
        "received": st.dates(date(2024, 2, 1), date(2024, 5, 1)),
        "loaded": st.integers(0, 5),
        "quarantined": st.integers(0, 2),
    }
)


@pytest.fixture(scope="module")
def country() -> Path:
    return KINDS


def told(world: World, area: Staging, connection: Any, code: str) -> Sides:
    """What SQL says of an indicator."""
    found = world.computed(code, connection, area)
    return {place: (one.numerator, one.denominator, one.status) for place, one in found.items()}


def above(programme: Programme, unit: str, code: str) -> tuple[int, ...]:
    """The entities that a report of a unit counts for, the unit itself among them."""
    period, offices = Period.parse(code), programme.register_named["offices"]
    office = offices.by_code(unit, period.end) or offices.by_code(unit, period.start)
    assert office is not None
    return programme.ancestors(office.key, programme.as_of(office.key, period))


@FEW
@given(sent=courses)
def test_courses_are_counted_where_they_end_in_their_quarter(
    shared_world: World, area: Staging, sent: list[tuple[str, str, list[dict[str, Any]]]]
) -> None:
    with shared_world.house.warehouse.engine().connect() as connection:
        shared_world.write(connection, "COURSES", sent)
        found = told(shared_world, area, connection, "COURSES")
        connection.rollback()
    counted: dict[Key, int] = defaultdict(int)
    for (unit, code), rows in {(unit, code): rows for unit, code, rows in sent}.items():
        quarter = Period.parse(code)
        ended = [row for row in rows if row["topic"] == "data" and quarter.start <= row["ends"] <= quarter.end]
        for entity in above(shared_world.programme, unit, code):
            for longer in (code, code[:4]):
                counted[entity, longer] += len(ended)  # no course is a report of none: 0
    assert found == {place: (Decimal(number), None, "ok") for place, number in counted.items()}


@FEW
@given(sent=published)
def test_a_published_value_is_what_somebody_says_and_nobody_says_otherwise(
    shared_world: World, area: Staging, sent: list[tuple[str, str, list[dict[str, Any]]]]
) -> None:
    parts = [(unit, year, [row | {"reference_period": year} for row in rows]) for unit, year, rows in sent]
    with shared_world.house.warehouse.engine().connect() as connection:
        shared_world.write(connection, "PUB", parts)
        found = {code: told(shared_world, area, connection, code) for code in ("RANK", "SCORE")}
        connection.rollback()
    places = shared_world.programme.register_named["places"]
    for code, figures in found.items():
        said: dict[Key, set[Decimal]] = defaultdict(set)
        for (_, year), rows in {(unit, year): rows for unit, year, rows in sent}.items():
            for row in rows:
                place = places.by_code(row["place"], Period.parse(year).end)
                assert place is not None
                if row["figure"] == code:
                    said[place.key, year].add(Decimal(row["value"]))
        assert figures == {
            place: (values.pop(), None, "ok") if len(values) == 1 else (None, None, "not_comparable")
            for place, values in said.items()
        }, code


@FEW
@given(sent=st.lists(report, min_size=1, max_size=8))
def test_reports_are_in_time_whole_and_without_error_as_they_came(
    shared_world: World, area: Staging, sent: list[dict[str, Any]]
) -> None:
    with shared_world.house.warehouse.engine().connect() as connection:
        shared_world.write_reports(connection, sent)
        codes = ("REPORTS.IN.TIME", "REPORTS.WHOLE", "ROWS.IN.ERROR")
        found = {code: told(shared_world, area, connection, code) for code in codes}
        listed = select(fact_reporting.c.unit_key, fact_reporting.c.period_code, fact_reporting.c.due_at)
        owed = [tuple(row) for row in connection.execute(listed.where(fact_reporting.c.form_code == "CASES"))]
        connection.rollback()
    offices = shared_world.programme.register_named["offices"]
    first: dict[Key, date] = {}
    last: dict[Key, dict[str, Any]] = {}
    for one in sent:
        unit = offices.by_code(one["unit"], date(2024, 1, 31))
        assert unit is not None
        key = (unit.key, str(one["period"]))
        first[key] = min(first.get(key, one["received"]), one["received"])
        last[key] = one
    today = max(one["received"] for one in sent)
    in_time: dict[Key, list[bool]] = defaultdict(list)
    whole: dict[Key, list[bool]] = defaultdict(list)
    for unit_key, code, due in owed:
        if due < today:
            for place in counts_for(shared_world.programme, unit_key, code):
                key = (unit_key, code)
                in_time[place].append(key in first and first[key] <= due)
                whole[place].append(key in last and not last[key]["quarantined"])
    errors: dict[Key, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for (unit_key, code), one in last.items():
        for place in counts_for(shared_world.programme, unit_key, code):
            wrong, rows = errors[place]
            errors[place] = (wrong + one["quarantined"], rows + one["quarantined"] + one["loaded"])
    expected = {
        "REPORTS.IN.TIME": {place: (sum(kept), len(kept)) for place, kept in in_time.items()},
        "REPORTS.WHOLE": {place: (sum(kept), len(kept)) for place, kept in whole.items()},
        "ROWS.IN.ERROR": errors,
    }
    for code, sides in expected.items():
        assert found[code] == {
            place: (Decimal(n), Decimal(d), "ok" if d else "no_denominator") for place, (n, d) in sides.items()
        }, code


def counts_for(programme: Programme, unit: int, code: str) -> Iterator[Key]:
    """The (entity, period) that a report of a month counts for: its month and quarter, of the unit and all above it."""
    month = Period.parse(code)
    quarter = Period.holding(month.end - timedelta(days=1), "quarter").code
    for entity in programme.ancestors(unit, programme.as_of(unit, month)):
        yield entity, code
        yield entity, quarter
