"""Who may read what: role x relation x row, on both backends, beside what is expected of each, written down here.

On a server each role is a login, and asks through a view; of a file, each has a copy of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from catalogue.errors import UsageError
from flows.house import prepare
from tests.warehouse.told_roles import ON1, OS1, ROWS, STRANGE, N, rows_of, tell
from tests.world import FIRST_DAY, World
from tests.worlds import Worlds
from warehouse import login_table
from warehouse.extract import extract
from warehouse.migrate import migrate
from warehouse.policy import Role
from warehouse.published import ask
from warehouse.roles import GROUPS, OWNER, Login, guard, set_up_roles
from warehouse.staging import staging_area
from warehouse.store import Warehouse

pytestmark = pytest.mark.long

# Who asks: steward, engineer, analyst, an office (1), the region (N) above it. By the letters of EXPECTED.
ASKERS: Final[dict[str, tuple[Role, tuple[tuple[int, str], ...]]]] = {
    "s": ("steward", ()),
    "e": ("engineer", ()),
    "a": ("analyst", ()),
    "1": ("unit", ((ON1, "ON1"),)),
    "N": ("unit", ((N, "N"),)),
}

# Relation: what a row is known by, and who sees the rows known so. ON1 lies below N, OS1 does not. Deliveries 1 (ON1)
# and 2 (OS1) are in the first release, 3 (ON1) and 4 (a portal's, of ON1 and OS1) in the second, under embargo.
EXPECTED: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "dim_delivery": ("delivery_key", {"1": "sea1N", "2": "sea", "3": "sea1N", "4": "sea1N"}),
    "dim_part": ("part_key", {"1": "sea1N", "2": "sea", "3": "se1N", "4": "se1N", "5": "se"}),
    "fact_cases": ("part_key", {"1": "sea1N", "2": "sea", "3": "s1N", "4": "s1N", "5": "s"}),
    "quarantine": (
        "concat(delivery_key, ' ', part_key)",
        {"2 2": "s", "3 3": "s1N", "3 ": "s1N", "4 4": "s1N", "4 5": "s", "4 ": "s"},
    ),
    "issue": (
        "concat(delivery_key, ' ', rule_code)",
        {"2 cell.type": "se", "3 cell.type": "se1N", "1 correction.applied": "sea1N", "2 override.applied": "sea",
         "4 cell.type": "se"},
    ),
    "furniture": ("delivery_key", {"1": "sea1N", "2": "sea", "4": "sea"}),
    "sheet_layout": ("delivery_key", {"1": "sea1N", "2": "sea", "4": "sea1N"}),
    "delivery_signature": ("delivery_key", {"1": "se1N", "2": "se"}),
    "name_alias": ("name", {"of ON1": "sea1N", "of OS1": "sea", "of all": "sea1N"}),
    "rule_override": ("rule_code", {"of ON1": "se1N", "of OS1": "se"}),
    "erasure": ("reason", {"of ON1": "se1N", "of OS1": "se"}),
    "withdrawal": ("reason", {"of ON1": "sea1N", "of OS1": "sea", "figure of N": "seaN", "figure of OS1": "sea"}),
    "unit_login": ("unit_code", {"ON1": "se1", "N": "seN"}),
    # R lay below N until the middle of August.
    "fact_reporting": (
        "concat(unit_key, ' ', period_code)",
        {"111 2024-01": "sea1N", "121 2024-01": "sea", "14 2024-07": "seaN", "14 2024-09": "sea"},
    ),
    "obligation_change": ("unit_key", {"111": "sea1N", "121": "sea"}),
    "fact_indicator": (
        "concat(entity_key, ' ', period_code, ' ', from_release)",
        {"1 2024-01 1": "sea", "10 2024-01 1": "seaN", "111 2024-01 1": "sea1N", "121 2024-01 1": "sea",
         "10 2024-02 2": "s", "111 2024-02 2": "s", "14 2024-07 1": "seaN", "14 2024-09 1": "sea"},
    ),
    "target_status": ("concat(entity_key, ' ', from_release)", {"10 1": "seaN", "20 1": "sea", "10 2": "s"}),
    "release_feed": ("from_release", {"1": "sea1N", "2": "s"}),
    "release_partition": ("release_key", {"1": "sea1N", "2": "s"}),
    "dim_release": ("name", {"release-1": "sea1N", "quarter": "s"}),
    "ledger": ("CASE WHEN sequence <= 4 THEN 'until the release' ELSE 'later' END",
               {"until the release": "sea", "later": "se"}),
    "check_result": ("form_code", {"CASES": "sea"}),
    "incident_event": ("unit_key", {"111": "se1N", "121": "se", "": "se"}),
    "outbox_message": ("message_id", {"m": "se"}),
    "outbox_incident": ("message_id", {"m": "se"}),
    "outbox_attempt": ("message_id", {"m": "se"}),
    "outbox_reminder": ("message_id", {"m": "se"}),
    "alert_look": ("run_id", {"r": "se"}),
}  # fmt: skip
OPEN: Final = (
    "dim_period", "dim_hierarchy", "dim_succession", "dim_boundary", "dim_indicator", "dim_target", "dim_office",
    "dim_locality", "dim_topic", "layout_column", "alembic_version",
)  # fmt: skip
"""Relations of which everybody sees every row."""
EMPTY: Final = ("fact_courses", "fact_people", "fact_published", "fact_pupils", "dim_figure", "dim_sign")
"""Relations of the programme that are as those of its kind above."""
Asker = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Told:
    """A world that was told once, and what answers whoever asks it."""

    world: World
    askers: Mapping[str, Asker]


def login(letter: str) -> str:
    return f"tests_role_{letter.lower()}"


def url_of(world: World, name: str) -> str:
    return make_url(world.house.warehouse.url).set(username=name).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def told(shared_world: World, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    tell(shared_world)
    if shared_world.house.warehouse.embedded:
        yield Told(shared_world, in_files(shared_world, tmp_path_factory.mktemp("extracts")))
        return
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        for letter in ASKERS:
            connection.execute(f"CREATE ROLE {login(letter)} LOGIN".encode())
        yield Told(shared_world, on_server(shared_world))
        worlds.drop(shared_world.house.warehouse.url)
        for letter in ASKERS:
            connection.execute(f"DROP ROLE {login(letter)}".encode())


def on_server(world: World) -> dict[str, Asker]:
    """Logins of each role, that ask each relation through a view of the owner's."""
    with world.house.warehouse.connection() as connection:
        logins = [Login(login(letter), role, units) for letter, (role, units) in ASKERS.items()]
        set_up_roles(connection, logins, 60, FIRST_DAY)
        for relation in (*EXPECTED, *OPEN, STRANGE):
            connection.execute(text(f"CREATE VIEW through_{relation} AS SELECT * FROM {relation}"))
        guard(connection)

    def by_login(letter: str) -> Asker:
        warehouse = Warehouse(url_of(world, login(letter)), world.house.warehouse.published)
        return lambda query: ask(warehouse, query.replace("FROM ", "FROM through_"))[1]

    return {letter: by_login(letter) for letter in ASKERS}


