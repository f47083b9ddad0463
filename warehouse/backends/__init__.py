"""The databases a warehouse may live in. A backend is a small file with the members of ``Backend``."""

from __future__ import annotations

from typing import Final, Protocol

from duckdb import DuckDBPyConnection
from sqlalchemy import Connection, Engine

from catalogue.errors import SettingsError
from warehouse.backends import duckdb, postgresql


class Backend(Protocol):
    """What the warehouse needs of a database."""

    @staticmethod
    def engine(url: str, *, read_only: bool = False) -> Engine:
        """An engine on the warehouse that holds no connection while it is not used."""

    @staticmethod
    def attach(staging: DuckDBPyConnection, url: str, name: str = "warehouse", *, read_only: bool = False) -> None:
        """Attach a warehouse to a staging area under a name. Raises WarehouseBusy, WarehouseError."""

    @staticmethod
    def lock(staging: DuckDBPyConnection) -> None:
        """Inside the open transaction, make every other writer wait until it ends."""

    @staticmethod
    def lost(said: str) -> bool:
        """True where what an error said is that the database has gone away."""

    @staticmethod
    def publish(url: str, target: str) -> None:
        """Replace the read copies, atomically, by what the warehouse holds now; ``target`` is the analysts'."""

    @staticmethod
    def settle(connection: Connection) -> None:
        """Let the planner of queries know what was written since it last looked."""

    @staticmethod
    def fit(connection: Connection) -> None:
        """Raises WarehouseError where the database would give other figures than another backend."""


BACKENDS: Final[dict[str, type[Backend]]] = {"duckdb": duckdb.DuckDB, "postgresql": postgresql.PostgreSQL}


def backend_of(url: str) -> type[Backend]:
    """The backend of a warehouse URL. Raises SettingsError where none fits."""
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme not in BACKENDS:
        raise SettingsError(
            f"warehouse {url!r} names database {scheme!r}; allowed are duckdb:///FILE and postgresql+psycopg://..."
        )
    return BACKENDS[scheme]
