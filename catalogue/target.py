"""Targets: where a figure should be. Compared unrounded, by cross-multiplication; strict where the document is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from catalogue.check import Operator
from catalogue.declared import Code, Declared, Words

TargetStatus = Literal["met", "met_partial", "not_met", "pending", "no_data", "no_target", "not_comparable"]


class Target(Declared):
    """A target of a document, for one place (the code as of ``boundary``) and one year.

    ``value`` is in the indicator's own unit: rates as fractions, so that 70 % is 0.7. An ``actual`` states a figure
    that somebody published of the past; a ``target`` one to be reached.
    """

    target: Code
    indicator: Code
    place: Code
    boundary: date = Field(description="The day on whose boundaries the place is meant")
    year: int
    operator: Operator
    value: Decimal
    kind: Literal["target", "actual"] = "target"
    words: Words = Field(description="What the document says")
    document: str
