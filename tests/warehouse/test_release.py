"""Releases: sealed only where something changed, with a hash that both backends agree on; nothing is ever edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.errors import WarehouseBusy
from catalogue.programme import Programme
from flows.compute import compute
from flows.house import now, prepare
from tests.world import BACKENDS, LAND, World, redeclared
from tests.worlds import Worlds
from warehouse.figures import add_figures, derive_values, lay_scope
from warehouse.release import Release, Terms, known, seal
from warehouse.staging import staging_area

pytestmark = pytest.mark.long


def cases(resolved: int | None, received: int = 10) -> list[dict[str, object]]:
    return [{"topic": "data", "received": received, "resolved": resolved, "on_time": resolved, "pending": 1}]


def released(world: World) -> list[tuple[object, ...]]:
    return world.sql("SELECT * FROM fact_indicator ORDER BY indicator_code, entity_key, period_code, from_release")


def under(world: World, programme: Programme) -> World:
    """The same warehouse under a changed declaration."""
    changed = World(replace(world.house, programme=programme), world.clock, world.sent)
    prepare(changed.house)
    return changed


def test_a_release_is_sealed_only_where_a_value_changed(world: World) -> None:
    assert world.release() is None  # nothing is known
    world.report("CASES", "ON1", "2024-01", cases(3))
    first = world.release("first")
    assert first is not None
    assert (first.key, first.name, first.withdrawn) == (1, "first", 0)
    assert world.release() is None  # nothing changed
    before = released(world)

    world.report("CASES", "ON1", "2024-01", cases(3))  # a repeat changes no value
    assert world.release() is None
    assert released(world) == before

    world.report("CASES", "ON2", "2024-01", cases(4))
    second = world.release()
    assert second is not None
    assert (second.key, second.name) == (2, "release-2")
    assert second.hash != first.hash
    kept = [row for row in released(world) if row in before]
    assert kept == before  # what was released is still there, as it was


def test_what_was_computed_before_another_release_is_not_sealed_after_it(world: World) -> None:
    world.report("CASES", "ON1", "2024-01", cases(3))
    with world.house.warehouse.connection() as connection:
        state = known(connection)
    assert world.release() is not None
    before = released(world)
    with staging_area(world.house.staging_path("late")) as area:
        lay_scope(area, [("RESOLVED", None)])
        derive_values(area)
        with pytest.raises(WarehouseBusy, match="release-1 was sealed while this one was computed"):
            seal(
                area, world.house.warehouse.url, Terms(always=True), programme=("land", "1"), engine="1", state=state,
                run_id="late", now=now(),
            )  # fmt: skip
    assert released(world) == before
    assert world.one("SELECT count(*) FROM dim_release") == 1


def test_the_hash_is_that_of_the_figures_on_both_backends(worlds: Worlds, tmp_path: Path) -> None:
    hashes = set()
    for backend in BACKENDS:
        world = worlds.make(backend, LAND, tmp_path / backend)
        world.reports(
            "CASES", [("ON1", "2023-01", cases(2)), ("ON1", "2024-01", cases(3)), ("OS1", "2024-01", cases(1))]
        )
        first = world.release()
        world.report("CASES", "ON1", "2024-02", cases(7, received=3))
        second = world.release()
        assert first is not None
        assert second is not None
        partitions = world.sql(
            "SELECT release_key, indicator_code, period_code, hash FROM release_partition ORDER BY 1, 2, 3"
        )
        hashes.add((first.hash, second.hash, tuple(partitions)))
        worlds.drop(world.house.warehouse.url)
    assert len(hashes) == 1


def test_the_hash_does_not_depend_on_the_way_to_the_figures(worlds: Worlds, tmp_path: Path) -> None:
    """One world is told at once, the other in pieces, out of order, with a mistake that is mended."""
    at_once = worlds.make("duckdb", LAND, tmp_path / "at-once")
    at_once.reports("CASES", [("ON1", "2024-01", cases(3)), ("ON2", "2024-02", cases(4))])
    in_pieces = worlds.make("duckdb", LAND, tmp_path / "in-pieces")
    for unit, period, resolved in (("ON2", "2024-02", 4), ("ON1", "2024-01", 9), ("ON1", "2024-01", 3)):
        in_pieces.report("CASES", unit, period, cases(resolved))
    one, other = at_once.release(), in_pieces.release()
    assert one is not None
    assert other is not None
    assert one.hash == other.hash


def test_a_value_that_is_no_more_gets_a_tombstone_and_may_come_back(world: World) -> None:
    world.report("CASES", "ON1", "2024-01", cases(3))
    world.release()
    world.report("CASES", "ON1", "2024-01", cases(None))
    gone = world.release()
    assert gone is not None
    assert gone.withdrawn > 0
    assert world.figure("RESOLVED", "N", "2024-01") is None
    assert world.value("RECEIVED", "N", "2024-01") == "10"

    world.report("CASES", "ON1", "2024-01", cases(4))
    world.release()
    assert world.value("RESOLVED", "N", "2024-01") == "4"
    history = world.sql(
        "SELECT status, from_release, to_release FROM indicator_history WHERE indicator_code = 'RESOLVED' "
        "AND place_code = 'N' AND period_code = '2024-01' ORDER BY from_release"
    )
    assert history == [("ok", 1, 2), ("tombstone", 2, 3), ("ok", 3, None)]


def test_a_release_records_what_it_knew(world: World) -> None:
    world.report("CASES", "ON1", "2024-01", cases(3))
    world.release()
    found = world.sql("SELECT programme, programme_hash, last_part_key, parent_key FROM dim_release")
    assert found == [("land", world.programme.digest, 1, None)]


def test_a_new_definition_leaves_what_the_old_one_released(world: World) -> None:
    world.report("CASES", "ON1", "2024-01", cases(3))
    world.release()
    old = world.programme.indicator["RESOLVED"]
    new = old.model_copy(update={"version": 2, "numerator": world.programme.indicator["RECEIVED"].numerator})
    indicators = tuple(new if one.indicator == "RESOLVED" else one for one in world.programme.indicators)
    changed = under(world, redeclared(world.programme, indicators=indicators, digest="changed"))
    compute(changed.house)
    history = changed.sql(
        "SELECT value, definition_version, to_release FROM indicator_history WHERE indicator_code = 'RESOLVED' "
        "AND place_code = 'N' AND period_code = '2024-01' ORDER BY from_release"
    )
    assert [(int(value), version, ended) for value, version, ended in history] == [(3, 1, 2), (10, 2, None)]


def test_a_new_target_is_compared_with_figures_that_did_not_change(world: World) -> None:
    world.report("PEOPLE", "ON", "2024-Q4", [{"place": "N1", "people": 10, "skilled": 8}])
    world.release()
    near = world.programme.targets[0]
    later = near.model_copy(update={"target": "N-SKILL-2027", "year": 2027, "operator": ">="})
    targets = (*world.programme.targets, later)
    changed = under(world, redeclared(world.programme, targets=targets, digest="changed"))
    compute(changed.house)
    told = dict(changed.sql("SELECT target_code, status FROM target WHERE target_code LIKE 'N-SKILL%'"))
    assert told == {"N-SKILL-2024": "not_met", "N-SKILL-2027": "pending"}


def test_figures_of_an_indicator_that_is_no_longer_declared_are_withdrawn(world: World) -> None:
    world.report("CASES", "ON1", "2024-01", cases(3))
    world.release()
    indicators = tuple(one for one in world.programme.indicators if one.indicator != "RESOLVED")
    changed = under(world, redeclared(world.programme, indicators=indicators, digest="changed"))
    release = compute(changed.house)
    assert release is not None
    assert release.withdrawn > 0
    assert changed.sql("SELECT 1 FROM indicator WHERE indicator_code = 'RESOLVED'") == []
    assert changed.one("SELECT count(*) FROM indicator_history WHERE indicator_code = 'RESOLVED'") > 0


def test_a_release_that_only_takes_back_takes_back_all(world: World) -> None:
    # As many as a country has, and more than DuckDB keeps together in one group of rows.
    places = 130_000
    rows = [
        ("RECEIVED", 1, place, "2024-01", Decimal(place), *[None] * 3, 1, 1, "ok", None, "no_target", None, 1)
        for place in range(1, places + 1)
    ]  # fmt: skip

    def sealed(figures: Sequence[tuple[object, ...]]) -> Release | None:
        with world.house.warehouse.connection() as connection:
            state = known(connection)
        with staging_area(world.house.staging_path("made")) as area:
            lay_scope(area, [("RECEIVED", None)])
            add_figures(area, figures)
            derive_values(area)
            return seal(
                area, world.house.warehouse.url, Terms(), programme=("land", "1"), engine="1", state=state,
                run_id="made", now=now(),
            )  # fmt: skip

    first, second = sealed(rows), sealed([])
    assert first is not None
    assert second is not None
    assert (first.changed, first.withdrawn, second.changed, second.withdrawn) == (places, 0, 0, places)
    assert world.sql("SELECT from_release, status, count(*) FROM fact_indicator GROUP BY 1, 2 ORDER BY 1") == [
        (1, "ok", places),
        (2, "tombstone", places),
    ]
