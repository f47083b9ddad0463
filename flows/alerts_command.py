"""The commands ``chiso alerts ...``; what they do is in ``flows.alerting``."""
# ruff: noqa: PLC0415, A002 - a command pays only for what it uses; an option is named for who types it

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]

alerts = App(name="alerts", help="What is wrong, since when, and who was told: incidents and the messages about them.")


@alerts.command(name="list")
def list_(
    *, config: Config = None, every: bool = False, format: Literal["table", "csv", "json"] = "table"
) -> int:  # fmt: skip
    """The incidents that are open, and the messages that wait to be sent.

    Parameters
    ----------
    every
        Also those that are over.
    format
        How to print them.
    """
    from flows.alerting import list_incidents
    from flows.settings import read_settings

    return list_incidents(read_settings(config), format, every=every)


@alerts.command
def send(*, config: Config = None) -> int:
    """Send what waits: messages that no channel took yet, that quiet hours held, digests that are due.

    Exit code 1 where a message could not be sent.
    """
    from flows.alerting import send_alerts
    from flows.lease import at_work

    with at_work(config, "alerts send") as settings:
        return send_alerts(settings)


@alerts.command(name="test")
def try_(*, config: Config = None) -> int:
    """Send a test message to every route. One that does not take it is an incident, told to the others.

    Exit code 1 where a route did not take it.
    """
    from flows.alerting import try_routes
    from flows.lease import at_work

    with at_work(config, "alerts test") as settings:
        return try_routes(settings)


@alerts.command
def close(number: int, /, *, config: Config = None, reason: str, by: str) -> int:
    """Close an incident that will not be over by itself, as a file that nobody sends again.

    Parameters
    ----------
    number
        Its number, as ``chiso alerts list`` tells it.
    reason
        Why.
    by
        Who closes it.
    """
    from flows.alerting import close_incident
    from flows.lease import at_work

    with at_work(config, "alerts close") as settings:
        return close_incident(settings, number, reason, by)
