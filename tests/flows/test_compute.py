"""From facts to a release: what changed since the last one is computed, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows import figures as asking
from flows.compute import compute
from flows.house import prepare
from tests.world import KINDS, World, redeclared
from tests.worlds import Worlds
from transforms import indicate

ROWS = [{"topic": "data", "carried": 1, "received": 5, "resolved": 3, "on_time": 2, "pending": 3, "total": 6}]
CASES = {"CARRIED", "RECEIVED", "RESOLVED", "PENDING", "TOTAL", "NAIVE.TOTAL", "ON.TIME", "RECEIVED.GROWTH"}
CASES |= {"TOPICS", "TOPICS.USED", "PROMPT", "APART", "IN.STEP", "POINTS", "POINTS.RANK", "RECEIVED.SINCE"}
CASES |= {"REPORTS.IN.TIME", "REPORTS.WHOLE", "ROWS.IN.ERROR"}
# Which are computed from other indicators.
DERIVED = {"RECEIVED.GROWTH", "POINTS.RANK"}
PEOPLE = {"SKILL", "PEOPLE"}


@pytest.fixture(scope="module")
def country() -> Path:
    return KINDS


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...] | None]:
    """Indicators that the warehouse is asked for, with the periods (None: all)."""
    seen: dict[str, tuple[str, ...] | None] = {}

    def spy(indicator: Any, scope: Any) -> Any:
        seen[indicator.indicator] = scope.periods
        return indicate.figures(indicator, scope)

    monkeypatch.setattr(asking, "figures", spy)
    return seen


def test_the_first_release_computes_everything_that_a_report_feeds(world: World, asked: dict[str, Any]) -> None:
    world.report("CASES", "ON1", "2024-01", ROWS)
    world.report("PEOPLE", "ON", "2024-Q1", [{"place": "N1", "people": 5, "skilled": 1}])
    compute(world.house)
    assert set(asked) == (CASES | PEOPLE) - DERIVED
    assert set(asked.values()) == {None}


def test_later_ones_compute_what_new_parts_feed(world: World, asked: dict[str, Any]) -> None:
    world.report("CASES", "ON1", "2024-01", ROWS)
    world.report("PEOPLE", "ON", "2024-Q1", [{"place": "N1", "people": 5, "skilled": 1}])
    compute(world.house)
    asked.clear()

    world.report("CASES", "ON1", "2024-05", ROWS)
    compute(world.house)
    assert set(asked) == CASES - DERIVED
    assert asked["PENDING"] == ("2024", "2024-05", "2024-Q2")

    asked.clear()
    assert compute(world.house) is None
    assert asked == {}


def test_a_change_is_felt_a_year_later(world: World) -> None:
    world.reports("CASES", [("ON1", "2023-01", ROWS), ("ON1", "2024-01", ROWS)])
    world.release()
    assert world.value("RECEIVED.GROWTH", "ON1", "2024-01") == "1"
    world.report("CASES", "ON1", "2023-01", [{"topic": "data", "received": 2}])
    world.release()
    assert world.value("RECEIVED.GROWTH", "ON1", "2024-01") == "2.5"


def test_a_changed_declaration_computes_everything_again(world: World, asked: dict[str, Any]) -> None:
    world.report("CASES", "ON1", "2024-01", ROWS)
    compute(world.house)
    asked.clear()
    house = replace(world.house, programme=redeclared(world.programme, digest="changed"))
    prepare(house)
    assert compute(house) is None  # and finds that no value changed
    assert set(asked) == CASES - DERIVED
    assert set(asked.values()) == {None}


def test_a_release_that_was_interrupted_is_made_up_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.report("CASES", "ON1", "2024-01", ROWS)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("warehouse.release.note", killed)  # inside the transaction, after the values
        with pytest.raises(KeyboardInterrupt):
            compute(world.house)
    assert world.one("SELECT count(*) FROM fact_indicator") == 0
    release = compute(world.house)
    assert release is not None
    assert release.key == 1
    assert release.changed > 0


def test_a_long_history_is_computed_some_years_at_a_time_and_comes_out_the_same(
    worlds: Worlds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    told = []
    for most in (1_000_000, 1):
        monkeypatch.setattr("flows.portions.MOST", most)
        world = worlds.make("duckdb", KINDS, tmp_path / str(most))
        sent = [(year, month) for year in (2021, 2022, 2024) for month in (1, 6)]
        world.reports("CASES", [("ON1", f"{year}-{month:02}", [ROWS[0] | {"received": month}]) for year, month in sent])
        world.report("PEOPLE", "ON", "2024-Q1", [{"place": "N1", "people": 5, "skilled": 1}])
        asked.clear()
        first = world.release()
        at_once = set(asked.values()) == {None}
        assert at_once == (most > 1)
        world.report("CASES", "ON1", "2022-01", [ROWS[0] | {"received": 9}])
        second = world.release()
        assert first is not None
        assert second is not None
        figures = world.sql("SELECT * FROM fact_indicator ORDER BY 1, 2, 3, 4, 5, from_release")
        told.append((first.hash, second.hash, second.changed, second.withdrawn, figures))
    assert told[0] == told[1]


@pytest.mark.parametrize("period", ["2024-01", "2024-Q1", "2024"])
def test_a_figure_stands_for_every_longer_period(shared_world: World, period: str) -> None:
    if shared_world.one("SELECT count(*) FROM dim_part") == 0:
        shared_world.report("CASES", "ON1", "2024-01", ROWS)
        shared_world.release()
    assert shared_world.value("RECEIVED", "L", period) == "5"
