"""Targets: compared unrounded, strict where the document is strict, with a status for all that is no yes or no."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from catalogue.period import Period
from catalogue.target import Target
from tests.world import World
from transforms.evaluate import Figure, target_status


def target(operator: str, value: str, year: int = 2025, kind: str = "target") -> Target:
    return Target.model_validate(
        {
            "target": "T",
            "indicator": "I",
            "place": "N",
            "boundary": date(2024, 1, 1),
            "year": year,
            "operator": operator,
            "value": Decimal(value),
            "kind": kind,
            "words": {"en": "as the document says"},
            "document": "a plan",
        }
    )


def figure(numerator: str | None, denominator: str | None = None, **more: Any) -> Figure:
    return Figure(
        indicator="I",
        version=1,
        entity=1,
        period="2025",
        numerator=None if numerator is None else Decimal(numerator),
        denominator=None if denominator is None else Decimal(denominator),
        **more,
    )


@pytest.mark.parametrize(
    ("operator", "value", "numerator", "denominator", "status"),
    [
        # exactly 90.0 % does not meet "over 90 %", and meets "at least 90 %"
        (">", "0.9", "180", "200", "not_met"),
        (">=", "0.9", "180", "200", "met"),
        (">", "0.9", "181", "200", "met"),
        # 99.96 % is shown as 100.0 % and is not 100 %
        ("=", "1", "9996", "10000", "not_met"),
        ("=", "1", "10000", "10000", "met"),
        (">=", "1", "9999999", "10000000", "not_met"),
        # a third is no 0.333333: nothing is divided before it is compared
        ("=", "0.333333", "1", "3", "not_met"),
        ("<", "0.333334", "1", "3", "met"),
        # numbers without a denominator
        (">", "3400", "3400", None, "not_met"),
        (">", "3400", "3401", None, "met"),
        (">=", "50", "50", None, "met"),
        ("<=", "15", "15", None, "met"),
        ("<=", "15", "16", None, "not_met"),
        ("<", "15", "15", None, "not_met"),
    ],
)
def test_an_operator_means_what_it_says(
    operator: str, value: str, numerator: str, denominator: str | None, status: str
) -> None:
    assert target_status(target(operator, value), figure(numerator, denominator), Period.parse("2025")) == status


@pytest.mark.parametrize(
    ("year", "period", "value", "status"),
    [
        (2025, "2025", "0.5", "not_met"),  # its year is over
        (2026, "2025", "0.5", "pending"),  # its year is still to come
        (2025, "2025-Q2", "0.5", "pending"),  # its year still lasts
        (2025, "2025-Q4", "0.5", "not_met"),
        (2026, "2025", "0.95", "met"),  # reached early
        (2024, "2025", "0.95", None),  # a later figure says nothing of it
        (2025, "2024-2025@SCHOOL", "0.95", "met"),  # a school year belongs to the year it ends in
    ],
)
def test_a_target_waits_until_its_year_is_over(year: int, period: str, value: str, status: str | None) -> None:
    assert target_status(target(">=", "0.9", year), figure(value), Period.parse(period)) == status


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (figure("95", "100", received=9, expected=10), "met_partial"),  # met, as far as reports are in
        (figure("95", "100", received=10, expected=10), "met"),
        (figure("85", "100", received=9, expected=10), "not_met"),
        (figure("0", "0", status="no_denominator"), "no_data"),
        (figure(None, status="not_comparable"), "not_comparable"),
        (figure(None), "no_data"),
        (figure("410", "1000", status="incomplete"), "no_data"),  # an index that lacks a component
        (figure("7", status="no_base"), "no_data"),
    ],
)
def test_what_is_incomplete_or_no_number_has_a_status_of_its_own(found: Figure, status: str) -> None:
    assert target_status(target(">", "0.9"), found, Period.parse("2025")) == status


@pytest.mark.parametrize(
    ("operator", "year", "period", "value", "status"),
    [
        (">=", 2025, "2025-Q2", "0.95", "met"),  # in its last quarter the old province had reached it
        (">=", 2025, "2025-Q2", "0.5", "pending"),
        (">=", 2025, "2025-H1", "0.5", "pending"),
        (">=", 2025, "2025", "0.95", "met"),  # enough by its last day is enough
        (">=", 2025, "2025", "0.5", "not_comparable"),  # half a year of the old province is no year of it
        ("<=", 2025, "2025", "0.5", "not_comparable"),  # a flow of half a year is low by itself
        (">", 2030, "2025", "0.5", "not_comparable"),  # the document meant a province that is no more
        (">", 2030, "2024", "0.95", "met"),
        (">", 2030, "2024", "0.5", "pending"),
        (">", 2024, "2024", "0.5", "not_met"),  # its year was over before
        (">", 2024, "2025", "0.95", None),
    ],
)
def test_the_targets_of_a_place_that_is_no_more_are_closed_on_its_last_day(
    operator: str, year: int, period: str, value: str, status: str | None
) -> None:
    """Bắc Giang's plans are of the province up to 30 June 2025; those of its successor are other documents."""
    closed = date(2025, 6, 30)
    found = target_status(target(operator, "0.9", year), figure(value), Period.parse(period), closed)
    assert found == status
    endless = target_status(target(operator, "0.9", year), figure(value), Period.parse(period), date(9999, 12, 31))
    assert endless == target_status(target(operator, "0.9", year), figure(value), Period.parse(period))


