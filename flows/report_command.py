"""The command ``chiso report``; the site is written by ``reports.site``."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]


def report(
    *,
    config: Config = None,
    output: Annotated[Path, Parameter(name=("--output", "-o"))] = Path("chiso-report"),
    release: str = "",
    language: tuple[str, ...] = (),
    receipts: bool = True,
) -> int:
    """Write the report site of a release: pages that open from a disk, without a network, in every language.

    Parameters
    ----------
    output
        Folder to write; pages of an earlier report in it are replaced, other files stay.
    release
        Name or number of a release; the newest where empty.
    language
        Only these languages of the programme; the first named is the one that opens. All of them where none is named.
    receipts
        Copy the receipts of deliveries that were not simply accepted, and link to them; --no-receipts for a site that
        goes to the public.
    """
    from flows.reporting import print_report
    from flows.settings import read_settings

    return print_report(read_settings(config), output, release, language, receipts=receipts)
