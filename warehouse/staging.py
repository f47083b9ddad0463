"""The staging area of one batch: a DuckDB in memory that is primary; the warehouse is attached to it to append.

What does not fit into memory is put aside on the disk. After a failure all of it is written into a file, for whoever
wants to look.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from catalogue.errors import DeliveryRefused, WarehouseError, WarehouseLost
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


_NOTHING = "nothing was written"
_PATH = re.compile(r"""(?:file )?["']?/[^\s"']*/[^\s"']+["']?""")
_MEMORY = "600MB"
_NUMBERS = count(1)
_INSERT = re.compile(r"""\s*INSERT\s+INTO\s+((?:warehouse\.)?"?\w+"?)""")


class Staging:
    """A staging area. Also opened by Great Expectations, through ``url``, in the same process."""

    def __init__(self, path: Path) -> None:
        # DuckDB imports these when it is given a table first, on whichever thread; a signal that comes in the middle of
        # that import leaves the interpreter's import lock taken, and the query waiting for it.
        import pandas  # noqa: F401, PLC0415
        import pyarrow.dataset  # noqa: F401, PLC0415

        self.path = path
        self._counts = False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        # Named, so that a second engine of this process finds it. A file would have to be compressed and written, which
        # took longer than all that is done with it.
        self.url = f"duckdb:///:memory:staging-{next(_NUMBERS)}"
        """The SQLAlchemy URL of the area, good within this process."""
        # Through SQLAlchemy's dialect, so that the second engine finds the same configuration.
        self._engine = create_engine(self.url, poolclass=NullPool)
        self._raw = self._engine.raw_connection()
        self.connection: DuckDBPyConnection = self._raw.driver_connection  # type: ignore[assignment]
        # Nothing is ever downloaded: extensions come from installed wheels only.
        self.connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        self.connection.execute("SET enable_progress_bar = false; SET preserve_insertion_order = true")
        # However many rows a batch has: what does not fit is put aside on the disk, beside the file.
        self.connection.execute(f"SET memory_limit = '{_MEMORY}'")
        self.connection.execute(f"SET temp_directory = {_quoted(str(path) + '.tmp')}")
        self.connection.execute(_HALF_UP)

    def run(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Execute a statement. Raises WarehouseError where it inserts rows that are not there afterwards."""
        if inserts := _INSERT.match(statement):
            self._insert(inserts[1], statement, parameters)
        else:
            self.connection.execute(statement, list(parameters))

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; of an INSERT one, with the number of rows. Raises WarehouseError as ``run`` does."""
        if inserts := _INSERT.match(statement):
            return [(self._insert(inserts[1], statement, parameters),)]
        return self.connection.execute(statement, list(parameters)).fetchall()

    def _insert(self, table: str, statement: str, parameters: Sequence[object]) -> int:
        """Insert, and count: of several INSERTs of one transaction into one table, of which one inserts nothing, DuckDB
        (1.5) may say that the next has inserted its rows, and have none of them."""
        counted = f"SELECT count(*) FROM {table}" if self._counts or not table.startswith("warehouse.") else ""
        before = self.connection.execute(counted).fetchall()[0][0] if counted else 0
        said = int(self.connection.execute(statement, list(parameters)).fetchall()[0][0])
        there = self.connection.execute(counted).fetchall()[0][0] - before if counted else said
        if there != said:
            name = table.removeprefix("warehouse.").strip('"')
            raise WarehouseError(
                f"{name}: {said} rows were inserted, {there} are there; the batch is not to be trusted"
            )
        return said

    def one(self, statement: str, parameters: Sequence[object] = ()) -> Any:
        """The single value of a query with one row and one column."""
        return self.rows(statement, parameters)[0][0]

    def put(self, name: str, columns: dict[str, pa.DataType], rows: Sequence[Sequence[object]]) -> None:
        """Create or replace a table from rows."""
        self._bring(f'CREATE OR REPLACE TABLE "{name}" AS', columns, rows)

    def add(self, name: str, columns: dict[str, pa.DataType], rows: Sequence[Sequence[object]]) -> None:
        """Add rows to a table that ``put`` made."""
        if rows:
            self._bring(f'INSERT INTO "{name}"', columns, rows)

    def _bring(self, into: str, columns: dict[str, pa.DataType], rows: Sequence[Sequence[object]]) -> None:
        data = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
        arrays = [pa.array(values, kind) for values, kind in zip(data, columns.values(), strict=True)]
        self.connection.register("_incoming", pa.table(arrays, names=list(columns)))
        self.run(f"{into} SELECT * FROM _incoming")
        self.connection.unregister("_incoming")

    def describe(self, scan: str) -> dict[str, str]:
        """The columns of a scan of a file (``scan_of``) and their types. Raises DeliveryRefused (``file.unreadable``)
        where the file is not what it should be."""
        with self.reading():
            return {name: kind for name, kind, *_ in self.rows(f"DESCRIBE SELECT * FROM {scan}")}

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While a file that somebody sent is read: DuckDB's complaints are about that file. Raises DeliveryRefused."""
        try:
            yield
        except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException) as error:
            # Whoever sent it knows nothing of our folders and queries.
            said = " ".join(_PATH.sub("the file", str(error).partition("LINE ")[0]).split())[:300]
            raise DeliveryRefused("file.unreadable", f"the file cannot be read to its end: {said}") from error

    def write(self, path: Path, scan: str, condition: str, value: object) -> None:
        """Write the records of a scan (``f``) that meet a condition on ``value`` into a Parquet file, in their order.

        By one thread, so that the same records are the same bytes.
        """
        self.connection.execute("SET threads = 1")
        try:
            self.connection.execute(
                f"COPY (SELECT * FROM {scan.replace(', file_row_number = true', '')} f WHERE {condition}) "
                f"TO {_quoted(str(path))} (FORMAT parquet, COMPRESSION zstd)",
                [value],
            )
        finally:
            self.connection.execute("RESET threads")

    def put_texts(self, name: str, rows: Sequence[tuple[str, str, str]]) -> None:
        """Create or replace a table of (code, allowed, advice)."""
        self.put(name, {"code": pa.string(), "allowed": pa.string(), "advice": pa.string()}, rows)

    def put_numbers(self, name: str, numbers: Collection[int]) -> None:
        """Create or replace a table of one column, ``number``."""
        self.put(name, {"number": pa.int64()}, [(number,) for number in sorted(numbers)])

    @contextmanager
    def writing(self, warehouse_url: str) -> Iterator[Self]:
        """One transaction on the warehouse, attached as ``warehouse``: all of it or nothing.

        Inside, statements read staging tables and write ``warehouse.*`` only. Raises WarehouseBusy where another
        process is writing, WarehouseLost where the connection broke, WarehouseError where the database refuses.
        """
        backend = backend_of(warehouse_url)
        backend.attach(self.connection, warehouse_url)
        # Only a file of DuckDB's own knows how many rows a table has without reading it.
        kind = "SELECT type FROM duckdb_databases() WHERE database_name = 'warehouse'"
        self._counts = self.connection.execute(kind).fetchall()[0][0] == "duckdb"
        committing = False
        try:
            self.connection.execute("BEGIN TRANSACTION")
            try:
                backend.lock(self.connection)
                yield self
                committing = True
                self.connection.execute("COMMIT")
            except BaseException as error:
                # The transaction may be gone already: with the server, or by its own failure.
                with suppress(duckdb.Error):
                    self.connection.execute("ROLLBACK")
                if isinstance(error, duckdb.Error):
                    said = " ".join(str(error).partition("Stack Trace:")[0].split())[:500]
                    if not backend.lost(said):
                        raise WarehouseError(f"the warehouse failed, and nothing was written: {said}") from error
                    written = "it is not known whether all was written, or nothing" if committing else _NOTHING
                    raise WarehouseLost(
                        f"the connection to the warehouse broke, and {written}; run it again: {said}"
                    ) from error
                raise
        finally:
            # What is lost cannot say goodbye.
            with suppress(duckdb.Error):
                self.connection.execute("DETACH warehouse")

    def keep(self) -> None:
        """Write all that is in the area into its file, as far as it can be."""
        with suppress(duckdb.Error):
            self.connection.execute("ROLLBACK")
        with suppress(duckdb.Error):
            self.connection.execute(f"ATTACH {_quoted(str(self.path))} AS kept")
            self.connection.execute(f'COPY FROM DATABASE "{self.one("SELECT current_database()")}" TO kept')
            self.connection.execute("DETACH kept")

    def _is_invalid(self) -> bool:
        try:
            self.connection.execute("SELECT 1")
        except duckdb.FatalException:
            return True
        except duckdb.Error:
            return False
        return False

    def close(self) -> None:
        """Close the connection; nothing is left of the area then but what was kept."""
        if self._is_invalid():
            # A server that went away in the middle of a COPY leaves DuckDB with a transaction that it cannot end: the
            # attempt, made where the connection is taken apart, would end this process. So it never is.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._raw))
            return
        self._raw.close()
        self._engine.dispose()


