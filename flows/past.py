"""What was reported before, opened for as long as the gate is prepared: an append comes later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from transforms.past import Opened
from warehouse.past import Past, Question
from warehouse.store import Warehouse


def past_of(warehouse: Warehouse, *, published: bool = False, asked: list[Question] | None = None) -> Opened:
    """What opens the past: as the warehouse holds it by then, or as readers see it. What is asked of it is noted in
    ``asked``. Opening raises WarehouseBusy where another writes."""
    return partial(_opened, warehouse, asked, published=published)


@contextmanager
def _opened(warehouse: Warehouse, asked: list[Question] | None, *, published: bool) -> Iterator[Past]:
    if published and not warehouse.exists:
        yield Past(None, asked)
        return
    with warehouse.reader() if published else warehouse.connection() as connection:
        yield Past(connection, asked)
