"""The read copies of a warehouse in a file: whole for stewards, published rows for analysts, kept small and private."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from stat import S_IMODE
from typing import Any

import duckdb
import pytest
from sqlalchemy import text

from catalogue.errors import WarehouseError
from flows.compute import compute
from flows.house import now
from tests.world import LAND, World
from tests.worlds import Worlds
from warehouse.extract import extract
from warehouse.policy import rows
from warehouse.release import Terms
from warehouse.staging import staging_area

SECRET = "0912345678 Nguyen Van Secret"
ROWS = [{"topic": "data", "received": 5, "resolved": 5}]


@pytest.fixture(scope="module")
def embedded(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Of a module: what follows goes on with it, in the order of this page."""
    world = worlds.make("duckdb", LAND, tmp_path_factory.mktemp("home"))
    world.report("CASES", "ON1", "2024-01", ROWS)
    with world.house.warehouse.connection() as connection:
        connection.execute(
            text("INSERT INTO quarantine VALUES (1, 1, 'sheet', 9, 'cell.type', :cell)"), {"cell": SECRET * 50}
        )
    world.release()
    world.house.warehouse.publish()
    return world


@contextmanager
def opened(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(file), read_only=True) as connection:
        yield connection


def content(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of a copy."""
    with opened(file) as connection:
        names = [name for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {name: connection.sql(f"FROM {name} ORDER BY ALL").fetchall() for name in names if name != "read_copy"}


def counted(file: Path) -> tuple[int, int]:
    """How many rows of the fact, and how many releases, a copy shows."""
    with opened(file) as connection:
        (found,) = connection.sql("SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM dim_release)").fetchall()
    return int(found[0]), int(found[1])


def published(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """What the analysts' copy should hold, by the policy, from the warehouse itself."""
    with opened(world.house.home / "warehouse.duckdb") as connection:
        names = [name for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()]
        return {
            name: connection.sql(f"FROM {name} WHERE {rows('analyst', name)} ORDER BY ALL").fetchall() for name in names
        }


def modes(world: World) -> tuple[str, str]:
    warehouse = world.house.warehouse
    return oct(S_IMODE(warehouse.copy.stat().st_mode)), oct(S_IMODE(warehouse.published.stat().st_mode))


def test_what_was_set_aside_is_nowhere_in_the_file_for_analysts(embedded: World) -> None:
    warehouse = embedded.house.warehouse
    assert (warehouse.copy.name, warehouse.published.name) == ("steward.duckdb", "published.duckdb")
    assert SECRET.encode() in warehouse.copy.read_bytes()
    assert SECRET.encode() not in warehouse.published.read_bytes()
    assert content(warehouse.published) == published(embedded)


def test_nobody_may_write_them_and_who_may_read_them_is_kept(embedded: World) -> None:
    warehouse = embedded.house.warehouse
    assert modes(embedded) == ("0o400", "0o440")
    assert oct(S_IMODE((embedded.house.home / "warehouse.duckdb").stat().st_mode)) == "0o600"
    warehouse.copy.chmod(0o440)
    warehouse.published.chmod(0o444)
    group = next((one for one in os.getgroups() if one != os.getgid()), os.getgid())
    os.chown(warehouse.published, -1, group)
    embedded.report("CASES", "ON2", "2024-01", ROWS)
    embedded.release()
    warehouse.publish()
    assert modes(embedded) == ("0o440", "0o444")
    assert warehouse.published.stat().st_gid == group


@pytest.mark.long
def test_a_copy_grows_by_what_is_new_and_is_left_alone_where_nothing_is(embedded: World) -> None:
    warehouse = embedded.house.warehouse
    assert content(warehouse.published) == published(embedded)
    file, reports = warehouse.published.stat().st_ino, counted(warehouse.published)
    warehouse.publish()
    assert warehouse.published.stat().st_ino == file
    # Under embargo, and nothing of it seen, nor the report that it stands on.
    embedded.report("CASES", "ON1", "2024-02", [{"topic": "data", "received": 77, "resolved": 77}])
    compute(embedded.house, terms=Terms("later", now() + timedelta(days=1)))
    warehouse.publish()
    assert content(warehouse.published) == published(embedded)
    assert counted(warehouse.published) == reports
    # Its time comes.
    with embedded.house.warehouse.connection() as connection:
        connection.execute(text("UPDATE dim_release SET embargo_until = TIMESTAMP '2020-01-01 00:00:00'"))
    warehouse.publish()
    assert counted(warehouse.published) == (reports[0] + 1, reports[1] + 1)
    assert content(warehouse.published) == published(embedded)


def test_another_history_is_another_copy(embedded: World) -> None:
    """As after a restore: rows that the last copy had are not there any more."""
    warehouse = embedded.house.warehouse
    with warehouse.connection() as connection:
        connection.execute(text("UPDATE ledger SET detail = 'something else' WHERE sequence = 2"))
        connection.execute(text("UPDATE fact_cases SET received = 6 WHERE part_key = 1"))
    warehouse.publish()
    assert content(warehouse.published) == published(embedded)


def test_without_the_copy_for_stewards_readers_see_the_one_for_analysts(embedded: World, tmp_path: Path) -> None:
    warehouse = embedded.house.warehouse
    warehouse.copy.rename(tmp_path / "away")
    assert warehouse.copy == warehouse.published
    with warehouse.reader() as connection:
        assert connection.execute(text("SELECT count(*) FROM quarantine")).scalar() == 0
    with (
        pytest.raises(WarehouseError, match=r"published\.duckdb is the copy for analysts"),
        staging_area(tmp_path / "staging") as area,
    ):
        extract(area, warehouse, tmp_path / "unit.duckdb", embedded.programme, "unit", [111])
    warehouse.publish()
    assert warehouse.copy.name == "steward.duckdb"
