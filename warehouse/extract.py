"""What one role may read of a warehouse, as a DuckDB file of its own: made on demand, for a unit that has no login, or
for whoever is to work away from the warehouse."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Connection, inspect

from catalogue.errors import WarehouseError
from catalogue.programme import Programme
from warehouse.backends import backend_of
from warehouse.explaining import WIDE, Behind
from warehouse.migrate import is_migrated, migrate
from warehouse.policy import NONE, Role, rows
from warehouse.staging import Staging
from warehouse.store import Warehouse

READ_ONLY = 0o440
"""The mode of what is written: nobody changes it, and only its owner and group read it."""


def extract(
    area: Staging,
    source: Warehouse,
    file: Path,
    programme: Programme,
    role: Role,
    units: Collection[int] = (),
    behind: Behind | None = None,
) -> dict[str, int]:
    """Write the tables and views of a warehouse into a new DuckDB file, with the rows only that a role may read (for
    ``unit``: bound to the entities ``units``); returns how many rows each table has, by name.

    The source is what readers see: the stewards' read copy, or the server. Raises WarehouseError where there is none,
    or this process may not read all of it.
    """
    with source.reader() as connection:
        if not is_migrated(connection):
            raise WarehouseError("there is nothing to take rows from: the warehouse is empty; run `chiso run` first")
        held = {name: _columns(connection, name) for name in inspect(connection).get_table_names()}
    if source.embedded and source.copy == source.published:
        raise WarehouseError(
            f"{source.copy.name} is the copy for analysts, which lacks what units sent and was not published; let a "
            "steward do this, who may read the one beside it"
        )
    target = Warehouse(f"duckdb:///{file}", file.with_suffix(".copy"))
    if source.embedded:
        _lay_out(area, source, target)
    with target.connection() as connection:
        if not source.embedded:
            migrate(connection, programme, behind)
        wanted = {name: _columns(connection, name) for name in inspect(connection).get_table_names()}
    mine = f"SELECT unnest([{', '.join(str(int(key)) for key in units) or '-1'}])"
    with area.writing(target.url):
        backend_of(source.reading_url).attach(area.connection, source.reading_url, "source", read_only=True)
        try:
            return {
                table: _copy(area, table, [one for one in wanted[table] if one in held[table]], role, mine)
                for table in sorted(wanted)
                # A migration has filled that one itself.
                if table in held and (source.embedded or table != "alembic_version")
            }
        except BaseException:
            # A transaction that reads it must end before it can be let go.
            area.connection.execute("ROLLBACK")
            raise


def _lay_out(area: Staging, source: Warehouse, target: Warehouse) -> None:
    """Make the tables and views of one file in another, which is not there yet."""
    backend_of(source.reading_url).attach(area.connection, source.reading_url, "source", read_only=True)
    backend_of(target.url).attach(area.connection, target.url)
    area.run("COPY FROM DATABASE source TO warehouse (SCHEMA)")
    for name in ("warehouse", "source"):
        area.run(f"DETACH {name}")


def _columns(connection: Connection, table: str) -> list[str]:
    return [str(column["name"]) for column in inspect(connection).get_columns(table)]


def _copy(area: Staging, table: str, columns: list[str], role: Role, mine: str) -> int:
    """Inside a transaction: take the rows of a table that a role may read; returns how many."""
    seen = rows(role, table, at="source.", mine=mine)
    if seen == NONE:
        return 0
    names = ", ".join(f'"{column}"' for column in columns)
    return int(
        area.one(f"INSERT INTO warehouse.{table} ({names}) SELECT {names} FROM source.{table} AS {table} WHERE {seen}")
    )


def parquet(connection: Connection, folder: Path) -> list[str]:
    """Write each view of a DuckDB file into a folder as Parquet; returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted({*inspect(connection).get_view_names()} - WIDE)
    for name in names:
        path = str(folder / f"{name}.parquet").replace("'", "''")
        connection.exec_driver_sql(f"COPY (SELECT * FROM \"{name}\") TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return names
