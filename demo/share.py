"""Sharing out a total exactly: whole numbers that add up, by weight, none above its cap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catalogue.errors import SettingsError

Whole = NDArray[np.int64]
Weights = NDArray[np.float64]


def share_out(total: int, weights: Weights, most: Whole | None = None, least: int = 0) -> Whole:
    """Whole numbers with the sum ``total``, as near to ``weights`` as caps allow (largest remainder).

    Raises SettingsError where the total does not fit between ``least`` and ``most``.

    >>> share_out(10, np.array([1.0, 1.0, 2.0]), np.array([9, 9, 4])).tolist()
    [3, 3, 4]
    """
    given = np.full(len(weights), least, dtype=np.int64)
    room = (np.full(len(weights), total, dtype=np.int64) if most is None else most) - given
    left = total - int(given.sum())
    if left < 0 or left > int(room.clip(min=0).sum()):
        fits = f"{int(given.sum())} to {int((given + room.clip(min=0)).sum())}"
        raise SettingsError(f"a total of {total} over {len(weights)} rows does not fit; allowed is {fits}")
    while left > 0:
        free = room > 0
        wanted = np.where(free, weights, 0.0)
        if wanted.sum() <= 0:
            wanted = free.astype(np.float64)
        ideal = wanted * left / wanted.sum()
        add = np.minimum(np.floor(ideal).astype(np.int64), room.clip(min=0))
        if not add.any():
            order = np.argsort(np.where(free, np.floor(ideal) - ideal, 1.0), kind="stable")
            add[order[free[order]][:left]] = 1
        given += add
        room -= add
        left -= int(add.sum())
    return given
