"""What several places make of a figure: each row counts once for every place above its own, as of its period."""

from __future__ import annotations

import pytest

from tests.spec.test_over_time import FEBRUARY, JANUARY, MARCH, month
from tests.world import World


@pytest.fixture(scope="module")
def land(shared_world: World) -> World:
    shared_world.reports(
        "CASES",
        [
            ("ON1", "2023-01", month(JANUARY)),
            ("ON2", "2023-01", month(FEBRUARY)),
            ("OS1", "2023-01", month(MARCH)),
            # Oldtown's office ends on 15 August 2024 with 8 pending; Newtown's begins with these 8 carried over.
            ("ON2", "2024-01", month((20, 10, 30, 15, 15, 15))),
            ("ON2", "2024-08", month((15, 5, 20, 12, 12, 8))),
            ("ON3", "2024-08", month((8, 4, 12, 6, 6, 6))),
            ("ON3", "2024-12", month((6, 10, 16, 13, 13, 3))),
        ],
    )
    # Roamer moves from the north to the south on 16 August 2024.
    shared_world.reports(
        "PEOPLE",
        [
            ("ON", "2024-Q2", [{"place": "N1", "people": 10}, {"place": "R", "people": 5}]),
            ("ON", "2024-Q3", [{"place": "N1", "people": 11}]),
            ("OS", "2024-Q2", [{"place": "S1", "people": 20}]),
            ("OS", "2024-Q3", [{"place": "S1", "people": 21}, {"place": "R", "people": 6}]),
        ],
    )
    rank = {"figure": "RANK", "reference_period": "2024", "sign": "="}
    score = {"figure": "SCORE", "reference_period": "2024", "sign": "=", "place": "N"}
    shared_world.report(
        "PUB",
        "ON",
        "2024",
        [
            rank | {"place": "N", "value": 3},
            rank | {"place": "S", "value": 5},
            score | {"value": "0.5"},
            score | {"value": "0.6"},
        ],
    )
    shared_world.release()
    return shared_world


def test_a_figure_rolls_up_through_offices_into_the_places_they_link_to(land: World) -> None:
    received = {
        "ON1": "400",  # the office
        "N1": "400",  # its town
        "ON": "700",  # the region's office, above it
        "N": "700",  # the region: reached through the town and through the region's office, and counted once
        "S": "100",
        "L": "800",
    }
    assert {place: land.value("RECEIVED", place, "2023-01") for place in received} == received


def test_a_town_counts_where_it_lies_at_the_end_of_the_period(land: World) -> None:
    people = {
        ("N", "2024-Q2"): "15",
        ("N", "2024-Q3"): "11",
        ("S", "2024-Q2"): "20",
        ("S", "2024-Q3"): "27",
        ("L", "2024-Q2"): "35",
        ("L", "2024-Q3"): "38",
    }
    assert {(place, quarter): land.value("PEOPLE", place, quarter) for place, quarter in people} == people


def test_an_office_abolished_inside_a_year_hands_over_to_its_successor(land: World) -> None:
    assert land.value("RECEIVED", "N", "2024-08") == "9"  # both offices report on the month of the change
    year = {
        "RECEIVED": "29",  # 10 + 5 + 4 + 10
        "RESOLVED": "46",  # 15 + 12 + 6 + 13
        "CARRIED": "20",  # into the year: what Newtown's office took over was there already
        "PENDING": "3",  # at the year's end: Oldtown's 8 are Newtown's now
        "TOTAL": "49",  # 20 + 29 = 46 + 3
    }
    assert {code: land.value(code, "N", "2024") for code in year} == year
    # What ended before the year did keeps its own last figures, and what began after its start its own first ones.
    assert land.value("PENDING", "ON2", "2024") == "8"
    assert land.value("CARRIED", "ON3", "2024") == "8"


def test_an_office_owes_nothing_before_its_first_day_and_after_its_last(land: World) -> None:
    owed = "SELECT min(period_code), max(period_code), max(as_of_date) FROM fact_reporting WHERE unit_key = :unit"
    first, last, day = land.sql(owed, unit=112)[0]
    assert (first, last, str(day)) == ("2023-01", "2024-08", "2024-08-15")
    first, last, day = land.sql(owed, unit=113)[0]
    assert (first, last, str(day)) == ("2024-08", "2024-12", "2024-12-31")


def test_published_values_are_never_added_up(land: World) -> None:
    assert {place: land.value("RANK", place, "2024") for place in ("N", "S", "L")} == {"N": "3", "S": "5", "L": None}


def test_two_published_values_that_differ_are_no_figure(land: World) -> None:
    found = land.figure("SCORE", "N", "2024")
    assert found is not None
    assert (found.value, found.status) == (None, "not_comparable")
