"""Decisions on names: appended with a line of the ledger, all or none, read in their order."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from catalogue.alias import Alias
from catalogue.errors import WarehouseError
from tests.world import World
from warehouse.alias import append_aliases, read_aliases
from warehouse.staging import staging_area

DAY = datetime(2024, 2, 1, 9, 30)


def decision(name: str, unit: int | None = None, entity: int | None = 11, by: str = "Ann") -> Alias:
    return Alias("places", name, unit, entity, "she rang them", by, DAY)


def append(world: World, *aliases: Alias) -> int:
    with staging_area(world.house.staging_path(uuid4().hex)) as area:
        return append_aliases(area, world.house.warehouse.url, aliases, "run", DAY)


def read(world: World) -> tuple[Alias, ...]:
    with world.house.warehouse.connection() as connection:
        return read_aliases(connection)


def test_decisions_are_read_as_they_were_taken_and_in_order(world: World) -> None:
    assert read(world) == ()
    first = (decision("The First"), decision("Người Việt's town", unit=111))
    assert append(world, *first) == 1
    taken_back = decision("The First", entity=None, by="Bob")
    assert append(world, taken_back) == 3
    assert read(world) == (*first, taken_back)


def test_each_decision_has_its_line_in_the_ledger(world: World) -> None:
    append(world, decision("The First"), decision("The First", unit=111, entity=None, by="Bob"))
    told = world.sql("SELECT detail FROM ledger WHERE event = 'alias' ORDER BY sequence")
    assert told == [
        ("1: places 'The First' means 11, for everybody, by Ann: she rang them",),
        ("2: places 'The First' taken back, for unit 111, by Bob: she rang them",),
    ]


def test_a_failure_leaves_neither_decision_nor_line(world: World) -> None:
    before = world.one("SELECT count(*) FROM ledger")
    nameless = Alias("places", None, None, 11, "why", "Ann", DAY)  # type: ignore[arg-type]
    with pytest.raises(WarehouseError, match="nothing was written"):
        append(world, decision("The First"), nameless)
    assert (read(world), world.one("SELECT count(*) FROM ledger")) == ((), before)


def test_a_warehouse_without_the_table_has_no_decisions(world: World) -> None:
    with world.house.warehouse.connection() as connection:
        connection.exec_driver_sql("DROP TABLE name_alias")
        assert read_aliases(connection) == ()


def test_readers_see_decisions_once_they_are_published(world: World) -> None:
    append(world, decision("The First"))
    world.house.warehouse.publish()
    with world.house.warehouse.reader() as connection:
        assert read_aliases(connection) == (decision("The First"),)
