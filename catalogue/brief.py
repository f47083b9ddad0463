"""A programme's paper for those who decide, in ``report/brief.yml``: what it tells, in sentences with gaps for figures.

A sentence has gaps in braces: ``{place} {period} {value} {numerator} {denominator} {rank}`` and three clauses that are
there or not, as the figures are: ``{change}`` against the period before, ``{target}``, and ``{partial}`` where reports
are missing. What the clauses say, ``phrases`` does, per language.
"""

from __future__ import annotations

from string import Formatter
from typing import Final, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from catalogue.declared import Code, Declared, Words
from catalogue.errors import ProgrammeError
from catalogue.period import PeriodKind
from catalogue.problem import Problem, unknown
from catalogue.programme import Programme
from catalogue.reading import Reading

BRIEF: Final = "report/brief.yml"

BriefPhrase = Literal[
    "rose", "fell", "same", "points", "met", "met_partial", "not_met", "pending", "not_comparable", "partial",
    "no_figure", "indicator", "unit", "target", "standing", "rank", "place", "value", "table", "chart",
]  # fmt: skip
"""What is said around figures: clauses, heads of tables, names of tables and charts."""
GAPS: Final = frozenset({
    "place", "period", "value", "numerator", "denominator", "rank", "change", "target", "partial",
})  # fmt: skip


class Sentence(Declared):
    """A sentence about the latest figure of an indicator."""

    indicator: Code
    text: Words

    @model_validator(mode="after")
    def _gaps_are_known(self) -> Self:
        for said in self.text.values():
            strange = sorted({gap for _, gap, _, _ in Formatter().parse(said) if gap is not None} - GAPS)
            if strange:
                raise ValueError(f"the gap {strange[0]!r} is not known; allowed: {', '.join(sorted(GAPS))}")
        return self


class Table(Declared):
    """A table of indicators, a column per period: the latest few."""

    title: Words
    indicators: tuple[Code, ...] = Field(min_length=1)
    periods: int = Field(default=4, ge=1, le=8)


class Chart(Declared):
    """Lines of indicators over time."""

    title: Words
    indicators: tuple[Code, ...] = Field(min_length=1, max_length=4)


class Ranking(Declared):
    """The places right below that of the brief, by the latest figure of an indicator: the ``first`` few."""

    title: Words
    indicator: Code
    level: Code
    first: int = Field(default=10, ge=2, le=40)


class Section(Declared):
    """A part of the brief, with what it holds in this order."""

    title: Words
    sentences: tuple[Sentence, ...] = ()
    chart: Chart | None = None
    table: Table | None = None
    ranking: Ranking | None = None

    @property
    def indicators(self) -> tuple[str, ...]:
        """Every indicator that it tells of."""
        return (
            *(one.indicator for one in self.sentences),
            *(self.chart.indicators if self.chart else ()),
            *(self.table.indicators if self.table else ()),
            *((self.ranking.indicator,) if self.ranking else ()),
        )


class Page(Declared):
    """How a page looks: font, size in points, margins in millimetres (top, right, bottom, left)."""

    font: str = "Times New Roman"
    size: int = Field(default=13, ge=8, le=20)
    margins: tuple[int, int, int, int] = (20, 20, 20, 20)


class Brief(Declared):
    """The paper. ``left`` and ``right`` are the lines at its head; ``signed`` and ``copies`` those at its foot."""

    place: Code = Field(description="Code of the place that it is about, where none is asked for")
    period: PeriodKind = "year"
    page: Page = Page()
    left: dict[str, tuple[str, ...]] = {}
    right: dict[str, tuple[str, ...]] = {}
    dated: Words = Field(default={}, description="With the gaps {day}, {month}, {year}: of the release")
    title: Words
    lead: Words = {}
    sections: tuple[Section, ...] = Field(min_length=1)
    signed: dict[str, tuple[str, ...]] = {}
    copies: dict[str, tuple[str, ...]] = {}
    phrases: dict[str, dict[BriefPhrase, str]]


_BRIEF: Final = TypeAdapter(Brief)


def read_brief(programme: Programme) -> Brief | None:
    """The brief that a programme declares; None where there is none. Raises ProgrammeError with all that is wrong."""
    if not (programme.folder / BRIEF).exists():
        return None
    reading = Reading(programme.folder)
    document = reading.yaml(BRIEF)
    found = reading.typed(_BRIEF, Brief, document.value, (BRIEF, document, ())) if document is not None else None
    for place, section in enumerate(found.sections if found else ()):
        for code in dict.fromkeys(section.indicators):
            if code not in programme.indicator and document is not None:
                way = ("sections", place)
                reading.complain(
                    BRIEF, document.seek(way)[0], way, unknown(way, "indicator", code, programme.indicator)
                )
    if found and not found.phrases:
        problem = Problem((), "no phrases", "the phrases of one language at least", "add phrases")
        reading.complain(BRIEF, None, ("phrases",), problem)
    if reading.problems:
        raise ProgrammeError(reading.findings())
    return Brief.model_validate(found)
