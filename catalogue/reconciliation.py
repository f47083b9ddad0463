"""Reconciliations: two sources that tell of the same thing, and stand beside each other unit by unit."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words


class Side(Declared):
    """One of the two sources: which forms bring it, and the measures that together are the thing counted."""

    title: Words
    forms: tuple[Code, ...] = Field(min_length=1)
    measures: tuple[Name, ...] = Field(min_length=1)


class Reconciliation(Declared):
    """What two sources say of the same units and periods. The gap of a unit is right less left; gaps of several units
    are added up as they are, and without their signs, so that one cannot hide another."""

    reconciliation: Code
    title: Words
    fact: Name
    left: Side
    right: Side
    tolerance: Decimal = Field(
        default=Decimal(0), ge=0, description="Gap that is no finding, as a share of the left side"
    )
    source: str = Field(default="", description="The legal or practical reason")
