"""Ranks: how the places of a stated scope stand by another indicator, equal figures sharing a rank (1-2-2-4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from catalogue.indicator import Among, Indicator
from catalogue.period import Period
from catalogue.programme import Programme
from transforms.evaluate import Figure


def rank(
    indicator: Indicator, base: Iterable[Figure], periods: Mapping[str, Period], programme: Programme
) -> list[Figure]:
    """The competition rank of every place of the scope that has a figure, and of how many.

    The first is the largest, or the smallest where less is better (the base's ``direction``). Figures are compared
    unrounded. All reports of the scope stand behind each rank.
    """
    of = programme.indicator[indicator.of or ""]
    if indicator.among is None:
        raise ValueError(f"{indicator.indicator} of kind rank does not say among which places")
    held: dict[str, list[tuple[Fraction, Figure]]] = {}
    for one in base:
        if one.status == "ok" and one.numerator is not None and _is_among(one, indicator.among, periods, programme):
            exact = Fraction(one.numerator) / Fraction(one.denominator if one.denominator is not None else 1)
            held.setdefault(one.period, []).append((exact if of.direction == "down" else -exact, one))
    found = []
    for places in held.values():
        received, expected, on_time = (
            sum(getattr(one, name) for _, one in places) for name in ("received", "expected", "on_time")
        )
        first: dict[Fraction, int] = {}
        for position, (value, one) in enumerate(sorted(places, key=lambda place: (place[0], place[1].entity)), 1):
            found.append(
                replace(
                    one,
                    indicator=indicator.indicator,
                    version=indicator.version,
                    numerator=Decimal(first.setdefault(value, position)),
                    denominator=None,
                    approx=None,
                    of_n=len(places),
                    received=received,
                    expected=expected,
                    on_time=on_time,
                )
            )
    return found


def _is_among(one: Figure, among: Among, periods: Mapping[str, Period], programme: Programme) -> bool:
    """The place is of the scope on the period's last day."""
    day = periods[one.period].end
    version = programme.version(one.entity, day)
    if version is None or getattr(version, among.attribute) not in among.one_of:
        return False
    if among.within is None:
        return True
    above = (programme.version(key, day) for key in programme.ancestors(one.entity, day))
    return any(place is not None and place.code == among.within for place in above)
