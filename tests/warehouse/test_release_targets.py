"""How targets stood is sealed with the figures; what an older engine sealed without it still verifies."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import text

from flows.releasing import verify
from tests.world import World

pytestmark = pytest.mark.long


def changed(world: World, statement: str, **values: object) -> None:
    with world.house.warehouse.connection() as connection:
        connection.execute(text(statement), values)


def people(world: World, period: str, skilled: int) -> None:
    world.report("PEOPLE", "ON", period, [{"place": "N1", "people": 100, "skilled": skilled}])


def test_a_status_of_a_target_that_was_changed_or_added_is_found(world: World) -> None:
    people(world, "2024-Q1", 95)
    first = world.release("first")
    assert verify(world.house) == []
    (status,) = {row for (row,) in world.sql("SELECT target_status FROM target_status WHERE period_code = '2024'")}

    changed(world, "UPDATE target_status SET target_status = 'not_met' WHERE period_code = '2024'")
    assert [str(one) for one in verify(world.house)] == [
        "SKILL 2024 of first: how targets stood is not what was sealed"
    ]
    changed(world, "UPDATE target_status SET target_status = :status WHERE period_code = '2024'", status=status)
    assert verify(world.house) == []

    changed(
        world,
        "INSERT INTO target_status SELECT target_code, indicator_code, entity_key, '2023', 'met', from_release "
        "FROM target_status WHERE period_code = '2024'",
    )
    assert [one.said for one in verify(world.house)] == ["rows are stored that were never sealed"]
    changed(world, "DELETE FROM target_status WHERE period_code = '2023'")

    # Another status, with or without another figure, is another release with another hash.
    people(world, "2024-Q2", 20)
    second = world.release("second")
    assert first is not None
    assert second is not None
    assert second.hash != first.hash
    assert verify(world.house) == []


def test_what_was_sealed_before_targets_were_part_of_it_verifies_and_is_sealed_whole_from_then_on(
    world: World,
) -> None:
    people(world, "2024-Q1", 95)
    world.release("old")
    sealed = world.sql("SELECT indicator_code, period_code, hash FROM release_partition ORDER BY 1, 2")
    lines = "\n".join("|".join(map(str, row)) for row in sorted(sealed))
    changed(world, "UPDATE release_partition SET target_hash = NULL")
    changed(world, "UPDATE dim_release SET hash = :hash", hash=hashlib.sha256(lines.encode()).hexdigest())
    assert verify(world.house) == []

    people(world, "2024-Q2", 20)
    assert world.release("new") is not None
    assert verify(world.house) == []
    changed(world, "UPDATE target_status SET target_status = 'met' WHERE from_release = 2")
    assert {one.release for one in verify(world.house)} == {"new"}
