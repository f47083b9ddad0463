"""Indicators: what is computed from facts. A closed list of kinds; a part is a list of terms; no expressions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words
from catalogue.fact import OverTime
from catalogue.period import PeriodKind

IndicatorKind = Literal[
    "count", "sum", "ratio", "change", "published", "distinct", "share", "gap", "index", "rank", "cumulative", "reports"
]
Direction = Literal["up", "down", "none"]


class Share(Declared):
    """A quotient of two measures of the row, rounded half-up where ``decimals`` is given, against a third."""

    numerator: Name
    denominator: Name
    decimals: int | None = None
    at_least: Name


class Condition(Declared):
    """Which rows of a fact a term counts. All conditions of a term must hold; each states exactly one thing.

    ``column`` with ``one_of``  the code is one of these
    ``any_of``                  one of these flags is true
    ``sum_of`` with ``at_least``  these measures together reach a number
    ``ends_in_period``          the date lies in the period of the part
    ``active_at_end``           from the first date on, and not yet at the second (or blank): at the period's end
    ``attribute`` with ``one_of`` level or type of the place, as of the period's end
    ``share``                   a quotient of measures reaches a third
    """

    column: Name | None = None
    one_of: tuple[str, ...] | None = None
    any_of: tuple[Name, ...] | None = None
    sum_of: tuple[Name, ...] | None = None
    at_least: Decimal | None = None
    ends_in_period: Name | None = None
    active_at_end: tuple[Name, Name] | None = None
    attribute: Literal["level", "type"] | None = None
    share: Share | None = None


class Term(Declared):
    """One term of a part: rows of the fact, counted (no ``measure``) or summed, under conditions, with a sign."""

    measure: Name | None = None
    sign: Literal[1, -1] = 1
    weight: Decimal = Field(default=Decimal(1), gt=0, description="For an index: points of a component of 1")
    over_time: OverTime | None = Field(default=None, description="Overrides the measure's own rule; for counts: last")
    forms: tuple[Code, ...] = Field(
        default=(), description="Only what these forms brought; none: all that feed the fact"
    )
    where: tuple[Condition, ...] = ()
    once_by: tuple[Name, ...] = Field(
        default=(), description="For counts: rows that share these dimensions are one thing, whoever reports it"
    )


class Among(Declared):
    """The places that are ranked among each other: of a level or type on the period's last day, and below a place."""

    attribute: Literal["level", "type"]
    one_of: tuple[str, ...]
    within: Code | None = Field(default=None, description="Code of a place: only it and those below it")


class Example(Declared):
    """A worked example: rows of the fact given, value expected. ``given`` rows name columns of the fact, and may name
    ``unit`` (code of the reporting unit), ``period`` and ``form``. For ``reports`` a row is one report: ``received``
    (the day it came), ``loaded`` and ``quarantined`` (its rows)."""

    given: tuple[dict[str, Any], ...]
    place: Code
    period: str
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    value: Decimal | None = None
    status: str = "ok"


class Indicator(Declared):
    """An indicator.

    ``count``      rows of a fact
    ``sum``        a measure
    ``ratio``      numerator over denominator, each aggregated by its own rules first
    ``change``     this period over the same period a year before, of the indicator ``of``
    ``published``  a value that somebody else published, never aggregated
    ``distinct``   different things, told apart ``once_by``, counted anew for each place and range of time; over others
    ``share``      units (place and ``unit_by``) whose own ratio is ``at_least`` a number, over units that have a ratio
    ``gap``        two sources compared unit by unit, so that signs cannot cancel: absolute differences over the first
                   source (``difference``), or the first source over the larger of both (``larger``)
    ``index``      components with weights over a ``maximum``, or over the sum of what could be reached; of a place's
                   own rows, never added up over places; incomplete where a component is missing
    ``rank``       competition ranking (1-2-2-4) of the indicator ``of`` ``among`` places
    ``cumulative`` the running total of flows ``since`` a day
    ``reports``    what became of reports owed: in time or complete over those due; rows in quarantine over rows
    """

    indicator: Code
    version: int = 1
    valid_from: date = date(1900, 1, 1)
    title: Words
    definition: Words = Field(description="What is counted, over what, in words")
    kind: IndicatorKind
    fact: Name | None = None
    unit: str
    scale: Literal["number", "percent", "rank", "times"] = "number"
    direction: Direction = "none"
    calendar: str = "CAL"
    periods: tuple[PeriodKind, ...] = ("year",)
    numerator: tuple[Term, ...] = ()
    denominator: tuple[Term, ...] = ()
    of: Code | None = None
    at_least: Decimal | None = Field(default=None, description="share: what a unit's own ratio must reach")
    unit_by: tuple[Name, ...] = Field(default=(), description="share: dimensions that tell the units of a place apart")
    against: tuple[Term, ...] = Field(default=(), description="gap: the other source")
    gap: Literal["difference", "larger"] | None = None
    maximum: Decimal | None = Field(default=None, gt=0, description="index: the points of all components together")
    reference_years: tuple[int, ...] = Field(
        default=(), description="The only years that this method is of; none: all. Other years are another indicator's"
    )
    among: Among | None = None
    since: date | None = Field(default=None, description="cumulative: the first day that counts")
    reports: Literal["on_time", "complete", "in_error"] | None = None
    forms: tuple[Code, ...] = Field(default=(), description="reports: only of these forms; none: of all")
    approx: Name | None = Field(default=None, description="published: the column that says above, below or about")
    of_n: Name | None = Field(default=None, description="published ranks: the column that says of how many")
    publish_from: Decimal | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Share of the reports owed that must stand behind a figure to publish it; none: the programme's",
    )
    source: str = Field(default="", description="The legal or scientific source")
    example: Example

    @property
    def is_quotient(self) -> bool:
        """True where a figure has a denominator, so that none of it (or zero) is a status and no value."""
        return bool(self.denominator) or self.kind in ("share", "gap", "index", "reports")

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term, of either side and source."""
        return (*self.numerator, *self.denominator, *self.against)
