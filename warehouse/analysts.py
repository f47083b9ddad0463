"""Who may read a warehouse on a server: a group of analysts that sees views, not tables, and cannot write.

The group is a role without login. What a role itself is set to does not count for its members, so the limits of a
statement are set for each login, in this database only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ProgrammingError

from catalogue.errors import UsageError

ANALYSTS: Final = "chiso_analyst"
"""The group role."""


def set_up_analysts(connection: Connection, logins: Sequence[str], seconds: int) -> list[str]:
    """Create the group where there is none, let it read every view, and take logins into it; returns what was done.

    ``seconds`` is the time after which a statement of such a login is stopped; 0: never. Raises UsageError where a
    login does not exist, or the connection may not create roles.
    """
    done = []
    if not _role(connection, ANALYSTS):
        may = connection.execute(
            text("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
        ).scalar()
        if not may:
            raise UsageError(
                f"role {ANALYSTS} does not exist, and this login may not create it; have the database's administrator "
                f"run: CREATE ROLE {ANALYSTS} NOLOGIN"
            )
        connection.execute(text(f"CREATE ROLE {ANALYSTS} NOLOGIN"))
        done.append(f"created role {ANALYSTS}")
    schema, database = connection.execute(text("SELECT current_schema(), current_database()")).one()
    quote = connection.dialect.identifier_preparer.quote
    # Whatever was granted to it before: it sees views, and nothing else.
    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA {quote(schema)} FROM {ANALYSTS}"))
    connection.execute(text(f"REVOKE CREATE ON SCHEMA {quote(schema)} FROM {ANALYSTS}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {quote(schema)} TO {ANALYSTS}"))
    connection.execute(text(f"GRANT CONNECT ON DATABASE {quote(database)} TO {ANALYSTS}"))
    done.append(f"{ANALYSTS} may read {grant_views(connection)} views, and no table")
    for login in logins:
        if not _role(connection, login):
            raise UsageError(
                f"login {login!r} does not exist; create it first: CREATE ROLE {quote(login)} LOGIN PASSWORD '...'"
            )
        try:
            connection.execute(text(f"GRANT {ANALYSTS} TO {quote(login)}"))
            for name, value in (("statement_timeout", f"'{seconds}s'"), ("default_transaction_read_only", "on")):
                connection.execute(
                    text(f"ALTER ROLE {quote(login)} IN DATABASE {quote(database)} SET {name} = {value}")
                )
        except ProgrammingError as error:
            said = str(error.orig).splitlines()[0]
            raise UsageError(
                f"this login may not set limits for {login} ({said}); have the database's administrator run: "
                f"GRANT {quote(login)} TO <this login> WITH ADMIN OPTION"
            ) from error
        limit = f"after {seconds} s its statements are stopped" if seconds else "its statements have all the time"
        done.append(f"{login} belongs to {ANALYSTS}; {limit}")
    return done


def may_read(connection: Connection) -> bool:
    """True where analysts may read this warehouse already: views that are made anew must be granted anew."""
    if connection.dialect.name == "duckdb" or not _role(connection, ANALYSTS):
        return False
    return bool(
        connection.execute(
            text("""SELECT count(*) FROM information_schema.role_table_grants
                    WHERE grantee = :role AND table_schema = current_schema()"""),
            {"role": ANALYSTS},
        ).scalar()
    )


def grant_views(connection: Connection) -> int:
    """Let analysts read every view; returns how many there are."""
    views = inspect(connection).get_view_names()
    quote = connection.dialect.identifier_preparer.quote
    connection.execute(text(f"GRANT SELECT ON {', '.join(quote(view) for view in views)} TO {ANALYSTS}"))
    return len(views)


def _role(connection: Connection, name: str) -> bool:
    found = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}).scalar()
    return found is not None
