"""A real Prefect server: our deployment, and a worker that takes it; ``chiso serve``, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from flows.lease import holder
from flows.orchestrate import ill, until_ready
from tests.flows.office import Installation, good, install

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of whoever asks a server that runs: ours, as ``chiso serve --server`` starts it."""
    home = tmp_path_factory.mktemp("prefect")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = str(held.getsockname()[1])
    url = f"http://127.0.0.1:{port}/api"
    environment = {
        **os.environ, "PREFECT_HOME": str(home), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false", "PREFECT_LOGGING_TO_API_ENABLED": "false",
    }  # fmt: skip
    words = [sys.executable, "-m", "uvicorn", "--factory", "flows.prefect_server:create_app", "--port", port,
             "--log-level", "warning"]  # fmt: skip
    with (home / "server.log").open("wb") as log:
        started = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        until_ready(started, url, home / "server.log")
        yield {**environment, "PREFECT_API_URL": url}
        started.terminate()
        started.wait(timeout=60)


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    made = install(tmp_path, prepared=True)
    for unit in ("ON1", "ON2", "OS1"):
        for month in range(1, 13):
            made.send(unit, f"{month}.xlsx", f"2023-{month:02}", [good("data", month), good("web", month + 1)])
    return made


def test_our_deployment_is_taken_by_a_worker(server: dict[str, str], office: Installation) -> None:
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    declared["deployments"][0]["parameters"]["config"] = str(office.config)
    (office.folder / "prefect.yaml").write_text(yaml.safe_dump(declared), encoding="utf-8")

    def prefect(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", *words],
            env=server, cwd=office.folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    prefect("work-pool", "create", "chiso", "--type", "process")
    prefect("work-pool", "set-concurrency-limit", "chiso", "1")
    assert "successfully created" in prefect("deploy", "--all")
    prefect("deployment", "run", "pipeline/everything")
    prefect("worker", "start", "--pool", "chiso", "--run-once")
    assert office.asked("SELECT count(*) AS n FROM cases") == [{"n": 72}]
    assert office.asked("SELECT count(*) AS n FROM release") == [{"n": 1}]


def test_who_takes_runs_ends_with_one_sentence_and_passes_the_stop_on(
    server: dict[str, str], office: Installation
) -> None:
    inbox = office.programme / "sources" / "inbox.yml"
    inbox.write_text(inbox.read_text(encoding="utf-8") + '\nschedule: "* * * * *"\n', encoding="utf-8")
    entry = "from flows.command_line import main; main()"
    taking = subprocess.Popen(
        [sys.executable, "-c", entry, "serve", "--config", str(office.config)],
        env=server, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    home = office.folder / "home"
    when((home / "lease.json").is_file, taking)
    taking.send_signal(signal.SIGTERM)
    said, wrong = taking.communicate(timeout=PATIENCE)
    # The run may be stopped while Python forgets something: it says then that it passes that over.
    assert (taking.returncode, "asyncio" in wrong, "serving.py" in wrong) == (0, False, False)
    assert said.splitlines()[-1].startswith("stopped; ")
    assert holder(home) is None
    assert office.chiso("run", "--no-flow").returncode == 0
    assert office.asked("SELECT count(*) AS n FROM cases") == [{"n": 72}]
    assert [*(home / "receipts" / "unanswered").glob("*.json")] == []


def test_a_server_ends_with_whoever_started_it_however_that_was_killed(office: Installation) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    alone = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    taking = subprocess.Popen(
        [sys.executable, "-c", "from flows.command_line import main; main()", "serve", "--server", "--port", str(port),
         "--config", str(office.config)], env=alone, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    when(lambda: not ill(f"http://127.0.0.1:{port}/api"), taking)
    assert taking.poll() is None
    taking.kill()
    taking.communicate(timeout=PATIENCE)
    until = time.monotonic() + PATIENCE
    while answers(port) and time.monotonic() < until:
        time.sleep(0.1)
    assert not answers(port)


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def when(moment: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until something is so, or the process is over."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and not moment() and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
