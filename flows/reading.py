"""What was read of files when they were fetched, kept until they are loaded: within a run a file is opened once.

A file must be opened to see what it is. Its table is read in the same go, and kept packed, as far as it fits; what is
not here when it is loaded is read again, from the archive.
"""

from __future__ import annotations

import pickle
import zlib
from typing import Final

from catalogue.delivery import Delivery
from catalogue.form import Form
from transforms.table import Table

MOST: Final = 64 * 1024 * 1024
"""As many packed bytes as are kept: the tables of some 30,000 workbooks of 50 rows x 15 columns."""
MOST_ROWS: Final = 20_000
"""A table of more rows is not kept: reading it again costs less than keeping it would cost others their place."""


class Kept:
    """Tables by what they were read from: the sha256 of the bytes and the form. Each is given out once."""

    def __init__(self, most: int = MOST) -> None:
        self._left = most
        self._packed: dict[tuple[str, str, int], bytes] = {}

    def keep(self, delivery: Delivery, form: Form, table: Table) -> None:
        """Keep a table, where there is room for it."""
        place = (delivery.sha256, form.form, form.version)
        if place in self._packed or table.file is not None or len(table.rows) > MOST_ROWS:
            return
        packed = zlib.compress(pickle.dumps(table, pickle.HIGHEST_PROTOCOL), level=1)
        if len(packed) <= self._left:
            self._left -= len(packed)
            self._packed[place] = packed

    def take(self, delivery: Delivery, form: Form | None) -> Table | None:
        """The table of a delivery, which is then no longer kept; None where it never was."""
        packed = self._packed.pop((delivery.sha256, form.form, form.version), None) if form else None
        if packed is None:
            return None
        self._left += len(packed)
        # Packed by this very process; it never leaves its memory.
        table: Table = pickle.loads(zlib.decompress(packed))  # noqa: S301
        return table
