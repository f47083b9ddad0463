"""A line of the dictionary: one table, column, field, indicator or rule, and all that is to be known of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Literal

Kind = Literal["table", "column", "field", "indicator", "rule"]

TITLES: Final[dict[Kind, str]] = {
    "indicator": "Indicators",
    "field": "Fields of forms",
    "rule": "Rules",
    "table": "Tables and views",
    "column": "Columns",
}
"""Kinds in the order in which people look for them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of one thing; a text is empty where there is nothing to say.

    ``of`` is the table or form that it belongs to; ``source`` the form and the column that it comes from, ``cells``
    where that was found in what was sent; ``since`` its version and what the release changed.
    """

    kind: Kind
    of: str
    name: str
    title: str = ""
    meaning: str = ""
    type: str = ""
    unit: str = ""
    formula: str = ""
    source: str = ""
    cells: str = ""
    first: str = ""
    last: str = ""
    since: str = ""
    basis: str = ""


HEADERS: Final = {
    "kind": "kind",
    "of": "table or form",
    "name": "name",
    "title": "title",
    "meaning": "meaning",
    "type": "type",
    "unit": "unit",
    "formula": "formula or test",
    "source": "source form and column",
    "cells": "cells",
    "first": "first period",
    "last": "last period",
    "since": "version and change since",
    "basis": "legal source",
}
COLUMNS: Final = tuple(one.name for one in fields(Entry))


def cells(one: Entry) -> tuple[str, ...]:
    """An entry as a row."""
    return tuple(str(getattr(one, name)) for name in COLUMNS)
