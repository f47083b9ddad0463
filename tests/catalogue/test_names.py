"""The names that the catalogue keeps free are those that a warehouse takes for itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import inspect

from catalogue.fact_rules import DIMENSIONS, FACTS, VIEWS
from tests.world import KINDS, World
from warehouse.tables import engine_tables


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A programme with every kind of indicator, restated on the boundaries of a day: no view is left out."""
    folder = tmp_path_factory.mktemp("names") / "land"
    shutil.copytree(KINDS, folder)
    with (folder / "programme.yml").open("a", encoding="utf-8") as header:
        header.write("boundaries: [2024-07-01]\n")
    return folder


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
