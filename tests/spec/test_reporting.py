"""How reporting itself goes: what is due, what came in time, what is complete, what is in quarantine."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.world import KINDS, World

ROW = [{"topic": "data", "received": 1}, {"topic": "web", "received": 1}]
CODES = ("REPORTS.IN.TIME", "REPORTS.WHOLE", "ROWS.IN.ERROR")


def send(world: World, day: str, unit: str, period: str, *, complete: bool = True, form: str = "CASES") -> None:
    world.clock = datetime.fromisoformat(day)
    rows = ROW if form == "CASES" else []
    world.report(form, unit, period, rows, complete=complete)


@pytest.fixture(scope="module")
def country() -> Path:
    return KINDS


@pytest.fixture(scope="module")
def land(shared_world: World) -> World:
    """Three town offices report; January is due on 7 February, February on 7 March, March on 5 April."""
    send(shared_world, "2024-02-07T20:00", "ON1", "2024-01")  # on its last day
    send(shared_world, "2024-02-08T01:00", "ON2", "2024-01")  # a day late
    send(shared_world, "2024-03-05T09:00", "ON1", "2024-02", complete=False)
    send(shared_world, "2024-03-20T09:00", "ON1", "2024-02")  # mended after its day: it had come in time
    send(shared_world, "2024-03-20T09:00", "ON2", "2024-02", complete=False)
    send(shared_world, "2024-03-20T09:00", "ON1", "2199-01")  # long before its day
    shared_world.release()
    return shared_world


@pytest.mark.parametrize(
    ("place", "period", "in_time", "whole", "in_error"),
    [
        ("ON1", "2024-01", "1/1", "1/1", "0/2"),
        ("ON2", "2024-01", "0/1", "1/1", "0/2"),
        ("OS1", "2024-01", "0/1", "0/1", None),  # nothing came
        ("ON1", "2024-02", "1/1", "1/1", "0/2"),
        ("ON2", "2024-02", "0/1", "0/1", "1/3"),
        ("N", "2024-01", "1/2", "2/2", "0/4"),
        ("L", "2024-02", "1/3", "1/3", "1/5"),
        # March is not due yet when the last report came: the quarter is of what is.
        ("L", "2024-Q1", "2/6", "3/6", "1/9"),
        ("L", "2024-03", None, None, None),
    ],
)
def test_reports_are_counted_over_those_that_are_due(
    land: World, place: str, period: str, in_time: str, whole: str, in_error: str | None
) -> None:
    found = [land.figure(code, place, period) for code in CODES]
    told = [f"{one.numerator:.0f}/{one.denominator:.0f}" if one else None for one in found]
    assert told == [in_time, whole, in_error]


def test_each_obligation_says_whether_it_was_kept(land: World) -> None:
    found = land.sql(
        "SELECT unit_code, period_code, due_at, complete, status FROM obligation "
        "WHERE form_code = 'CASES' AND period_code IN ('2024-01', '2024-02') ORDER BY period_code, unit_code"
    )
    january, february = date(2024, 2, 7), date(2024, 3, 7)
    assert found == [
        ("ON1", "2024-01", january, True, "on_time"),
        ("ON2", "2024-01", january, True, "late"),
        ("OS1", "2024-01", january, None, "missing"),
        ("ON1", "2024-02", february, True, "on_time"),
        ("ON2", "2024-02", february, False, "late"),
        ("OS1", "2024-02", february, None, "missing"),
    ]
    early: dict[str, str] = dict(land.sql("SELECT unit_code, status FROM obligation WHERE period_code = '2199-01'"))
    assert early.pop("ON1") == "on_time"
    assert set(early.values()) == {"open"}


def test_what_falls_due_is_told_though_nothing_of_its_period_came(world: World) -> None:
    send(world, "2024-02-05T09:00", "ON1", "2024-01")
    world.release()
    assert world.figure("REPORTS.IN.TIME", "L", "2024-01") is None
    send(world, "2024-03-01T09:00", "ON1", "2024-Q1", form="COURSES")
    world.release()
    assert world.value("REPORTS.IN.TIME", "L", "2024-01") == "0.333333333333"
    assert world.figure("REPORTS.IN.TIME", "L", "2024-02") is None
