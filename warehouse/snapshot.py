"""A warehouse as one DuckDB file that can be carried away, whatever database it lives in; and back from such a file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from catalogue.errors import WarehouseError
from catalogue.programme import Programme
from warehouse.backends.duckdb import path_of
from warehouse.explaining import Behind
from warehouse.migrate import is_migrated, must_know
from warehouse.move import move
from warehouse.staging import Staging
from warehouse.store import Warehouse


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a warehouse holds, of which schema: two that are the same have the same."""

    schema: str
    deliveries: int
    events: int
    releases: int
    last_hash: str


def take(
    area: Staging, warehouse: Warehouse, file: Path, programme: Programme, now: datetime, behind: Behind
) -> Extent:
    """Copy a warehouse into a DuckDB file that is not there yet. Nobody may write meanwhile (``flows.lease``).

    Raises WarehouseError where there is none, WarehouseBusy where another process has it.
    """
    held = extent(warehouse)
    if warehouse.embedded:
        # It was opened and closed to be counted: all that was written is in the file itself by now.
        shutil.copyfile(path_of(warehouse.url), file)
    else:
        move(area, warehouse, _in_file(file), programme, "", now, behind, noted=False)
    _must_equal(extent(_in_file(file)), held)
    return held


def bring_back(
    area: Staging, file: Path, warehouse: Warehouse, programme: Programme, now: datetime, behind: Behind
) -> Extent:
    """Make a warehouse of a file that ``take`` wrote. Raises WarehouseError where the file is of a newer engine, or the
    warehouse holds deliveries."""
    held = extent(_in_file(file))
    if warehouse.embedded:
        path = path_of(warehouse.url)
        if path.exists():
            raise WarehouseError(f"{path} is there already; a backup is restored where there is nothing")
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".restoring")
        shutil.copyfile(file, fresh)
        fresh.replace(path)
    else:
        move(area, _in_file(file), warehouse, programme, "", now, behind, noted=False)
    _must_equal(extent(warehouse), held)
    return held


def extent(warehouse: Warehouse) -> Extent:
    """How much a warehouse holds. Raises WarehouseError where there is none, or one of a newer engine."""
    if warehouse.embedded and not path_of(warehouse.url).is_file():
        raise WarehouseError(f"there is no warehouse {path_of(warehouse.url)} yet; run `chiso run` first")
    with warehouse.connection() as connection:
        if not is_migrated(connection):
            raise WarehouseError("the warehouse is empty: it has no tables yet; run `chiso run` first")
        schema = must_know(connection)
        counted = connection.execute(
            text("""SELECT (SELECT count(*) FROM dim_delivery), (SELECT coalesce(max(sequence), 0) FROM ledger),
                           (SELECT count(*) FROM dim_release),
                           (SELECT coalesce(max(hash), '') FROM dim_release
                            WHERE release_key = (SELECT max(release_key) FROM dim_release))""")
        ).one()
    return Extent(schema, *counted)


def _in_file(file: Path) -> Warehouse:
    return Warehouse(f"duckdb:///{file}", file.with_suffix(".published"))


def _must_equal(copy: Extent, held: Extent) -> None:
    if copy != held:
        raise WarehouseError(f"the copy of the warehouse is not what was copied: it holds {copy}, not {held}")
