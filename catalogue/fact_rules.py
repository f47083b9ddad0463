"""Rules over facts."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.fact import Dimension
from catalogue.form import Field
from catalogue.problem import Problem, unknown
from catalogue.programme import Programme


def columns_of_a_fact_occur_once(programme: Programme) -> Iterator[Problem]:
    """Dimensions, measures and their ``_missing`` companions have different names."""
    for fact in programme.facts:
        seen: set[str] = set()
        columns: list[tuple[str, tuple[str | int, ...]]] = []
        for index, dimension in enumerate(fact.dimensions):
            columns.append((dimension.dimension, ("dimensions", index, "dimension")))
        for index, measure in enumerate(fact.measures):
            columns.append((measure.measure, ("measures", index, "measure")))
            if measure.missing:
                columns.append((f"{measure.measure}_missing", ("measures", index, "missing")))
        for name, path in columns:
            if name in seen:
                place = ("fact", fact.fact, *path)
                yield Problem(place, f"the column {name!r} a second time", "each column once", "rename one of the two")
            seen.add(name)


def dimensions_name_a_register_or_codelist(programme: Programme) -> Iterator[Problem]:
    """An entity has a register, a code a codelist, and both exist; other dimensions have neither."""
    for fact in programme.facts:
        for index, dimension in enumerate(fact.dimensions):
            place = ("fact", fact.fact, "dimensions", index)
            yield from lists(programme, place, dimension)


def the_place_is_an_entity(programme: Programme) -> Iterator[Problem]:
    """``place`` names a dimension of type entity."""
    for fact in programme.facts:
        names = [dimension.dimension for dimension in fact.dimensions if dimension.type == "entity"]
        if fact.place is not None and fact.place not in names:
            yield unknown(("fact", fact.fact, "place"), "entity dimension", fact.place, names)


def lists(programme: Programme, place: tuple[str | int, ...], column: Dimension | Field) -> Iterator[Problem]:
    """A problem where a register or codelist is needed by a type and absent, is not needed, or is unknown."""
    kind = column.type
    for key, name, kinds, known in (
        ("register", column.register_name, ("entity",), list(programme.register_named)),
        ("codelist", column.codelist, ("code", "codes"), list(programme.codelist)),
    ):
        if kind in kinds and name is None:
            yield Problem(place, f"the type {kind} without a {key}", f"a {key} that is declared", f"add '{key}: ...'")
        elif kind not in kinds and name is not None:
            yield Problem((*place, key), f"a {key} for the type {kind}", f"no {key} here", f"remove {key!r}")
        elif name is not None and name not in known:
            yield unknown((*place, key), key, name, known)
