"""On what terms a programme publishes its figures, in ``report/publication.yml``: publisher, licence, attribution, and
which small counts are withheld.

It changes what readers are given and no figure, so it is not part of the programme's digest: a new licence makes no new
release. A programme without the file publishes in its own name, under no licence, and withholds nothing.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field, TypeAdapter

from catalogue.declared import Code, Declared, Name, Words
from catalogue.errors import ProgrammeError
from catalogue.problem import Problem, listed
from catalogue.programme import Programme
from catalogue.reading import Reading

PUBLICATION: Final = "report/publication.yml"


class Licence(Declared):
    """Under which licence figures may be used."""

    licence: Code = Field(description="Its short name, as CC-BY-4.0")
    title: Words
    url: str


class Attribution(Declared):
    """Whom whoever uses the figures names as their source."""

    title: Words
    url: str = ""


class Suppression(Declared):
    """Counts of 1 to ``below`` - 1 of people or the like are withheld, in the indicators of these facts."""

    below: int = Field(ge=2, le=100)
    facts: tuple[Name, ...] = Field(min_length=1)
    reason: Words = {}


class Publication(Declared):
    """The terms. ``agency`` is the id under which structures are registered in SDMX; it begins with a letter."""

    agency: str = Field(default="", pattern=r"^([A-Za-z][A-Za-z0-9_-]*)?$")
    publisher: Words = {}
    publisher_url: str = ""
    contact: str = Field(default="", description="A mail address")
    address: str = Field(default="", description="URL below which the export is put; none: links are relative")
    title: Words = {}
    description: Words = {}
    keywords: dict[str, tuple[str, ...]] = {}
    themes: tuple[str, ...] = Field(default=(), description="URIs of the EU's data themes, or of others")
    spatial: tuple[str, ...] = Field(default=(), description="URIs of what the figures cover")
    licence: Licence | None = None
    attribution: tuple[Attribution, ...] = ()
    suppress: tuple[Suppression, ...] = ()

    def withheld_below(self, fact: str) -> int:
        """Counts of a fact that are above 0 and less than this are withheld; 0: none."""
        return max((one.below for one in self.suppress if fact in one.facts), default=0)


_PUBLICATION: Final = TypeAdapter(Publication)


def read_publication(programme: Programme) -> Publication:
    """The terms that a programme declares. Raises ProgrammeError with everything that is wrong in the file."""
    reading = Reading(programme.folder)
    if not (programme.folder / PUBLICATION).exists():
        return Publication()
    document = reading.yaml(PUBLICATION)
    found = (
        reading.typed(_PUBLICATION, Publication, document.value, (PUBLICATION, document, ()))
        if document is not None
        else None
    )
    for place, rule in enumerate(found.suppress if found else ()):
        for fact in (name for name in rule.facts if name not in programme.fact):
            way = ("suppress", place, "facts")
            line = document.seek(way)[0] if document is not None else None
            problem = Problem((), f"the unknown fact {fact!r}", listed(programme.fact), "write the name of a fact")
            reading.complain(PUBLICATION, line, way, problem)
    if reading.problems:
        raise ProgrammeError(reading.findings())
    return Publication.model_validate(found)
