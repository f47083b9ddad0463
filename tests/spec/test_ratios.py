"""Ratios and changes: recomputed from their parts, exact to twelve places, a status where there is no quotient."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.world import World

# On time and resolved, first half of 2022, three levels of a province (golden numbers of domain 2.5).
LEVELS = {"ON1": (175_354, 175_920), "ON2": (26_473, 26_972), "OS1": (204_847, 207_030)}


def cases(on_time: int | None, resolved: int | None, topic: str = "data") -> dict[str, object]:
    return {"topic": topic, "on_time": on_time, "resolved": resolved}


def received(count: int) -> list[dict[str, object]]:
    return [{"topic": "data", "received": count}]


def course(ends: str, topic: str = "data") -> dict[str, object]:
    return {"topic": topic, "ends": ends, "learners": 1, "online": False}


@pytest.fixture(scope="module")
def land(shared_world: World) -> World:
    shared_world.reports(
        "CASES",
        [
            *((office, "2022-01", [cases(*level)]) for office, level in LEVELS.items()),
            ("ON1", "2022-02", [cases(2, 3)]),
            ("ON1", "2022-03", [cases(0, 0)]),
            ("ON1", "2022-04", [cases(8, 10), cases(None, 90, topic="web")]),
            ("ON1", "2022-05", [cases(None, None)]),
            ("ON1", "2020-11", received(15)),
            ("ON1", "2020-12", received(25)),
            ("ON1", "2021-01", received(100)),
            ("ON1", "2021-12", received(60)),
            ("ON2", "2020-12", received(0)),
            ("ON2", "2021-12", received(7)),
        ],
    )
    shared_world.reports(
        "COURSES",
        [
            (
                "ON1",
                "2024-Q1",
                [course("2024-01-01"), course("2024-03-31"), course("2024-04-01"), course("2024-02-01", topic="web")],
            ),
            ("ON2", "2024-Q1", []),
        ],
    )
    shared_world.release()
    return shared_world


def test_a_ratio_is_one_of_sums_and_no_mean_of_ratios(land: World) -> None:
    found = land.figure("ON.TIME", "L", "2022-01")
    assert found is not None
    assert (found.numerator, found.denominator) == (Decimal(406_674), Decimal(409_922))
    assert found.value == Decimal("0.992076541391")  # 99.2077 %
    mean = sum(Decimal(on_time) / resolved for on_time, resolved in LEVELS.values()) / 3
    assert round(mean, 4) == Decimal("0.9892")  # what a mean of rates would have said
    # 98.95 % rounded, where a newspaper cut it off to 98.94
    assert land.value("ON.TIME", "OS1", "2022-01") == "0.989455634449"


@pytest.mark.parametrize(
    ("period", "numerator", "denominator", "value", "status"),
    [
        ("2022-02", 2, 3, "0.666666666667", "ok"),  # half-up to twelve places
        ("2022-03", 0, 0, None, "no_denominator"),  # nothing resolved is a status and no number
        ("2022-04", 8, 10, "0.8", "ok"),  # a row whose numerator is missing counts on neither side
    ],
)
def test_a_ratio_has_a_value_or_a_status(
    land: World, period: str, numerator: int, denominator: int, value: str | None, status: str
) -> None:
    found = land.figure("ON.TIME", "ON1", period)
    assert found is not None
    assert (found.numerator, found.denominator, found.status) == (Decimal(numerator), Decimal(denominator), status)
    assert land.value("ON.TIME", "ON1", period) == value


def test_a_figure_that_nobody_knows_is_none_and_zero_is_zero(land: World) -> None:
    assert land.figure("RESOLVED", "ON1", "2022-05") is None
    assert land.figure("ON.TIME", "ON1", "2022-05") is None
    assert land.value("RESOLVED", "ON1", "2022-03") == "0"


@pytest.mark.parametrize(
    ("place", "period", "value", "status"),
    [
        ("ON1", "2021", "4", "ok"),  # 160 over 40: four times, not 400 % more
        ("ON1", "2021-12", "2.4", "ok"),  # 60 over 25
        ("ON1", "2021-01", None, "no_base"),  # nothing is known of January 2020
        ("ON2", "2021-12", None, "no_denominator"),  # the base is zero
    ],
)
def test_a_change_is_this_period_over_the_same_of_the_year_before(
    land: World, place: str, period: str, value: str | None, status: str
) -> None:
    found = land.figure("RECEIVED.GROWTH", place, period)
    assert found is not None
    assert (land.value("RECEIVED.GROWTH", place, period), found.status) == (value, status)


def test_an_empty_report_counts_zero_courses_and_no_report_counts_nothing(land: World) -> None:
    """Of Firsttown's four courses two are on data and end in the quarter, on its first and on its last day."""
    found = {place: land.value("COURSES", place, "2024-Q1") for place in ("ON1", "ON2", "OS1", "N", "S")}
    assert found == {"ON1": "2", "ON2": "0", "OS1": None, "N": "2", "S": None}