def asker(connection: duckdb.DuckDBPyConnection) -> Asker:
    return lambda query: connection.sql(query).fetchall()


def in_files(world: World, folder: Path) -> dict[str, Asker]:
    """The copy of each role, or what is extracted for it."""
    warehouse = world.house.warehouse
    with warehouse.connection() as connection:
        for number, (letter, (_, units)) in enumerate(ASKERS.items(), 1):
            for key, code in units:
                table, (row,) = rows_of(login_table.unit_login, {"binding_key": number, "login": login(letter),
                                                                 "entity_key": key, "unit_code": code})  # fmt: skip
                connection.execute(table.insert(), row)
    warehouse.publish()
    files = {"s": warehouse.copy, "a": warehouse.published}
    for letter, (role, units) in ASKERS.items():
        if letter not in files:
            files[letter] = folder / f"{letter}.duckdb"
            with staging_area(folder / "staging.duckdb") as area:
                extract(area, warehouse, files[letter], world.programme, role, [key for key, _ in units])

    return {letter: asker(duckdb.connect(str(file), read_only=True)) for letter, file in files.items()}


def who_sees(told: Told, relation: str, known_by: str) -> dict[str, str]:
    """Each row by what it is known by, with the letters of those who see it."""
    found = dict[str, str]()
    for letter, answer in told.askers.items():
        for (row,) in answer(f"SELECT DISTINCT {known_by} FROM {relation}"):
            name = str(row or "")
            found[name] = found.get(name, "") + letter
    return {name: "".join(sorted(letters, key=[*ASKERS].index)) for name, letters in found.items()}