def without_nul(text: str) -> str:
    """SQL of a text with a sign for the letter NUL, on either backend: PostgreSQL has no such letter, and would refuse
    the whole batch for it. What ``transforms.text.clean`` has cleaned has none."""
    return f"replace({text}, chr(0), '␀')"


def scan_of(path: Path, kind: str, delimiter: str = ",", keys: Sequence[str] = ()) -> str:
    """The scan of a file as a relation, nothing guessed. Parquet has a ``file_row_number`` (from 0); of CSV every value
    is text; of JSON lines every one of ``keys`` (all that occur where there are none) is JSON; a pull is its lines,
    with the JSON of each key of a record, and first that of its header, of which all is empty."""
    file = _quoted(str(path))
    match kind:
        case "parquet":
            return f"read_parquet({file}, file_row_number = true)"
        case "csv":
            return (
                f"read_csv({file}, header = true, all_varchar = true, delim = {_quoted(delimiter)}, quote = '\"', "
                "escape = '\"', auto_detect = false, strict_mode = true, max_line_size = 10000000, columns = {"
                + ", ".join(f"{_quoted(key)}: 'VARCHAR'" for key in keys)
                + "})"
            )
        case "pull":
            columns = "{page: 'BIGINT', row: 'BIGINT', record: 'MAP(VARCHAR, JSON)'}"
            return f"read_json({file}, format = 'newline_delimited', columns = {columns})"
        case _:
            columns = ", ".join(f"{_quoted(key)}: 'JSON'" for key in keys)
            named = f"columns = {{{columns}}}" if keys else "sample_size = -1, maximum_depth = 1"
            return f"read_json({file}, format = 'newline_delimited', {named})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def staging_area(path: Path) -> Iterator[Staging]:
    """A staging area for the length of a ``with``; after a failure it is kept in the file ``path``."""
    area = Staging(path)
    try:
        yield area
    except Exception:
        area.keep()
        raise
    finally:
        area.close()
