"""What the warehouse knows already of a form: parts of units, and rows of the periods that a batch is judged beside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, MetaData, Table, func, inspect, null, select

from catalogue.fact import Fact
from catalogue.form import Form
from warehouse.facts import dimension_columns, fact_table
from warehouse.schema import dim_delivery, dim_part

# How many values go into one list of a query.
_CHUNK: Final = 2000


def remembered_columns(form: Form, fact: Fact) -> dict[str, str]:
    """Field -> the column of the fact that it feeds. A measure that several fields feed tells of them together only."""
    found = {}
    for field in form.fields:
        if field.to:
            dimension = fact.dimension(field.to)
            found[field.field] = dimension_columns(dimension)[0] if dimension else field.to
    return found


class Question(NamedTuple):
    """Which parts were asked for, and what the answer was, in one hash. All else that a past tells is the content of
    parts, which never changes: where the answer is the same, so is everything that followed from it."""

    form: str
    units: tuple[int, ...]
    periods: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Past:
    """What was reported before, over a connection; nothing where there is none, or no warehouse behind it yet.

    What is asked of it is noted in ``asked``, where somebody has to know later whether it still holds.
    """

    connection: Connection | None
    asked: list[Question] | None = None

    def parts(
        self, form: Form, *, units: Collection[int] = (), periods: Collection[str] = ()
    ) -> dict[tuple[int, str], int]:
        """(unit, period) -> the part that holds the facts of its current vintage: of every period of some units, or of
        every unit in some periods."""
        found = self._parts(form.form, units, periods)
        if self.asked is not None:
            self.asked.append(Question(form.form, (*sorted(units),), (*sorted(periods),), _hashed(found)))
        return found

    def holds(self, question: Question) -> bool:
        """Whether a question would be answered now as it was."""
        return _hashed(self._parts(question.form, question.units, question.periods)) == question.answer

    def _parts(self, form: str, units: Collection[int], periods: Collection[str]) -> dict[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = {}
        if self.connection is None or not inspect(self.connection).has_table(dim_part.name):
            return found
        column, values = (dim_part.c.unit_key, list(units)) if units else (dim_part.c.period_code, list(periods))
        for some in _chunks(sorted(values, key=str)):
            query = select(dim_part.c.unit_key, dim_part.c.period_code, dim_part.c.facts_part_key)
            query = query.where(dim_part.c.form_code == form, column.in_(some)).order_by(dim_part.c.part_key)
            for unit, period, part in self.connection.execute(query):
                found[unit, period] = part
        return found

    def rows(
        self,
        fact: Fact,
        parts: Collection[int],
        columns: Sequence[str],
        alike: tuple[str, Collection[object]] | None = None,
    ) -> list[tuple[Any, ...]]:
        """(part_key, columns...) of the rows of parts; with ``alike`` those only whose column has one of some values.

        A column or table that the warehouse does not have yet, as the programme is newer, has no figures.
        """
        table = fact_table(fact, MetaData(), "")
        there = self._columns(table)
        wanted = [table.c[name] for name in columns if name in there]
        found: list[tuple[Any, ...]] = []
        if self.connection is None or not there:
            return found
        for some in _chunks(sorted(parts)):
            query = select(table.c.part_key, *wanted).where(table.c.part_key.in_(some)).order_by(table.c.part_key)
            for values in _chunks(sorted(alike[1], key=str)) if alike else [None]:
                narrowed = query if alike is None or values is None else query.where(table.c[alike[0]].in_(values))
                for row in self.connection.execute(narrowed):
                    known = dict(zip([column.name for column in wanted], row[1:], strict=True))
                    found.append((row[0], *(known.get(name) for name in columns)))
        return found

    def sums(self, fact: Fact, parts: Collection[int]) -> list[tuple[Any, ...]]:
        """(part_key, place, measures...) of parts: the sum of each measure per place of the fact, None where the fact
        has none; a measure that the warehouse does not have yet is empty."""
        table = fact_table(fact, MetaData(), "")
        there = self._columns(table)
        found: list[tuple[Any, ...]] = []
        if self.connection is None or not there:
            return found
        place = table.c[f"{fact.place}_key"] if fact.place else null()
        totals = [
            func.sum(table.c[one.measure]) if one.measure in there else null().label(one.measure)
            for one in fact.measures
        ]
        for some in _chunks(sorted(parts)):
            query = select(table.c.part_key, place, *totals).where(table.c.part_key.in_(some))
            query = query.group_by(table.c.part_key, *([place] if fact.place else []))
            found += [tuple(row) for row in self.connection.execute(query)]
        return found

    def _columns(self, table: Table) -> set[str]:
        look = inspect(self.connection) if self.connection is not None else None
        if look is None or not look.has_table(table.name):
            return set()
        return {column["name"] for column in look.get_columns(table.name)}


def last_pulls(connection: Connection, source: str) -> dict[str, tuple[str, str]]:
    """The sha256 of what came last from a source for each period, and what became of it, by code of the period."""
    query = select(dim_delivery.c.period_code, dim_delivery.c.sha256, dim_delivery.c.status).where(
        dim_delivery.c.source_code == source,
        dim_delivery.c.replay_of_key.is_(None),
        dim_delivery.c.status != "error",
    )
    rows = connection.execute(query.order_by(dim_delivery.c.delivery_key))
    return {row.period_code: (row.sha256, row.status) for row in rows}


def _hashed(parts: dict[tuple[int, str], int]) -> str:
    return sha256(repr(sorted(parts.items())).encode()).hexdigest()


def _chunks(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]
