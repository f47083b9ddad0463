"""Layouts that a regulation prescribes for a report, in ``report/official.yml``: what stands in which column.

A column is a measure of a fact, or the sum of other columns: a total is always recomputed, never taken over. Labels are
written as in forms, merged head rows joined by " > ".
"""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, TypeAdapter, model_validator

from catalogue.declared import Code, Declared, Name, Words
from catalogue.errors import ProgrammeError
from catalogue.problem import unknown
from catalogue.programme import Programme
from catalogue.reading import At, Reading

OFFICIAL: Final = "report/official.yml"


class Column(Declared):
    """A column of figures, known by its number in the regulation."""

    number: int = Field(ge=1, le=60)
    title: Words
    measure: Name | None = None
    sum_of: tuple[int, ...] = Field(default=(), description="Numbers of the columns that it is the sum of")

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if bool(self.measure) == bool(self.sum_of):
            raise ValueError("a column has either a measure or sum_of")
        return self


class Identity(Declared):
    """Columns that a row has to agree in: the sums of both sides. Where they do not, the note says where."""

    left: tuple[int, ...] = Field(min_length=1)
    right: tuple[int, ...] = Field(min_length=1)
    note: Words = Field(description="With the gaps {rows} and {first}: how many rows, and the first of them")


class Official(Declared):
    """A layout. ``rows`` is the dimension by which figures are listed, in sections by level of the fact's place."""

    official: Code
    fact: Name
    forms: tuple[Code, ...] = Field(
        min_length=1, description="Forms that it may be filled from, the first that has any"
    )
    rows: Name
    blank: Words = Field(default={}, description="What stands where a row names nothing there")
    stamp: Words
    title: Words
    reporter: Words
    receiver: Words = {}
    receiver_name: Words = {}
    period: Words = Field(description="With the gap {period}")
    days: Words = Field(description="With the gaps {first} and {last}")
    unit: Words = {}
    serial: Words
    label: Words
    columns: tuple[Column, ...] = Field(min_length=1)
    sections: dict[str, Words] = Field(
        default={}, description="Level of the place: title of its section, in this order"
    )
    subtotal: Words
    total: Words
    identities: tuple[Identity, ...] = ()
    source: Words = Field(default={}, description="With the gaps {form}, {release}, {received} and {expected}")
    signed: dict[str, tuple[tuple[str, ...], ...]] = Field(default={}, description="Blocks side by side, in lines")

    @model_validator(mode="after")
    def _numbers_are_known(self) -> Self:
        known = {column.number for column in self.columns}
        asked = {number for column in self.columns for number in column.sum_of}
        asked |= {number for one in self.identities for number in (*one.left, *one.right)}
        if strange := sorted(asked - known):
            raise ValueError(f"there is no column {strange[0]}; there are {', '.join(map(str, sorted(known)))}")
        simple = {column.number for column in self.columns if column.measure}
        if nested := sorted({number for column in self.columns for number in column.sum_of} - simple):
            raise ValueError(f"column {nested[0]} is itself a sum; name the columns that it adds up")
        return self


_OFFICIAL: Final = TypeAdapter(tuple[Official, ...])


def read_official(programme: Programme) -> tuple[Official, ...]:
    """The layouts that a programme declares. Raises ProgrammeError with everything that is wrong in the file."""
    if not (programme.folder / OFFICIAL).exists():
        return ()
    reading = Reading(programme.folder)
    document = reading.yaml(OFFICIAL)
    found: tuple[Official, ...] | None = None
    if document is not None:
        at: At = (OFFICIAL, document, ())
        found = reading.typed(_OFFICIAL, tuple[Official, ...], document.value, at)
    for place, one in enumerate(found or ()):
        if document is not None:
            _check(programme, one, place, reading, (OFFICIAL, document, ()))
    if reading.problems:
        raise ProgrammeError(reading.findings())
    return found or ()


def _check(programme: Programme, one: Official, place: int, reading: Reading, at: At) -> None:
    """Note every name of a layout that leads nowhere."""
    _, document, _ = at
    fact = programme.fact.get(one.fact)
    wanted: list[tuple[str, str, list[str]]] = [("fact", one.fact, list(programme.fact))]
    if fact:
        forms = [form.form for form in programme.forms if form.fact == one.fact]
        wanted += [("form", name, forms) for name in one.forms]
        wanted += [("dimension", one.rows, [dimension.dimension for dimension in fact.dimensions])]
        measures = [measure.measure for measure in fact.measures]
        wanted += [("measure", column.measure, measures) for column in one.columns if column.measure]
    for what, name, known in wanted:
        if name not in known:
            line = document.seek((place,))[0]
            reading.complain(OFFICIAL, line, (place,), unknown((place,), what, name, known))
