"""What several months make of a figure: the first, the last or the sum, as its measure declares (domain 5.4)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.world import World

#            carried  received  total  resolved  on_time  pending
JANUARY = (      100,      400,   500,      420,     400,      80)  # fmt: skip
FEBRUARY = (      80,      300,   380,      350,     340,      30)  # fmt: skip
MARCH = (         30,      100,   130,      125,     120,       5)  # fmt: skip
COLUMNS = ("carried", "received", "total", "resolved", "on_time", "pending")


def month(figures: tuple[int, ...]) -> list[dict[str, object]]:
    """The one row of an office's month."""
    return [dict(zip(COLUMNS, figures, strict=True)) | {"topic": "data"}]


@pytest.fixture(scope="module")
def land(shared_world: World) -> World:
    shared_world.reports(
        "CASES",
        [
            ("ON1", "2022-01", month(JANUARY)),
            ("ON1", "2022-02", month(FEBRUARY)),  # and nothing of March
            ("ON1", "2023-01", month(JANUARY)),
            ("ON1", "2023-02", month(FEBRUARY)),
            ("ON1", "2023-03", month(MARCH)),
            ("ON2", "2023-01", month(JANUARY)),  # and nothing of its other months, nor of the south
        ],
    )
    shared_world.report("CASES", "ON1", "2021-01", month(JANUARY), complete=False)
    shared_world.reports(
        "PUPILS",
        [
            ("ON", "2023-2024@SCHOOL", [{"place": "N1", "pupils": 300}]),
            ("ON", "2024-2025@SCHOOL", [{"place": "N1", "pupils": 310}]),
        ],
    )
    shared_world.release()
    return shared_world


def test_january_and_february_are_added_by_the_rule_of_each_measure(land: World) -> None:
    right = {
        "CARRIED": "100",  # the first
        "RECEIVED": "700",  # the sum
        "TOTAL": "800",  # the first carried over + all received
        "RESOLVED": "770",  # the sum
        "PENDING": "30",  # the last
    }
    assert {code: land.value(code, "ON1", "2022-Q1") for code in right} == right
    # The naive sum balances as well, 880 = 770 + 80 + 30, and is wrong: no identity within a month can tell.
    assert land.value("NAIVE.TOTAL", "ON1", "2022-Q1") == "880"


@pytest.mark.parametrize(
    ("indicator", "place", "period", "coverage"),
    [
        ("RECEIVED", "ON1", "2023-01", "1/1"),
        ("RECEIVED", "ON1", "2023-Q1", "3/3"),
        ("RECEIVED", "ON1", "2022-Q1", "2/3"),  # March is missing
        ("PENDING", "ON1", "2023-Q1", "1/1"),  # a stock is covered by the last month alone
        ("PENDING", "ON1", "2022-Q1", "0/1"),
        ("CARRIED", "ON1", "2022-Q1", "1/1"),  # and what was carried over by the first
        ("RECEIVED", "ON1", "2023", "3/12"),
        ("RECEIVED", "N", "2023-01", "2/2"),  # both offices of the region
        ("RECEIVED", "L", "2023-01", "2/3"),  # the south is silent
        ("RECEIVED", "ON1", "2021-01", "0/1"),  # it came, but some of its rows are in quarantine
    ],
)
def test_coverage_is_complete_reports_over_those_owed(
    land: World, indicator: str, place: str, period: str, coverage: str
) -> None:
    found = land.figure(indicator, place, period)
    assert found is not None
    assert found.coverage == coverage


def test_a_school_year_runs_from_september_and_has_its_own_code(land: World) -> None:
    assert land.value("PUPILS", "N", "2023-2024@SCHOOL") == "300"
    assert land.value("PUPILS", "N", "2024-2025@SCHOOL") == "310"
    assert land.figure("PUPILS", "N", "2024") is None  # no civil year is made of it
    spans = land.sql("SELECT start_date, end_date FROM dim_period WHERE period_code = '2023-2024@SCHOOL'")
    assert [tuple(map(str, span)) for span in spans] == [("2023-09-01", "2024-08-31")]


def test_what_comes_later_counts_from_the_next_release_on(world: World) -> None:
    """January and March first; then February, late, and January again, mended."""
    world.reports("CASES", [("ON1", "2024-01", month(JANUARY)), ("ON1", "2024-03", month(MARCH))])
    world.release()
    early = world.figure("RECEIVED", "N", "2024-Q1")
    mended = month((100, 450, 550, 420, 400, 130))
    world.reports("CASES", [("ON1", "2024-02", month(FEBRUARY)), ("ON1", "2024-01", mended)])
    world.release()
    late = world.figure("RECEIVED", "N", "2024-Q1")

    assert early is not None
    assert late is not None
    assert (early.numerator, early.coverage) == (Decimal(500), "2/6")
    assert (late.numerator, late.coverage) == (Decimal(850), "3/6")
    history = world.sql(
        "SELECT value, from_release, to_release FROM indicator_history "
        "WHERE indicator_code = 'RECEIVED' AND place_code = 'N' AND period_code = '2024-01' ORDER BY from_release"
    )
    assert [(int(value), begun, ended) for value, begun, ended in history] == [(400, 1, 2), (450, 2, None)]
