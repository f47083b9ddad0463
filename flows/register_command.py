"""The commands ``chiso register ...``; what they do is in ``flows.registering``."""
# ruff: noqa: PLC0415, A002 - a command pays only for what it uses; an option is named for who types it

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]

register = App(name="register", help="The registers of places, organisations and procedures.")


@register.command
def diff(
    file: Path,
    /,
    *,
    config: Config = None,
    register: str = "",
    on: date | None = None,
    code: str = "",
    name: str = "",
    parent: str = "",
    level: str = "",
    format: Literal["table", "csv", "json"] = "table",
) -> int:
    """What a list of units really changes: how names are written is no change. Exit code 1 where anything differs.

    Parameters
    ----------
    file
        A workbook or CSV file with one unit per row: code, name, and where they are there parent and level.
    register
        Register to compare it with; the first of the programme where empty.
    on
        Day whose state of the register is compared, as 2025-07-01; today where empty.
    code
        Heading of the column with codes; else "code".
    name
        Heading of the column with names; else "full_name" or "name".
    parent
        Heading of the column with the codes of parents; else "parent_code" or "parent".
    level
        Heading of the column with levels; else "level".
    format
        How to print the differences.
    """
    from flows.registering import print_differences
    from flows.settings import read_settings

    return print_differences(read_settings(config), file, register, on, (code, name, parent, level), format)