@pytest.mark.parametrize(
    ("operator", "value", "published", "sign", "status"),
    [
        (">", "800000", "800000", ">", "met"),  # "above 800,000" is above 800,000
        (">", "800000", "800000", None, "not_met"),
        (">=", "900000", "800000", ">", "not_met"),  # above 800,000 may be below 900,000
        ("<", "15", "15", "<", "met"),
        ("<", "900000", "800000", ">", "not_met"),  # it may be above 900,000, too
        (">=", "10", "15", "<", "not_met"),
        ("=", "800000", "800000", ">", "not_met"),
    ],
)
def test_a_figure_published_as_above_n_is_above_n(
    operator: str, value: str, published: str, sign: str | None, status: str
) -> None:
    found = figure(published, approx=sign)
    assert target_status(target(operator, value), found, Period.parse("2025")) == status


def test_a_published_actual_is_compared_with_its_own_year_only() -> None:
    actual = target("=", "0.7", 2024, kind="actual")
    assert target_status(actual, figure("7", "10"), Period.parse("2024")) == "met"
    assert target_status(actual, figure("7", "10"), Period.parse("2023")) is None
    assert target_status(actual, figure("7", "10"), Period.parse("2024-Q4")) is None


def test_targets_stand_in_the_released_figures_and_in_their_view(world: World) -> None:
    """North: over 90 % in 2024, and has exactly 90 %. South: 100 %, and has it, but for a quarter. Land: 2026."""
    quarters = ("2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4")
    north = [("ON", quarter, [{"place": "N1", "people": 100, "skilled": 90}]) for quarter in quarters]
    south = [("OS", quarter, [{"place": "S1", "people": 50, "skilled": 50}]) for quarter in quarters[:3]]
    world.reports("PEOPLE", [*north, *south])
    world.release()

    standing = {}
    for place in ("N", "S", "L"):
        found = world.figure("SKILL", place, "2024")
        assert found is not None
        standing[place] = (world.value("SKILL", place, "2024"), found.coverage, found.target_status)
    assert standing == {
        "N": ("0.9", "1/1", "not_met"),
        "S": ("1", "0/1", "met_partial"),
        "L": ("0.933333333333", "1/2", "met_partial"),
    }
    told = dict(world.sql("SELECT target_code, status FROM target"))
    assert told == {
        "N-SKILL-2024": "not_met",
        "S-SKILL-2024": "met_partial",
        "L-SKILL-2026": "met_partial",
        "N-COURSES-2024": "no_data",  # nobody reported a course
    }
