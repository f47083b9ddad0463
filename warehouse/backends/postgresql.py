"""The warehouse of a department: PostgreSQL, written through DuckDB's extension so that there is one appender."""

from __future__ import annotations

import importlib.resources
from typing import TYPE_CHECKING

import duckdb
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.engine import make_url

from catalogue.errors import WarehouseError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Any number that no other program of the same database uses for its advisory locks.
_LOCK = 0x63686973


class PostgreSQL:
    """PostgreSQL >= 15 through psycopg for reading and DuckDB's postgres extension for appending."""

    @staticmethod
    def engine(url: str, *, read_only: bool = False) -> Engine:
        """An engine without a pool."""
        options = {"options": "-c default_transaction_read_only=on"} if read_only else {}
        return create_engine(url, poolclass=NullPool, connect_args=options)

    @staticmethod
    def attach(staging: DuckDBPyConnection, url: str) -> None:
        """ATTACH the database by the extension of the installed wheel; nothing is downloaded."""
        extensions = importlib.resources.files("duckdb_extension_postgres_scanner") / "extensions"
        extension = extensions / f"v{duckdb.__version__}" / "postgres_scanner.duckdb_extension"
        parts = make_url(url)
        settings = {
            "host": parts.query.get("host") or parts.host,
            "port": parts.query.get("port") or parts.port,
            "user": parts.username,
            "password": parts.password,
            "dbname": parts.database,
        }
        dsn = " ".join(f"{name}={_quoted(str(value))}" for name, value in settings.items() if value)
        try:
            staging.execute(f"LOAD '{extension}'")
            staging.execute(f"ATTACH '{dsn.replace(chr(39), chr(39) * 2)}' AS warehouse (TYPE postgres)")
        except duckdb.Error as error:
            raise WarehouseError(f"the PostgreSQL warehouse cannot be opened: {str(error).splitlines()[0]}") from error

    @staticmethod
    def lock(staging: DuckDBPyConnection) -> None:
        """An advisory lock of the transaction: it ends with it, however it ends."""
        staging.execute(f"CALL postgres_execute('warehouse', 'SELECT pg_advisory_xact_lock({_LOCK})')")

    @staticmethod
    def publish(url: str, target: str) -> None:
        """Nothing to do: readers ask the database itself."""


def _quoted(value: str) -> str:
    """A value of a libpq connection string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
