"""What is done with a warehouse as a whole: setting it up, moving it into another database, exporting it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalogue.errors import UsageError
from flows.asking import warehouse_of
from flows.house import now, open_house, prepare
from flows.settings import Settings
from flows.terminal import say
from transforms.explain import all_rows_behind
from warehouse.analysts import set_up_analysts
from warehouse.export import export
from warehouse.move import move
from warehouse.staging import staging_area
from warehouse.store import Warehouse


def set_up(settings: Settings, analysts: Sequence[str], seconds: int) -> int:
    """Bring the warehouse to the programme; on a server let analysts read its views. Prints what was done."""
    house = open_house(settings)
    if house.warehouse.embedded and analysts:
        raise UsageError(
            f"a DuckDB file has no logins: whoever may read {house.warehouse.published.name} may ask it. Set "
            "`warehouse` to a PostgreSQL database, or leave --analyst out"
        )
    if seconds < 0:
        raise UsageError(f"--timeout {seconds}: a number of seconds, or 0 for none, is needed")
    done = prepare(house)
    if house.warehouse.embedded:
        house.warehouse.publish()
    else:
        with house.warehouse.connection() as connection:
            done += set_up_analysts(connection, analysts, seconds)
    _print([*done, "the warehouse is ready"])
    return 0


def move_in(settings: Settings, source: str) -> int:
    """Copy another warehouse into that of the settings. Prints what was moved."""
    house = open_house(settings)
    if "://" not in source and not Path(source).is_file():
        raise UsageError(f"there is no file {source}; name the DuckDB file of the warehouse that is to be moved")
    url = source if "://" in source else f"duckdb:///{Path(source).resolve()}"
    if url == house.warehouse.url:
        raise UsageError(
            "source and target are the same warehouse; set `warehouse` to the database that it is to be moved into"
        )
    origin = Warehouse(url, house.warehouse.published)
    with staging_area(house.staging_path("move")) as area:
        behind = all_rows_behind(house.programme, house.tables)
        moved = move(area, origin, house.warehouse, house.programme, house.run_id, now(), behind)
    prepare(house)
    house.warehouse.publish()
    _print([f"{one.table}: {one.rows:,} rows, hash {one.hash}" for one in moved if one.rows])
    rows = sum(one.rows for one in moved)
    _print([f"moved {rows:,} rows of {len(moved)} tables; each has the same rows on both sides"])
    return 0


def export_published(settings: Settings, folder: Path) -> int:
    """Write every published view as CSV. Prints rows and hash of each."""
    with warehouse_of(settings).reader() as connection:
        written = export(connection, folder)
    _print([f"{digest[:12]}  {name}.csv, {rows:,} rows" for name, (rows, digest) in written.items()])
    return 0


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        say(line)
