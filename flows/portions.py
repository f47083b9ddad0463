"""Portions of a history: years that are computed together, so that a long one needs no more memory than a short one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, func, select

from catalogue.indicator import Indicator
from catalogue.period import Period
from warehouse.schema import dim_part

Portion = frozenset[str]
"""Periods, by code."""
MOST: Final = 15_000_000
"""Rows of facts that are computed together, if a year has no more by itself: of millions, figures are hundreds of
thousands, and each is held until it is laid out."""


def portions(connection: Connection, periods: Mapping[str, Period]) -> list[Portion | None]:
    """The periods in portions of whole years, each with those that end in them; None: all are one portion."""
    rows: Counter[int] = Counter()
    sent = select(dim_part.c.period_code, func.sum(dim_part.c.rows_loaded)).group_by(dim_part.c.period_code)
    for code, loaded in connection.execute(sent):
        rows[periods[code].end.year] += int(loaded)
    if rows.total() <= MOST:
        return [None]
    found: list[set[int]] = []
    held = 0
    for year in sorted({one.end.year for one in periods.values()}):
        if not found or held + rows[year] > MOST:
            found.append(set())
            held = 0
        found[-1].add(year)
        held += rows[year]
    return [frozenset(code for code, one in periods.items() if one.end.year in years) for years in found]


def within(
    portion: Portion | None, indicator: Indicator, chosen: Collection[str] | None, periods: Mapping[str, Period]
) -> tuple[str, ...] | None:
    """The periods of a portion for which an indicator is to be computed, of those ``chosen`` (None: all)."""
    if portion is None:
        return None if chosen is None else tuple(chosen)
    own = chosen if chosen is not None else [
        code for code, one in periods.items()
        if one.kind in indicator.periods and one.calendar.code == indicator.calendar
    ]  # fmt: skip
    return tuple(sorted(portion.intersection(own)))
