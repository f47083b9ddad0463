"""Corrections that need a person: out of date because their source was mended, or never used."""
# ruff: noqa: PLC0415 - the programme is loaded only where a correction has something to say

from __future__ import annotations

from catalogue.correction import Correction
from flows.settings import Settings
from warehouse.published import ask
from warehouse.store import Warehouse

Use = dict[str, tuple[int, int]]
"""Correction -> cells that it mended, cells that no longer held the wrong text."""


def outdated_corrections(settings: Settings, warehouse: Warehouse) -> list[str]:
    """One line for each active correction whose source was mended."""
    used = _use(warehouse)
    if not any(stale for _, stale in used.values()):
        return []
    return [
        f"correction {one.correction} ({one.form}) is out of date: {used[one.correction][1]} cells no longer hold "
        f"{one.expect!r}; see what the source says now, and retire the correction"
        for one in _active(settings)
        if used.get(one.correction, (0, 0))[1]
    ]


def unused_corrections(settings: Settings, warehouse: Warehouse) -> list[str]:
    """One line for each active correction of the programme that no delivery ever needed."""
    used = _use(warehouse)
    return [
        f"correction {one.correction} ({one.form}) was never used: no delivery holds {one.expect!r} where it looks; "
        "see that its unit, period and `where` are as the source writes them"
        for one in _active(settings)
        if one.correction not in used
    ]


def _active(settings: Settings) -> list[Correction]:
    from catalogue.loader import load_programme

    return [one for one in load_programme(settings.programme_folder()).corrections if one.status == "active"]


def _use(warehouse: Warehouse) -> Use:
    columns = "SELECT correction_code, rows_mended, rows_stale FROM correction_use"
    return {code: (mended, stale) for code, mended, stale in ask(warehouse, columns)[1]}
