"""Routes: who is told of what, and when."""

from __future__ import annotations

from datetime import time
from typing import Literal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words
from catalogue.incident import Event, Reminder, Severity

Outcome = Literal["accepted", "accepted_with_warnings", "partly_accepted", "rejected", "error"]


class Quiet(Declared):
    """Hours of each day in which a route gets nothing: what is to be said waits until they end."""

    begins: time = Field(description="As 22:00, in the programme's time zone")
    ends: time = Field(description="As 06:00; before ``begins``: on the next day")


class Route(Declared):
    """What goes to an Apprise address (a secret, by name): incidents once when they begin and once when they are over,
    a digest of those that last, and deliveries whose outcome is listed."""

    route: Name
    title: Words
    address: Name = Field(description="The name of the secret that holds the Apprise URL")
    on: tuple[Outcome | Event | Reminder, ...] = Field(
        default=(
            "partly_accepted",
            "rejected",
            "error",
            "pull_failed",
            "pull_partial",
            "release_refused",
            "read_copy_broken",
            "route_dead",
        ),
        description="Outcomes of deliveries, what else may go wrong, and reminders of what is due",
    )
    severity: Severity = Field(default="info", description="How bad it must be at least")
    forms: tuple[Code, ...] = ()
    branches: tuple[Code, ...] = Field(default=(), description="Units at or below these codes; none: all")
    digest: Literal["daily", "weekly"] | None = Field(default=None, description="How often it hears what is still open")
    quiet: Quiet | None = None
    escalate_after: int | None = Field(
        default=None, ge=1, le=366, description="Days after which what is still open is told to ``escalate_to``, too"
    )
    escalate_to: Name | None = Field(default=None, description="Another route")
    language: str = "en"
