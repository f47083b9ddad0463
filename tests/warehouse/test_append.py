"""Append: one transaction or nothing; vintages of a form, unit and period."""

from __future__ import annotations

from uuid import uuid4

import pytest

from catalogue.errors import ConservationError, WarehouseError
from tests.world import World
from warehouse.staging import Staging, staging_area

ROWS = [{"topic": "data", "received": 5}, {"topic": "web", "received": 7}]
OTHER = [{"topic": "data", "received": 6}, {"topic": "web", "received": 7}]
WRITTEN = ("dim_delivery", "dim_part", "fact_cases", "dim_period", "fact_reporting", "quarantine", "issue", "furniture")


def counts(world: World) -> dict[str, int]:
    tables = (*WRITTEN, "ledger")
    query = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
    return dict(world.sql(query))


def vintages(world: World) -> list[tuple[object, ...]]:
    return world.sql("SELECT part_key, reason, facts_part_key, supersedes_part_key FROM dim_part ORDER BY part_key")


def laid_out(world: World, area: Staging) -> None:
    world.lay_out(area, world.programme.form["CASES"], [("ON1", "2024-01", ROWS), ("ON2", "2024-01", ROWS)])


@pytest.mark.parametrize(
    "sabotage",
    [
        # found before anything is written
        "UPDATE out_deliveries SET rows_loaded = rows_loaded - 1 WHERE delivery_no = 2",
        # found inside the transaction, after deliveries and parts: fewer rows arrive than were counted
        "DELETE FROM conformed WHERE part_no = 2 AND source_row = 1",
        # and more
        "INSERT INTO conformed SELECT * FROM conformed WHERE part_no = 2 AND source_row = 1",
    ],
)
def test_rows_lost_or_doubled_on_the_way_leave_nothing_behind(world: World, sabotage: str) -> None:
    world.report("CASES", "ON1", "2023-12", ROWS)
    before = counts(world)
    with staging_area(world.house.staging_path(uuid4().hex)) as area:
        laid_out(world, area)
        area.run(sabotage)
        with pytest.raises(ConservationError, match="nothing was written"):
            world.append(area, "CASES", ["2024-01"])
    assert counts(world) == before


def test_a_failure_of_the_database_inside_the_transaction_leaves_nothing_behind(world: World) -> None:
    before = counts(world)
    with staging_area(world.house.staging_path(uuid4().hex)) as area:
        laid_out(world, area)
        # The ledger's line comes last; what is checked before it is already written by then.
        area.run("CREATE OR REPLACE TABLE out_checks (run_id VARCHAR)")
        with pytest.raises(WarehouseError, match=r"nothing was written.*columns"):
            world.append(area, "CASES", ["2024-01"])
    assert counts(world) == before


def test_a_batch_writes_its_deliveries_parts_facts_and_one_line_of_the_ledger(world: World) -> None:
    ledger = counts(world)["ledger"]
    appended = world.reports("CASES", [("ON1", "2024-01", ROWS), ("ON2", "2024-02", ROWS)])
    assert (appended.parts, appended.rows, appended.repeats, appended.deliveries) == (2, 4, 0, {1: 1, 2: 2})
    found = counts(world)
    assert (found["dim_delivery"], found["dim_part"], found["fact_cases"]) == (2, 2, 4)
    assert found["ledger"] == ledger + 1
    told = world.one("SELECT detail FROM ledger ORDER BY sequence DESC LIMIT 1")
    assert told == "CASES: 2 deliveries, 2 parts, 4 rows"


def test_vintages(world: World) -> None:
    world.report("CASES", "ON1", "2024-01", ROWS)
    assert world.report("CASES", "ON1", "2024-01", list(reversed(ROWS))).repeats == 1  # the order of rows is nothing
    world.report("CASES", "ON1", "2024-01", OTHER)
    world.report("CASES", "ON1", "2024-01", ROWS)  # what it was before: a change again
    world.report("CASES", "ON2", "2024-01", ROWS)  # another unit
    assert vintages(world) == [
        (1, "first", 1, None),
        (2, "repeat", 1, 1),
        (3, "resubmission", 3, 2),
        (4, "resubmission", 4, 3),
        (5, "first", 5, None),
    ]
    assert world.one("SELECT count(*) FROM fact_cases") == 8  # the repeat stored nothing
    current = world.sql("SELECT unit_key, part_key, received FROM cases WHERE topic_code = 'data' ORDER BY unit_key")
    assert current == [(111, 4, 5), (112, 5, 5)]


def test_history_tells_what_was_known_when(world: World) -> None:
    """Vintages never overlap: each ends the moment the next begins."""
    for rows in (ROWS, OTHER, ROWS):
        world.report("CASES", "ON1", "2024-01", rows)
    history = world.sql(
        "SELECT known_from, known_to, received FROM cases_history WHERE topic_code = 'data' ORDER BY known_from"
    )
    assert [received for _, _, received in history] == [5, 6, 5]
    assert [known_to for _, known_to, _ in history] == [*(begun for begun, _, _ in history[1:]), None]


def test_two_vintages_in_one_batch_are_in_order_of_arrival(world: World) -> None:
    world.reports("CASES", [("ON1", "2024-01", ROWS), ("ON1", "2024-01", OTHER)])
    assert vintages(world) == [(1, "first", 1, None), (2, "resubmission", 2, 1)]
    assert world.one("SELECT received FROM cases WHERE topic_code = 'data'") == 6


def test_known_bytes_are_left_out_and_those_that_ended_in_an_error_are_not(world: World) -> None:
    with staging_area(world.house.staging_path(uuid4().hex)) as area:
        laid_out(world, area)
        area.run("UPDATE out_deliveries SET status = 'error' WHERE delivery_no = 2")
        assert world.append(area, "CASES", ["2024-01"]).deliveries == {1: 1, 2: 2}
        again = world.append(area, "CASES", ["2024-01"])
    assert again.deliveries == {2: 3}
    assert world.one("SELECT count(*) FROM dim_delivery") == 3


def test_the_same_bytes_twice_in_one_batch_are_one_delivery(world: World) -> None:
    with staging_area(world.house.staging_path(uuid4().hex)) as area:
        laid_out(world, area)
        area.run("UPDATE out_deliveries SET sha256 = 'same'")
        assert world.append(area, "CASES", ["2024-01"]).deliveries == {1: 1}
    assert world.one("SELECT count(*) FROM fact_cases") == 2
