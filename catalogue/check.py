"""Checks: the rules that a form's rows must keep. A closed list of kinds; no expressions."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words

Severity = Literal["reject_delivery", "reject_row", "warn"]
Operator = Literal["=", "<=", "<", ">=", ">"]
CheckKind = Literal["compare", "ratio", "unique", "within_period", "total", "pattern"]


class Operand(Declared):
    """One term of a comparison: a field with a sign and a factor, or a constant.

    ``absent`` says what a field without a figure makes of the row: it is not judged, or the field counts as zero, as
    where a total is of those parts only that are known.
    """

    field: Name | None = None
    constant: Decimal | None = None
    times: Decimal = Decimal(1)
    absent: Literal["unjudged", "zero"] = "unjudged"


class When(Declared):
    """A condition on one field of the row: one of some codes, true, greater than a number, or present."""

    field: Name
    one_of: tuple[str, ...] | None = None
    is_true: bool | None = None
    more_than: Decimal | None = None
    present: bool | None = None


class Check(Declared):
    """One rule over the rows of a form. A row with a missing operand is not judged by it (``required`` judges that),
    unless the operand says that it counts as zero.

    ``compare``        sum of ``left`` ``operator`` sum of ``right``, within ``tolerance``
    ``ratio``          left / right (``decimals`` half-up where given) ``operator`` the field ``against``
    ``unique``         ``fields`` together occur once; rows that share them and differ are all rejected
    ``within_period``  the date in ``fields`` lies in the period of the delivery; with ``edge`` end (start) it is only
                       asked not to lie after its last (before its first) day
    ``total``          a total row equals the sum of the rows it stands for, in ``fields``, within ``tolerance``
    ``pattern``        the text in ``fields`` matches ``pattern``, a regular expression
    """

    check: Code
    kind: CheckKind
    severity: Severity = "reject_row"
    title: Words
    advice: Words = Field(description="What to do, to the clerk")
    left: tuple[Operand, ...] = ()
    operator: Operator = "="
    right: tuple[Operand, ...] = ()
    tolerance: Decimal = Decimal(0)
    decimals: int | None = None
    against: Name | None = None
    fields: tuple[Name, ...] = ()
    pattern: str | None = None
    edge: Literal["both", "start", "end"] = "both"
    when: tuple[When, ...] = ()
    source: str = Field(default="", description="The legal or methodical source of the rule")

    def reads(self) -> tuple[str, ...]:
        """The fields a check reads, in the order declared; the first is the one a finding points at."""
        named = [operand.field for operand in (*self.left, *self.right) if operand.field]
        named += [*self.fields, *([self.against] if self.against else []), *(when.field for when in self.when)]
        return tuple(dict.fromkeys(named))
