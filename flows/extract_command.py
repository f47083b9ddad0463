"""The command ``chiso extract``: what a unit, or a role, may read, as files of its own."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]


def extract(
    *,
    config: Config = None,
    unit: tuple[str, ...] = (),
    role: Literal["unit", "analyst", "engineer"] = "unit",
    to: Path | None = None,
) -> int:
    """Write what a unit may read: what it and those below it sent, what became of it, and its published figures.

    Parameters
    ----------
    unit
        Code of the unit, as the registers have it; again for further units. REGISTER:CODE where several have the code.
    role
        What this role may read, instead of what a unit may.
    to
        A DuckDB file, ending in .duckdb, or a folder, which gets every view as CSV and as Parquet; else a file in this
        folder, named after the unit. It must not be there yet.
    """
    from flows.settings import read_settings
    from flows.unit_extract import write_extract

    return write_extract(read_settings(config), unit, role, to)
