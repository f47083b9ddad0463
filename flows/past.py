"""What was reported before, opened for as long as the gate is prepared: an append comes later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.past import Past, Question
from warehouse.store import Warehouse


@contextmanager
def past_of(warehouse: Warehouse, *, published: bool, asked: list[Question] | None = None) -> Iterator[Past]:
    """The past as the warehouse holds it now, or as readers see it; what is asked of it is noted in ``asked``. Raises
    WarehouseBusy where another writes."""
    if published and not warehouse.exists:
        yield Past(None, asked)
        return
    with warehouse.reader() if published else warehouse.connection() as connection:
        yield Past(connection, asked)
