"""Arriving: the deliveries of a batch read from the archive; an extract stays the file that it is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import PurePosixPath

from catalogue.delivery import Delivery
from catalogue.form import Form
from catalogue.source import Extract
from flows.house import House
from transforms.read import read
from transforms.stage import Arrived
from transforms.table import FILES, File, Table


def arrived(house: House, lent: ExitStack, form: Form | None, deliveries: Sequence[Delivery]) -> list[Arrived]:
    """Deliveries by number, each with its table. The files of extracts are there until ``lent`` is closed."""
    return [
        Arrived(number, delivery, _table(house, lent, form, delivery))
        for number, delivery in enumerate(deliveries, start=1)
    ]


def _table(house: House, lent: ExitStack, form: Form | None, delivery: Delivery) -> Table:
    kind = FILES.get(PurePosixPath(delivery.name).suffix.lower())
    if not isinstance(house.programme.source[delivery.source], Extract):
        kept = house.kept.take(delivery, form)
        return kept or read(delivery, house.archive.get(delivery.sha256), form, house.programme)
    if form is None or kind is None:
        return Table(fields=(), columns={}, rows=())
    path = lent.enter_context(house.archive.local(delivery.sha256, house.home / "staging"))
    return Table(fields=(), columns={}, rows=(), file=File(path, kind))
