"""What one role or unit may read of the warehouse, written where somebody can carry it away."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from catalogue.errors import UsageError
from flows.house import House, now, open_house
from flows.settings import Settings
from flows.terminal import say
from flows.units import unit_named
from transforms.explain import all_rows_behind
from warehouse.export import export
from warehouse.extract import READ_ONLY, extract, parquet
from warehouse.policy import Role
from warehouse.staging import staging_area
from warehouse.store import Warehouse

FILE = ".duckdb"


def write_extract(settings: Settings, codes: Sequence[str], role: Role, to: Path | None) -> int:
    """Write the rows that a role (``unit``: of the units ``codes``) may read into a file or a folder; prints how many.

    Raises UsageError where there is no such unit, or the target is there already; WarehouseError.
    """
    if bool(codes) != (role == "unit"):
        raise UsageError("name the unit whose rows are wanted: --unit CODE; or another role: --role analyst, engineer")
    house = open_house(settings)
    units = [unit_named(house.programme, code, now().date()) for code in codes]
    goal = (to or Path(_named(codes or [role]) + FILE)).absolute()
    if goal.exists():
        raise UsageError(f"{goal} is there already; name a new file ending in {FILE}, or a new folder: --to")
    whose = ", ".join(f"{unit.code} {unit.name}" for unit in units) or role
    work = house.home / "staging" / f"{house.run_id}-extract{FILE}"
    try:
        taken = _taken(house, work, role, [unit.key for unit in units])
        if goal.suffix == FILE:
            _settle(work, goal)
            say(f"{goal}: {sum(taken.values()):,} rows that {whose} may read; open it read-only")
        else:
            views = _spread(work, goal)
            say(f"{goal}: {len(views)} views that {whose} may read, each as CSV and as Parquet")
    finally:
        work.unlink(missing_ok=True)
    for table in ("dim_delivery", "quarantine", "issue", "fact_indicator"):
        say(f"{table}: {taken.get(table, 0):,} rows")
    return 0


def _named(words: Sequence[str]) -> str:
    return "extract-" + "-".join(re.sub(r"[^\w.]+", "-", word) for word in words)


def _taken(house: House, file: Path, role: Role, units: Sequence[int]) -> dict[str, int]:
    with staging_area(house.staging_path("taken")) as area:
        behind = all_rows_behind(house.programme, house.tables)
        return extract(area, house.warehouse, file, house.programme, role, units, behind)


def _settle(work: Path, goal: Path) -> None:
    """Put the file in its place, whole or not at all, for its owner and group to read."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    beside = goal.with_name(f".{goal.name}.tmp")
    # Before anything stands in it.
    beside.touch(mode=0o600)
    shutil.copyfile(work, beside)
    beside.chmod(READ_ONLY)
    beside.replace(goal)


def _spread(work: Path, folder: Path) -> list[str]:
    """Write every view as CSV, with hashes, and as Parquet."""
    folder.mkdir(parents=True, mode=0o750)
    with Warehouse(f"duckdb:///{work}", work).connection() as connection:
        export(connection, folder)
        names = parquet(connection, folder)
    for file in folder.iterdir():
        file.chmod(READ_ONLY)
    return names
