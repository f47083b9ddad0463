"""Arriving: the deliveries of a batch read from the archive; an extract, or a large pull, stays the file that it is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from catalogue.delivery import Delivery
from catalogue.form import Form
from catalogue.source import Extract, Portal
from flows.house import House
from transforms.pages import LARGE
from transforms.read import open_pull, read
from transforms.stage import Arrived
from transforms.table import FILES, File, Table


def arrived(house: House, lent: ExitStack, form: Form | None, deliveries: Sequence[Delivery]) -> list[Arrived]:
    """Deliveries by number, each with its table. The files of extracts are there until ``lent`` is closed."""
    return [
        Arrived(number, delivery, _table(house, lent, form, delivery))
        for number, delivery in enumerate(deliveries, start=1)
    ]


def _table(house: House, lent: ExitStack, form: Form | None, delivery: Delivery) -> Table:
    source = house.programme.source[delivery.source]
    if isinstance(source, Extract):
        kind = FILES.get(PurePosixPath(delivery.name).suffix.lower())
        if form is None or kind is None:
            return Table(fields=(), columns={}, rows=())
        return Table(fields=(), columns={}, rows=(), file=File(_lent(house, lent, delivery), kind))
    if isinstance(source, Portal) and form is not None and delivery.size > LARGE:
        return open_pull(_lent(house, lent, delivery), house.programme)
    return house.kept.take(delivery, form) or read(delivery, house.archive.get(delivery.sha256), form, house.programme)


def _lent(house: House, lent: ExitStack, delivery: Delivery) -> Path:
    return lent.enter_context(house.archive.local(delivery.sha256, house.home / "staging"))
