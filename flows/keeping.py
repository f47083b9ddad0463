"""What is done with a warehouse as a whole: setting it up, moving it into another database, exporting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from catalogue.errors import UsageError
from flows.asking import warehouse_of
from flows.house import House, now, open_house, prepare
from flows.settings import Settings
from flows.terminal import say
from flows.units import unit_named
from transforms.explain import all_rows_behind
from warehouse.export import export
from warehouse.move import move
from warehouse.policy import Role
from warehouse.roles import Login, set_up_roles
from warehouse.staging import staging_area
from warehouse.store import Warehouse


def set_up(settings: Settings, logins: Mapping[Role, Sequence[str]], seconds: int) -> int:
    """Bring the warehouse to the programme; on a server set up who reads what. Prints what was done.

    ``logins`` are by role; those of ``unit`` as LOGIN=CODE, or LOGIN= for one that is bound to no unit any more.
    """
    house = open_house(settings)
    asked = [role for role, names in logins.items() if names]
    if house.warehouse.embedded and asked:
        raise UsageError(
            f"a DuckDB file has no logins: whoever may read {house.warehouse.published.name} may ask it, and a unit "
            f"gets its own by `chiso extract`. Set `warehouse` to a PostgreSQL database, or leave --{asked[0]} out"
        )
    if seconds < 0:
        raise UsageError(f"--timeout {seconds}: a number of seconds, or 0 for none, is needed")
    given = _logins(house, logins)
    done = prepare(house)
    if house.warehouse.embedded:
        house.warehouse.publish()
    else:
        with house.warehouse.connection() as connection:
            done += set_up_roles(connection, given, seconds, now())
    _print([*done, "the warehouse is ready"])
    return 0


def _logins(house: House, logins: Mapping[Role, Sequence[str]]) -> list[Login]:
    """The logins by name and role, a unit's with its units. Raises UsageError where a code is no unit's."""
    found = [Login(name, role) for role, names in logins.items() if role != "unit" for name in names]
    units = dict[str, list[tuple[int, str]]]()
    for said in logins.get("unit", ()):
        name, equals, code = said.rpartition("=")
        if not (name and equals):
            raise UsageError(f"--unit {said}: LOGIN=CODE is needed, as lan=000.00.05.H39; LOGIN= takes all units away")
        bound = units.setdefault(name, [])
        if code:
            unit = unit_named(house.programme, code, now().date())
            bound.append((unit.key, unit.code))
    return [*found, *(Login(name, "unit", tuple(codes)) for name, codes in units.items())]


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
