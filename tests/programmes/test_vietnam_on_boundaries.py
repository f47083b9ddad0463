"""The reform of 2025-07-01 in figures: communes of old Bắc Giang restated, Phú Thọ's workforce on both territories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World, plain
from tests.worlds import Worlds

pytestmark = pytest.mark.long

FOLDER = Path(__file__).parents[2] / "programmes" / "vietnam"
# Population and smartphone holders of the communes that became the ward Đa Mai, one of them of another district.
DA_MAI = {"07216": (9_000, 6_000), "07222": (8_000, 5_000), "07228": (11_000, 9_000), "07687": (10_000, 7_000),
          "07366": (12_000, 8_500)}  # fmt: skip


@pytest.fixture(scope="module")
def world(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = worlds.make("duckdb", FOLDER, tmp_path_factory.mktemp("home"))
    workforce = {"indicator": "ECO.LAB.TRAINED", "locality": "25", "reference_period": "2021", "approx": "="}
    made.report(
        "REF-01",
        "000.00.10.H44",
        "2021",
        [
            workforce | {"value": "0.7", "territory_version": "2021", "source_title": "Cục Thống kê tỉnh"},
            workforce | {"value": "0.693", "territory_version": "2025-07-01", "source_title": "Tỉnh mới"},
        ],
    )
    rows = [
        {"locality": code, "population": people, "smartphone_holders": holders}
        for code, (people, holders) in {**DA_MAI, "27772": (5_000, 4_000)}.items()
    ]
    made.report("BM-04", "000.00.21.H02", "2023", rows)
    made.release()
    yield made
    worlds.drop(made.house.warehouse.url)


def told(world: World, indicator: str, place: str, period: str) -> list[tuple[str, str | None, str]]:
    """Name, value and status of a figure on the boundaries of 2025-07-01."""
    rows = world.sql(
        "SELECT place_name, value, status FROM indicator_on_boundaries WHERE boundary_version = '2025-07-01' "
        "AND indicator_code = :code AND place_code = :place AND period_code = :period",
        code=indicator, place=place, period=period,
    )  # fmt: skip
    return [(name, None if value is None else plain(value), status) for name, value, status in rows]


def test_the_workforce_of_phu_tho_is_there_on_both_territories_and_never_mixed(world: World) -> None:
    assert world.value("ECO.LAB.TRAINED", "25", "2021") == "0.7"
    assert told(world, "ECO.LAB.TRAINED", "25", "2021") == [("Tỉnh Phú Thọ", "0.693", "ok")]
    stored = world.sql(
        "SELECT boundary_version, entity_key, value FROM fact_indicator "
        "WHERE indicator_code = 'ECO.LAB.TRAINED' ORDER BY boundary_version"
    )
    assert [(boundary, key, plain(value)) for boundary, key, value in stored] == [
        ("2025-07-01", 1125, "0.693"),
        ("as_reported", 1025, "0.7"),
    ]


def test_a_ward_of_five_communes_is_their_sum_and_its_rate_that_of_the_sums(world: World) -> None:
    people, holders = (sum(column) for column in zip(*DA_MAI.values(), strict=True))
    (row,) = world.sql(
        "SELECT place_name, numerator, denominator, status FROM indicator_on_boundaries "
        "WHERE indicator_code = 'CIT.SMARTPHONE' AND place_code = '07228' AND period_code = '2023'"
    )
    assert row == ("Phường Đa Mai", holders, people, "ok")
    # As reported, the code is that of a smaller ward.
    assert world.value("CIT.SMARTPHONE", "07228", "2023") == "0.818181818182"


def test_a_split_commune_and_a_province_with_a_silent_half_are_refused(world: World) -> None:
    for code in ("27757", "27763", "27775"):
        assert [(value, status) for _, value, status in told(world, "CIT.SMARTPHONE", code, "2023")] == [
            (None, "not_comparable")
        ]
    # Old Bắc Ninh reports to nobody here: half of today's province is not all of it.
    assert told(world, "CIT.SMARTPHONE", "24", "2023") == [("Tỉnh Bắc Ninh", None, "not_comparable")]
    assert world.figure("CIT.SMARTPHONE", "24", "2023") is not None
