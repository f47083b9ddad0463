"""The warehouse as its users meet it: who may write, what readers see, and when."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from catalogue.errors import SettingsError, WarehouseBusy, WarehouseError
from tests.world import LAND, World
from tests.worlds import Worlds
from warehouse.backends import backend_of
from warehouse.backends.postgresql import _LOCK as LOCK
from warehouse.store import Warehouse

ROWS = [{"topic": "data", "received": 5}]
COUNT = text("SELECT count(*) FROM cases")

# Opens the file for writing, says so, and waits until its input ends.
HOLDER = """
import duckdb, sys
held = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(path: Path) -> Iterator[int]:
    """Another process that holds a DuckDB file for writing; its number."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        yield holder.pid


def test_a_second_writer_is_told_who_the_first_is(embedded: World) -> None:
    path = embedded.house.home / "warehouse.duckdb"
    with another_process(path) as pid:
        with pytest.raises(WarehouseBusy, match=f"warehouse.duckdb is being written by process {pid}"):
            embedded.report("CASES", "ON1", "2024-01", ROWS)
        with (
            pytest.raises(WarehouseBusy, match=f"process {pid}; wait for it to end"),
            embedded.house.warehouse.connection(),
        ):
            pass
    embedded.report("CASES", "ON1", "2024-01", ROWS)
    assert embedded.one("SELECT count(*) FROM cases") == 1


def test_a_second_writer_of_a_server_waits_for_the_first(worlds: Worlds, tmp_path: Path) -> None:
    world = worlds.make("postgresql", LAND, tmp_path)
    address = make_url(world.house.warehouse.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as watcher, psycopg.connect(address) as first:
        first.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        second = threading.Thread(target=world.report, args=("CASES", "ON1", "2024-01", ROWS))
        second.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while watcher.execute(waiting).fetchone() != (1,):
            assert second.is_alive(), "the second writer did not wait"
        assert watcher.execute("SELECT count(*) FROM dim_part").fetchone() == (0,)
        first.commit()
        second.join(timeout=60)
        assert watcher.execute("SELECT count(*) FROM dim_part").fetchone() == (1,)
    worlds.drop(world.house.warehouse.url)


def test_readers_see_the_copy_that_was_published_last(embedded: World) -> None:
    warehouse = embedded.house.warehouse
    with pytest.raises(WarehouseError, match="no published warehouse yet"), warehouse.reader():
        pass
    embedded.report("CASES", "ON1", "2024-01", ROWS)
    warehouse.publish()
    embedded.report("CASES", "ON2", "2024-01", ROWS)
    with warehouse.reader() as early:
        assert early.execute(COUNT).scalar() == 1  # what came later is not published
        warehouse.publish()  # under the eyes of a reader
        assert early.execute(COUNT).scalar() == 1  # who goes on reading the old copy
    with warehouse.reader() as late:
        assert late.execute(COUNT).scalar() == 2
    assert sorted(path.name for path in embedded.house.home.glob("published*")) == ["published.duckdb"]


def test_readers_read_while_somebody_writes(embedded: World) -> None:
    embedded.report("CASES", "ON1", "2024-01", ROWS)
    embedded.house.warehouse.publish()
    with another_process(embedded.house.home / "warehouse.duckdb"), embedded.house.warehouse.reader() as reader:
        assert reader.execute(COUNT).scalar() == 1


def test_readers_cannot_write(world: World) -> None:
    world.house.warehouse.publish()
    with (
        world.house.warehouse.reader() as reader,
        pytest.raises(DBAPIError, match=r"read-only|Cannot execute"),
    ):
        reader.execute(text("DELETE FROM dim_part"))


def test_a_file_that_is_no_warehouse_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text("not a database, but long enough to be taken for one " * 200)
    warehouse = Warehouse(f"duckdb:///{tmp_path / 'warehouse.duckdb'}", tmp_path / "published.duckdb")
    with pytest.raises(WarehouseError, match="cannot be opened"), warehouse.connection():
        pass


def test_a_warehouse_that_was_lost_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    warehouse = Warehouse(f"duckdb:///{tmp_path / 'warehouse.duckdb'}", tmp_path / "published.duckdb")
    warehouse.published.write_bytes(b"what was published from it")
    with pytest.raises(WarehouseError, match=r"was lost or moved, .* restore a backup"), warehouse.connection():
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["published.duckdb"]


def test_a_server_that_is_not_there_is_one_message(tmp_path: Path) -> None:
    warehouse = Warehouse("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path / "published.duckdb")
    with pytest.raises(WarehouseError, match="cannot be opened"), warehouse.connection():
        pass


def test_an_unknown_database_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="allowed are duckdb:///FILE and postgresql"):
        backend_of("mysql://localhost/x")
