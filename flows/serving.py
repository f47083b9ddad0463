"""``chiso serve``: runs on schedule, under a Prefect server that is there already or that is started here.

One process takes the runs, one at a time, whatever began them: a warehouse has one writer, and each run leaves a
release that the next one builds on. What was missed while nothing served is made up for by the first run after.
"""
# ruff: noqa: PLC0415 - Prefect reads its settings when it is imported, so they are set before

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from catalogue.errors import SettingsError
from catalogue.loader import load_programme
from flows.orchestrate import end, set_up, until_ready
from flows.settings import Settings, read_settings
from flows.terminal import say

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner import Runner

EVERYTHING: Final = "everything"
"""The deployment that looks at every source."""
_MOST: Final = 65_535


def serve(config: Path | None, cron: str, port: int, *, server: bool) -> int:
    """Take runs, as they become due, until stopped; returns 0 then. ``cron`` is when everything is looked at, besides
    what sources declare; empty: when somebody asks for it. Raises SettingsError."""
    settings = read_settings(config)
    set_up(settings.home)
    if not server and not os.environ.get("PREFECT_API_URL"):
        raise SettingsError(
            "schedules need a Prefect server: `chiso serve --server` starts one here; or set PREFECT_API_URL to one "
            "that runs, as http://127.0.0.1:4200/api"
        )
    # Runs are processes of their own, begun in a folder of Prefect's.
    if config or os.environ.get("CHISO_CONFIG") or Path("chiso.toml").is_file():
        os.environ["CHISO_CONFIG"] = str(Path(config or os.environ.get("CHISO_CONFIG", "chiso.toml")).resolve())
    os.environ["CHISO_HOME"] = str(settings.home.resolve())
    with _server(settings.home.resolve(), port) if server else nullcontext():
        _take_runs(settings, cron)
    return 0


def _take_runs(settings: Settings, cron: str) -> None:
    from prefect.runner import Runner

    found = deployments(settings, cron)
    runner = Runner(limit=1, pause_on_shutdown=False)
    for one in found:
        when = ", ".join(str(getattr(each.schedule, "cron", "")) for each in one.schedules or ()) or "on demand"
        say(f"pipeline/{one.name}: {when}")
        runner.add_deployment(one)
    say(f"taking runs one at a time, from {os.environ['PREFECT_API_URL']}; ctrl-C ends it")
    asyncio.run(_until_stopped(runner))
    say("stopped; a run that was at work is stopped, too, and the next one goes on where it was")


async def _until_stopped(runner: Runner) -> None:
    """Take runs until ctrl-C or SIGTERM; a run at work is then told to stop, and waited for. A second signal kills."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()

    def ask(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        loop.call_soon_threadsafe(asked.set)

    # Its own ends the process from within the loop: the run at work is left to itself, and a trace is printed.
    runner.handle_sigterm = ask  # type: ignore[method-assign]
    signal.signal(signal.SIGINT, ask)
    taking, waiting = asyncio.create_task(runner.start()), asyncio.create_task(asked.wait())
    await asyncio.wait({taking, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if asked.is_set() and runner.started:
        await runner.astop()
    elif asked.is_set():
        taking.cancel()
    with suppress(asyncio.CancelledError):
        await taking


def deployments(settings: Settings, cron: str = "") -> list[RunnerDeployment]:
    """A deployment per source that has an address and a schedule, and the one of all of them."""
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.pipeline import pipeline

    programme = load_programme(settings.programme_folder())
    zone = programme.header.time_zone
    wanted = {EVERYTHING: (cron, list[str]())}
    for source in programme.sources:
        if source.schedule and source.address in settings.addresses:
            wanted[source.source] = (source.schedule, [source.source])
    try:
        return [
            RunnerDeployment.from_flow(
                pipeline, name, schedules=[Cron(when, timezone=zone)] if when else None, concurrency_limit=1,
                parameters={"config": os.environ.get("CHISO_CONFIG"), "sources": sources},
                entrypoint_type=EntrypointType.MODULE_PATH,
                description=f"chiso, programme {programme.name}: {', '.join(sources) or 'every source'}",
            )
            for name, (when, sources) in wanted.items()
        ]  # fmt: skip
    except ValueError as error:
        raise SettingsError(
            f"a schedule is no cron line: {error}; write minute, hour, day, month, weekday, as '0 6 * * 1-5'"
        ) from error


@contextmanager
def _server(home: Path, port: int) -> Iterator[None]:
    """A Prefect server on this machine, for as long as the block runs; what it knows is kept below the home."""
    log = home / "prefect" / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{port}/api"
    if not 0 < port <= _MOST:
        raise SettingsError(f"--port {port}: a port is a number from 1 to {_MOST}")
    with socket.socket() as asked:
        # Another server's schedules would be replaced by ours, and its runs be begun by us.
        if asked.connect_ex(("127.0.0.1", port)) == 0:
            raise SettingsError(
                f"port {port} is taken by another program, perhaps the Prefect server of another installation or one "
                f"that outlived its `chiso serve`; name another: --port {port + 1}, or end that one"
            )
    app = "flows.prefect_server:attached"
    words = [sys.executable, "-m", "uvicorn", "--factory", app, "--host", "127.0.0.1", "--port", str(port),
             "--log-level", "warning", "--timeout-keep-alive", "60"]  # fmt: skip
    # In a group of its own: ctrl-C is for us, who stop it when the run at work has ended.
    with (
        log.open("ab") as file,
        subprocess.Popen(  # noqa: S603 all of it ours
            words, stdin=subprocess.PIPE, stdout=file, stderr=file, process_group=0
        ) as started,
    ):
        os.environ["PREFECT_API_URL"] = url
        try:
            until_ready(started, url, log)
            say(f"Prefect's server: http://127.0.0.1:{port}; what it says: {log}")
            yield
        finally:
            end(started)
