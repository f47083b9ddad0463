"""The embedded warehouse: one DuckDB file, opened only while something is written."""

from __future__ import annotations

import os
import re
import shutil
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


def busy(error: Exception, path: Path) -> WarehouseBusy:
    """The error of a file that another process holds, naming that process where DuckDB does."""
    holder = re.search(r"PID (\d+)", str(error))
    who = f"process {holder[1]}" if holder else "another process"
    return WarehouseBusy(f"{path.name} is being written by {who}; wait for it to end, or stop it, and run this again")


# One engine per file: what it has compiled serves the next connection, too.
@lru_cache(maxsize=8)
def _engine(url: str, read_only: bool) -> Engine:  # noqa: FBT001 a key
    return create_engine(url, poolclass=NullPool, connect_args={"read_only": read_only, "config": NO_DOWNLOADS})


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
        """Copy the file beside the target, then rename: readers see the old copy or the new one, never a half.

        What is under embargo is taken out of the copy, which anybody may open with any tool.
        """
        source, goal = path_of(url), Path(target)
        fresh = goal.with_suffix(f".{os.getpid()}.tmp")
        shutil.copyfile(source, fresh)
        _without_embargoed(fresh)
        fresh.replace(goal)

    @staticmethod
    def settle(connection: Connection) -> None:
        """Nothing to do: it knows what it holds."""

    @staticmethod
    def fit(connection: Connection) -> None:
        """Any file will do."""


_EMBARGOED: Final = """
SELECT release_key FROM dim_release WHERE embargo_until > CAST(CURRENT_TIMESTAMP AT TIME ZONE 'UTC' AS TIMESTAMP)
"""


def _without_embargoed(file: Path) -> None:
    """Take the releases whose time has not come out of a file."""
    with duckdb.connect(str(file), config=dict(NO_DOWNLOADS)) as copy:
        try:
            keys = [key for (key,) in copy.execute(_EMBARGOED).fetchall()]
        except (duckdb.CatalogException, duckdb.BinderException):
            return  # A warehouse that was never migrated to this version holds no embargo.
        listed = ", ".join(map(str, keys))
        for table, column in (
            ("fact_indicator", "from_release"),
            ("target_status", "from_release"),
            ("release_partition", "release_key"),
            ("dim_release", "release_key"),
        ):
            if keys:
                copy.execute(f"DELETE FROM {table} WHERE {column} IN ({listed})")
