"""A unit by its code, as whoever administers an installation writes it."""

from __future__ import annotations

from datetime import date

from catalogue.errors import UsageError
from catalogue.programme import Programme
from catalogue.register import Version


def unit_named(programme: Programme, said: str, day: date) -> Version:
    """The unit that bears a code on a day, or bore it last; ``register:code`` where several registers have the code.

    Raises UsageError where none does, or units of several registers do.
    """
    wanted, colon, code = said.rpartition(":")
    found = dict[str, Version]()
    for register in programme.registers:
        if colon and register.register_name != wanted:
            continue
        past = [span.version for span in register.spans if span.version.code == code]
        unit = register.by_code(code, day) or max(past, key=lambda version: version.valid_from, default=None)
        if unit is not None:
            found[register.register_name] = unit
    if not found:
        names = ", ".join(register.register_name for register in programme.registers)
        raise UsageError(f"no unit bears the code {said!r}; registers are {names}, their codes are in the view place")
    if len(found) > 1:
        told = ", ".join(f"{name}:{code} ({unit.name})" for name, unit in found.items())
        raise UsageError(f"several units bear the code {code!r}; write which: {told}")
    return next(iter(found.values()))
