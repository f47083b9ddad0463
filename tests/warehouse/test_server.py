"""A warehouse on a server: writers that meet, servers that go away, a loader that is killed; who may read what."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from catalogue.errors import UsageError, WarehouseError, WarehouseLost
from tests.world import FIRST_DAY, LAND, World
from tests.worlds import Worlds
from warehouse.export import CLOCKED, VOLATILE, export
from warehouse.migrate import migrate
from warehouse.published import ask
from warehouse.roles import Login, set_up_roles
from warehouse.store import Warehouse

pytestmark = pytest.mark.long

ROWS = [{"topic": "data", "received": 5}, {"topic": "web", "received": 7}]
LOADERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'chiso' AND datname = current_database()"
WAITING = f"{LOADERS} AND wait_event_type = 'Lock'"


def address(url: str) -> str:
    """A warehouse's URL as libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def served(worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    made = worlds.make("postgresql", LAND, tmp_path / "home")
    yield made
    worlds.drop(made.house.warehouse.url)


@pytest.fixture
def watcher(served: World) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(address(served.house.warehouse.url), autocommit=True) as connection:
        yield connection


@contextmanager
def held(world: World, table: str) -> Iterator[None]:
    """Another session holds a table: who writes it waits, with everything before it written and not committed."""
    with psycopg.connect(address(world.house.warehouse.url)) as holder:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield
        holder.rollback()


def until_waiting(watcher: psycopg.Connection[Any], alive: Callable[[], bool]) -> int:
    """The process of the server that waits for the table."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        found = watcher.execute(WAITING).fetchone()
        if found:
            return int(found[0])
        assert alive(), "the loader ended before it came to the table"
    raise AssertionError("the loader did not come to the table")


def counts(world: World) -> list[tuple[Any, ...]]:
    tables = ("dim_delivery", "dim_part", "fact_cases", "furniture", "check_result", "ledger")
    return world.sql(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables))


class Loader(threading.Thread):
    """A report from another thread, and the error with which it ended."""

    def __init__(self, world: World, unit: str) -> None:
        super().__init__()
        self.world, self.unit = world, unit
        self.error: WarehouseError | None = None

    def run(self) -> None:
        try:
            self.world.report("CASES", self.unit, "2024-01", ROWS)
        except WarehouseError as error:
            self.error = error


def test_who_waited_for_another_writer_sees_what_that_one_wrote(
    served: World, watcher: psycopg.Connection[Any]
) -> None:
    """Keys go on where the first ended: a snapshot from before the wait would give them twice."""
    other = World(replace(served.house, run_id="other"))
    first, second = Loader(served, "ON1"), Loader(other, "ON2")
    with held(served, "ledger"):
        first.start()
        until_waiting(watcher, first.is_alive)
        second.start()
        while len(watcher.execute(WAITING).fetchall()) < 2:
            assert second.is_alive()
    first.join(60)
    second.join(60)
    assert (first.error, second.error) == (None, None)
    assert served.sql("SELECT part_key, unit_key FROM dim_part ORDER BY part_key") == [(1, 111), (2, 112)]
    assert served.sql("SELECT sequence FROM ledger ORDER BY sequence") == [(1,), (2,), (3,)]


def test_a_connection_that_breaks_in_the_middle_of_an_append_leaves_nothing(
    served: World, watcher: psycopg.Connection[Any]
) -> None:
    before = counts(served)
    loader = Loader(served, "ON1")
    with held(served, "ledger"):
        loader.start()
        watcher.execute("SELECT pg_terminate_backend(%s)", [until_waiting(watcher, loader.is_alive)])
        loader.join(60)
    assert isinstance(loader.error, WarehouseLost)
    assert loader.error.retriable
    assert "connection to the warehouse broke, and nothing was written; run it again" in str(loader.error)
    assert counts(served) == before
    served.report("CASES", "ON1", "2024-01", ROWS)
    assert served.one("SELECT count(*) FROM cases") == 2


def test_a_server_that_crashes_and_starts_again_in_the_middle_of_an_append_holds_nothing_of_it(
    served: World, watcher: psycopg.Connection[Any]
) -> None:
    before = counts(served)
    loader, broken = Loader(served, "ON1"), threading.Event()
    with suppress(psycopg.OperationalError), held(served, "ledger"):
        loader.start()
        # One process of the server dies, and the server ends all the others, recovers and starts again.
        os.kill(until_waiting(watcher, loader.is_alive), signal.SIGKILL)
        broken.set()
    assert broken.is_set()
    loader.join(60)
    assert isinstance(loader.error, WarehouseLost)
    assert "nothing was written" in str(loader.error)
    started_again(served)
    assert counts(served) == before
    served.report("CASES", "ON1", "2024-01", ROWS)
    assert served.one("SELECT count(*) FROM cases") == 2


def started_again(world: World) -> None:
    """Wait until the server takes connections."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(psycopg.OperationalError):
            psycopg.connect(address(world.house.warehouse.url)).close()
            return
    raise AssertionError("the server did not start again")


