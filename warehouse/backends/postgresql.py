"""The warehouse of a department: PostgreSQL, written through DuckDB's extension so that there is one appender."""

from __future__ import annotations

import importlib.resources
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import duckdb
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.engine import make_url

from catalogue.errors import WarehouseError, WarehouseLost

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Any number that no other program of the same database uses for its advisory locks.
_LOCK: Final = 0x63686973
_OLDEST: Final = 15
# What sorts by code point says yes to all of it; any language's order says no to some.
_BY_CODE_POINT: Final = "SELECT 'B' < 'a' AND 'a b' < 'aa' AND '-' < 'A' AND 'z' < 'é' AND 'Z' < '_'"

_CHANGED: Final = """
    SELECT format('%I.%I', s.schemaname, s.relname) FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
    WHERE s.schemaname = current_schema()
      AND (c.reltuples <= 0 OR s.n_mod_since_analyze > 0.1 * c.reltuples) ORDER BY 1"""

# What libpq and the server say of a connection that is no more.
_LOST: Final = re.compile(
    "server closed the connection|terminating connection|connection to server|no connection to the server|"
    "SSL connection has been closed|could not (?:receive|send) data|connection not open|the database system is",
    re.IGNORECASE,
)


# One engine per database: what it has compiled serves the next connection, too.
@lru_cache(maxsize=8)
def _engine(url: str, read_only: bool) -> Engine:  # noqa: FBT001 a key
    asked: dict[str, object] = {"application_name": "chiso"}
    if read_only:
        asked |= {"options": "-c default_transaction_read_only=on", "prepare_threshold": 0}
    return create_engine(url, poolclass=NullPool, connect_args=asked)


class PostgreSQL:
    """PostgreSQL >= 15 through psycopg for reading and DuckDB's postgres extension for appending."""

    @staticmethod
    def engine(url: str, *, read_only: bool = False) -> Engine:
        """An engine without a pool. A read-only one prepares each query, and so takes one statement at a time."""
        return _engine(url, read_only)

    @staticmethod
    def attach(staging: DuckDBPyConnection, url: str, name: str = "warehouse", *, read_only: bool = False) -> None:
        """ATTACH the database by the extension of the installed wheel; nothing is downloaded.

        Transactions read what is committed when they read it: a snapshot of the transaction would be taken before the
        writer before us is through, as waiting for the lock is its first statement, and would miss what that one wrote.
        """
        extensions = importlib.resources.files("duckdb_extension_postgres_scanner") / "extensions"
        extension = extensions / f"v{duckdb.__version__}" / "postgres_scanner.duckdb_extension"
        how = f"TYPE postgres, ISOLATION_LEVEL 'READ COMMITTED'{', READ_ONLY' if read_only else ''}"
        try:
            staging.execute(f"LOAD '{extension}'; SET pg_null_byte_replacement = '␀'")
            staging.execute(f"ATTACH '{_dsn(url).replace(chr(39), chr(39) * 2)}' AS {name} ({how})")
        except duckdb.Error as error:
            said = f"the PostgreSQL warehouse cannot be opened: {' '.join(str(error).split())[:300]}"
            raise (WarehouseLost if _LOST.search(said) else WarehouseError)(said) from error

    @staticmethod
    def lock(staging: DuckDBPyConnection) -> None:
        """An advisory lock of the transaction: it ends with it, however it ends."""
        staging.execute(f"CALL postgres_execute('warehouse', 'SELECT pg_advisory_xact_lock({_LOCK})')")

    @staticmethod
    def lost(said: str) -> bool:
        """True where the server ended the connection, or cannot be reached any more."""
        return bool(_LOST.search(said))

    @staticmethod
    def publish(url: str, target: str) -> None:
        """Nothing to do: readers ask the database itself."""

    @staticmethod
    def settle(connection: Connection) -> None:
        """Analyze tables a tenth of which is new, and those taken for empty. The server does so by itself, but a minute
        later, and never where there are few rows: figures computed at once would be planned for empty tables, and a
        query of two seconds did not end in seven minutes then."""
        changed = connection.execute(text(_CHANGED)).scalars().all()
        if changed:
            connection.exec_driver_sql(f"ANALYZE {', '.join(changed)}")

    @staticmethod
    def fit(connection: Connection) -> None:
        """Raises WarehouseError where the server is too old, or the database does not sort by code point: it would give
        other figures than the embedded one wherever text is sorted or compared."""
        version, encoding, collation, name = connection.execute(
            text("""SELECT current_setting('server_version_num')::int / 10000, pg_encoding_to_char(encoding),
                           datcollate, datname
                    FROM pg_database WHERE datname = current_database()""")
        ).one()
        if version < _OLDEST:
            raise WarehouseError(f"this is PostgreSQL {version}; {_OLDEST} or later is needed")
        if encoding != "UTF8" or not connection.execute(text(_BY_CODE_POINT)).scalar():
            raise WarehouseError(
                f"database {name} has encoding {encoding} and sorts as {collation}; needed are UTF8 and sorting by "
                f"code point. While it is empty, make it anew: CREATE DATABASE {name} TEMPLATE template0 "
                "ENCODING 'UTF8' LOCALE 'C.UTF-8'"
            )


def _dsn(url: str) -> str:
    """A SQLAlchemy URL as libpq's connection string, with everything that its query says, as sslmode."""
    parts = make_url(url)
    settings = {
        "host": parts.host,
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
        "dbname": parts.database,
        "application_name": "chiso",
        **{name: value if isinstance(value, str) else value[0] for name, value in parts.query.items()},
    }
    return " ".join(f"{name}={_quoted(str(value))}" for name, value in settings.items() if value)


def _quoted(value: str) -> str:
    """A value of a libpq connection string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
