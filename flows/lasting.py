"""What lasts as long as a run is not looked at again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """Tell the garbage collector that all that lives now lives on until the ``with`` ends.

    Libraries and the programme are some hundred thousand objects, and files are read as many small ones: looking
    through the former whenever enough of the latter came cost a tenth of a run.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