@pytest.mark.parametrize("relation", EXPECTED)
def test_each_role_sees_its_rows_and_no_others(told: Told, relation: str) -> None:
    known_by, expected = EXPECTED[relation]
    if relation == "unit_login" and told.world.house.warehouse.embedded:
        expected = dict.fromkeys(expected, "se")  # A file knows no login.
    found = who_sees(told, relation, known_by)
    assert {row: found.get(row) for row in expected} == expected
    # Besides those named, there are rows of the same kinds.
    assert {*found.values()} <= {*expected.values()} | {"sea"}


@pytest.mark.parametrize("relation", [*OPEN, STRANGE])
def test_what_is_open_is_open_to_all_and_what_nobody_decided_to_stewards(told: Told, relation: str) -> None:
    counts = {letter: answer(f"SELECT count(*) FROM {relation}") for letter, answer in told.askers.items()}
    assert counts["s"] != [(0,)] or relation in ("dim_succession", "dim_boundary", "dim_target")
    assert {letter: counts[letter] for letter in "ea1N"} == dict.fromkeys(
        "ea1N", counts["s"] if relation in OPEN else [(0,)]
    )


def test_every_relation_is_decided_about(told: Told) -> None:
    query = "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema = "
    tables = {name for (name,) in told.world.sql(query + "current_schema()")}
    assert tables == {*EXPECTED, *OPEN, *EMPTY, STRANGE}


def test_views_show_each_role_what_its_rows_make_of_them(told: Told) -> None:
    if told.world.house.warehouse.embedded:
        askers = told.askers
    else:
        askers = {
            letter: lambda query, letter=letter: ask(  # type: ignore[misc]
                Warehouse(url_of(told.world, login(letter)), told.world.house.warehouse.published), query
            )[1]
            for letter in ASKERS
        }
    seen = {
        what: {letter: answer(query)[0][0] for letter, answer in askers.items()}
        for what, query in {
            "current rows": "SELECT count(*) FROM cases",
            "open quarantine": "SELECT count(*) FROM quarantine_open",
            "findings": "SELECT count(*) FROM finding",
            "releases": "SELECT count(*) FROM release",
            "offices with figures": "SELECT count(DISTINCT place_code) FROM indicator WHERE register = 'offices'",
        }.items()
    }
    assert seen == {
        "current rows": {"s": 5, "e": 2, "a": 2, "1": 3, "N": 3},
        "open quarantine": {"s": 6, "e": 0, "a": 0, "1": 3, "N": 3},
        "findings": {"s": 5, "e": 5, "a": 2, "1": 2, "N": 2},
        "releases": {"s": 1, "e": 1, "a": 1, "1": 1, "N": 1},  # A view shows no release before its time, to nobody.
        "offices with figures": {"s": 4, "e": 4, "a": 4, "1": 1, "N": 2},
    }


def served(told: Told) -> World:
    """The world, where it is on a server."""
    if told.world.house.warehouse.embedded:
        pytest.skip("a file has no logins")
    return told.world


def test_every_table_is_guarded_and_every_view_is_the_owners(told: Told) -> None:
    found = served(told).sql("""
        SELECT c.relkind::text, pg_get_userbyid(c.relowner), c.relrowsecurity, c.relforcerowsecurity, count(*) > 20,
               bool_and(c.relkind = 'v' OR EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
        GROUP BY 1, 2, 3, 4 ORDER BY 1""")
    assert found == [("r", OWNER, True, True, True, True), ("v", OWNER, False, False, True, True)]
    assert told.world.sql("SELECT rolcanlogin, rolbypassrls FROM pg_roles WHERE rolname = :name", name=OWNER) == [
        (False, False)
    ]


