"""What a programme adds to its report site, in the folder ``report/``: where places lie, what every map shows, and the
words of its units of measure and levels of places.

It is read by the report alone, so that no run pays for it, and is not part of the programme's digest: it changes no
figure. What it may hold::

    report/coordinates.csv      key,latitude,longitude: one point for an entity of a register
    report/landmarks.yml        a list of named groups of points that every map of several regions shows
    report/words.yml            units and levels: code: {vi: ..., en: ...}
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import Field, TypeAdapter

from catalogue.declared import Declared, Name, Words
from catalogue.errors import ProgrammeError
from catalogue.reading import Reading

COORDINATES: Final = "report/coordinates.csv"
LANDMARKS: Final = "report/landmarks.yml"
WORDS: Final = "report/words.yml"


class Spot(Declared):
    """Where an entity of a register is drawn: one point, in degrees."""

    key: int
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Point(Declared):
    """A point of a landmark, with its name where it has one."""

    name: str = ""
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Landmark(Declared):
    """Something that every map of several regions shows, and those of the places it lies in: a group of islands."""

    landmark: Name
    title: Words
    points: tuple[Point, ...] = Field(min_length=1)
    within: tuple[int, ...] = Field(default=(), description="Keys of places whose own map shows it, too")
    source: str = ""


class ReportWords(Declared):
    """Units of measure and levels of places in the languages of the programme, by their codes."""

    units: dict[str, Words] = {}
    levels: dict[str, Words] = {}


class ReportData(Declared):
    """Everything in the folder ``report/`` of a programme; each part is empty where it declares none."""

    spots: tuple[Spot, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    words: ReportWords = ReportWords()

    @cached_property
    def spot(self) -> dict[int, Spot]:
        """Spots by the key of the entity."""
        return {spot.key: spot for spot in self.spots}


_SPOTS: Final = TypeAdapter(tuple[Spot, ...])
_LANDMARKS: Final = TypeAdapter(tuple[Landmark, ...])
_WORDS: Final = TypeAdapter(ReportWords)


def read_report(folder: Path) -> ReportData:
    """What the programme in a folder adds to its report. Raises ProgrammeError with everything that is wrong in it."""
    reading = Reading(folder)
    parts: dict[str, Any] = {}
    if (folder / COORDINATES).exists():
        columns = tuple(Spot.model_fields)
        table = reading.csv(COORDINATES, columns, columns)
        if table is not None:
            parts["spots"] = reading.typed(_SPOTS, tuple[Spot, ...], table.rows(), (COORDINATES, table, ()))
    for file, part, adapter, model in (
        (LANDMARKS, "landmarks", _LANDMARKS, tuple[Landmark, ...]),
        (WORDS, "words", _WORDS, ReportWords),
    ):
        document = reading.yaml(file) if (folder / file).exists() else None
        if document is not None:
            parts[part] = reading.typed(adapter, model, document.value, (file, document, ()))
    if reading.problems:
        raise ProgrammeError(reading.findings())
    return ReportData.model_validate(parts)
