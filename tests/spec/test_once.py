"""What several units report together counts once, at every place above them; on both backends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from tests.world import BACKENDS, LAND, World, redeclared
from tests.worlds import Worlds

HEALTH = {"topic": "data", "ends": "2024-03-05", "learners": 20}
LATER = {"topic": "data", "ends": "2024-03-06", "learners": 20}
WEB = {"topic": "web", "ends": "2024-03-05", "learners": 20}
UNDATED = {"topic": "data", "learners": 20}


@pytest.fixture(scope="module", params=BACKENDS)
def land(worlds: Worlds, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = worlds.make(str(request.param), LAND, tmp_path_factory.mktemp("once"))
    courses = world.programme.indicator["COURSES"]
    term = courses.numerator[0].model_copy(update={"once_by": ("topic", "ends"), "where": ()})
    once = courses.model_copy(update={"numerator": (term,), "periods": ("quarter", "year")})
    others = [one for one in world.programme.indicators if one.indicator != "COURSES"]
    world.house = replace(world.house, programme=redeclared(world.programme, indicators=(*others, once)))
    world.reports(
        "COURSES",
        [
            # Firsttown and Oldtown held one course together; Southtown took part in it from another region.
            ("ON1", "2024-Q1", [HEALTH, WEB]),
            ("ON2", "2024-Q1", [HEALTH, LATER]),
            ("OS1", "2024-Q1", [HEALTH]),
            # Reported again in the quarter after.
            ("ON1", "2024-Q2", [HEALTH]),
            # Without a day nobody can tell which course it was.
            ("ON1", "2023-Q1", [UNDATED, UNDATED | {"learners": 21}]),
            ("ON2", "2023-Q1", [UNDATED]),
        ],
    )
    world.release()
    yield world
    worlds.drop(world.house.warehouse.url)


@pytest.mark.parametrize(
    ("place", "period", "courses"),
    [
        ("N1", "2024-Q1", "2"),
        ("N2", "2024-Q1", "2"),
        ("N", "2024-Q1", "3"),  # not 4: what both of its towns held counts once
        ("S", "2024-Q1", "1"),
        ("L", "2024-Q1", "3"),  # not 3 + 1
        ("N1", "2024-Q2", "1"),
        ("N1", "2024", "2"),  # not 3: over the year it is still one course
        ("L", "2024", "3"),
        ("N1", "2023-Q1", "2"),
        ("N", "2023-Q1", "3"),
    ],
)
def test_one_thing_counts_once_wherever_it_is_counted(land: World, place: str, period: str, courses: str) -> None:
    assert land.value("COURSES", place, period) == courses


def test_its_learners_are_those_of_every_report(land: World) -> None:
    """Attendances are people at each unit: they add up, and only the course is one."""
    query = "SELECT sum(learners) FROM courses WHERE period_code = '2024-Q1' AND topic_code = :topic AND ends = :ends"
    assert land.one(query, topic="data", ends=date(2024, 3, 5)) == 60
