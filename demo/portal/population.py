"""Who a demo portal counts for: the units and procedures of a programme's registers, and as many more as are wanted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from catalogue.declared import Declared
from catalogue.errors import SettingsError
from catalogue.programme import Programme
from catalogue.register import Register, Version
from demo.portal.dialect import declared


@dataclass(frozen=True, slots=True)
class Unit:
    """An office that the portal counts for. ``other`` is its code after a change of codes, ids are the portal's own."""

    code: str
    name: str = ""
    other: str = ""
    level: str = ""

    @property
    def id(self) -> str:
        """The portal's own id: 24 hexadecimal digits."""
        return hashlib.sha256(f"id {self.code}".encode()).hexdigest()[:24]

    @property
    def other_id(self) -> str:
        """The id that the portal gives it once ids have changed."""
        return hashlib.sha256(f"other id {self.code}".encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure that is counted: its code as the portal writes it."""

    code: str
    name: str = ""
    field: str = ""


class UnitsOf(Declared):
    """Units: those below ``under`` in a register on a day, of the types that ``levels`` names with their level, in its
    order; then made-up ones, ``code``, ``other`` and ``name`` being templates over number, and over group and member,
    counted in hundreds. The other code of a unit of the register is the first of its aliases."""

    register_name: str
    under: str
    on: date
    levels: dict[str, str]
    code: str
    other: str
    name: str
    level: str


class ProceduresOf(Declared):
    """Procedures: those of a register on a day, then made-up ones; ``written`` is how the portal writes a code."""

    register_name: str
    on: date
    written: str = "{code}"
    code: str
    name: str
    field: str


class Population(Declared):
    """``portal/population.yml``: who a demo portal counts for. ``province_ids``: its ids, the old one first."""

    units: UnitsOf
    procedures: ProceduresOf
    province_ids: tuple[str, ...] = ()
    service_levels: tuple[str, ...] = ()


def load_population(folder: Path) -> Population:
    """The population that a programme's ``portal/`` declares. Raises SettingsError."""
    return declared(folder / "population.yml", Population)


def some_units(population: Population, programme: Programme, count: int) -> tuple[Unit, ...]:
    """So many units: of the register as far as it has them, then made up. Raises SettingsError."""
    said = population.units
    register = _register(programme, said.register_name)
    root = register.by_code(said.under, said.on)
    if root is None:
        raise SettingsError(
            f"population.yml: {said.under} is not in {said.register_name} on {said.on}; name one that is"
        )
    found = [
        one for one in register.on(said.on) if one.type in said.levels and _lies_below(register, one, root, said.on)
    ]
    found.sort(key=lambda one: ([*said.levels].index(one.type), one.code))
    units = [Unit(one.code, one.name, (*one.aliases, one.code)[0], said.levels[one.type]) for one in found[:count]]
    for number in range(1, count - len(units) + 1):
        group, member = divmod(number, 100)
        code, other, name = (
            template.format(number=number, group=group, member=member)
            for template in (said.code, said.other, said.name)
        )
        units.append(Unit(code, name, other, said.level))
    return tuple(units)


def some_procedures(population: Population, programme: Programme, count: int) -> tuple[Procedure, ...]:
    """So many procedures: of the register as far as it has them, then made up. Raises SettingsError."""
    said = population.procedures
    found = sorted(_register(programme, said.register_name).on(said.on), key=lambda one: one.code)[:count]
    made = [Procedure(said.written.format(code=one.code), one.name, one.type) for one in found]
    for number in range(1, count - len(made) + 1):
        code = said.written.format(code=said.code.format(number=number))
        made.append(Procedure(code, said.name.format(number=number), said.field))
    return tuple(made)


def _register(programme: Programme, name: str) -> Register:
    if name not in programme.register_named:
        known = ", ".join(programme.register_named)
        raise SettingsError(f"population.yml: there is no register {name!r} in {programme.name}; allowed are {known}")
    return programme.register_named[name]


def _lies_below(register: Register, version: Version, root: Version, day: date) -> bool:
    above = version.parent
    while above is not None:
        if above == root.key:
            return True
        parent = register.version(above, day)
        above = parent.parent if parent else None
    return False
