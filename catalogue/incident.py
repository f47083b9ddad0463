"""Incidents: what may be wrong beyond a single run, how bad it is, and what may become of it."""

from __future__ import annotations

from typing import Final, Literal

Event = Literal[
    "rejected",
    "partly_accepted",
    "error",
    "pull_failed",
    "pull_partial",
    "drift",
    "overdue",
    "release_refused",
    "read_copy_broken",
    "route_dead",
]
"""What is wrong: a delivery was rejected, or taken in part, or failed by our own fault; a source did not answer, or
answered in part or against its contract; a source restated figures; a report is overdue; a release could not be sealed;
the copy for readers could not be swapped; a route takes no messages."""

Reminder = Literal["reminder"]
"""Nothing is wrong yet: a report is due soon, or has been for some days, and is not there."""

Kind = Literal["validation", "error", "source", "pull", "drift", "overdue", "release", "read_copy", "route"]
"""What is one and the same incident: a file that is rejected and then taken in part is still the same."""

Change = Literal["opened", "repeated", "worsened", "escalated", "recovered", "closed"]
"""What becomes of an incident. ``closed``: by a person, or at once where there is nothing to wait for."""

Severity = Literal["info", "warning", "failure"]

KINDS: Final[dict[Event, Kind]] = {
    "rejected": "validation",
    "partly_accepted": "validation",
    "error": "error",
    "pull_failed": "source",
    "pull_partial": "pull",
    "drift": "drift",
    "overdue": "overdue",
    "release_refused": "release",
    "read_copy_broken": "read_copy",
    "route_dead": "route",
}
RANKS: Final[dict[Severity, int]] = {"info": 0, "warning": 1, "failure": 2}
"""Severities as numbers: more is worse."""
