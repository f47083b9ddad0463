"""The commands ``chiso release ...`` and ``chiso withdraw``; what they do is in ``flows.releasing``."""
# ruff: noqa: PLC0415, A002 - a command pays only for what it uses; an option is named for who types it

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]
Format = Literal["table", "csv", "json"]

release = App(name="release", help="Sealed states of the indicators: list, compare, verify, make, withdraw a figure.")


@release.command(name="list")
def list_(*, config: Config = None, format: Format = "table") -> int:
    """Every release, the newest first: when it was sealed, until when it is under embargo, how many values it changed.

    Parameters
    ----------
    format
        How to print them.
    """
    from flows.releasing import print_releases
    from flows.settings import read_settings

    return print_releases(read_settings(config), format)


@release.command
def diff(old: str, new: str = "", /, *, config: Config = None, indicator: str = "", format: Format = "table") -> int:
    """What two releases say differently: old and new value, change, and the deliveries that may have moved it.

    Parameters
    ----------
    old
        Name or number of a release.
    new
        The other; the newest where empty.
    indicator
        Only this one.
    format
        How to print it.
    """
    from flows.releasing import print_difference
    from flows.settings import read_settings

    return print_difference(read_settings(config), old, new, indicator, format)


@release.command
def verify(name: str = "", /, *, config: Config = None) -> int:
    """Hash every partition again from what is stored, and compare with what was sealed. Exit code 1 where one differs.

    Parameters
    ----------
    name
        Only this release, whole, as it was seen; empty: every release.
    """
    from flows.releasing import verify_releases
    from flows.settings import read_settings

    return verify_releases(read_settings(config), name)


@release.command
def make(name: str, /, *, config: Config = None, embargo: str = "", final: bool = False) -> int:
    """Compute what changed and seal it under a name, also where nothing changed.

    Parameters
    ----------
    name
        What it is to be called, as 2025-Q1. No two releases have one name.
    embargo
        Readers see it from this time on, as 2025-04-30T09:00 in the programme's zone; else as the programme declares.
    final
        All that it shows is final from then on: a later change of it is called a revision, and told loudly.
    """
    from flows.lease import at_work
    from flows.releasing import make_release

    with at_work(config, "release make") as settings:
        return make_release(settings, name, embargo, final=final)


@release.command(name="withdraw")
def withdraw_released(
    indicator: str,
    place: str,
    period: str,
    /,
    *,
    config: Config = None,
    reason: str,
    document: str,
    by: str,
    restore: bool = False,
) -> int:
    """Withdraw a released figure: a new release shows it as withdrawn, with the reason; what was released before stays.

    Parameters
    ----------
    indicator
        Code of the indicator.
    place
        Code of its place or organisation in that period.
    period
        Period, as 2024-Q1.
    reason
        Why.
    document
        The document that says so.
    by
        Who decides.
    restore
        Take the withdrawal back: the figure is computed again.
    """
    from flows.lease import at_work
    from flows.releasing import withdraw_one

    with at_work(config, "release withdraw") as settings:
        return withdraw_one(settings, (indicator, place, period), (reason, document, by), restore=restore)


def withdraw(
    delivery: str, /, *, config: Config = None, reason: str, document: str, by: str, restore: bool = False
) -> int:
    """Withdraw a delivery: nothing of it counts any more, and figures that stood on it alone are shown as withdrawn.

    What it brought stays in the history. Judging it anew (``chiso quarantine replay``) lets it count again.

    Parameters
    ----------
    delivery
        Its number, its path in the inbox, or its sha256 (eight digits do).
    reason
        Why.
    document
        The document that says so.
    by
        Who decides.
    restore
        What its unit had sent before counts again; without it, nothing does until the unit sends anew.
    """
    from flows.lease import at_work
    from flows.releasing import withdraw_sent

    with at_work(config, "withdraw") as settings:
        return withdraw_sent(settings, delivery, (reason, document, by), restore=restore)
