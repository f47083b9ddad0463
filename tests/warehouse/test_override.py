"""Decisions about broken rules: the latest of a rule and place counts, whole or not at all, each in the ledger."""

from __future__ import annotations

import pytest

from catalogue.delivery import Override
from catalogue.errors import WarehouseError
from tests.world import FIRST_DAY, World
from warehouse.override import append_override, overrides
from warehouse.staging import staging_area

#           sha    rule  sheet  row  reason   active
DECISIONS = [
    ("a" * 64, "R1", "", 0, "first", True),
    ("a" * 64, "R1", "S", 7, "of a row", True),
    ("a" * 64, "R2", "", 0, "another rule", True),
    ("b" * 64, "R1", "", 0, "other bytes", True),
    ("a" * 64, "R1", "", 0, "second", True),
    ("a" * 64, "R2", "", 0, "it was wrong", False),
]  # fmt: skip


def decide(world: World, sha: str, rule: str, sheet: str, row: int, reason: str, active: bool) -> int:
    decided = Override(0, sha, rule, sheet, row, reason, "who")
    with staging_area(world.house.staging_path("override")) as area:
        return append_override(area, world.house.warehouse.url, decided, world.house.run_id, FIRST_DAY, active=active)


def test_the_latest_decision_of_a_rule_and_place_counts(world: World) -> None:
    assert [decide(world, *one) for one in DECISIONS] == [1, 2, 3, 4, 5, 6]
    with world.house.warehouse.connection() as connection:
        standing = overrides(connection, {"a" * 64})
        none = overrides(connection, set())
    assert [(one.number, one.rule, one.sheet, one.row, one.reason) for one in standing] == [
        (5, "R1", "", 0, "second"),
        (2, "R1", "S", 7, "of a row"),
    ]
    assert none == []
    assert world.sql("SELECT detail FROM ledger WHERE event = 'override' ORDER BY sequence")[1] == (
        "R1 may be broken in S, row 7 of aaaaaaaaaaaa: of a row (who)",
    )


def test_a_decision_that_fails_leaves_nothing_behind(world: World) -> None:
    before = world.one("SELECT count(*) FROM ledger")
    with pytest.raises(WarehouseError, match="nothing was written"):
        decide(world, "a" * 64, "R1", "", 0, None, True)  # type: ignore[arg-type]
    assert world.one("SELECT count(*) FROM rule_override") == 0
    assert world.one("SELECT count(*) FROM ledger") == before
