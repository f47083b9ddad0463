"""What a portal's pages are cut from: records that are given, or figures worked out when a page asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from demo.portal.dialect import MEASURES, Dialect
from demo.portal.figures import Figures, Ints, Table
from demo.portal.population import Unit
from demo.portal.question import Question

Record = dict[str, Any]
_NULL: Final = 7  # One record in so many, where figures are null.
_NULLED: Final = {"received_direct": "null_channel", "resolved_on_time": "null_due_date"}


class Shelf(Protocol):
    """Records in an order, of which a page asks for some by their places."""

    def count(self, question: Question, faults: AbstractSet[str]) -> int:
        """How many records answer a question."""
        ...

    def pick(self, question: Question, places: Sequence[int], faults: AbstractSet[str], revision: int) -> list[Record]:
        """The records at some places, in the order that is asked for."""
        ...


@dataclass(frozen=True)
class Given:
    """Records that are given, by the first day of their period (ISO)."""

    records: Mapping[str, Sequence[Mapping[str, Any]]]

    def _of(self, question: Question) -> Sequence[Mapping[str, Any]]:
        return self.records.get(question.span.start.date().isoformat(), ())

    def count(self, question: Question, faults: AbstractSet[str]) -> int:  # noqa: ARG002 given records are as they are
        """How many records there are for the period."""
        return len(self._of(question))

    def pick(
        self,
        question: Question,
        places: Sequence[int],
        faults: AbstractSet[str],  # noqa: ARG002 given records are as they are
        revision: int,  # noqa: ARG002 given records are as they are
    ) -> list[Record]:
        """The records at some places, sorted by the keys that are asked for."""
        found = sorted(self._of(question), key=lambda record: tuple(str(record.get(key, "")) for key in question.order))
        return [dict(found[place]) for place in places]


@dataclass(frozen=True)
class Grown:
    """Records of a dialect, each worked out from the figures when it is asked for."""

    dialect: Dialect
    figures: Figures
    province_ids: tuple[str, ...] = ()
    service_levels: tuple[str, ...] = ()
    _every: Ints = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_every", np.arange(len(self.figures.units), dtype=np.int64))

    @property
    def _width(self) -> int:
        """How many records a unit has."""
        return len(self.figures.procedures) if self.dialect.per == "procedure" else 1

    def count(self, question: Question, faults: AbstractSet[str]) -> int:
        """How many records answer a question: none where the portal has counted nothing of its span."""
        if not self.figures.built(question.span):
            return 0
        units = len(self._units(question, faults))
        return units * self._width + (self._width if units and "levels_added_twice" in faults else 0)

    def pick(self, question: Question, places: Sequence[int], faults: AbstractSet[str], revision: int) -> list[Record]:
        """The records at some places; a total comes after all others."""
        chosen = self._units(question, faults)
        rows = len(chosen) * self._width
        own = np.array([place for place in places if place < rows], dtype=np.int64)
        unit, procedure = self._split(question, own, len(chosen))
        records = self._records(question, chosen[unit], procedure, faults, revision)
        totals = [place - rows for place in places if place >= rows]
        return records + [self._total(question, chosen, procedure, faults, revision) for procedure in totals]

    def _split(self, question: Question, places: Ints, units: int) -> tuple[Ints, Ints]:
        """Unit and procedure of each place: by unit first, or by procedure where that is asked for."""
        by_procedure = self.dialect.key_of("procedure_code")
        if by_procedure is not None and question.order[:1] == (by_procedure,) and units:
            return places % units, places // units
        return places // self._width, places % self._width

    def _units(self, question: Question, faults: AbstractSet[str]) -> Ints:
        """The places of the units that a question asks for."""
        chosen = self._every
        for key, value in question.filters.items():
            noun = self.dialect.asked.filters[key]
            changed = "ids_changed" in faults and noun in self.dialect.changes
            if noun == "province_id":
                known = self.province_ids[1:] if changed else self.province_ids[:1]
                chosen = chosen if value in known or not self.province_ids else chosen[:0]
            else:
                held = [_said(self.figures.units[place], noun, changed=changed) == value for place in chosen.tolist()]
                chosen = chosen[np.array(held, dtype=bool)]
        return chosen

    def _table(self, question: Question, unit: Ints, procedure: Ints, revision: int) -> Table:
        if self.dialect.per == "procedure":
            return self.figures.table(question.span, unit, procedure, revision)
        return self.figures.by_unit(question.span, unit, revision)

    def _records(
        self, question: Question, unit: Ints, procedure: Ints, faults: AbstractSet[str], revision: int
    ) -> list[Record]:
        table = self._table(question, unit, procedure, revision)
        units = [self.figures.units[place] for place in unit.tolist()]
        return self._written(units, procedure.tolist(), table, (unit + procedure) % _NULL == 0, faults)

    def _total(
        self, question: Question, chosen: Ints, procedure: int, faults: AbstractSet[str], revision: int
    ) -> Record:
        """A total over the units that were chosen, those below the first level added twice; it has no unit."""
        table = self._table(question, chosen, np.full(len(chosen), procedure, dtype=np.int64), revision)
        levels = [self.figures.units[place].level for place in chosen.tolist()]
        times = np.array([1 if level == levels[0] else 2 for level in levels], dtype=np.int64)
        totals = {name: (column * times).sum(keepdims=True) for name, column in table.items()}
        return self._written([Unit("")], [procedure], totals, np.array([False]), faults)[0]

    def _written(
        self,
        units: Sequence[Unit],
        procedures: Sequence[int],
        table: Table,
        nulls: NDArray[np.bool_],
        faults: AbstractSet[str],
    ) -> list[Record]:
        """Records in the words of the dialect, made column by column; ``nulls`` are those whose figures may be null."""
        columns: list[list[Any]] = []
        for noun in self.dialect.record.values():
            if noun in MEASURES:
                columns.append(self._figures(noun, table[noun], nulls, faults))
            elif noun.startswith("unit_"):
                changed = "ids_changed" in faults and noun in self.dialect.changes
                columns.append([_said(unit, noun, changed=changed) for unit in units])
            else:
                columns.append([self._of_procedure(place, noun) for place in procedures])
        keys = [*self.dialect.record]
        flat = [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
        return [_nested(record) for record in flat] if any("." in key for key in keys) else flat

    def _figures(self, noun: str, column: Ints, nulls: NDArray[np.bool_], faults: AbstractSet[str]) -> list[Any]:
        figures: list[Any] = [0] * len(column) if "no_dossiers" in faults else column.tolist()
        if self.dialect.answered.texts or "string_numbers" in faults:
            figures = [str(figure) for figure in figures]
        if _NULLED.get(noun) in faults:
            figures = [None if null else figure for figure, null in zip(figures, nulls.tolist(), strict=True)]
        return figures

    def _of_procedure(self, place: int, noun: str) -> str:
        one = self.figures.procedures[place]
        if noun == "service_level":
            levels = self.service_levels or ("",)
            return levels[crc32(one.code.encode()) % len(levels)]
        return one.code if noun == "procedure_code" else one.name if noun == "procedure_name" else one.field


def _said(unit: Unit, noun: str, *, changed: bool) -> str | None:
    """What a record says of its unit; a total has none."""
    if noun == "unit_id":
        return (unit.other_id if changed else unit.id) if unit.code else None
    if noun == "unit_code":
        return (unit.other if changed else unit.code) or None
    return unit.name if noun == "unit_name" else unit.level


def _nested(flat: Record) -> Record:
    """A record whose keys in points reach into objects."""
    record: Record = {}
    for key, value in flat.items():
        *above, last = key.split(".")
        place = record
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
    return record
