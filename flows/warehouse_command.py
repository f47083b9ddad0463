"""The commands ``chiso warehouse ...``; what they do is in ``flows.keeping``."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from warehouse.policy import Role

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]

warehouse = App(name="warehouse", help="The warehouse as a whole: set it up, move it, export what is published.")


@warehouse.command
def setup(
    *,
    config: Config = None,
    analyst: tuple[str, ...] = (),
    steward: tuple[str, ...] = (),
    engineer: tuple[str, ...] = (),
    unit: tuple[str, ...] = (),
    timeout: int = 300,
) -> int:
    """Make tables and views where they are missing; on a server also the roles, and who sees which rows.

    Parameters
    ----------
    analyst
        A login of the server that reads what is published; it must exist, as those of the other roles.
    steward
        A login that reads everything.
    engineer
        A login that reads what ran and what arrived, and of figures what is published.
    unit
        LOGIN=CODE: a login that reads what this unit and those below it sent; again for further units of it. What it
        was bound to before is taken back.
    timeout
        Seconds after which a statement of an analyst's or a unit's login is stopped; 0: never.
    """
    from flows.keeping import set_up
    from flows.lease import at_work

    logins: dict[Role, tuple[str, ...]] = {"analyst": analyst, "steward": steward, "engineer": engineer, "unit": unit}
    with at_work(config, "warehouse setup") as settings:
        return set_up(settings, logins, timeout)


@warehouse.command
def move(source: str, /, *, config: Config = None) -> int:
    """Copy another warehouse into that of the settings, which must be empty; compared table by table, all or nothing.

    Parameters
    ----------
    source
        Where it is now: the path of a DuckDB file, or a URL as the setting ``warehouse`` has. It is only read.
    """
    from flows.keeping import move_in
    from flows.lease import at_work

    with at_work(config, "warehouse move") as settings:
        return move_in(settings, source)


@warehouse.command
def export(folder: Path, /, *, config: Config = None) -> int:
    """Write every published view as CSV, in one order, with SHA256SUMS: the same bytes from either database.

    Parameters
    ----------
    folder
        Where to write; files of the same names are replaced.
    """
    from flows.keeping import export_published
    from flows.settings import read_settings

    return export_published(read_settings(config), folder)
