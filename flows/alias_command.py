"""The commands ``chiso alias ...``; what they do is in ``flows.naming``."""
# ruff: noqa: PLC0415, A002 - a command pays only for what it uses; an option is named for who types it

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]

alias = App(name="alias", help="What names mean that no register knows, decided by a person, with who, when and why.")


@alias.command
def add(
    register: str,
    name: str,
    code: str,
    /,
    *,
    config: Config = None,
    reason: str,
    by: str,
    unit: str = "",
    on: date | None = None,
) -> int:
    """Decide that a name means the entity with a code.

    Parameters
    ----------
    register
        Register of the entity.
    name
        The name as it was written.
    code
        Code of what it means.
    reason
        Why.
    by
        Who decides.
    unit
        Code of the unit in whose deliveries it means that; empty: in everybody's. The unit's own decision comes first.
    on
        A day on which the entity bears the code, as 2024-06-30; today where empty.
    """
    from flows.lease import at_work
    from flows.naming import add_alias

    with at_work(config, "alias add") as settings:
        return add_alias(settings, register, name, code, unit, reason, by, on)


@alias.command(name="list")
def list_(register: str = "", /, *, config: Config = None, format: Literal["table", "csv", "json"] = "table") -> int:
    """The decisions that stand.

    Parameters
    ----------
    register
        Only of this register.
    format
        How to print them.
    """
    from flows.naming import list_aliases
    from flows.settings import read_settings

    return list_aliases(read_settings(config), register, format)


@alias.command
def drop(register: str, name: str, /, *, config: Config = None, reason: str, by: str, unit: str = "") -> int:
    """Take a decision back. It stays in the warehouse, as what was thought until now.

    Parameters
    ----------
    register
        Register of the entity.
    name
        The name as it was written.
    reason
        Why.
    by
        Who takes it back.
    unit
        Code of the unit for which it was decided; empty: the decision for everybody.
    """
    from flows.lease import at_work
    from flows.naming import drop_alias

    with at_work(config, "alias drop") as settings:
        return drop_alias(settings, register, name, unit, reason, by)
