"""Who may read a warehouse on a server: roles, what they are granted, and which rows they see (``warehouse.policy``).

``chiso_owner``, without login, owns every table and view. Row-level security is on for every table, and forced, so that
it holds for the owner, too: a view reads its tables as its owner, while ``current_user`` is whoever asks the view. One
policy per table tells by that who sees what. Whoever runs chiso writes past it (BYPASSRLS): COPY, by which facts are
appended, is refused under row-level security.

What a group role itself is set to does not count for its members, so the limits of a statement are set for each login,
in this database only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ProgrammingError

from catalogue.errors import UsageError
from warehouse.login_table import MINE, UNITS, unit_login
from warehouse.policy import EVERY, NONE, ROLES, TABLES, Role, policy_of, rows

OWNER: Final = "chiso_owner"
GROUPS: Final[dict[Role, str]] = {role: f"chiso_{role}" for role in ROLES}
"""Role -> group role of the server."""
_POLICY: Final = "chiso_rows"
_LIMITED: Final[frozenset[Role]] = frozenset({"analyst", "unit"})
"""Whose statements are stopped after some time."""


@dataclass(frozen=True, slots=True)
class Login:
    """A login of the server that is to have a role; for ``unit`` with the units it reads: (entity key, code)."""

    name: str
    role: Role
    units: tuple[tuple[int, str], ...] = ()


def set_up_roles(connection: Connection, logins: Sequence[Login], seconds: int, now: datetime) -> list[str]:
    """Create the roles where they are missing, guard every table and view, and give logins their role; returns what was
    done. A login of role ``unit`` reads the units it is given here, and no others that it was bound to before.

    ``seconds`` is the time after which a statement of an analyst's or a unit's login is stopped; 0: never. Raises
    UsageError where a login does not exist, or the connection may not create roles or write past row-level security.
    """
    done = _create_roles(connection)
    tables, views = guard(connection)
    done.append(f"{OWNER} owns {tables} tables and {views} views; who sees which rows is decided for each")
    done.append(f"{GROUPS['analyst']} may read {views} views, and no table")
    database, me = connection.execute(text("SELECT current_database(), current_user")).one()
    for login in logins:
        if not _exists(connection, login.name):
            named = _quoted(connection, login.name)
            raise UsageError(
                f"login {login.name!r} does not exist; create it first: CREATE ROLE {named} LOGIN PASSWORD '...'"
            )
        _admit(connection, login, seconds, database)
        limit = f"after {seconds} s its statements are stopped" if seconds else "its statements have all the time"
        done.append(
            f"{login.name} belongs to {GROUPS[login.role]}; "
            + (limit if login.role in _LIMITED else "it reads, and writes nothing")
        )
        if login.role == "unit":
            done.append(f"{login.name} reads {_bind(connection, login, str(me), now)}")
    return done


def guarded(connection: Connection) -> bool:
    """True where the roles are set up on this warehouse: what is made anew must be guarded anew."""
    if connection.dialect.name == "duckdb":
        return False
    return bool(
        connection.execute(
            text("""SELECT 1 FROM pg_class
                    WHERE oid = to_regclass('ledger') AND pg_get_userbyid(relowner) = :owner"""),
            {"owner": OWNER},
        ).scalar()
    )


def guard(connection: Connection) -> tuple[int, int]:
    """Give every table and view to the owner, with the grants and the policy of each; returns how many of both."""
    schema, database = connection.execute(text("SELECT current_schema(), current_database()")).one()
    place = _quoted(connection, schema)
    groups = ", ".join(GROUPS.values())
    statements = [
        f"GRANT USAGE, CREATE ON SCHEMA {place} TO {OWNER}",
        # Whatever was granted before: what follows, and nothing else.
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {place} FROM PUBLIC, {groups}",
        f"REVOKE CREATE ON SCHEMA {place} FROM {groups}",
        f"GRANT USAGE ON SCHEMA {place} TO {groups}",
        f"GRANT CONNECT ON DATABASE {_quoted(connection, database)} TO {groups}",
        UNITS.format(schema=place),
        f"ALTER FUNCTION {place}.chiso_units() OWNER TO {OWNER}",
    ]
    found = inspect(connection)
    tables, views = sorted(found.get_table_names()), sorted(found.get_view_names())
    with_tables = ", ".join(GROUPS[role] for role in ROLES if role in TABLES)
    for table in tables:
        name = _quoted(connection, table)
        statements += [
            f"ALTER TABLE {name} OWNER TO {OWNER}",
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS {_POLICY} ON {name}",
            f"CREATE POLICY {_POLICY} ON {name} FOR SELECT USING ({condition(table)})",
            f"GRANT SELECT ON {name} TO {with_tables}",
        ]
    for view in views:
        name = _quoted(connection, view)
        statements += [f"ALTER VIEW {name} OWNER TO {OWNER}", f"GRANT SELECT ON {name} TO {groups}"]
    # Hundreds, in one journey.
    connection.exec_driver_sql("; ".join(statements))
    return len(tables), len(views)


def condition(table: str) -> str:
    """The policy of a table: for each role the rows it sees; the owner's members, and the server's administrators, see
    all. Who asks is looked up once per query, not once per row."""
    by_rows: dict[str, list[str]] = {EVERY: [OWNER]}
    for role in ROLES:
        by_rows.setdefault(rows(role, table, mine=MINE), []).append(GROUPS[role])
    by_rows.pop(NONE, None)
    if set(policy_of(table).values()) == {EVERY}:
        return "true"
    return " OR ".join(
        _member(members) if seen == EVERY else f"({_member(members)} AND ({seen}))" for seen, members in by_rows.items()
    )


def _member(groups: Sequence[str]) -> str:
    return "(SELECT " + " OR ".join(f"pg_has_role(current_user, '{group}', 'MEMBER')" for group in groups) + ")"


def _create_roles(connection: Connection) -> list[str]:
    """The owner and the groups, and that this login is one of the owner's members; returns what was done."""
    me, may_create, may_bypass = connection.execute(
        text("""SELECT current_user, rolcreaterole OR rolsuper, rolbypassrls OR rolsuper
                FROM pg_roles WHERE rolname = current_user""")
    ).one()
    wanted = [role for role in (OWNER, *GROUPS.values()) if not _exists(connection, role)]
    if wanted and not may_create:
        raise UsageError(
            f"roles {', '.join(wanted)} do not exist, and this login may not create them; have the database's "
            f"administrator run: {'; '.join(f'CREATE ROLE {role} NOLOGIN' for role in wanted)}; "
            f"GRANT {OWNER} TO {_quoted(connection, me)}"
        )
    if not may_bypass:
        raise UsageError(
            f"{me} must write past row-level security, which the roles stand on: facts are appended by COPY; have the "
            f"database's administrator run, once: ALTER ROLE {_quoted(connection, me)} BYPASSRLS"
        )
    for role in wanted:
        connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
    if not connection.execute(text("SELECT pg_has_role(current_user, :owner, 'USAGE')"), {"owner": OWNER}).scalar():
        _try(
            connection,
            f"GRANT {OWNER} TO {_quoted(connection, me)}",
            f"this login may not join {OWNER}",
            f"GRANT {OWNER} TO {_quoted(connection, me)}",
        )
    return [f"created role {role}" for role in wanted]


