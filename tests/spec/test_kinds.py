"""Traps of indices, ranks and running totals; golden numbers of the provincial digital transformation index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.indicator import Among
from catalogue.period import Period
from tests.world import BACKENDS, KINDS, World
from tests.worlds import Worlds
from transforms.evaluate import Figure
from transforms.rank import rank
from warehouse.staging import staging_area

VIETNAM = Path(__file__).parents[2] / "programmes" / "vietnam"
PILLARS_OF_2020 = {
    # place: digital government, economy, society; the index as published
    "24": ("0.4455", "0.3019", "0.3092", "0.3615"),  # Bắc Giang
    "27": ("0.4449", "0.3668", "0.4052", "0.4096"),  # Bắc Ninh
}


def published(figure: str, value: str, place: str = "N") -> dict[str, object]:
    return {"figure": figure, "place": place, "value": Decimal(value)}


@pytest.fixture(scope="module")
def country() -> Path:
    return KINDS


@pytest.fixture(scope="module")
def land(shared_world: World) -> World:
    shared_world.reports(
        "PUB",
        [
            ("ON", "2024", [published("SCORE", "0.5"), published("RANK", "0.2"), published("SCORE", "0.9", "S")]),
            ("ON", "2023", [published("SCORE", "0.5"), published("SCORE", "0.6"), published("RANK", "0.2")]),
            ("ON", "2022", [published("SCORE", "0.5"), published("RANK", "0.2")]),
        ],
    )
    shared_world.reports(
        "CASES",
        [
            ("ON1", "2023-06", [{"topic": "data", "received": 100}]),
            ("ON1", "2023-07", [{"topic": "data", "received": 7}]),
            ("ON1", "2023-08", [{"topic": "data", "received": 5}]),
            ("ON2", "2023-08", [{"topic": "data", "received": 2}]),
            ("ON2", "2024-02", [{"topic": "data", "received": 3}]),
        ],
    )
    shared_world.release()
    return shared_world


@pytest.mark.parametrize(
    ("place", "period", "value", "status"),
    [
        ("N", "2024", "0.41", "ok"),  # 0.5 x 700 + 0.2 x 300 of 1000
        ("S", "2024", None, "incomplete"),  # a component is missing: it is not zero
        ("N", "2023", None, "not_comparable"),  # a component has two values: choosing one would be a guess
    ],
)
def test_an_index_has_all_its_components_once(
    land: World, place: str, period: str, value: str | None, status: str
) -> None:
    found = land.figure("PILLARS", place, period)
    assert found is not None
    assert (land.value("PILLARS", place, period), found.status) == (value, status)


def test_an_index_is_of_the_years_of_its_method_and_of_its_own_place(land: World) -> None:
    assert land.figure("PILLARS", "N", "2022") is None
    assert land.figure("PILLARS", "L", "2024") is None


@pytest.mark.parametrize(
    ("place", "period", "value", "coverage"),
    [
        ("ON1", "2023-07", "7", "1/1"),  # what came before the day does not count
        ("ON1", "2023-08", "12", "2/2"),
        ("N", "2023-08", "14", "3/4"),
        ("N", "2023-Q3", "14", "3/6"),
        # Firsttown is silent since September: its total stands, and says what it stands on.
        ("ON1", "2024-02", "12", "2/8"),
        ("N", "2024-02", "17", "4/16"),
        ("N", "2023-06", None, None),
        ("N", "2024-03", None, None),  # nobody has reported on March yet
    ],
)
def test_a_running_total_starts_on_its_day(
    land: World, place: str, period: str, value: str | None, coverage: str | None
) -> None:
    found = land.figure("RECEIVED.SINCE", place, period)
    assert land.value("RECEIVED.SINCE", place, period) == value
    assert (found.coverage if found else None) == coverage


@pytest.fixture(scope="module", params=BACKENDS)
def vietnam(
    worlds: Worlds, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    world = worlds.make(str(request.param), VIETNAM, tmp_path_factory.mktemp("home"))
    yield world
    worlds.drop(world.house.warehouse.url)


def test_the_index_of_2020_is_that_of_its_pillars_and_of_no_other_year(vietnam: World, tmp_path: Path) -> None:
    rows = [
        {"indicator": f"DTI.SCORE.{pillar}", "locality": place, "value": value, "reference_period": "2020"}
        for place, values in PILLARS_OF_2020.items()
        for pillar, value in zip(("DG", "DE", "DS"), values, strict=False)
    ]
    with vietnam.house.warehouse.engine().connect() as connection, staging_area(tmp_path / "area.duckdb") as area:
        unit = "000.00.10.H02"
        vietnam.write(connection, "REF-01", [(unit, "2020", rows), (unit, "2021", rows)])
        found = vietnam.computed("DTI.SCORE.2020", connection, area)
        connection.rollback()
    year = Period.parse("2020")
    told = {(vietnam.entity(place, year).key, "2020"): Decimal(values[3]) for place, values in PILLARS_OF_2020.items()}
    assert {place: one.value and round(one.value, 4) for place, one in found.items()} == told


OFFICES = {"ON1": 111, "ON2": 112, "ON3": 113, "OS1": 121}


@pytest.mark.parametrize(
    ("figures", "within", "ranks"),
    [
        # Equal figures share a rank, and the next is as far down as there are better ones: 1, 2, 2, 4.
        ({"ON1": "9", "ON3": "7", "OS1": "7"}, None, {"ON1": (1, 3), "ON3": (2, 3), "OS1": (2, 3)}),
        ({"ON1": "7", "ON3": "7", "OS1": "6"}, None, {"ON1": (1, 3), "ON3": (1, 3), "OS1": (3, 3)}),
        # Unrounded: a third is more than 0.333333.
        ({"ON1": "1/3", "ON3": "0.333333"}, None, {"ON1": (1, 2), "ON3": (2, 2)}),
        ({"ON1": "2/6", "ON3": "1/3"}, None, {"ON1": (1, 2), "ON3": (1, 2)}),
        # Only the places of the scope are ranked: below a place, and those that stand on the period's last day.
        ({"ON1": "1", "ON3": "2", "OS1": "9"}, "ON", {"ON1": (2, 2), "ON3": (1, 2)}),
        ({"ON1": "1", "ON2": "5"}, None, {"ON1": (1, 1)}),
        # What has no figure has no rank.
        ({"ON1": "1", "ON3": "0/0"}, None, {"ON1": (1, 1)}),
    ],
)
def test_equal_figures_share_a_rank(
    embedded: World, figures: dict[str, str], within: str | None, ranks: dict[str, tuple[int, int]]
) -> None:
    among = Among(attribute="type", one_of=("town_office",), within=within)
    declared = embedded.programme.indicator["POINTS.RANK"].model_copy(update={"among": among})
    base = []
    for place, value in figures.items():
        n, _, d = value.partition("/")
        status = "no_denominator" if d == "0" else "ok"
        base.append(
            Figure("POINTS", 1, OFFICES[place], "2024-10", Decimal(n), Decimal(d) if d else None, status=status)
        )
    found = rank(declared, base, {"2024-10": Period.parse("2024-10")}, embedded.programme)
    names = {key: place for place, key in OFFICES.items()}
    assert {names[one.entity]: (int(one.numerator or 0), one.of_n) for one in found} == ranks


def test_the_ranks_of_2022_skip_one_after_two_that_are_equal(embedded: World) -> None:
    """Thanh Hóa and Yên Bái are both 15th, and the next is 17th."""
    declared = embedded.programme.indicator["POINTS.RANK"].model_copy(
        update={"among": Among(attribute="level", one_of=("town",))}
    )
    base = [Figure("POINTS", 1, key, "2024-01", Decimal(score)) for key, score in ((111, 60), (112, 60), (121, 59))]
    found = rank(declared, base, {"2024-01": Period.parse("2024-01")}, embedded.programme)
    assert [one.numerator for one in found] == [1, 1, 3]
    assert date(2024, 1, 31) == Period.parse("2024-01").end
