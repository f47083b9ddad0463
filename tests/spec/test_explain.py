"""From a figure to the rows and cells it stands on: their sum is the figure, on both backends."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.spec.test_over_time import FEBRUARY, JANUARY, MARCH, month
from tests.world import World


@pytest.fixture(scope="module")
def land(shared_world: World) -> World:
    shared_world.reports(
        "CASES",
        [
            ("ON1", "2023-01", month(JANUARY)),
            ("ON1", "2023-02", month(FEBRUARY)),
            ("ON1", "2023-03", month(MARCH)),
            ("ON2", "2023-01", month(JANUARY)),
            ("ON2", "2023-02", month(MARCH)),
        ],
    )
    shared_world.reports("PUPILS", [("ON", "2023-2024@SCHOOL", [{"place": "N1", "pupils": 300}])])
    # A correction that came later: the rows of the first report are behind nothing any more.
    shared_world.report("CASES", "ON1", "2023-02", month(MARCH))
    shared_world.release()
    return shared_world


def asked(land: World, query: str) -> list[tuple[object, ...]]:
    with land.house.warehouse.connection() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_rows_behind_every_figure_add_up_to_its_numerator_and_denominator(land: World) -> None:
    wrong = asked(
        land,
        """SELECT i.indicator_code, i.place_code, i.period_code, i.numerator, x.numerator
           FROM indicator i JOIN dim_indicator d ON d.indicator_code = i.indicator_code
           LEFT JOIN (SELECT indicator_code, entity_key, period_code,
                             sum(CASE WHEN side = 'numerator' THEN amount ELSE 0 END) AS numerator,
                             sum(CASE WHEN side = 'denominator' THEN amount ELSE 0 END) AS denominator
                      FROM explain_row GROUP BY indicator_code, entity_key, period_code) x
             ON x.indicator_code = i.indicator_code AND x.entity_key = i.entity_key AND x.period_code = i.period_code
           WHERE d.kind IN ('sum', 'count', 'ratio', 'published', 'cumulative', 'distinct')
             AND i.boundary_version = 'as_reported' AND (coalesce(i.numerator, 0) <> coalesce(x.numerator, 0)
                  OR coalesce(i.denominator, 0) <> coalesce(x.denominator, 0))""",
    )
    assert wrong == []
    assert asked(land, "SELECT count(*) > 100 FROM explain_row") == [(True,)]


@pytest.mark.parametrize(
    ("indicator", "behind"),
    [
        # first: January of each office; last: the last month that each has; sum: all, of February the correction
        ("CARRIED", [("ON1", "2023-01", 100), ("ON2", "2023-01", 100)]),
        ("PENDING", [("ON1", "2023-03", 5), ("ON2", "2023-02", 5)]),
        (
            "RECEIVED",
            [
                ("ON1", "2023-01", 400),
                ("ON1", "2023-02", 100),
                ("ON1", "2023-03", 100),
                ("ON2", "2023-01", 400),
                ("ON2", "2023-02", 100),
            ],
        ),
    ],
)
def test_the_parts_of_a_quarter_are_those_that_the_rule_of_the_measure_takes(
    land: World, indicator: str, behind: list[tuple[str, str, int]]
) -> None:
    found = asked(
        land,
        f"""SELECT e.unit_code, e.reported_period, CAST(e.amount AS INTEGER) FROM explain_part e
            JOIN place p ON p.entity_key = e.entity_key
            WHERE e.indicator_code = '{indicator}' AND e.period_code = '2023-Q1' AND p.code = 'N'
              AND p.register = 'places' ORDER BY e.unit_code, e.reported_period""",
    )
    assert found == behind
