"""A demo portal without the network: its desks, its token, its faults, and the truth about its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from demo.portal.dialect import Dialect
from demo.portal.faults import Faults
from demo.portal.figures import Figures, month_span
from demo.portal.shelf import Shelf


@dataclass(frozen=True)
class Desk:
    """Where questions of a dialect are answered: at ``path``, or at every path below it."""

    path: str
    dialect: Dialect
    shelf: Shelf
    whole_tree: bool = False

    def is_at(self, path: str) -> bool:
        """Whether a path is this desk's."""
        return path == self.path or (self.whole_tree and path.startswith(f"{self.path}/"))


@dataclass
class DemoPortal:
    """A portal that runs. ``url`` is its address, ``token`` what a question must bear now, ``faults`` what goes wrong.

    ``figures`` are what it counts, None where its records are given.
    """

    url: str
    token: str
    faults: Faults
    desks: Sequence[Desk]
    figures: Figures | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    closing: Event = field(default_factory=Event, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _issued: count[int] = field(default_factory=lambda: count(2), repr=False)

    def desk_at(self, path: str) -> Desk | None:
        """The desk at a path."""
        return next((desk for desk in self.desks if desk.is_at(path)), None)

    def expire(self, token: str) -> None:
        """Make a token void, if it is the one that counts: from now on another must be borne."""
        with self._lock:
            if token == self.token:
                self.token = f"{self.token.partition('.')[0]}.{next(self._issued)}"

    def renew(self) -> str:
        """The token that counts now, as ``/_token`` gives it out."""
        return self.token

    def truth(self, period: str) -> dict[str, dict[str, int]]:
        """What the portal counts in a month (2024-03) by code of unit, over all procedures, as of now.

        Empty where the month is not built. Raises ValueError for what is no month.
        """
        if self.figures is None or not self.figures.built(month_span(period)):
            return {}
        every = np.arange(len(self.figures.units), dtype=np.int64)
        columns = self.figures.by_unit(month_span(period), every, self.faults.revision)
        table = {name: column.tolist() for name, column in columns.items()}
        return {
            unit.code: {name: column[place] for name, column in table.items()}
            for place, unit in enumerate(self.figures.units)
        }

    def truth_page(self, period: str) -> dict[str, Any]:
        """The truth of a month as ``/_truth`` shows it: totals, and each unit under all its ids."""
        by_unit = self.truth(period)
        figures = self.figures
        totals: dict[str, int] = {}
        for held in by_unit.values():
            for name, value in held.items():
                totals[name] = totals.get(name, 0) + value
        units = [
            {
                "unit_code": one.code,
                "other_code": one.other,
                "unit_id": one.id,
                "other_id": one.other_id,
                **by_unit[one.code],
            }
            for one in (figures.units if figures else ())
            if one.code in by_unit
        ]
        return {
            "period": period,
            "built": bool(by_unit),
            "revision": self.faults.revision,
            "procedures": len(figures.procedures) if figures else 0,
            "total": totals,
            "units": units,
        }
