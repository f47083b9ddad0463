"""What was known when a report was due stays readable beside what is known now."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from flows.house import prepare
from tests.world import World, redeclared

pytestmark = pytest.mark.long

JANUARY = ("CASES", "ON1", "2024-01")  # Due five working days after January: on Wednesday, 7 February.


def test_the_vintage_of_the_day_on_which_it_was_due_is_frozen(world: World) -> None:
    sent = [
        (datetime(2024, 2, 2), 10),
        (datetime(2024, 2, 7, 23, 59), 11),  # The last minute of the day, in the zone of the programme: UTC.
        (datetime(2024, 2, 8), 12),
        (datetime(2024, 3, 8), 13),
    ]
    form, unit, period = JANUARY
    for moment, received in sent:
        world.clock = moment - timedelta(hours=1)  # A report takes an hour.
        world.report(form, unit, period, [{"topic": "data", "received": received}])
    world.clock = datetime(2024, 2, 9)
    world.report(form, "ON2", period, [{"topic": "data", "received": 20}])

    latest = "SELECT office_code, received FROM cases ORDER BY office_code"
    assert world.sql(latest) == [("ON1", 13), ("ON2", 20)]
    # Who was late has nothing frozen.
    frozen = "SELECT office_code, received, known_from, due_at FROM cases_frozen"
    assert world.sql(frozen) == [("ON1", 11, datetime(2024, 2, 7, 23, 59), datetime(2024, 2, 7).date())]
    assert world.sql("SELECT was, now, change FROM drift WHERE measure = 'received' ORDER BY part_key") == [
        (10, 11, 1), (11, 12, 1), (12, 13, 1),
    ]  # fmt: skip


def test_the_day_ends_in_the_zone_of_the_programme(world: World) -> None:
    header = world.programme.header.model_copy(update={"time_zone": "Asia/Ho_Chi_Minh"})
    programme = redeclared(world.programme, header=header, digest="another zone")
    world.house = replace(world.house, programme=programme)
    prepare(world.house)
    for moment, received in ((datetime(2024, 2, 7, 16, 59), 1), (datetime(2024, 2, 7, 17), 2)):
        world.clock = moment - timedelta(hours=1)
        world.report(*JANUARY, [{"topic": "data", "received": received}])
    assert world.sql("SELECT received FROM cases_frozen") == [(1,)]


def test_a_repeat_of_the_same_content_is_no_drift(world: World) -> None:
    for received in (5, 5, None):
        world.report(*JANUARY, [{"topic": "data", "received": received, "resolved": 3}])
    assert world.sql("SELECT measure, was, now, change FROM drift") == [("received", 5, None, -5)]
