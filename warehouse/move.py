"""Moving a warehouse into another database: every row of every table, compared before it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, inspect, text

from catalogue.errors import WarehouseError
from catalogue.programme import Programme
from warehouse.append import note
from warehouse.backends import backend_of
from warehouse.explaining import Behind
from warehouse.migrate import extend, is_migrated, migrate
from warehouse.staging import Staging
from warehouse.store import Warehouse


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that was copied: how many rows, and the hash of all of them, the same on both sides."""

    table: str
    rows: int
    hash: str


def move(
    area: Staging,
    source: Warehouse,
    target: Warehouse,
    programme: Programme,
    run_id: str,
    now: datetime,
    behind: Behind | None = None,
    *,
    noted: bool = True,
) -> list[Moved]:
    """Copy every table of one warehouse into another that holds no delivery, in one transaction; returns what moved.

    The source is only read; unless not ``noted``, as for a backup, the ledger of the target tells of it. Rows and
    hashes of each table are compared before the transaction ends. Raises WarehouseError where the source is no
    warehouse of this engine's version, the target holds deliveries, or a table differs after the copy; nothing of it is
    kept then.
    """
    with source.connection() as connection:
        if not is_migrated(connection):
            raise WarehouseError("there is no warehouse to move from; name the file or database that holds one")
        held, revision = _held(connection), _revision(connection)
    with target.connection() as connection:
        if is_migrated(connection) and connection.execute(text("SELECT count(*) FROM dim_delivery")).scalar():
            raise WarehouseError("the target holds deliveries already; a warehouse moves into an empty database only")
        migrate(connection, programme, behind)
        if _revision(connection) != revision:
            raise WarehouseError(
                f"the source is of schema {revision}, this engine of {_revision(connection)}; bring it up to date "
                "first: let this version of chiso run on it once (chiso run)"
            )
        # What was once declared, and still holds figures, moves too.
        extend(connection, held)
    with area.writing(target.url):
        backend_of(source.url).attach(area.connection, source.url, "source", read_only=True)
        try:
            moved = [
                _copy(area, table, [column.name for column in held.tables[table].columns])
                for table in sorted(held.tables)
            ]
            rows = sum(one.rows for one in moved)
            if noted:
                note(area, "move", f"{len(moved)} tables, {rows} rows, from another database", run_id, now)
        except BaseException:
            # A transaction that reads it must end before it can be let go.
            area.connection.execute("ROLLBACK")
            raise
    return moved


def _held(connection: Connection) -> MetaData:
    """The tables of a warehouse as they are, but for those of the migrations."""
    look, found = inspect(connection), MetaData()
    for name in look.get_table_names():
        if name != "alembic_version":
            columns: Sequence[Any] = look.get_columns(name)
            keys = set(look.get_pk_constraint(name)["constrained_columns"])
            said = look.get_table_comment(name)["text"]
            Table(
                name,
                found,
                *(
                    Column(
                        one["name"],
                        one["type"].as_generic(),
                        primary_key=one["name"] in keys,
                        autoincrement=False,
                        nullable=one["nullable"],
                        comment=one.get("comment"),
                    )
                    for one in columns
                ),
                comment=said,
            )
    return found


def _revision(connection: Connection) -> str:
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())


def _copy(area: Staging, table: str, columns: Sequence[str]) -> Moved:
    """Inside the transaction: replace a table's rows by the source's; raises WarehouseError where they then differ."""
    names = ", ".join(f'"{column}"' for column in columns)
    area.run(f"DELETE FROM warehouse.{table}")
    area.run(f"INSERT INTO warehouse.{table} ({names}) SELECT {names} FROM source.{table}")
    there, here = _hash(area, f"source.{table}", names), _hash(area, f"warehouse.{table}", names)
    if there != here:
        raise WarehouseError(
            f"{table}: {there[0]} rows were to be moved, {here[0]} arrived, or with another content; nothing was moved"
        )
    return Moved(table, *here)


def _hash(area: Staging, table: str, names: str) -> tuple[int, str]:
    """Rows of a table, and a hash that does not depend on their order but on how often each is there."""
    rows, folded = area.rows(f"SELECT count(*), coalesce(sum(hash({names})), 0) FROM {table}")[0]
    return int(rows), f"{int(folded):x}"
