"""A run without Prefect: the steps of the pipeline as plain calls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from flows.compute import compute
from flows.house import House, now, open_house, prepare
from flows.lease import leased
from flows.logs import logged
from flows.metrics import write_metrics
from flows.run import Outcome, must_know, run_portals, run_submissions
from flows.settings import Settings
from flows.tell import finish
from warehouse.release import Release


def run_plainly(
    settings: Settings, sources: Sequence[str] = (), patience: float = 0.0
) -> tuple[Outcome, Release | None, House]:
    """Submissions, portals, indicators, release, messages; once no other run has the home, for which it waits as many
    seconds as ``patience``. Raises WarehouseBusy."""
    house = open_house(settings)
    must_know(house.programme, sources)
    with leased(house.home, f"run {house.run_id}", patience), logged(house):
        began = now()
        prepare(house)
        outcome = run_submissions(house, only=sources)
        outcome.add(run_portals(house, only=sources))
        sealed = finish(house, outcome, partial(compute, house), house.warehouse.publish)
        write_metrics(house, outcome, began, now())
    return outcome, sealed, house
