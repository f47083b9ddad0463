"""Hostile SQL: what an analyst writes reads published figures, or is refused in one message and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from catalogue.errors import UsageError
from tests.warehouse.hostile_sql import EMBEDDED, SERVED
from tests.world import FIRST_DAY, LAND, World
from tests.worlds import Worlds
from warehouse.published import ask
from warehouse.roles import Login, set_up_roles
from warehouse.store import Warehouse

pytestmark = pytest.mark.long

ROWS = [{"topic": "data", "received": 5}, {"topic": "web", "received": 7}]
HIDDEN = "nobody may read this line"
ANALYST = "tests_ann"
AT_LEAST = 300


def tried(warehouse: Warehouse, statements: Sequence[str], file: Path) -> list[tuple[str, Any]]:
    """The statements that were answered, or refused in a message that tells what stands in the file."""
    answered = list[tuple[str, Any]]()
    for statement in statements:
        try:
            answered.append((statement, ask(warehouse, statement.replace("FILE", str(file)))[1][:3]))
        except UsageError as refused:
            if HIDDEN in str(refused) or "\n" in str(refused):
                answered.append((statement, str(refused)))
    return answered


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("machine") / "hidden.csv"
    made.write_text(f"line\n{HIDDEN}\n", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def copied(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> World:
    world = worlds.make("duckdb", LAND, tmp_path_factory.mktemp("home"))
    world.report("CASES", "ON1", "2024-01", ROWS)
    world.house.warehouse.publish()
    return world


@pytest.fixture(scope="module")
def served(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = worlds.make("postgresql", LAND, tmp_path_factory.mktemp("home"))
    world.report("CASES", "ON1", "2024-01", ROWS)
    world.release()
    yield world
    worlds.drop(world.house.warehouse.url)


@pytest.fixture(scope="module")
def analyst(served: World, worlds: Worlds) -> Iterator[Warehouse]:
    """What an analyst of the server opens, by a login that may nothing else."""
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ANALYST} LOGIN".encode())
        with served.house.warehouse.connection() as owner:
            set_up_roles(owner, [Login(ANALYST, "analyst")], 60, FIRST_DAY)
        url = make_url(served.house.warehouse.url).set(username=ANALYST).render_as_string(hide_password=False)
        yield Warehouse(url, served.house.warehouse.published)
        with psycopg.connect(
            make_url(served.house.warehouse.url).set(drivername="postgresql").render_as_string(hide_password=False)
        ) as inside:
            inside.execute(f"DROP OWNED BY {ANALYST}".encode())
        connection.execute(f"DROP ROLE {ANALYST}".encode())


def test_there_are_enough_of_them_and_none_is_there_twice() -> None:
    for statements in (EMBEDDED, SERVED):
        assert len(statements) == len({*statements}) >= AT_LEAST


def test_the_read_copy_refuses_every_one(copied: World, file: Path) -> None:
    warehouse = copied.house.warehouse
    before = warehouse.published.read_bytes()
    assert tried(warehouse, EMBEDDED, file) == []
    assert warehouse.published.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert [path.name for path in copied.house.home.glob("published*")] == ["published.duckdb"]


def test_a_server_refuses_every_one_of_an_analysts(analyst: Warehouse, served: World, file: Path) -> None:
    tables = ("dim_part", "dim_delivery", "ledger", "fact_cases")
    count = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
    before = served.sql(count)
    assert tried(analyst, SERVED, file) == []
    assert served.sql(count) == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert ask(analyst, "SELECT sum(received) FROM cases")[1] == [(12,)]


LOCKS = """SELECT name, value FROM duckdb_settings() WHERE name IN ('enable_external_access', 'lock_configuration')
           ORDER BY name"""
USEFUL = (
    LOCKS,
    "FROM cases",
    "(SELECT 1)",
    "-- how many\nSELECT count(*) FROM cases;",
    "SHOW TABLES",
    "DESCRIBE cases",
    "SUMMARIZE cases",
    "EXPLAIN SELECT * FROM cases",
    "EXPLAIN ANALYZE SELECT * FROM cases",
    "EXPLAIN (FORMAT json) SELECT * FROM cases",
    "WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a WHERE x < 3) SELECT * FROM a",
    "FROM (PIVOT cases ON topic_code IN ('data', 'web') USING sum(received))",
    "SELECT unnest([1, 2]), 'read_text(''a'');', \"received\" FROM cases, range(3)",
    "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal",
    "SELECT 'Sở Nội vụ' AS tên, E'a\\'b' AS b, $$;$$ AS c FROM cases WHERE topic_code <> 'x:y'",
)


def test_what_analysts_ask_is_answered(copied: World) -> None:
    warehouse = copied.house.warehouse
    assert ask(warehouse, LOCKS)[1] == [("enable_external_access", "false"), ("lock_configuration", "true")]
    for query in USEFUL:
        assert ask(warehouse, query)[1], query


def test_a_refusal_says_what_is_allowed(copied: World) -> None:
    warehouse = copied.house.warehouse
    with pytest.raises(
        UsageError, match=r"the function enable_logging is not allowed here.*allowed in place of a table"
    ):
        ask(warehouse, "FROM enable_logging()")
    with pytest.raises(UsageError, match="found several, separated by ';'"):
        ask(warehouse, "SELECT E'a\\'' ; SELECT 2 --'")
    with pytest.raises(UsageError, match=r"PIVOT \.\.\. ON \.\.\. IN"):
        ask(warehouse, "FROM (PIVOT cases ON topic_code USING sum(received))")
