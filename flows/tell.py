"""Telling the routes that the programme declares what a run found wrong: one message per route and run."""
# ruff: noqa: PLC0415 - Apprise is loaded only where there is something to tell

from __future__ import annotations

from flows.house import House
from flows.run import Outcome


def tell_routes(house: House, outcome: Outcome) -> None:
    """Send the messages of a run; what could not be sent is said in the outcome, and never costs the run."""
    if not outcome.notices:
        return
    from alerts.tell import tell

    for told in tell(house.programme, outcome.notices, house.run_id, house.settings.secret):
        if told.outcome in ("skipped", "failed"):
            outcome.told.append((told.route, told.reason))