def _admit(connection: Connection, login: Login, seconds: int, database: str) -> None:
    """Take a login into its group, and set its limits in this database."""
    name = _quoted(connection, login.name)
    settings = {"default_transaction_read_only": "on"}
    if login.role in _LIMITED:
        settings["statement_timeout"] = f"'{seconds}s'"
    for statement in (
        f"GRANT {GROUPS[login.role]} TO {name}",
        *(f"ALTER ROLE {name} IN DATABASE {_quoted(connection, database)} SET {one} = {value}"
          for one, value in settings.items()),
    ):  # fmt: skip
        _try(
            connection,
            statement,
            f"this login may not set limits for {login.name}",
            f"GRANT {name} TO <this login> WITH ADMIN OPTION",
        )


def _try(connection: Connection, statement: str, failed: str, advice: str) -> None:
    try:
        connection.execute(text(statement))
    except ProgrammingError as error:
        said = str(error.orig).splitlines()[0]
        raise UsageError(f"{failed} ({said}); have the database's administrator run: {advice}") from error


def _bind(connection: Connection, login: Login, by: str, now: datetime) -> str:
    """Write which units a login reads from now on, and take back the others; returns their codes, in words."""
    newest = text("""SELECT b.entity_key, b.unit_code FROM unit_login b
                     WHERE b.login = :login AND b.active AND b.binding_key = (
                         SELECT max(n.binding_key) FROM unit_login n
                         WHERE n.login = b.login AND n.entity_key = b.entity_key)""")
    bound = {int(key): str(code) for key, code in connection.execute(newest, {"login": login.name})}
    wanted = dict(login.units)
    changes = [(key, code, True) for key, code in wanted.items() if key not in bound]
    changes += [(key, code, False) for key, code in bound.items() if key not in wanted]
    last = connection.execute(text("SELECT coalesce(max(binding_key), 0) FROM unit_login")).scalar_one()
    for number, (key, code, active) in enumerate(changes, start=int(last) + 1):
        values = {"binding_key": number, "login": login.name, "entity_key": key, "unit_code": code, "active": active}
        connection.execute(unit_login.insert().values(**values, decided_by=by, decided_at=now))
    return f"what {', '.join(sorted(wanted.values()))} and all below sent" if wanted else "no unit any more"


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _exists(connection: Connection, name: str) -> bool:
    found = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}).scalar()
    return found is not None