REACHING: Final = (
    "SELECT * FROM fact_cases",
    "SELECT * FROM unit_login",
    "INSERT INTO unit_login VALUES (99, current_user, 120, 'OS', TRUE, 'me', now())",
    "UPDATE unit_login SET entity_key = 120",
    "ALTER TABLE fact_cases DISABLE ROW LEVEL SECURITY",
    "DROP POLICY chiso_rows ON fact_cases",
    "SET ROLE chiso_owner",
    "SET ROLE chiso_steward",
    "SET SESSION AUTHORIZATION tests_role_s",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "CREATE VIEW mine AS SELECT * FROM fact_cases",
)


@pytest.mark.parametrize("statement", REACHING)
@pytest.mark.parametrize("letter", ["a", "1"])
def test_a_login_cannot_reach_for_more(told: Told, letter: str, statement: str) -> None:
    url = make_url(url_of(served(told), login(letter))).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
        # Switched off, it is an error to ask, and no way around.
        connection.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM cases")


def test_views_made_anew_are_guarded_and_a_login_is_bound_to_what_was_said_last(told: Told) -> None:
    world = served(told)
    current = Warehouse(url_of(world, login("1")), world.house.warehouse.published)
    with world.house.warehouse.connection() as connection:
        for relation in (*EXPECTED, *OPEN, STRANGE):
            connection.execute(text(f"DROP VIEW through_{relation}"))
        migrate(connection, world.programme)
    assert ask(current, "SELECT count(*) FROM cases")[1] == [(3,)]
    with world.house.warehouse.connection() as connection:
        done = set_up_roles(connection, [Login(login("1"), "unit", ((OS1, "OS1"),))], 60, FIRST_DAY)
    assert f"{login('1')} reads what OS1 and all below sent" in done
    assert ask(current, "SELECT DISTINCT unit_key FROM cases")[1] == [(OS1,)]
    with world.house.warehouse.connection() as connection:
        set_up_roles(connection, [Login(login("1"), "unit")], 60, FIRST_DAY)
    assert ask(current, "SELECT count(*) FROM cases")[1] == [(0,)]
    kept = "SELECT unit_code, active FROM unit_login WHERE login = :who ORDER BY 1, 2 DESC"
    assert world.sql(kept, who=login("1")) == [("ON1", True), ("ON1", False), ("OS1", True), ("OS1", False)]


LOADER: Final = "tests_loader"


@pytest.fixture
def loader(worlds: Worlds, told: Told) -> Iterator[World]:
    """A world of somebody who is no administrator: a login that may make roles, and owns its database."""
    served(told)
    url = worlds.empty("postgresql", worlds.folder)
    name = make_url(url).database
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {LOADER} LOGIN CREATEROLE".encode())
        connection.execute(f"ALTER DATABASE {name} OWNER TO {LOADER}".encode())
        connection.execute(f"GRANT {', '.join([OWNER, *GROUPS.values()])} TO {LOADER} WITH ADMIN OPTION".encode())
        own = make_url(url).set(username=LOADER).render_as_string(hide_password=False)
        house = worlds.house(told.world.programme.folder, own, worlds.folder / LOADER)
        prepare(house)
        yield World(house)
        worlds.drop(url)
        connection.execute(f"DROP ROLE {LOADER}".encode())


def test_who_runs_chiso_without_being_an_administrator_goes_on(loader: World, worlds: Worlds) -> None:
    loader.report("CASES", "ON1", "2024-01", ROWS)
    with (
        pytest.raises(UsageError, match=f"run, once: ALTER ROLE {LOADER} BYPASSRLS"),
        loader.house.warehouse.connection() as connection,
    ):
        set_up_roles(connection, [], 60, FIRST_DAY)
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {LOADER} BYPASSRLS".encode())
    with loader.house.warehouse.connection() as connection:
        set_up_roles(connection, [], 60, FIRST_DAY)
    loader.report("CASES", "ON1", "2024-02", ROWS)
    assert loader.release() is not None
    loader.house.warehouse.settle()
    with loader.house.warehouse.connection() as connection:
        migrate(connection, loader.programme)
    loader.report("CASES", "ON1", "2024-03", ROWS)
    assert loader.one("SELECT count(*) FROM cases") == 3
