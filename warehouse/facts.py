"""The tables that a programme declares: ``fact_<fact>``, ``dim_<entity>`` per register, ``dim_<codelist>``."""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

from sqlalchemy import BIGINT, BOOLEAN, DATE, TEXT, Column, MetaData, Table
from sqlalchemy.types import TypeEngine

from catalogue.codelist import Codelist
from catalogue.declared import say
from catalogue.fact import Dimension, Fact, Measure
from catalogue.programme import Programme
from catalogue.register import Register
from warehouse.schema import AMOUNT, number, text

# The column (suffix, type) that a dimension of each type has in a fact. An entity has two: its durable key and the
# code as reported.
_COLUMNS: Final[dict[str, tuple[tuple[str, type[TypeEngine[Any]]], ...]]] = {
    "entity": (("_key", BIGINT), ("_code", TEXT)),
    "code": (("_code", TEXT),),
    "codes": (("_codes", TEXT),),
    "text": (("", TEXT),),
    "date": (("", DATE),),
    "flag": (("", BOOLEAN),),
    "period": (("_code", TEXT),),
}


def dimension_columns(dimension: Dimension) -> tuple[str, ...]:
    """The names of the columns of a dimension in its fact."""
    return tuple(dimension.dimension + suffix for suffix, _ in _COLUMNS[dimension.type])


def measure_columns(measure: Measure) -> tuple[str, ...]:
    """The names of the columns of a measure in its fact."""
    return (measure.measure, f"{measure.measure}_missing") if measure.missing else (measure.measure,)


def fact_columns(fact: Fact) -> tuple[str, ...]:
    """All columns of a fact's table that its rows bring, in order, without the identity of the row."""
    names = [name for dimension in fact.dimensions for name in dimension_columns(dimension)]
    return (*names, *(name for measure in fact.measures for name in measure_columns(measure)))


def fact_table(fact: Fact, metadata: MetaData, language: str) -> Table:
    """The table of a fact. Row identity is (part_key, source_sheet, source_row)."""
    columns: list[Column[object]] = [
        number("part_key", "Part that brought the row: dim_part", empty=False),
        text("source_sheet", "Worksheet, or page of a pull", empty=False),
        number("source_row", "Row in it, from 1", empty=False),
    ]
    for dimension in fact.dimensions:
        title = say(dimension.title, language)
        for suffix, kind in _COLUMNS[dimension.type]:
            said = {"_key": "durable key", "_code": "code as reported", "_codes": "codes, separated by ;"}.get(
                suffix, ""
            )
            columns.append(Column(dimension.dimension + suffix, kind, comment=f"{title} ({said})" if said else title))
    for measure in fact.measures:
        title = f"{say(measure.title, language)}. Unit: {measure.unit}. Over time: {measure.over_time}"
        columns.append(Column(measure.measure, BIGINT if measure.type == "count" else AMOUNT, comment=title))
        if measure.missing:
            columns.append(text(f"{measure.measure}_missing", "Why the figure is absent, where it is"))
    return Table(f"fact_{fact.fact}", metadata, *columns, comment=fact.grain)


def register_table(register: Register, metadata: MetaData, language: str) -> Table:
    """The versions of a register's entities: one row per entity and first day of a version."""
    entity = register.entity
    return Table(
        f"dim_{entity}",
        metadata,
        Column(f"{entity}_key", BIGINT, primary_key=True, autoincrement=False, comment="Durable key, for life"),
        Column("valid_from", DATE, primary_key=True, comment="First day of the version"),
        text(f"{entity}_code", "Code, re-used over time: code and day are the natural key", empty=False),
        text("event", "What happened that day; merged, split and abolished end the entity", empty=False),
        text("name", "Name", empty=False),
        text("name_en", "English name where there is one"),
        text("level", "Level in the hierarchy"),
        text("type", "Kind of entity"),
        number("parent_key", "Entity above it in this register"),
        number("link_key", f"Entity of register {register.links}" if register.links else "Not used"),
        text("document", "Document that says so"),
        comment=say(register.title, language),
    )


def codelist_table(codelist: Codelist, metadata: MetaData, languages: tuple[str, ...]) -> Table:
    """A codelist: one row per code."""
    names = [text(f"name_{language}", f"Name ({language})") for language in languages]
    return Table(
        f"dim_{codelist.codelist}",
        metadata,
        Column("code", TEXT, primary_key=True, comment="Code"),
        *names,
        Column("valid_from", DATE, comment="First day the code may be used"),
        Column("valid_to", DATE, comment="Last day the code may be used"),
        text("replaced_by", "Code that took its place"),
        comment=f"Codelist {codelist.codelist}",
    )


def programme_tables(programme: Programme) -> MetaData:
    """Every table that a programme declares, as SQLAlchemy metadata; nobody changes it.

    The same declarations have the same tables for as long as the process lives: a query that one run has compiled
    serves the next. With tables of its own, each run would leave all its queries behind, never to be used again.
    """
    languages = programme.header.languages
    declared = "\n".join((
        *languages,
        *(one.model_dump_json() for one in programme.facts),
        *(one.model_dump_json(exclude={"versions"}) for one in programme.registers),
        *(one.model_dump_json(exclude={"entries"}) for one in programme.codelists),
    ))  # fmt: skip
    with _making:
        metadata = _made.pop(declared, None) or _tables(programme)
        _made[declared] = metadata
        while len(_made) > _KEPT:
            del _made[next(iter(_made))]
    return metadata


_KEPT: Final = 4
_made: Final[dict[str, MetaData]] = {}
"""The tables made last, by what is declared of them; the one asked for last comes last."""
_making: Final = Lock()


def _tables(programme: Programme) -> MetaData:
    metadata, languages = MetaData(), programme.header.languages
    for fact in programme.facts:
        fact_table(fact, metadata, languages[0])
    for register in programme.registers:
        register_table(register, metadata, languages[0])
    for codelist in programme.codelists:
        codelist_table(codelist, metadata, languages)
    return metadata
