"""Rows before and after they have values: seats, what grew in them, the crop of a period; and columns of values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogue.form import Form
from catalogue.period import Period
from catalogue.register import Version
from demo.scene import Campaign, Plant

Column = NDArray[Any]


@dataclass(slots=True)
class Seat:
    """What a row is about before it has values: its unit, lot, entities, and given values. ``plant`` marks additional
    rows, which do not count in totals."""

    unit: Version
    lot: str
    entity: Version | None = None
    second: Version | None = None
    given: dict[str, Any] = field(default_factory=dict)
    plant: Plant | None = None
    number: int = 0


@dataclass(slots=True)
class Grown:
    """A row with its values, by field."""

    seat: Seat
    values: dict[str, Any]


@dataclass(slots=True)
class Crop:
    """The rows of one campaign and period, by code of the unit that sends them."""

    campaign: Campaign
    form: Form
    period: Period | None
    day: date
    units: list[Version]
    rows: dict[str, list[Grown]]


def column_of(values: list[Any]) -> Column:
    """An array of objects; tuples stay tuples."""
    column = np.empty(len(values), dtype=object)
    column[:] = values if not values or not isinstance(values[0], tuple) else None
    if values and isinstance(values[0], tuple):
        for place, value in enumerate(values):
            column[place] = value
    return column


def whole(column: Column) -> NDArray[np.int64]:
    """A column as whole numbers; blanks are 0."""
    return np.array([0 if value is None else int(value) for value in column.tolist()], dtype=np.int64)
