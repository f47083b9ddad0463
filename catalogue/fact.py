"""Facts: wide tables, one per subject, at the grain an analyst would say aloud."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from catalogue.declared import Declared, Name, Words

OverTime = Literal["sum", "first", "last", "none"]
OverPlace = Literal["sum", "none"]
Missing = Literal["missing", "not_applicable", "no_data", "suppressed"]


class Measure(Declared):
    """A figure of a fact. A ``count`` is a BIGINT, a ``decimal`` an exact DECIMAL; nothing is floating point.

    ``over_time`` says what several periods make of it, ``over_place`` what several places do. Where ``missing`` is
    declared, a column ``<name>_missing`` tells apart why a figure is absent.
    """

    measure: Name
    title: Words
    unit: str
    type: Literal["count", "decimal"] = "count"
    over_time: OverTime = "sum"
    over_place: OverPlace = "sum"
    missing: bool = False


class Dimension(Declared):
    """What a row of a fact is about. An ``entity`` of a register, a ``code`` or ``codes`` of a codelist, a ``text``
    code of the respondent's own, a ``date``, a ``flag``, or the ``period`` where rows bear their own."""

    dimension: Name
    title: Words
    type: Literal["entity", "code", "codes", "text", "date", "flag", "period"]
    register_name: Name | None = Field(default=None, alias="register")
    codelist: Name | None = None


class Fact(Declared):
    """A fact table. ``place`` names the entity dimension by which figures roll up over places."""

    fact: Name
    version: int = 1
    title: Words
    grain: str = Field(description="What one row is, in words")
    place: Name | None = None
    boundaries: Name | None = Field(
        default=None, description="The text dimension that says on the boundaries of which day a published row is"
    )
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]

    def dimension(self, name: str) -> Dimension | None:
        """The dimension of a name, if there is one."""
        return next((found for found in self.dimensions if found.dimension == name), None)

    def measure(self, name: str) -> Measure | None:
        """The measure of a name, if there is one."""
        return next((found for found in self.measures if found.measure == name), None)
