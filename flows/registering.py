"""A list of units beside a register: ``chiso register diff``."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Literal

from catalogue.errors import UsageError
from catalogue.programme import Programme
from catalogue.register import Register
from flows.asking import show
from flows.house import now, open_house
from flows.settings import Settings
from transforms.listing import ORDER, Columns, differences, read_units
from transforms.workbook import open_book


def print_differences(
    settings: Settings,
    file: Path,
    name: str,
    on: date | None,
    headings: tuple[str, str, str, str],
    form: Literal["table", "csv", "json"],
) -> int:
    """Print what a list changes in a register on a day. 0: nothing; 1: something. Raises UsageError."""
    programme = open_house(settings).programme
    register, day = _register(programme, name), on or now().date()
    if not file.is_file():
        raise UsageError(f"no file {file}; give the path of a workbook or CSV file")
    usual = Columns()
    code, label, parent, level = (
        (given,) if given else otherwise
        for given, otherwise in zip(headings, (usual.code, usual.name, usual.parent, usual.level), strict=True)
    )
    units = read_units(open_book(file.read_bytes(), file.name), Columns(code, label, parent, level), programme.language)
    found = differences(register, day, units, programme.language)
    if found or form != "table":
        columns = ["change", "row", "code", "name", "what"]
        rows = [(one.what, one.row or None, one.code, one.name, one.said) for one in found]
        show((columns, rows), form, title=file.name)
    if form == "table":
        counted = Counter(one.what for one in found)
        told = ", ".join(f"{counted[what]} {what}" for what in ORDER if counted[what]) or "no difference"
        print(f"{len(units)} units listed, register {register.register_name} on {day}: {told}")
    return 1 if found else 0


def _register(programme: Programme, name: str) -> Register:
    known = programme.register_named
    if not known:
        raise UsageError(f"the programme {programme.name} has no register; declare one in registers.yml")
    if name and name not in known:
        raise UsageError(f"no register {name!r}; there are {', '.join(known)}: write one of them")
    return known[name] if name else next(iter(known.values()))
