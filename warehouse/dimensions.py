"""What a programme declares, written into the dimensions: registers, codelists, indicators, targets, the hierarchy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Final

import pyarrow as pa
from sqlalchemy import Connection, MetaData, Table, select

from catalogue.boundaries import boundaries
from catalogue.declared import say
from catalogue.period import PER_YEAR, Period, PeriodKind
from catalogue.programme import Programme
from catalogue.register import Register
from catalogue.succession import Succession
from catalogue.target import Target
from warehouse import schema
from warehouse.facts import programme_tables
from warehouse.staging import Staging

_ARROW = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int64(),
    "TEXT": pa.string(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
    "NUMERIC(38, 6)": pa.decimal128(38, 6),
    "NUMERIC(38, 12)": pa.decimal128(38, 12),
}

Rows = Sequence[Sequence[object]]


def arrow_columns(table: Table) -> dict[str, pa.DataType]:
    """The columns of a table as Arrow types, for ``Staging.put``."""
    return {column.name: _ARROW[str(column.type)] for column in table.columns}


def declared_digest(connection: Connection) -> str | None:
    """The digest of the programme that the dimensions were last written from."""
    ledger = schema.ledger
    return connection.execute(
        select(ledger.c.detail).where(ledger.c.event == "dimensions").order_by(ledger.c.sequence.desc()).limit(1)
    ).scalar()


def stage_dimensions(area: Staging, programme: Programme) -> list[str]:
    """Lay every declared dimension out in staging, as ``declared_<table>``; returns the tables' names."""
    tables = programme_tables(programme).tables
    names = []
    for table, rows in _declared(programme, tables):
        area.put(f"declared_{table.name}", arrow_columns(table), list(rows))
        names.append(table.name)
    return names


_VERSIONED: Final = {"dim_indicator": "indicator_code, definition_version"}


def replace_dimensions(area: Staging, names: Sequence[str]) -> None:
    """Inside a transaction: make the warehouse's declared dimensions what staging holds."""
    for name in names:
        # Figures that were released by an earlier version of a definition still need it.
        key = _VERSIONED.get(name)
        declared = "" if key is None else f" WHERE ({key}) IN (SELECT ({key}) FROM declared_{name})"
        area.run(f"DELETE FROM warehouse.{name}{declared}")
        columns = ", ".join(row[0] for row in area.rows(f"DESCRIBE declared_{name}"))
        area.run(f"INSERT INTO warehouse.{name} ({columns}) SELECT {columns} FROM declared_{name}")


def _declared(programme: Programme, tables: MetaData | dict[str, Table]) -> Iterator[tuple[Table, Rows]]:
    for register in programme.registers:
        yield tables[f"dim_{register.entity}"], _register_rows(register)  # type: ignore[index]
    for codelist in programme.codelists:
        yield (
            tables[f"dim_{codelist.codelist}"],  # type: ignore[index]
            [
                (
                    entry.code,
                    *(entry.name.get(language) for language in programme.header.languages),
                    entry.valid_from,
                    entry.valid_to,
                    entry.replaced_by,
                )
                for entry in codelist.entries
            ],
        )
    yield schema.dim_indicator, _indicator_rows(programme)
    yield schema.dim_target, [row for target in programme.targets for row in _target_rows(programme, target)]
    yield schema.dim_hierarchy, list(hierarchy(programme))
    yield schema.dim_succession, [_edge_row(edge) for edge in programme.succession]
    yield schema.dim_boundary, [row for day in programme.header.boundaries for row in _boundary_rows(programme, day)]


def _edge_row(edge: Succession) -> tuple[object, ...]:
    return (
        edge.predecessor,
        edge.successor,
        edge.relation,
        edge.share,
        edge.basis or None,
        edge.effective,
        edge.document or None,
        edge.correction or None,
    )


def _boundary_rows(programme: Programme, day: date) -> Rows:
    return [
        (day.isoformat(), one.source, one.target, one.valid_from, one.valid_to, one.share, one.piece)
        for one in boundaries(programme, day).moves
    ]


