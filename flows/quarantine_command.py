"""The commands of the quarantine: list, show, replay, override. Each imports what it needs when it runs."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

quarantine = App(name="quarantine", help="What is set aside: look at it, judge it anew, or accept it with a reason.")

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]


@quarantine.command(name="list")
def list_open(
    *,
    config: Config = None,
    form: str = "",
    unit: str = "",
    rule: str = "",
    period: str = "",
    format: Literal["table", "csv", "json"] = "table",  # noqa: A002 - named for the person who types it: --format
) -> int:
    """Rows that are set aside today, deliveries refused whole, and corrections that do nothing.

    Parameters
    ----------
    config
        Settings file.
    form
        Only of this form.
    unit
        Only of the unit with this code.
    rule
        Only what broke this rule.
    period
        Only of this period, as 2024-Q1.
    format
        How to print the rows; csv and json hold each row's raw text, and no more than the rows.
    """
    from flows.quarantine import print_open
    from flows.settings import read_settings

    asked = {"form": form, "unit": unit, "rule": rule, "period": period}
    return print_open(read_settings(config), asked, format)


@quarantine.command
def show(delivery: int, /, *, config: Config = None, json: bool = False) -> int:
    """One delivery: its rows that are set aside with raw texts, each finding with its cell, what was decided.

    Parameters
    ----------
    delivery
        Number of the delivery.
    config
        Settings file.
    json
        Print it as JSON.
    """
    from flows.quarantine import print_delivery
    from flows.settings import read_settings

    return print_delivery(read_settings(config), delivery, as_json=json)


@quarantine.command
def replay(
    *delivery: int,
    config: Config = None,
    reason: str,
    by: str,
    form: str = "",
    rule: str = "",
    every: bool = False,
    dry_run: bool = False,
) -> int:
    """Read and judge the archived bytes again by what holds today; where anything differs, append a new vintage.

    Without a number: every delivery about which something is open. Exit code 1 where one could not be judged.

    Parameters
    ----------
    delivery
        Numbers of deliveries.
    config
        Settings file.
    reason
        Why; kept with the vintage.
    by
        Who asks for it.
    form
        Without numbers: only of this form.
    rule
        Without numbers: only those with a finding of this rule.
    every
        Without numbers: those too that were accepted whole, as after a new correction or a stricter rule.
    dry_run
        Say what would become of them, and write nothing.
    """
    from flows.lease import at_work
    from flows.replaying import run_replay

    with at_work(config, "quarantine replay") as settings:
        return run_replay(settings, delivery, (form, rule), (reason, by), every=every, dry_run=dry_run)


@quarantine.command
def override(
    delivery: int,
    rule: str,
    /,
    *,
    config: Config = None,
    reason: str,
    by: str,
    sheet: str = "",
    row: int = 0,
    drop: bool = False,
) -> int:
    """Accept that a rule is broken in a delivery, with a written reason: its rows load, with a warning that says so.

    It counts when the delivery is judged anew (``chiso quarantine replay``); the reason stands beside the figure.

    Parameters
    ----------
    delivery
        Number of the delivery.
    rule
        Id of the rule, as the findings name it.
    config
        Settings file.
    reason
        Why.
    by
        Who decides.
    sheet
        Only in this worksheet.
    row
        Only in this row.
    drop
        Take the decision back: the rule is in force again.
    """
    from flows.lease import at_work
    from flows.overriding import decide

    with at_work(config, "quarantine override") as settings:
        return decide(settings, delivery, rule, (sheet, row), (reason, by), drop=drop)
