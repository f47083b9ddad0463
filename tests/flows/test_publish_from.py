"""Beside each figure how many reports came, and in time; below a declared share of them it is not published."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

import pytest

from tests.world import World, redeclared

ROW: Final = [{"topic": "data", "received": 4}]


@pytest.fixture(scope="module")
def land(shared_world: World) -> World:
    """January is due on 7 February: the North sends one of two reports in time, the South its only one late."""
    declared = [
        one.model_copy(update={"publish_from": Decimal("0.6")}) if one.indicator == "RECEIVED" else one
        for one in shared_world.programme.indicators
    ]
    programme = redeclared(shared_world.programme, indicators=declared)
    object.__setattr__(shared_world.house, "programme", programme)
    for day, unit in (("2024-02-07T10:00", "ON1"), ("2024-02-20T10:00", "OS1")):
        shared_world.clock = datetime.fromisoformat(day)
        shared_world.report("CASES", unit, "2024-01", ROW)
    shared_world.release()
    return shared_world


@pytest.mark.parametrize(
    ("indicator", "place", "value", "status", "reports"),
    [
        ("RECEIVED", "N1", 4, "ok", "1/1, 1 in time"),
        ("RECEIVED", "N", None, "low_coverage", "1/2, 1 in time"),
        ("RECEIVED", "S", 4, "ok", "1/1, 0 in time"),
        ("RECEIVED", "L", 8, "ok", "2/3, 1 in time"),
        # Another indicator of the same reports declares nothing.
        ("TOTAL", "N", None, "ok", "1/2, 1 in time"),
        # A change is made of what is published.
        ("RECEIVED.GROWTH", "N", None, "", ""),
        ("RECEIVED.GROWTH", "L", None, "no_base", "2/3, 1 in time"),
    ],
)
def test_a_figure_says_what_stands_behind_it_and_is_published_where_that_is_enough(
    land: World, indicator: str, place: str, value: int | None, status: str, reports: str
) -> None:
    found = land.sql(
        "SELECT value, numerator, status, concat(reports_received, '/', reports_expected, ', ', reports_on_time, "
        f"' in time') FROM indicator WHERE indicator_code = '{indicator}' AND place_code = '{place}' "
        "AND period_code = '2024-01'"
    )
    assert [row[2:] for row in found] == ([(status, reports)] if status else [])
    if found and indicator == "RECEIVED":
        assert found[0][:2] == (value, value)
