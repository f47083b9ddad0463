"""The staging area of one batch: a temporary DuckDB file that is primary; the warehouse is attached to it to append."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from catalogue.errors import WarehouseError
from warehouse.backends import backend_of

# A quotient half-up, exact: the one place where a value is derived (number policy, DESIGN 6). Numbers with 6 places
# become whole first, so that nothing is ever floating point. ``half_up_units`` gives it as a whole number of 1/units.
_HALF_UP = """
CREATE MACRO half_up_units(n, d, units) AS (
    CASE WHEN CAST(d AS DECIMAL(38, 6)) = 0 THEN NULL ELSE
        sign(CAST(n AS DECIMAL(38, 6))) * sign(CAST(d AS DECIMAL(38, 6)))
        * ((2 * abs(CAST(CAST(n AS DECIMAL(38, 6)) * 1000000 AS HUGEINT)) * CAST(units AS HUGEINT)
            + abs(CAST(CAST(d AS DECIMAL(38, 6)) * 1000000 AS HUGEINT)))
           // (2 * abs(CAST(CAST(d AS DECIMAL(38, 6)) * 1000000 AS HUGEINT))))
    END);
CREATE MACRO half_up(n, d) AS (
    CAST(half_up_units(n, d, 1000000000000) // 1000000000000 AS DECIMAL(38, 12))
    + CAST(half_up_units(n, d, 1000000000000) % 1000000000000 AS DECIMAL(12, 0))
      * CAST(0.000000000001 AS DECIMAL(12, 12)))
"""


class Staging:
    """A staging area. Also opened by Great Expectations, through ``url``, in the same process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        # Through SQLAlchemy's dialect, so that the second engine on the file finds the same configuration.
        self._engine = create_engine(self.url, poolclass=NullPool)
        self._raw = self._engine.raw_connection()
        self.connection: DuckDBPyConnection = self._raw.driver_connection  # type: ignore[assignment]
        # Nothing is ever downloaded: extensions come from installed wheels only.
        self.connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        self.connection.execute("SET enable_progress_bar = false; SET preserve_insertion_order = true")
        self.connection.execute(_HALF_UP)

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the file."""
        return f"duckdb:///{self.path}"

    def run(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Execute a statement."""
        self.connection.execute(statement, list(parameters))

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(statement, list(parameters)).fetchall()

    def one(self, statement: str, parameters: Sequence[object] = ()) -> Any:
        """The single value of a query with one row and one column."""
        return self.rows(statement, parameters)[0][0]

    def put(self, name: str, columns: dict[str, pa.DataType], rows: Sequence[Sequence[object]]) -> None:
        """Create or replace a table from rows."""
        data = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
        arrays = [pa.array(values, kind) for values, kind in zip(data, columns.values(), strict=True)]
        self.connection.register("_incoming", pa.table(arrays, names=list(columns)))
        self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM _incoming')
        self.connection.unregister("_incoming")

    def put_texts(self, name: str, rows: Sequence[tuple[str, str, str]]) -> None:
        """Create or replace a table of (code, allowed, advice)."""
        self.put(name, {"code": pa.string(), "allowed": pa.string(), "advice": pa.string()}, rows)

    def put_numbers(self, name: str, numbers: Collection[int]) -> None:
        """Create or replace a table of one column, ``number``."""
        self.put(name, {"number": pa.int64()}, [(number,) for number in sorted(numbers)])

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Statements that reach the disk together: each alone would wait for it. What was done before a failure stays,
        for whoever wants to look, unless the database itself refused to go on.
        """
        self.connection.execute("BEGIN TRANSACTION")
        try:
            yield
        finally:
            with suppress(duckdb.TransactionException):
                self.connection.execute("COMMIT")

    @contextmanager
    def writing(self, warehouse_url: str) -> Iterator[Self]:
        """One transaction on the warehouse, attached as ``warehouse``: all of it or nothing.

        Inside, statements read staging tables and write ``warehouse.*`` only. Raises WarehouseBusy where another
        process is writing, WarehouseError where the database fails.
        """
        backend = backend_of(warehouse_url)
        backend.attach(self.connection, warehouse_url)
        try:
            self.connection.execute("BEGIN TRANSACTION")
            try:
                backend.lock(self.connection)
                yield self
                self.connection.execute("COMMIT")
            except BaseException as error:
                # The transaction may be gone already: with the server, or by its own failure.
                with suppress(duckdb.Error):
                    self.connection.execute("ROLLBACK")
                if isinstance(error, duckdb.Error):
                    said = " ".join(str(error).split())[:500]
                    raise WarehouseError(f"the warehouse failed, and nothing was written: {said}") from error
                raise
        finally:
            self.connection.execute("DETACH warehouse")

    def close(self) -> None:
        """Close the connection; the file stays, for whoever wants to look at what went wrong."""
        self._raw.close()
        self._engine.dispose()

    def discard(self) -> None:
        """Close, and delete the file."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(self.path.suffix + ".wal").unlink(missing_ok=True)


@contextmanager
def staging_area(path: Path) -> Iterator[Staging]:
    """A staging area for the length of a ``with``; deleted after success, kept after failure."""
    area = Staging(path)
    try:
        yield area
    except BaseException:
        area.close()
        raise
    area.discard()
