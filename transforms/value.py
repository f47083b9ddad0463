"""What the text of a cell was found to say: a value, a reason for having none, or the rule that it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from catalogue.fact import Missing

Value = int | Decimal | bool | date | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a cell says.

    ``value``    by the field's type: count int, decimal and percent Decimal (a percentage as a fraction), flag bool,
                 date date, period its code, codes a tuple, all others a cleaned str; None where there is none
    ``rule``     the engine's rule that the cell breaks (``catalogue.rule``), None where it breaks none
    ``missing``  why there is no value, where that is no error
    ``approx``   the sign of an approximate number, as ">" or "~"
    ``of``       the whole of which the value is a part, where "45/192" was written and the field has a place for it
    ``note``     the convention under which it was read: ``footnote``, ``thousands_mark``, ``decimal_mark``,
                 ``fraction``, ``binary_noise``, ``short_year``, ``look_alike``
    ``warned``   the engine's rule that warns of a value which stands, None where there is no doubt
    ``said``     what the finding may add: how the cell was read, or what was left out of it
    """

    value: Value | None = None
    rule: str | None = None
    missing: Missing | None = None
    approx: str | None = None
    of: int | None = None
    note: str | None = None
    warned: str | None = None
    said: str | None = None
