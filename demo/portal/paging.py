"""A page of a shelf: which records it holds and what it says of them, with the faults of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import gcd
from typing import Any

from demo.portal.dialect import Dialect
from demo.portal.question import Question
from demo.portal.shelf import Record, Shelf


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its records, its number from 0, the size and total that it states, whether it promises more."""

    records: list[Record]
    number: int
    size: int
    total: int
    more: bool


def page_of(shelf: Shelf, question: Question, faults: AbstractSet[str], revision: int, forced_size: int) -> Page:
    """The page that a question asks for. A fault that contradicts another wins in the order of this function."""
    held = 0 if "not_built" in faults else shelf.count(question, faults)
    size = min(question.size, forced_size) if "page_size_forced" in faults else question.size
    size = max(1, held) if "page_size_ignored" in faults else size
    later = question.page > 0
    number = 0 if "page_repeats" in faults else question.page
    total = held + int("total_wrong" in faults) + int(later and "total_changes" in faults)
    places = list(range(min(number * size, held), min((number + 1) * size, held)))
    more = (number + 1) * size < total
    if later:
        if "rows_shift" in faults:
            places = [max(0, place - 1) for place in places]
        if "row_lost" in faults:
            places = places[1:]
        if "duplicate_across_pages" in faults and question.page == 1 and places:
            places = [places[0] - 1, *places]
    if "order_unstable" in faults or ("order_needed" in faults and not question.order):
        places = _shuffled(places, held, question.page)
    promised = more or bool(faults & {"page_repeats", "more_but_empty"})
    return Page(shelf.pick(question, places, faults, revision), question.page, size, total, promised)


def _shuffled(places: Sequence[int], held: int, page: int) -> list[int]:
    """The same places of another order: each order goes through all records in steps of its own."""
    step = next(step for step in range(page * 2 + 3, page * 2 + 3 + held + 1) if gcd(step, held) == 1) if held else 1
    return [(place * step + page) % held for place in places]


def answer_of(dialect: Dialect, page: Page) -> Any:
    """A page in the words of a dialect: an object, or the bare list."""
    said, first = dialect.answered, dialect.asked.first_page
    if said.data is None:
        return page.records
    pages = -(-page.total // page.size)
    values: dict[str | None, Any] = {
        said.total: page.total, said.pages: pages, said.current: page.number + first, said.size: page.size,
        said.count: len(page.records), said.more: page.more, said.before: page.number > 0,
        said.first: page.number == 0, said.last: not page.more,
    }  # fmt: skip
    return {said.data: page.records, **{key: value for key, value in values.items() if key is not None}}
