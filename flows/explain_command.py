"""The commands ``chiso explain`` and ``chiso reconcile``; see ``flows.explaining`` and ``flows.reconciling``."""
# ruff: noqa: PLC0415 - a command pays only for what it uses

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Config = Annotated[Path | None, Parameter(help="Settings file; else CHISO_CONFIG, else chiso.toml here")]


def explain(
    indicator: str,
    /,
    *,
    place: str,
    period: str,
    config: Config = None,
    as_of: str = "",
    boundaries: str = "",
    cells: int = 10,
    json: bool = False,
    language: str = "",
) -> int:
    """Why a figure is what it is: formula, parts, units, periods, who is missing, deliveries, and the cells.

    Parameters
    ----------
    indicator
        Code of the indicator.
    place
        Code or name of a place or organisation.
    period
        Period code, as 2023 or 2023-Q1.
    as_of
        Name of a release, or a time (UTC); the newest release where empty.
    boundaries
        A day on whose boundaries the figure was restated; as reported where empty.
    cells
        As many cells of numerator and denominator are looked up in the files; 0: all.
    json
        Print it as JSON.
    language
        Language of the words; that of the settings where empty.
    """
    from flows.explaining import explain as explained
    from flows.explanation import print_explanation, to_json
    from flows.settings import read_settings

    settings = read_settings(config)
    found = explained(settings, indicator, place, period, as_of, boundaries, cells)
    if json:
        print(to_json(found))
    else:
        print_explanation(found, language or settings.language)
    return 0


def reconcile(
    *,
    config: Config = None,
    place: str = "",
    period: str = "",
    only: tuple[str, ...] = (),
    json: bool = False,
    language: str = "",
) -> int:
    """Two sources side by side, unit by unit: what one has and the other lacks. Exit code 1 where a gap is a finding.

    Parameters
    ----------
    place
        Code or name of a place: only units at or below it.
    period
        Period code: only this, or the periods inside it.
    only
        Only these reconciliations.
    json
        Print it as JSON.
    language
        Language of the words; that of the settings where empty.
    """
    from flows.reconciling import print_reconciliations, to_json
    from flows.reconciling import reconcile as reconciled
    from flows.settings import read_settings

    settings = read_settings(config)
    pages = reconciled(settings, place, period, only)
    if json:
        print(to_json(pages))
    else:
        print_reconciliations(settings, pages, language or settings.language)
    return int(any(page.totals["left_lacks"] or page.totals["right_lacks"] for page in pages))
