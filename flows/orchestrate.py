"""A run under Prefect, in this process: against the server that PREFECT_API_URL names, else an ephemeral one."""
# ruff: noqa: PLC0415 - Prefect reads its settings when it is imported, so they are set before

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flows.house import House, open_house, prepare
from flows.run import Outcome
from flows.settings import Settings

if TYPE_CHECKING:
    from warehouse.release import Release

# No telemetry, and nothing of Prefect outside our home. What the installation has set itself is left as it is.
_DEFAULTS: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "DO_NOT_TRACK": "1",
}


def set_prefect_up(home: Path) -> None:
    """Settings of Prefect that chiso wants, before Prefect is imported."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(home / "prefect"))


def run_under_prefect(
    settings: Settings, config: Path | None, sources: Sequence[str] = ()
) -> tuple[Outcome, Release | None, House]:
    """Run the flow ``pipeline``. The same steps as ``flows.plain``, seen and retried by Prefect."""
    house = open_house(settings)
    prepare(house)
    set_prefect_up(house.home)
    from flows.pipeline import pipeline, using

    with using(house):
        outcome, sealed = pipeline(str(config) if config else None, house.run_id, list(sources))
    return outcome, sealed, house