def _register_rows(register: Register) -> Rows:
    return [
        (
            found.key,
            found.valid_from,
            found.code,
            found.event,
            found.name,
            found.name_en or None,
            found.level or None,
            found.type or None,
            found.parent,
            found.link,
            found.document or None,
        )
        for found in register.versions
    ]


def _indicator_rows(programme: Programme) -> Rows:
    language = programme.header.languages[0]
    return [
        (
            found.indicator,
            found.version,
            say(found.title, language),
            found.title.get("en"),
            say(found.definition, language),
            found.kind,
            found.unit,
            found.scale,
            found.direction,
            found.source or None,
        )
        for found in programme.indicators
    ]


def target_entity(programme: Programme, target: Target) -> int | None:
    """The durable key of a target's place: its code on the day whose boundaries are meant."""
    for register in programme.registers:
        found = register.by_code(target.place, target.boundary)
        if found:
            return found.key
    return None


def _target_rows(programme: Programme, target: Target) -> Rows:
    key = target_entity(programme, target)
    words = say(target.words, programme.header.languages[0])
    return [
        (
            target.target,
            target.indicator,
            key,
            target.boundary,
            target.year,
            target.operator,
            target.value,
            target.kind,
            words,
            target.document,
        )
    ]


def hierarchy(programme: Programme) -> Iterator[tuple[int, int, int, date, date]]:
    """Every (entity, ancestor, distance, first day, last day): along parents, and from a register into one it links.

    Spans are cut where any version on the way up begins or ends, so that a day finds at most one chain.
    """
    spans = {span.version.key: [] for register in programme.registers for span in register.spans}  # type: ignore[var-annotated]
    for register in programme.registers:
        for span in register.spans:
            spans[span.version.key].append(span)

    @cache
    def chains(key: int) -> tuple[tuple[int, int, date, date], ...]:
        found: list[tuple[int, int, date, date]] = []
        for span in spans.get(key, ()):
            version = span.version
            found.append((key, 0, version.valid_from, span.valid_to))
            above = {up for up in (version.parent, version.link) if up is not None}
            seen: dict[tuple[int, date, date], int] = {}
            for up in above:
                for ancestor, distance, first, last in chains(up):
                    start, end = max(first, version.valid_from), min(last, span.valid_to)
                    if start <= end:
                        place = (ancestor, start, end)
                        seen[place] = min(seen.get(place, distance + 1), distance + 1)
            found += [(ancestor, distance, start, end) for (ancestor, start, end), distance in seen.items()]
        return tuple(_joined(found))

    for key in sorted(spans):
        for ancestor, distance, first, last in chains(key):
            yield key, ancestor, distance, first, last


def _joined(chains: list[tuple[int, int, date, date]]) -> Iterator[tuple[int, int, date, date]]:
    """One row per ancestor and stretch of days: an ancestor reached on two ways counts once, by the shorter."""
    by_ancestor: dict[int, list[tuple[date, date, int]]] = {}
    for ancestor, distance, first, last in chains:
        by_ancestor.setdefault(ancestor, []).append((first, last, distance))
    for ancestor, stretches in by_ancestor.items():
        stretches.sort()
        current = stretches[0]
        for first, last, distance in stretches[1:]:
            if first <= current[1]:
                current = (current[0], max(current[1], last), min(current[2], distance))
            elif (first - current[1]).days == 1:
                current = (current[0], last, min(current[2], distance))
            else:
                yield ancestor, current[2], current[0], current[1]
                current = (first, last, distance)
        yield ancestor, current[2], current[0], current[1]


def period_rows(periods: Sequence[Period]) -> Rows:
    """Rows of dim_period for periods and for every longer period of their calendar that holds them."""
    found: dict[str, Period] = {}
    kinds: tuple[PeriodKind, ...] = tuple(PER_YEAR)
    for period in periods:
        found[period.code] = period
        for kind in kinds:
            for index in range(1, PER_YEAR[kind] + 1):
                longer = Period(period.calendar, kind, period.year, index)
                if longer.start <= period.start and period.end <= longer.end:
                    found[longer.code] = longer
    return [
        (one.code, one.calendar.code, one.kind, one.year, one.start, one.end)
        for one in sorted(found.values(), key=lambda one: one.code)
    ]
