"""What a name means, decided by a person: ``chiso alias add``, ``list`` and ``drop``.

A decision is appended with who, when and why; it never changes an earlier one. What was set aside for want of it is
judged anew by ``chiso quarantine replay``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from catalogue.alias import Alias
from catalogue.errors import UsageError
from catalogue.programme import Programme
from catalogue.register import Register, Version
from flows.asking import show
from flows.headings import headings
from flows.house import House, now, open_house, prepare
from flows.settings import Settings
from transforms.resolve import Resolver, standing
from transforms.text import clean, fold_name
from warehouse.alias import append_aliases, read_aliases
from warehouse.staging import staging_area


def add_alias(
    settings: Settings, register: str, name: str, code: str, unit: str, reason: str, by: str, on: date | None = None
) -> int:
    """Decide that a name means the entity that bears a code on a day (today, else the last that bore it).

    In the deliveries of ``unit`` (a code), or of everybody where that is empty. Raises UsageError.
    """
    house, day = open_house(settings), on or now().date()
    chosen = _register(house.programme, register)
    entity = _bearer([chosen], code, day)
    sender = _sender(house.programme, unit, day)
    if sender and not _inside(house.programme, entity, sender, day):
        raise UsageError(
            f"{entity.code} {entity.name} is not below {sender.code} {sender.name}, so no delivery of that unit may "
            "name it; choose one of its own branch, or another unit"
        )
    alias = _alias(register, name, sender, entity, reason, by)
    if _is_new(house, alias):
        _append(house, alias)
        print(f"{alias.name!r} means {entity.code} {entity.name}, {_whose(sender)}.")
        print("Rows that were set aside for it are judged anew by: chiso quarantine replay")
    else:
        print(f"{alias.name!r} means {entity.code} {entity.name} already, {_whose(sender)}; nothing was written.")
    known = Resolver(house.programme).entity(alias.name, register, None, alias.unit_key, day)
    if known.rule is None and known.key is not None:
        print(f"Note: the register itself knows the name, as {known.code}; where it does, that comes first.")
    return 0


def drop_alias(settings: Settings, register: str, name: str, unit: str, reason: str, by: str) -> int:
    """Take a decision back. Raises UsageError where none stands on that name for that unit."""
    house = open_house(settings)
    _register(house.programme, register)
    sender = _sender(house.programme, unit, now().date())
    alias = _alias(register, name, sender, None, reason, by)
    if not _is_new(house, alias):
        others = sorted({one.name for one in _standing(house, house.aliases())})
        stand = f"decided were: {', '.join(others[:10])}" if others else "nothing was decided yet"
        raise UsageError(f"no decision on {alias.name!r} stands, {_whose(sender)}; {stand} (`chiso alias list`)")
    _append(house, alias)
    print(f"{alias.name!r} means nothing of itself any more, {_whose(sender)}.")
    return 0


def list_aliases(settings: Settings, register: str, form: Literal["table", "csv", "json"]) -> int:
    """Print the decisions that stand, of one register or of all."""
    house = open_house(settings)
    if register:
        _register(house.programme, register)
    rows = [
        (
            one.register,
            one.name,
            _shown(house.programme, one.unit_key) or "everybody",
            _shown(house.programme, one.entity_key),
            one.decided_by,
            one.decided_at,
            one.reason,
        )
        for one in _standing(house, house.aliases())
        if register in ("", one.register)
    ]
    show((["register", "name", "in_deliveries_of", "means", "decided_by", "decided_at", "reason"], rows), form,
         said=headings(settings))  # fmt: skip
    return 0


def _alias(
    register: str, name: str, sender: Version | None, entity: Version | None, reason: str, by: str
) -> Alias:  # fmt: skip
    for option, said in (("a name", name), ("--reason", reason), ("--by", by)):
        if not said.strip():
            raise UsageError(f"{option} must not be empty: a decision names what, why and who")
    return Alias(
        register=register,
        name=clean(name),
        unit_key=sender.key if sender else None,
        entity_key=entity.key if entity else None,
        reason=clean(reason),
        decided_by=clean(by),
        decided_at=now(),
    )


def _is_new(house: House, alias: Alias) -> bool:
    """True where a decision says something else than what stands. Prepares the warehouse."""
    prepare(house)
    with house.warehouse.connection() as connection:
        stand = standing(read_aliases(connection), house.programme.language)
    about = (alias.register, fold_name(alias.name, house.programme.language), alias.unit_key)
    before = stand.get(about)
    return (before.entity_key if before else None) != alias.entity_key


def _append(house: House, alias: Alias) -> None:
    """Write a decision, and let readers see it: ``check`` and the next run read the copy."""
    with staging_area(house.staging_path("alias")) as area:
        append_aliases(area, house.warehouse.url, [alias], house.run_id, alias.decided_at)
    house.warehouse.publish()


def _standing(house: House, aliases: Iterable[Alias]) -> list[Alias]:
    stand = standing(aliases, house.programme.language)
    return sorted(stand.values(), key=lambda one: (one.register, one.name, one.unit_key or 0))


def _register(programme: Programme, name: str) -> Register:
    if name not in programme.register_named:
        raise UsageError(f"there is no register {name!r}; there are: {', '.join(programme.register_named)}")
    return programme.register_named[name]


def _sender(programme: Programme, unit: str, day: date) -> Version | None:
    """The unit that a code means, of the registers from which forms are sent."""
    names = dict.fromkeys(form.respondents.register_name for form in programme.forms)
    return _bearer([programme.register_named[name] for name in names], unit, day) if unit else None


def _bearer(registers: list[Register], code: str, day: date) -> Version:
    """The entity that bears a code on a day, else the one that bore it last."""
    for register in registers:
        found = register.by_code(code.strip(), day)
        if found:
            return found
    past = [span for register in registers for span in register.spans if span.version.code == code.strip()]
    if past:
        return max(past, key=lambda span: (span.valid_to, -span.version.key)).version
    names = " or ".join(register.register_name for register in registers)
    raise UsageError(
        f"nothing in {names} bears the code {code!r}; find it by: "
        "chiso sql \"SELECT code, name, valid_from FROM place WHERE name LIKE '%...%'\""
    )


def _inside(programme: Programme, entity: Version, sender: Version, day: date) -> bool:
    """True where an entity lies in a unit's branch on a day, or on the last on which both exist."""
    ends = [programme.last_day(one.key) or day for one in (entity, sender)]
    day = min(day, *ends)
    return not programme.branch(sender.key, day).isdisjoint(programme.ancestors(entity.key, day))


def _shown(programme: Programme, key: int | None) -> str:
    """Code and name of an entity as they are now, or were last."""
    if key is None:
        return ""
    version = programme.version(key, min(now().date(), programme.last_day(key) or now().date()))
    return f"{version.code} {version.name}" if version else str(key)


def _whose(sender: Version | None) -> str:
    return f"in deliveries of {sender.code} {sender.name}" if sender else "in everybody's deliveries"
