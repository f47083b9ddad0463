"""Checks: the rules that a form's rows must keep. A closed list of kinds; no expressions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final, Literal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words
from catalogue.period import PeriodKind

Severity = Literal["reject_delivery", "reject_row", "warn"]
Operator = Literal["=", "<=", "<", ">=", ">"]
CheckKind = Literal[
    "compare",
    "ratio",
    "unique",
    "within_period",
    "total",
    "pattern",
    "jump",
    "falls",
    "grows",
    "repeats",
    "backfilled",
    "shared",
]

# The kinds that look at what the unit reported before.
REMEMBER: Final = ("jump", "falls", "grows", "repeats")


class Operand(Declared):
    """One term of a comparison: a field with a sign and a factor, a constant, or a day.

    ``absent`` says what a field without a figure makes of the row: it is not judged, or the field counts as zero, as
    where a total is of those parts only that are known.

    ``of`` says which period's figure is meant: this one's; the ``last`` earlier one that is known of the unit; or that
    of the period directly ``before``, where no unit beside or below it began or ended in between. In a check ``over`` a
    longer period: that of its ``first`` period; or the sum of ``all`` its periods, this one included.
    """

    field: Name | None = None
    constant: Decimal | None = None
    day: date | None = None
    times: Decimal = Decimal(1)
    absent: Literal["unjudged", "zero"] = "unjudged"
    of: Literal["this", "last", "before", "first", "all"] = "this"


class When(Declared):
    """A condition on one field of the row: one of some codes, true, greater than a number, or present."""

    field: Name
    one_of: tuple[str, ...] | None = None
    is_true: bool | None = None
    more_than: Decimal | None = None
    present: bool | None = None


class Check(Declared):
    """One rule over the rows of a form. A row with a missing operand is not judged by it (``required`` judges that),
    unless the operand says that it counts as zero; nor is a row where a cell it reads has a finding of its own.

    ``compare``        sum of ``left`` ``operator`` sum of ``right``, within ``tolerance``; where only the sum with
                       ``explained`` holds (a blank is zero), those figures explain the difference: a warning, no more.
                   ``over`` a longer period it is judged once, in the report that ends it, where the unit reported the
                   row in every period of it, and nothing beside or below the unit began or ended in between
    ``ratio``          left / right (``decimals`` half-up where given) ``operator`` the field ``against``
    ``unique``         ``fields`` together occur once; rows that share them and differ are all rejected
    ``within_period``  the date in ``fields`` lies in the period of the delivery; with ``edge`` end (start) it is only
                       asked not to lie after its last (before its first) day; with ``months`` the period is taken to
                       begin so many months before its end
    ``total``          a total row equals the sum of the rows it stands for, in ``fields``, within ``tolerance``
    ``pattern``        the text in ``fields`` matches ``pattern``, a regular expression

    Against what the same unit reported before, by the form's ``key``; each of ``fields`` is judged by itself:

    ``jump``           changed from the period before by no more than ``share``, or by no more than ``least``
    ``falls``          is not below the last figure that is known (less ``share`` of it)
    ``grows``          has not risen in ``times`` periods of a year in a row, as a cumulated figure would

    Against what was made, and what others reported:

    ``repeats``        the ``fields`` of some row of the report differ from those of the period before
    ``backfilled``     ``left`` is not exactly a target of the indicator ``target`` times ``right``, where ``right`` is
                       ``least`` or more
    ``shared``         no other unit reported a row with the same ``fields`` for the period
    """

    check: Code
    kind: CheckKind
    severity: Severity = "reject_row"
    title: Words
    advice: Words = Field(description="What to do, to the clerk")
    left: tuple[Operand, ...] = ()
    operator: Operator = "="
    right: tuple[Operand, ...] = ()
    explained: tuple[Operand, ...] = Field(default=(), description="Added to the right, they explain a difference")
    tolerance: Decimal = Decimal(0)
    decimals: int | None = None
    against: Name | None = None
    fields: tuple[Name, ...] = ()
    pattern: str | None = None
    edge: Literal["both", "start", "end"] = "both"
    months: int | None = Field(default=None, ge=1, le=120)
    share: Decimal | None = Field(default=None, ge=0)
    least: Decimal | None = Field(default=None, ge=0)
    times: int | None = Field(default=None, ge=3, le=12)
    target: Code | None = None
    over: PeriodKind | None = Field(default=None, description="The longer period whose reports are taken together")
    when: tuple[When, ...] = ()
    source: str = Field(default="", description="The legal or methodical source of the rule")

    def reads(self) -> tuple[str, ...]:
        """The fields a check reads, in the order declared; the first is the one a finding points at."""
        named = [operand.field for operand in (*self.left, *self.right, *self.explained) if operand.field]
        named += [*self.fields, *([self.against] if self.against else []), *(when.field for when in self.when)]
        return tuple(dict.fromkeys(named))

    def remembers(self) -> tuple[str, ...]:
        """The fields whose figure of an earlier period a check asks for; none where it looks at this period only."""
        if self.kind in REMEMBER:
            return self.fields
        named = [one.field for one in (*self.left, *self.right) if one.field and one.of != "this"]
        return tuple(dict.fromkeys(named))
