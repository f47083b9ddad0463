"""The names that the catalogue keeps free are those that a warehouse takes for itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect

from catalogue.fact_rules import DIMENSIONS, FACTS, VIEWS
from tests.world import KINDS, World
from warehouse.schema import engine_tables


@pytest.fixture(scope="module")
def country() -> Path:
    return KINDS


def test_every_table_and_view_of_the_engine_has_its_name_kept_free(embedded: World) -> None:
    programme = embedded.programme
    declared = {register.entity for register in programme.registers}
    declared |= {
        name for fact in programme.facts for name in (fact.fact, f"{fact.fact}_history", f"{fact.fact}_frozen")
    }
    with embedded.house.warehouse.connection() as connection:
        views = set(inspect(connection).get_view_names())
    plain = {name for name in engine_tables.tables if not name.startswith(("dim_", "fact_"))}
    assert set(VIEWS) == (views - declared) | plain
    assert {f"dim_{name}" for name in DIMENSIONS} | {f"fact_{name}" for name in FACTS} == set(
        engine_tables.tables
    ) - plain
