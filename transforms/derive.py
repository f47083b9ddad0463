"""Indicators that are made of another's figures: changes and ranks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalogue.indicator import Indicator
from catalogue.period import Period
from catalogue.programme import Programme
from transforms.evaluate import Figure, change
from transforms.rank import rank


def derive(
    indicator: Indicator, base: Iterable[Figure], periods: Mapping[str, Period], programme: Programme
) -> list[Figure]:
    """The figures of an indicator from those of the one that it is ``of``, in as many periods as it needs."""
    if indicator.kind == "rank":
        return rank(indicator, base, periods, programme)
    return change(indicator, base, dict(periods))
