"""Rules over facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalogue.fact import Dimension
from catalogue.form import Field
from catalogue.problem import Problem, unknown
from catalogue.programme import Programme

# Names of tables and views of every warehouse. A fact, and an entity, is a view of its own name; an entity and a
# codelist a table dim_<name>, a fact a table fact_<name>.
VIEWS: Final = (
    "part_current", "part_history", "place", "fates", "indicator", "indicator_history", "target",
    "furniture", "quarantine", "issue", "name_alias", "rule_override", "check_result", "ledger", "release_partition",
    "target_status", "quarantine_open", "row_reason", "overridden", "delivery_standing", "correction_use",
    "obligation", "finding",
    "part_frozen", "drift", "hierarchy", "succession", "indicator_on_boundaries",
    "release", "release_feed", "revision", "revision_delivery", "withdrawal",
    "withdrawn", "delivery_signature", "sheet_layout", "layout_column",
    "explain_row", "explain_part", "explain_cell", "reconciliation",
    "explain_row_on_boundaries", "explain_part_on_boundaries", "explain_cell_on_boundaries",
    "fact_reconciliation", "explain_report", "report_behind", "incident", "incident_event", "outbox", "outbox_message",
    "outbox_incident", "outbox_attempt", "outbox_reminder", "alert_look", "obligation_change", "unit_login",
    "erasure",
)  # fmt: skip
DIMENSIONS: Final = (
    "period", "delivery", "part", "hierarchy", "succession", "boundary", "indicator", "target", "release",
)  # fmt: skip
FACTS: Final = ("reporting", "indicator")


def names_are_free_in_the_warehouse(programme: Programme) -> Iterator[Problem]:
    """Facts, entities and codelists do not take the name of a table or view of the engine, nor of each other."""
    taken = dict.fromkeys(VIEWS, "the warehouse's own")
    tables = dict.fromkeys(DIMENSIONS, "the warehouse's own")
    for register in programme.registers:
        place: tuple[str | int, ...] = ("register", register.register_name, "entity")
        owner = taken.get(register.entity) or tables.get(register.entity)
        if owner:
            yield _taken(place, "entity", register.entity, owner)
        taken[register.entity] = tables[register.entity] = f"that of the register {register.register_name}"
    for codelist in programme.codelists:
        if owner := tables.get(codelist.codelist):
            yield _taken(("codelist", codelist.codelist), "codelist", codelist.codelist, owner)
    for fact in programme.facts:
        names = (fact.fact, f"{fact.fact}_history", f"{fact.fact}_frozen")
        owner = next((taken[name] for name in names if name in taken), "")
        if fact.fact in FACTS:
            owner = "the warehouse's own"
        if owner:
            yield _taken(("fact", fact.fact, "fact"), "fact", fact.fact, owner)
        taken |= dict.fromkeys(names, f"that of the fact {fact.fact}")


def _taken(place: tuple[str | int, ...], what: str, name: str, owner: str) -> Problem:
    return Problem(place, f"the {what} {name!r}, a name that is {owner}", "a name that is free", "choose another name")


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
