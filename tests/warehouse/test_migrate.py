"""Migration: a programme's tables are brought to its declaration by adding; what would lose data is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect

from catalogue.errors import WarehouseError
from catalogue.fact import Measure
from catalogue.programme import Programme
from flows.house import prepare
from tests.world import LAND, World, redeclared
from tests.worlds import Worlds
from warehouse.migrate import migrate
from warehouse.tables import engine_tables

pytestmark = pytest.mark.long

EXTRA = Measure.model_validate({"measure": "appeals", "title": {"en": "Appeals"}, "unit": "case"})


def with_measures(programme: Programme, *measures: Measure) -> Programme:
    """The programme with these measures in its fact ``cases``, replacing those of the same name."""
    fact = programme.fact["cases"]
    names = {measure.measure for measure in measures}
    kept = tuple(measure for measure in fact.measures if measure.measure not in names)
    changed = fact.model_copy(update={"measures": (*kept, *measures)})
    facts = tuple(changed if one.fact == "cases" else one for one in programme.facts)
    return redeclared(programme, facts=facts)


def columns(world: World) -> list[str]:
    with world.house.warehouse.connection() as connection:
        return [column["name"] for column in inspect(connection).get_columns("fact_cases")]


def test_an_empty_warehouse_gets_every_table_and_view_once(worlds: Worlds, warehouse_url: str, tmp_path: Path) -> None:
    house = worlds.house(LAND, warehouse_url, tmp_path)
    assert "added table fact_cases" in prepare(house)
    with house.warehouse.connection() as connection:
        found = inspect(connection)
        tables, views = set(found.get_table_names()), set(found.get_view_names())
    assert set(engine_tables.tables) | {"fact_cases", "dim_office", "dim_locality", "dim_topic"} <= tables
    assert {"cases", "cases_history", "indicator", "indicator_history", "target", "place", "fates"} <= views
    assert prepare(house) == []  # nothing to do any more
    assert migrate_again(house.programme, world=World(house)) == []


def test_the_dictionary_in_the_database_is_that_of_the_schema(world: World) -> None:
    tables = engine_tables.tables
    declared = {(name, column.name): column.comment for name, table in tables.items() for column in table.c}
    declared |= {(name, ""): table.comment for name, table in tables.items()}
    with world.house.warehouse.connection() as connection:
        found = inspect(connection)
        said = {(name, one["name"]): one["comment"] for name in tables for one in found.get_columns(name)}
        said |= {(name, ""): found.get_table_comment(name)["text"] for name in tables}
    assert said == declared


def migrate_again(programme: Programme, world: World) -> list[str]:
    with world.house.warehouse.connection() as connection:
        return migrate(connection, programme)


def test_a_new_measure_is_a_new_column_and_old_rows_have_nothing_in_it(world: World) -> None:
    world.report("CASES", "ON1", "2024-01", [{"topic": "data", "received": 5}])
    assert migrate_again(with_measures(world.programme, EXTRA), world) == ["added column fact_cases.appeals"]
    assert world.sql("SELECT received, appeals FROM cases") == [(5, None)]


def test_a_changed_type_is_refused_in_one_message_and_nothing_is_changed(world: World) -> None:
    received = world.programme.fact["cases"].measure("received")
    assert received is not None
    changed = with_measures(world.programme, EXTRA, received.model_copy(update={"type": "decimal"}))
    before = columns(world)
    with pytest.raises(WarehouseError) as refused:
        migrate_again(changed, world)
    message = str(refused.value)
    assert "column fact_cases.received is BIGINT, declared is NUMERIC(38, 6)" in message
    assert "nothing was changed" in message
    assert "declare a new column or fact under another name" in message
    assert columns(world) == before


def test_what_is_no_longer_declared_stays(world: World) -> None:
    fact = world.programme.fact["cases"]
    fewer = fact.model_copy(update={"measures": fact.measures[:2]})
    facts = tuple(fewer if one.fact == "cases" else one for one in world.programme.facts)
    before = columns(world)
    assert migrate_again(redeclared(world.programme, facts=facts), world) == []
    assert columns(world) == before


def test_a_version_holds_until_the_day_before_the_next(world: World) -> None:
    found = world.sql(
        "SELECT valid_from, valid_to, parent_key FROM locality WHERE locality_key IN (12, 14) "
        "ORDER BY locality_key, valid_from"
    )
    assert [(str(first), str(last), parent) for first, last, parent in found] == [
        ("1900-01-01", "2024-08-15", 10),  # Oldtown, merged into Newtown
        ("1900-01-01", "2024-08-15", 10),  # Roamer in the north
        ("2024-08-16", "9999-12-31", 20),  # and in the south
    ]
