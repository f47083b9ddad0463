"""The embedded warehouse: one DuckDB file, opened only while something is written."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.engine import make_url

from catalogue.errors import WarehouseBusy, WarehouseError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


NO_DOWNLOADS: Final = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
"""How every DuckDB file is opened: extensions come from installed wheels only."""


def path_of(url: str) -> Path:
    """The file of a ``duckdb:///`` URL."""
    return Path(make_url(url).database or "")


def stewards_copy(published: Path) -> Path:
    """The read copy for stewards, beside that for analysts: ``steward.duckdb`` beside ``published.duckdb``."""
    return published.with_name(
        published.name.replace("published", "steward", 1)
        if "published" in published.name
        else f"steward-{published.name}"
    )


def busy(error: Exception, path: Path) -> WarehouseBusy:
    """The error of a file that another process holds, naming that process where DuckDB does."""
    holder = re.search(r"PID (\d+)", str(error))
    who = f"process {holder[1]}" if holder else "another process"
    return WarehouseBusy(f"{path.name} is being written by {who}; wait for it to end, or stop it, and run this again")


_MEMORY: Final = {"memory_limit": "300MB"}
"""What a run may hold of a warehouse: as much as it can get, otherwise. What does not fit is put aside on the disk."""


# One engine per file: what it has compiled serves the next connection, too.
@lru_cache(maxsize=8)
def _engine(url: str, read_only: bool) -> Engine:  # noqa: FBT001 a key
    config = NO_DOWNLOADS if read_only else NO_DOWNLOADS | _MEMORY
    return create_engine(url, poolclass=NullPool, connect_args={"read_only": read_only, "config": config})


class DuckDB:
    """DuckDB through SQLAlchemy and duckdb-sqlalchemy."""

    @staticmethod
    def engine(url: str, *, read_only: bool = False) -> Engine:
        """An engine without a pool: the file is open only between connect and close."""
        path_of(url).parent.mkdir(parents=True, exist_ok=True)
        return _engine(url, read_only)

    @staticmethod
    def attach(staging: DuckDBPyConnection, url: str, name: str = "warehouse", *, read_only: bool = False) -> None:
        """ATTACH the file."""
        path = path_of(url)
        how = " (READ_ONLY)" if read_only else ""
        try:
            staging.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS {name}{how}")
        except duckdb.IOException as error:
            if "lock" in str(error):
                raise busy(error, path) from error
            raise WarehouseError(f"{path.name} cannot be opened: {error}") from error

    @staticmethod
    def lock(staging: DuckDBPyConnection) -> None:
        """Nothing to do: an attached file has one writing process, and one transaction writes at a time."""

    @staticmethod
    def lost(said: str) -> bool:  # noqa: ARG004 a backend's
        """A file does not go away."""
        return False

    @staticmethod
    def publish(url: str, target: str) -> None:
        """Write a copy for stewards and one for analysts beside their targets, then rename: readers see the old copy
        or the new one, never a half. What analysts may not see was never in theirs.
        """
        from warehouse.backends.copies import write_copies  # noqa: PLC0415 who only reads need not load it

        goal = Path(target)
        write_copies(path_of(url), stewards_copy(goal), goal, str(os.getpid()))

    @staticmethod
    def settle(connection: Connection) -> None:
        """Nothing to do: it knows what it holds."""

    @staticmethod
    def fit(connection: Connection) -> None:
        """Any file will do."""