def test_a_connection_that_breaks_under_a_reader_is_one_message(
    served: World, watcher: psycopg.Connection[Any]
) -> None:

    def read() -> None:
        with served.house.warehouse.connection() as connection:
            connection.execute(text("SELECT 1"))
            watcher.execute(f"SELECT pg_terminate_backend(pid) FROM ({LOADERS}) loaders".encode())
            connection.execute(text("SELECT 1"))

    with pytest.raises(WarehouseLost, match="connection to the warehouse broke; run it again"):
        read()


KILLED = """
import sys
from pathlib import Path
from dataclasses import replace
from tests.world import FIRST_DAY, LAND, World
from tests.worlds import Worlds
from warehouse.store import Warehouse
worlds = Worlds(Path(sys.argv[1]), "")
house = worlds.house(LAND, sys.argv[2], Path(sys.argv[1]))
World(house).reports("CASES", [("ON1", "2024-01", ROWS), ("ON2", "2024-02", ROWS)])
""".replace("ROWS", repr(ROWS))


def test_a_loader_killed_in_the_middle_of_an_append_and_run_again_is_one_that_was_not(
    served: World, watcher: psycopg.Connection[Any], worlds: Worlds, tmp_path: Path
) -> None:
    before = counts(served)
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path / "loader"), served.house.warehouse.url]
    with held(served, "ledger"), subprocess.Popen(command, cwd=LAND.parents[1]) as loader:
        until_waiting(watcher, lambda: loader.poll() is None)
        loader.send_signal(signal.SIGKILL)
        loader.wait()
    while watcher.execute(LOADERS).fetchone():  # the server ends what its client left
        pass
    assert counts(served) == before

    unbroken = worlds.make("postgresql", LAND, tmp_path / "unbroken")
    told = []
    for world in (served, unbroken):
        fresh = World(world.house)
        fresh.reports("CASES", [("ON1", "2024-01", ROWS), ("ON2", "2024-02", ROWS)])
        fresh.release()
        with world.house.warehouse.connection() as connection:
            without = VOLATILE | CLOCKED | {"sha256"}
            told.append(export(connection, tmp_path / world.house.run_id, tables=True, without=without))
    worlds.drop(unbroken.house.warehouse.url)
    assert told[0] == told[1]


def test_a_database_that_cannot_hold_every_letter_is_refused_while_it_is_empty(worlds: Worlds, tmp_path: Path) -> None:
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE worded TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    url = worlds.address("worded")
    warehouse = Warehouse(url, tmp_path / "published.duckdb")
    with (
        pytest.raises(WarehouseError, match="make it anew: CREATE DATABASE worded TEMPLATE template0"),
        warehouse.connection() as connection,
    ):
        migrate(connection, worlds.programme(LAND))
    worlds.drop(url)


ANALYST = "tests_ann"


