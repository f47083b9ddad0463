"""What was read of files when they were fetched, kept until they are loaded: within a run a file is opened once.

A file must be opened to see what it is. Its table is read in the same go, and kept packed, as far as it fits; what is
not here when it is loaded is read again, from the archive.
"""

from __future__ import annotations

import pickle
import zlib
from contextlib import suppress
from typing import Final, NamedTuple

from catalogue.delivery import Delivery
from catalogue.form import Form
from catalogue.programme import Programme
from catalogue.source import Inbox
from transforms.read import read_opened
from transforms.recognise import Parcel, recognise_and_open
from transforms.resolve import Resolver
from transforms.table import Table

MOST: Final = 64 * 1024 * 1024
"""As many packed bytes as are kept: the tables of some 30,000 workbooks of 50 rows x 15 columns."""
MOST_ROWS: Final = 20_000
"""A table of more rows is not kept: reading it again costs less than keeping it would cost others their place."""


class Reading(NamedTuple):
    """What a file is, and its table, packed, where that is worth keeping."""

    delivery: Delivery
    packed: bytes | None = None


def read_parcel(programme: Programme, resolver: Resolver, inbox: Inbox, parcel: Parcel, data: bytes) -> Reading:
    """Recognise a file and, as it is open already, read its table for when it is loaded."""
    delivery, book = recognise_and_open(programme, inbox, parcel, data, resolver)
    if book is not None and delivery.form is not None:
        # What cannot be got through is met again, and answered, when the delivery is loaded.
        with suppress(Exception):
            return Reading(delivery, pack(read_opened(book, programme.form[delivery.form], programme)))
    return Reading(delivery)


def pack(table: Table) -> bytes | None:
    """A table as it is kept; None where it is not."""
    if table.file is not None or len(table.rows) > MOST_ROWS:
        return None
    return zlib.compress(pickle.dumps(table, pickle.HIGHEST_PROTOCOL), level=1)


class Kept:
    """Tables by what they were read from: the sha256 of the bytes and the form. Each is given out once."""

    def __init__(self, most: int = MOST) -> None:
        self._left = most
        self._packed: dict[tuple[str, str, int], bytes] = {}

    def keep(self, delivery: Delivery, form: Form, packed: bytes) -> None:
        """Keep a packed table, where there is room for it."""
        place = (delivery.sha256, form.form, form.version)
        if place not in self._packed and len(packed) <= self._left:
            self._left -= len(packed)
            self._packed[place] = packed

    def take(self, delivery: Delivery, form: Form | None) -> Table | None:
        """The table of a delivery, which is then no longer kept; None where it never was."""
        packed = self.take_packed(delivery, form)
        if packed is None:
            return None
        # Packed by this very run: by this process, or by one of its readers.
        table: Table = pickle.loads(zlib.decompress(packed))  # noqa: S301
        return table

    def take_packed(self, delivery: Delivery, form: Form | None) -> bytes | None:
        """The same, as it was packed: to be kept elsewhere."""
        packed = self._packed.pop((delivery.sha256, form.form, form.version), None) if form else None
        self._left += len(packed or b"")
        return packed
