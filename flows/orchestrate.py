"""A run under Prefect: against the server that PREFECT_API_URL names, else one of our own for the length of the run.

Prefect's ephemeral server is imported into the calling process and started only when the first flow begins. Ours is the
same server in a process of its own, started first, so that it comes up while this process imports and prepares.
"""
# ruff: noqa: PLC0415 - Prefect reads its settings when it is imported, so they are set before

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.request import urlopen

from catalogue.errors import SettingsError

if TYPE_CHECKING:
    from flows.house import House
    from flows.run import Outcome
    from flows.settings import Settings
    from warehouse.release import Release

# No telemetry, and nothing of Prefect outside our home. What the installation has set itself is left as it is.
_DEFAULTS: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "DO_NOT_TRACK": "1",
}
# A server that lives for one run has nothing to schedule, no run that is late, nothing old to clean up.
_SERVICES: Final = (
    "SCHEDULER", "LATE_RUNS", "CANCELLATION_CLEANUP", "PAUSE_EXPIRATIONS", "FOREMAN", "TRIGGERS", "REPOSSESSOR",
    "DB_VACUUM",
)  # fmt: skip
_PATIENCE: Final = 180.0

Ready = Callable[[], None]
"""Waits until the server answers."""


def set_up(home: Path) -> None:
    """Have Prefect keep to itself and below ``home``, before it is imported."""
    keep_quiet()
    os.environ.setdefault("PREFECT_HOME", str(home.resolve() / "prefect"))


def keep_quiet() -> None:
    """Have Prefect report nothing to anybody, before it is imported."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)


@contextmanager
def prefect_server(home: Path) -> Iterator[Ready]:
    """Set Prefect up and, where the installation has no server, start one below ``home`` while the block runs.

    Raises SettingsError, when asked whether it is ready, where it does not come up.
    """
    set_up(home)
    if os.environ.get("PREFECT_API_URL"):
        yield lambda: None
        return
    folder = Path(os.environ["PREFECT_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    # In a group of its own: ctrl-C is for us, who stop it when our flow has said that it was stopped.
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(  # noqa: S603 all of it ours
            _command(port), stdin=subprocess.PIPE, stdout=log, stderr=log, env=_environment(), process_group=0
        ) as server,
    ):
        os.environ["PREFECT_API_URL"] = url
        try:
            yield lambda: until_ready(server, url, folder / "server.log")
        finally:
            os.environ.pop("PREFECT_API_URL", None)
            end(server)


def end(server: subprocess.Popen[bytes]) -> None:
    """Have a process end: asked, and killed where it does not."""
    server.terminate()
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()


def _command(port: int) -> list[str]:
    app = "flows.prefect_server:attached"
    return [sys.executable, "-m", "uvicorn", "--factory", app, "--host", "127.0.0.1", "--port", str(port),
            "--log-level", "error", "--timeout-keep-alive", "60"]  # fmt: skip


def _environment() -> dict[str, str]:
    services = {f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _SERVICES}
    return {**os.environ, **services, "PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1",
            "PREFECT__SERVER_FINAL": "1"}  # fmt: skip


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def ill(url: str) -> str:
    """Why a Prefect server does not answer; empty where it does."""
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=5):  # noqa: S310 the installation's own setting
            return ""
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__


def until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Ask a server for its health until there is an answer. Raises SettingsError where there is none."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        if not ill(url):
            return
        time.sleep(0.1)
    raise SettingsError(f"Prefect's server did not come up; {log} says why. `chiso run --no-flow` does without it")


def must_reach(settings: Settings) -> None:
    """Raises SettingsError where the installation names a Dask cluster that is not there: before anything begins."""
    if settings.dask:
        from flows.cluster import reach

        reach(settings.dask)


def run_under_prefect(
    settings: Settings, config: Path | None, sources: Sequence[str], ready: Ready, patience: float = 0.0
) -> tuple[Outcome, Release | None, House]:
    """Run the flow ``pipeline``, once the server is ready. The same steps as ``flows.plain``, seen and retried."""
    from flows.house import open_house, prepare
    from flows.lease import leased
    from flows.run import must_know

    house = open_house(settings)
    must_know(house.programme, sources)
    must_reach(settings)
    with leased(house.home, f"run {house.run_id}", patience):
        prepare(house)
        from flows.pipeline import pipeline, using

        ready()
        with using(house):
            outcome, sealed = pipeline(str(config) if config else None, house.run_id, list(sources))
    return outcome, sealed, house