@pytest.fixture
def analyst(served: World, watcher: psycopg.Connection[Any]) -> Iterator[Warehouse]:
    """What an analyst opens, after the set-up."""
    served.report("CASES", "ON1", "2024-01", ROWS)
    served.release()
    watcher.execute(f"DROP ROLE IF EXISTS {ANALYST}".encode())
    watcher.execute(f"CREATE ROLE {ANALYST} LOGIN".encode())
    with served.house.warehouse.connection() as connection:
        done = set_up_roles(connection, [Login(ANALYST, "analyst")], 60, FIRST_DAY)
    assert f"{ANALYST} belongs to chiso_analyst; after 60 s its statements are stopped" in done
    url = make_url(served.house.warehouse.url).set(username=ANALYST).render_as_string(hide_password=False)
    yield Warehouse(url, served.house.warehouse.published)
    watcher.execute(f"DROP OWNED BY {ANALYST}".encode())
    watcher.execute(f"DROP ROLE {ANALYST}".encode())


def test_analysts_read_views_and_no_tables_and_write_nothing(analyst: Warehouse, served: World) -> None:
    assert ask(analyst, "SELECT sum(received) FROM cases")[1] == [(12,)]
    assert ask(analyst, "SELECT count(*) > 0 FROM indicator")[1] == [(True,)]
    assert ask(analyst, "SELECT count(*) > 0 FROM hierarchy")[1] == [(True,)]
    assert ask(analyst, "SHOW statement_timeout")[1] == [("1min",)]
    for table in ("fact_cases", "dim_delivery", "quarantine", "ledger"):
        with pytest.raises(UsageError, match=f"permission denied for table {table}"):
            ask(analyst, f"SELECT * FROM {table}")
    with analyst.engine().connect() as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.commit()
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text("CREATE TABLE mine (a INT)"))


def test_views_that_are_made_anew_are_still_theirs(analyst: Warehouse, served: World) -> None:
    with served.house.warehouse.connection() as connection:
        migrate(connection, served.programme)
    assert ask(analyst, "SELECT sum(received) FROM cases")[1] == [(12,)]


def test_a_login_that_does_not_exist_is_said(served: World) -> None:
    with (
        pytest.raises(UsageError, match="login 'tests_nobody' does not exist; create it first"),
        served.house.warehouse.connection() as connection,
    ):
        set_up_roles(connection, [Login("tests_nobody", "analyst")], 60, FIRST_DAY)


@pytest.mark.parametrize(
    "query",
    [
        # A quote that PostgreSQL takes for a letter hides the semicolon from who looks for it.
        "SELECT E'a\\'' ; SET default_transaction_read_only = off; DELETE FROM issue --'",
        "SELECT E'a\\'' ; COMMIT; DELETE FROM issue --'",
        "WITH gone AS (DELETE FROM ledger RETURNING sequence) SELECT * FROM gone",
    ],
)
def test_a_query_cannot_write(served: World, query: str) -> None:
    before = counts(served)
    with pytest.raises(UsageError, match=r"cannot insert multiple commands|read-only transaction"):
        ask(served.house.warehouse, query)
    assert counts(served) == before


def test_columns_of_views_say_what_they_are(served: World) -> None:
    said = served.sql("""SELECT relname, col_description(attrelid, attnum)
                         FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
                         WHERE attname = 'received' AND relname LIKE 'cases%' ORDER BY relname""")
    words = "Received in the month. Unit: case. Over time: sum"
    assert said == [(view, words) for view in ("cases", "cases_frozen", "cases_history")]


def test_figures_are_computed_by_plans_for_what_was_just_written(served: World) -> None:
    """The server would plan for empty tables until it looks by itself, and never look at small ones."""
    served.reports("CASES", [("ON1", "2024-01", ROWS), ("ON2", "2024-02", ROWS)])
    served.release()
    planned = served.sql("SELECT relname, reltuples FROM pg_class WHERE relname IN ('fact_cases', 'dim_part')")
    assert dict(planned) == {"fact_cases": 2 * len(ROWS), "dim_part": 2}
