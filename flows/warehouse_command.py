"""The commands ``chiso warehouse ...``; what they do is in ``flows.keeping``."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]

warehouse = App(name="warehouse", help="The warehouse as a whole: set it up, move it, export what is published.")


@warehouse.command
def setup(*, config: Config = None, analyst: tuple[str, ...] = (), timeout: int = 300) -> int:
    """Make tables and views where they are missing; on a server also the group ``chiso_analyst``, which reads views.

    Parameters
    ----------
    analyst
        A login of the server that is to belong to the group; it must exist.
    timeout
        Seconds after which a statement of these logins is stopped; 0: never.
    """
    from flows.keeping import set_up
    from flows.settings import read_settings

    return set_up(read_settings(config), analyst, timeout)


@warehouse.command
def move(source: str, /, *, config: Config = None) -> int:
    """Copy another warehouse into that of the settings, which must be empty; compared table by table, all or nothing.

    Parameters
    ----------
    source
        Where it is now: the path of a DuckDB file, or a URL as the setting ``warehouse`` has. It is only read.
    """
    from flows.keeping import move_in
    from flows.settings import read_settings

    return move_in(read_settings(config), source)


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
