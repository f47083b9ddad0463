"""The command ``chiso demo-portal``: a portal to try adapters against; what it does is in ``demo.portal``."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

import threading
from typing import Annotated

from cyclopts import Parameter


def demo_portal(
    *,
    programme: str = "",
    units: int = 30,
    procedures: int = 10,
    first: str = "2024-01",
    months: int = 12,
    seed: int = 20,
    port: int = 8765,
    fault: Annotated[tuple[str, ...], Parameter(negative=())] = (),
) -> int:
    """A portal on this machine to try adapters against: contracts of a programme, synthetic figures, faults by name.

    It answers until it is stopped (Ctrl-C), and changes nothing. What it counts, whatever it answers, is at /_truth.

    Parameters
    ----------
    programme
        Programme that declares contracts in portal/; the default one of the settings where empty.
    units
        How many units it counts for: of the register, then made up.
    procedures
        How many procedures each unit has.
    first
        First month that is built.
    months
        How many months are built.
    seed
        Seed of the figures; the same seed gives the same figures, page by page.
    port
        Port on 127.0.0.1; 0 takes any that is free.
    fault
        What goes wrong from the start: NAME, or NAME:n for the next n answers; may be given again. A wrong name is
        answered with all names.
    """
    from catalogue.errors import UsageError
    from catalogue.loader import load_programme
    from demo.portal import Faults, portal_of
    from demo.portal.figures import month_number
    from flows.settings import Settings
    from flows.terminal import terminal

    faults = Faults()
    faults.switch_on(*fault)
    for name, number in (("units", units), ("procedures", procedures), ("months", months)):
        if number < 1:
            raise UsageError(f"--{name} is {number}; a portal counts at least one")
    try:
        month_number(first)
    except ValueError as error:
        raise UsageError(f"--first: {error}") from error
    # The settings of a real installation have no part in it.
    loaded = load_programme(Settings.model_construct(programme=programme).programme_folder())
    console = terminal()
    try:
        with portal_of(
            loaded, units=units, procedures=procedures, first=first, months=months, seed=seed, port=port, faults=faults
        ) as portal:
            console.print(
                f"[bold]{portal.url}[/], token {portal.token}: all figures are SYNTHETIC, made from seed {seed}.",
                markup=True,
            )
            for desk in portal.desks:
                console.print(f"  {desk.dialect.method:4} {desk.path}   {desk.dialect.dialect}", soft_wrap=True)
            console.print("  GET  /openapi.json   /_truth?period=2024-03   /_faults", soft_wrap=True)
            console.print("  POST /_faults?fault=NAME[:n]   /_token", markup=False, soft_wrap=True)
            threading.Event().wait()
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port} cannot be taken ({error}); give another --port, or 0 for any") from error
    except KeyboardInterrupt:
        return 0
    return 0
