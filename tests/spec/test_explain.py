"""From a figure to the rows and cells it stands on: their sum is the figure, on both backends."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.spec.test_over_time import FEBRUARY, JANUARY, MARCH, month
from tests.world import KINDS, World


@pytest.fixture(scope="module")
def country() -> Path:
    return KINDS


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
    shared_world.report("PEOPLE", "ON", "2023-Q1", [{"place": "N1", "people": 9, "skilled": 4}])
    course = {"topic": "web", "ends": date(2023, 2, 1), "online": True, "learners": 7}
    shared_world.report("COURSES", "ON1", "2023-Q1", [course])
    # A correction that came later: the rows of the first report are behind nothing any more.
    shared_world.report("CASES", "ON1", "2023-02", month(MARCH))
    # A report that has rows in quarantine, and two figures for an index, one of them told twice.
    shared_world.report("CASES", "ON1", "2023-04", month((0, 10, 10, 13, 12, 5)))
    shared_world.report("CASES", "ON2", "2023-04", month((0, 10, 10, 7, 1, 5)), complete=False)
    score = {"place": "N", "reference_period": "2023"}
    shared_world.report(
        "PUB",
        "ON",
        "2023",
        [
            score | {"figure": "SCORE", "value": "0.5"},
            score | {"figure": "RANK", "value": "0.2", "rank_of": 9},
            score | {"figure": "RANK", "value": "0.2", "rank_of": 8},
        ],
    )
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
           WHERE d.kind NOT IN ('change', 'rank', 'reports')
             AND i.boundary_version = 'as_reported' AND (coalesce(i.numerator, 0) <> coalesce(x.numerator, 0)
                  OR (i.indicator_code <> 'PILLARS' AND coalesce(i.denominator, 0) <> coalesce(x.denominator, 0)))""",
    )
    assert wrong == []
    kinds = asked(
        land,
        """SELECT DISTINCT d.kind FROM explain_row e JOIN dim_indicator d ON d.indicator_code = e.indicator_code
           ORDER BY d.kind""",
    )
    assert {kind for (kind,) in kinds} >= {"distinct", "gap", "index", "published", "ratio", "share", "sum"}


def test_the_reports_behind_a_figure_about_reports_add_up_to_it(land: World) -> None:
    figures = asked(
        land,
        """SELECT i.indicator_code, i.entity_key, i.period_code, i.numerator, i.denominator
           FROM indicator i JOIN dim_indicator d ON d.indicator_code = i.indicator_code
           WHERE d.kind = 'reports' ORDER BY 1, 2, 3""",
    )
    behind = asked(
        land,
        """SELECT indicator_code, entity_key, period_code, CAST(sum(numerator) AS NUMERIC(38, 6)),
                  CAST(sum(denominator) AS NUMERIC(38, 6))
           FROM explain_report GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
    )
    assert behind == figures
    assert {code for code, *_ in figures} == {"REPORTS.IN.TIME", "REPORTS.WHOLE", "ROWS.IN.ERROR"}


@pytest.mark.parametrize(
    ("indicator", "behind"),
    [
        # A topic of an office counts 1 below, and 1 above where the office was prompt: 12 of 13, and 1 of 7.
        ("PROMPT", [("numerator", "ON1", 1, 12), ("numerator", "ON2", 0, 1),
                    ("denominator", "ON1", 1, 13), ("denominator", "ON2", 1, 7)]),
        # 13 - 10 of one office and 10 - 7 of the other: each row bears the sign that its office's gap gives it.
        ("APART", [("numerator", "ON1", 3, 23), ("numerator", "ON2", 3, 17),
                   ("denominator", "ON1", 10, 10), ("denominator", "ON2", 10, 10)]),
        ("IN.STEP", [("numerator", "ON1", 10, 10), ("numerator", "ON2", 10, 10),
                     ("denominator", "ON1", 13, 23), ("denominator", "ON2", 10, 17)]),
    ],
)  # fmt: skip
def test_what_a_unit_adds_stands_beside_what_its_rows_say(
    land: World, indicator: str, behind: list[tuple[str, str, int, int]]
) -> None:
    found = asked(
        land,
        f"""SELECT e.side, e.unit_code, CAST(sum(e.amount) AS INTEGER), CAST(sum(e.stated) AS INTEGER)
            FROM explain_part e JOIN place p ON p.entity_key = e.entity_key
            WHERE e.indicator_code = '{indicator}' AND e.period_code = '2023-Q2' AND p.code = 'N'
              AND p.register = 'places' GROUP BY e.side, e.unit_code ORDER BY e.side DESC, e.unit_code""",
    )
    assert found == behind


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
