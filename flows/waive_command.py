"""The command ``chiso waive``; what it does is in ``flows.waiving``."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]


def waive(
    form: str,
    unit: str,
    period: str,
    /,
    *,
    config: Config = None,
    reason: str,
    by: str,
    below: bool = False,
    drop: bool = False,
) -> int:
    """Waive a report: it need not come. It is not missing any more, nobody is reminded, no figure waits for it.

    What comes all the same counts. Nothing is edited: the decision is kept with who, when and why.

    Parameters
    ----------
    form
        Code of the form.
    unit
        Code of the unit that owes it.
    period
        Period of the report, as 2024-Q1; or a longer one, as 2024: every report inside it.
    reason
        Why.
    by
        Who decides.
    below
        The reports of every unit below it, too.
    drop
        Take a waiver back: the report is owed again.
    """
    from flows.lease import at_work
    from flows.waiving import waive_reports

    with at_work(config, "waive") as settings:
        return waive_reports(settings, (form, unit, period), (reason, by), below=below, drop=drop)
