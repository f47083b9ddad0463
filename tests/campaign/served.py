"""``chiso serve``, soaked: a real one with its server, asked for run after run, measured from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from tests.campaign.growing import FILES, installed, send
from tests.campaign.measuring import Measured, children, left_in, process, size_of
from tests.channels import hook_server
from tests.flows.office import Installation
from tests.servers import free_port

_PATIENCE: Final = 300.0
_LOOKS: Final = 0.25
_SERVER: Final = "uvicorn"


def serve_runs(folder: Path, runs: int) -> Iterator[Measured]:
    """Have ``chiso serve`` take so many runs, each of new files; what it, its server and its home are like after each.

    Raises AssertionError where a run fails, or ``chiso serve`` does not stop when it is told to.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    office, port = installed(folder), free_port()
    with hook_server() as hook, _serving(office, port, hook.url()) as serve:
        api = f"http://127.0.0.1:{port}/api"
        _until(lambda: _asked(f"{api}/deployments/name/pipeline/everything"), serve, folder)
        deployment = _asked(f"{api}/deployments/name/pipeline/everything")["id"]
        (server,) = [number for number, command in children(serve.pid).items() if _SERVER in command]
        for number in range(1, runs + 1):
            send(office, number)
            began = time.perf_counter()
            run = _asked(f"{api}/deployments/{deployment}/create_flow_run", {})["id"]
            _until(lambda run=run: _asked(f"{api}/flow_runs/{run}")["state"]["type"] in _ENDS, serve, folder)
            state = _asked(f"{api}/flow_runs/{run}")["state"]
            if state["type"] != "COMPLETED":
                raise AssertionError(f"run {number} ended as {state['type']}: {state.get('message')}")
            # The process of the run ends a little after the run.
            _until(lambda: len(children(serve.pid)) == 1, serve, folder)
            seconds = time.perf_counter() - began
            home = office.folder / "home"
            yield {
                "run": number,
                "deliveries": FILES,
                "seconds": round(seconds, 2),
                "runner": process(serve.pid),
                "server": process(server),
                "children": len(children(serve.pid)),
                "left": left_in(home),
                "home": size_of(home),
                "prefect": size_of(home / "prefect"),
                "taken": _answered(home),
            }


_ENDS: Final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def _answered(home: Path) -> int:
    """How many deliveries have their receipt."""
    return len([*(home / "receipts").glob("*.json")])


@contextmanager
def _serving(office: Installation, port: int, hook: str) -> Iterator[subprocess.Popen[bytes]]:
    """``chiso serve --server``, until it is told to stop."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CHISO_"))}
    command = [str(Path(sys.executable).with_name("chiso")), "serve", "--server", "--port", str(port),
               "--config", str(office.config)]  # fmt: skip
    with (office.folder / "serve.log").open("wb") as log:
        serve = subprocess.Popen(command, stdout=log, stderr=log, env=environment | {"CHISO_SECRET_ROUTE_HOOK": hook})
        try:
            yield serve
        finally:
            serve.send_signal(signal.SIGTERM)
            try:
                serve.wait(timeout=60)
            except subprocess.TimeoutExpired:
                serve.kill()
                serve.wait()
                raise AssertionError("chiso serve did not stop within a minute of SIGTERM") from None


def _asked(url: str, body: Mapping[str, object] | None = None) -> Any:
    """What Prefect's server answers; None while it does not."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, {"Content-Type": "application/json"}), timeout=30) as answer:
            return json.loads(answer.read())
    except OSError:
        return None


def _until(come: Any, serve: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until something is so."""
    until = time.monotonic() + _PATIENCE
    while not come():
        if serve.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"chiso serve is not as it should be; {folder / 'serve.log'} says why")
        time.sleep(_LOOKS)
