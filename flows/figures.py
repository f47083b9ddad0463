"""Figures: what the warehouse answers of an indicator, each with the reports that stand behind it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from catalogue.indicator import Indicator
from transforms.coverage import coverage
from transforms.evaluate import Figure, figure
from transforms.indicate import figures
from transforms.scope import Scope

Reports = tuple[int, int, int]
"""Received, expected, in time."""


class Figures:
    """What one connection answers. Reports are counted once, however many indicators stand on the same forms."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._counted: dict[str, dict[tuple[int, str], Reports]] = {}

    def of(self, indicator: Indicator, scope: Scope) -> list[Figure]:
        """The figures of an indicator that is computed from facts or reports: one per place and period."""
        rows = self.connection.execute(figures(indicator, scope)).all()
        # Much more may be owed than has figures: what is due next year is owed already.
        periods = scope.periods or tuple(sorted({row[1] for row in rows}))
        reports = self._reports(indicator, replace(scope, periods=periods)) if rows else {}
        return [figure(indicator, row, reports.get((row[0], row[1]))) for row in rows]

    def _reports(self, indicator: Indicator, scope: Scope) -> dict[tuple[int, str], Reports]:
        """(place, period) -> the reports behind its figure; none where none is owed."""
        owed = coverage(indicator, scope)
        if owed is None:
            return {}
        asked = owed.compile(self.connection.engine)
        question = f"{asked} {sorted(asked.params.items())}"
        if question not in self._counted:
            self._counted[question] = {
                (entity, period): (int(received), int(expected), int(on_time))
                for entity, period, received, expected, on_time in self.connection.execute(owed)
            }
        return self._counted[question]
