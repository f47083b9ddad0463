"""Draws: which rows are true, which code a row bears."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catalogue.errors import SettingsError
from demo.scene import Make
from demo.seat import Column, column_of


def flags(make: Make, own: NDArray[np.bool_], chance: np.random.Generator, campaign: str) -> Column:
    """True with a probability, or in ``exactly`` so many of the rows that are the campaign's own."""
    if make.exactly is None:
        return chance.random(len(own)) < float(make.flag or 0)
    found = np.zeros(len(own), dtype=bool)
    places = np.flatnonzero(own)
    if make.exactly > len(places):
        raise SettingsError(f"campaign {campaign}: {make.exactly} flags are to be true, of {len(places)} rows")
    found[chance.permutation(places)[: make.exactly]] = True
    return found


def choice(make: Make, n: int, chance: np.random.Generator) -> Column:
    """One code of some by weight, or ``several`` of them."""
    codes, weights = list(make.choose), np.array(list(make.choose.values()), dtype=np.float64)
    if make.several is None:
        return column_of([codes[place] for place in chance.choice(len(codes), n, p=weights / weights.sum())])
    found = []
    for _ in range(n):
        count = int(chance.integers(make.several[0], make.several[1] + 1))
        places = chance.choice(len(codes), min(count, len(codes)), replace=False, p=weights / weights.sum())
        found.append(tuple(codes[place] for place in places))
    return column_of(found)
