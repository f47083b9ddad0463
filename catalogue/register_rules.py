"""Rules over codelists and registers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from catalogue.codelist import Entry
from catalogue.problem import Problem, listed, unknown
from catalogue.programme import Programme
from catalogue.register import BEFORE_RECORDS, FOREVER


def codes_of_a_codelist_occur_once(programme: Programme) -> Iterator[Problem]:
    """A code stands for one entry."""
    for codelist in programme.codelists:
        seen: set[str] = set()
        for index, entry in enumerate(codelist.entries):
            if entry.code in seen:
                place = ("codelist", codelist.codelist, index, "code")
                remedy = "remove one of the two, or give it another code"
                yield Problem(place, f"the code {entry.code!r} a second time", "each code once", remedy)
            seen.add(entry.code)


def a_replaced_code_names_one_that_exists(programme: Programme) -> Iterator[Problem]:
    """``replaced_by`` is another code of the list."""
    for codelist in programme.codelists:
        codes = codelist.codes()
        for index, entry in enumerate(codelist.entries):
            others = [code for code in codes if code != entry.code]
            if entry.replaced_by is not None and entry.replaced_by not in others:
                yield unknown(("codelist", codelist.codelist, index, "replaced_by"), "code", entry.replaced_by, others)


def the_days_of_a_code_are_in_order(programme: Programme) -> Iterator[Problem]:
    """A code is not withdrawn before it is introduced."""
    for codelist in programme.codelists:
        for index, entry in enumerate(codelist.entries):
            if entry.valid_from and entry.valid_to and entry.valid_to < entry.valid_from:
                place = ("codelist", codelist.codelist, index, "valid_to")
                remedy = "exchange valid_from and valid_to, or correct one"
                yield Problem(place, f"the last day {entry.valid_to}", f"a day from {entry.valid_from} on", remedy)


def an_alias_means_one_code(programme: Programme) -> Iterator[Problem]:
    """An alias is neither another entry's code nor its alias on the same day: a cell that holds it would mean two."""
    for codelist in programme.codelists:
        owners: dict[str, list[Entry]] = {}
        for entry in codelist.entries:
            owners.setdefault(entry.code.casefold(), []).append(entry)
        for index, entry in enumerate(codelist.entries):
            for alias in entry.aliases:
                others = owners.setdefault(alias.casefold(), [])
                start, end = entry.valid_from or BEFORE_RECORDS, entry.valid_to or FOREVER
                other = next((one for one in others if one.code != entry.code and one.valid_within(start, end)), None)
                if other is not None:
                    place = ("codelist", codelist.codelist, index, "aliases")
                    found = f"the alias {alias!r}, which means {other.code!r} already"
                    yield Problem(place, found, "aliases that mean one code", "remove it from one of the two")
                others.append(entry)


def links_name_a_register(programme: Programme) -> Iterator[Problem]:
    """``links`` is another register."""
    for register in programme.registers:
        name = register.register_name
        if register.links is not None and register.links not in programme.register_named:
            yield unknown(("register", name, "links"), "register", register.links, programme.register_named)


def a_key_belongs_to_one_register(programme: Programme) -> Iterator[Problem]:
    """Entity keys are unique across all registers, for life."""
    owner: dict[int, str] = {}
    for register in programme.registers:
        name = register.register_name
        told: set[int] = set()
        for index, version in enumerate(register.versions):
            other = owner.setdefault(version.key, name)
            if other != name and version.key not in told:
                told.add(version.key)
                found = f"the key {version.key}, which the register {other!r} uses"
                remedy = f"give it a key above {max(owner)}"
                yield Problem(("version", name, index, "key"), found, "keys unique across all registers", remedy)


def parents_exist(programme: Programme) -> Iterator[Problem]:
    """A parent is another entity of the same register."""
    for register in programme.registers:
        name, keys = register.register_name, {version.key for version in register.versions}
        for index, version in enumerate(register.versions):
            if version.parent is not None and (version.parent not in keys or version.parent == version.key):
                found = "itself" if version.parent == version.key else f"the key {version.parent}, which no row has"
                allowed = f"the key of another row of {name}"
                yield Problem(("version", name, index, "parent"), found, allowed, "correct the key, or add its row")


def linked_entities_exist(programme: Programme) -> Iterator[Problem]:
    """A link is an entity of the register that this one links to."""
    for register in programme.registers:
        name, target = register.register_name, register.links
        other = programme.register_named.get(target or "")
        keys = {version.key for version in other.versions} if other else set()
        for index, version in enumerate(register.versions):
            if version.link is None or version.link in keys or (target and other is None):
                continue
            place = ("version", name, index, "link")
            if target is None:
                remedy = "declare 'links' in registers.yml, or empty the cell"
                yield Problem(place, f"the link {version.link}", f"nothing: {name} links to no register", remedy)
            else:
                found = f"the key {version.link}, which {target} does not have"
                yield Problem(place, found, f"a key of {target}", "correct the key, or add its row there")


def levels_are_declared(programme: Programme) -> Iterator[Problem]:
    """The level of a row is one of the register's, where it declares levels."""
    for register in programme.registers:
        for index, version in enumerate(register.versions) if register.levels else ():
            if version.level and version.level not in register.levels:
                place = ("version", register.register_name, index, "level")
                yield unknown(place, "level", version.level, register.levels)


def a_day_has_one_version(programme: Programme) -> Iterator[Problem]:
    """No two rows of an entity begin on the same day."""
    for register in programme.registers:
        seen: set[tuple[int, object]] = set()
        for index, version in enumerate(register.versions):
            if (version.key, version.valid_from) in seen:
                place = ("version", register.register_name, index, "valid_from")
                found = f"a second row of the key {version.key} from {version.valid_from} on"
                yield Problem(place, found, "one row per key and day", "merge the two, or correct the day")
            seen.add((version.key, version.valid_from))


def a_code_means_one_entity_on_a_day(programme: Programme) -> Iterator[Problem]:
    """A code may pass from one entity to another, but on a day it means one."""
    for register in programme.registers:
        rows = {id(version): index for index, version in enumerate(register.versions)}
        spans = sorted(register.spans, key=lambda span: (span.version.code, span.version.valid_from))
        for before, span in pairwise(spans):
            version, other = span.version, before.version
            if version.code == other.code and version.key != other.key and version.valid_from <= before.valid_to:
                place = ("version", register.register_name, rows[id(version)], "code")
                found = f"the code {version.code!r} from {version.valid_from} on, which the key {other.key} has then"
                remedy = "correct the code or the days, or end the other entity with a row of the event abolished"
                yield Problem(place, found, "codes that mean one entity on a day", remedy)


def with_linked(programme: Programme, name: str) -> tuple[str, ...]:
    """A register and the one that it links to."""
    register = programme.register_named.get(name)
    return (name, register.links) if register and register.links else (name,)


def unknown_unit(
    programme: Programme, place: tuple[str | int, ...], code: str, names: tuple[str, ...]
) -> Iterator[Problem]:
    """A problem where no entity of some registers ever had a code."""
    registers = [programme.register_named[name] for name in names if name in programme.register_named]
    if not any(code in register.codes for register in registers):
        allowed = f"a code of {listed(names)}"
        remedy = f"correct it, or add its row to registers/{names[0]}.csv" if names else "declare a register"
        yield Problem(place, f"the unknown code {code!r}", allowed, remedy)
