"""Asked to stop in the middle of a run, or begun twice: one clear message, an exit code that says so, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from flows.stopping import Terminated, stoppable
from tests.flows.office import Installation, good, install

pytestmark = pytest.mark.long

ENTRY = "from flows.command_line import main; main()"
PATIENCE = 600.0


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    made = install(tmp_path, prepared=True)
    for unit in ("ON1", "ON2"):
        for month in range(1, 13):
            made.send(unit, f"{month}.xlsx", f"2023-{month:02}", [good("data", month), good("web", month + 1)])
    return made


def begun(office: Installation) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", ENTRY, "run", "--no-flow", "--config", str(office.config)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def when(moment: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    """Wait until something is so, or the run is over."""
    until = time.monotonic() + PATIENCE
    while run.poll() is None and not moment() and time.monotonic() < until:
        os.sched_yield()


def ended(run: subprocess.Popen[str]) -> tuple[int, str]:
    _, error = run.communicate(timeout=PATIENCE)
    return run.returncode, error


def told(office: Installation) -> tuple[int, int, int, int]:
    """Rows, deliveries, receipts kept, notes of what is not answered."""
    (counted,) = office.asked(
        "SELECT (SELECT count(*) FROM cases) AS rows, (SELECT count(DISTINCT sha256) FROM delivery_standing) AS files"
    )
    kept = office.folder / "home" / "receipts"
    return counted["rows"], counted["files"], len([*kept.glob("*.json")]), len([*kept.glob("unanswered/*.json")])


def test_a_run_that_is_stopped_says_so_and_the_next_one_makes_it_whole(office: Installation) -> None:
    run = begun(office)
    # What is promised is being loaded.
    when(lambda: any((office.folder / "home" / "receipts" / "unanswered").glob("*.json")), run)
    second = office.chiso("run", "--no-flow")
    run.send_signal(signal.SIGTERM)
    code, error = ended(run)
    # The first may have been done by the time that the second was told to wait.
    assert (code, error) in ((143, "chiso: stopped; nothing is left half done, run it again to go on\n"), (0, ""))
    assert second.returncode == 0 or (second.returncode == 2 and len(second.stderr.strip().splitlines()) == 1)
    assert office.chiso("run", "--no-flow").returncode == 0
    assert told(office) == (48, 24, 24, 0)


def test_two_runs_that_begin_at_once_on_a_fresh_home_do_the_work_once(tmp_path: Path) -> None:
    office = install(tmp_path)
    for month in (1, 2, 3):
        office.send("ON1", f"{month}.xlsx", f"2023-{month:02}", [good("data", month)])
    runs = [begun(office), begun(office)]
    found = [ended(run) for run in runs]
    # Whoever comes when the other has ended finds nothing new.
    assert 0 in {code for code, _ in found}
    assert all(code == 0 or (code == 2 and "in use by process" in error) for code, error in found), found
    assert all(len(error.strip().splitlines()) <= 1 for _, error in found), found
    assert office.chiso("run", "--no-flow").returncode == 0
    assert told(office) == (3, 3, 3, 0)
    assert office.asked("SELECT count(*) AS n FROM dim_part") == [{"n": 3}]


def test_a_stop_inside_a_query_stops_us_and_is_no_failure_of_the_query() -> None:
    query = "SELECT sum(a.range * b.range % 7) FROM range(10000) a, range(10000) b"
    asked = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM))
    with duckdb.connect() as connection, pytest.raises(Terminated):
        _stopped_in(connection, query, asked)


def _stopped_in(connection: duckdb.DuckDBPyConnection, query: str, asked: threading.Timer) -> None:
    with stoppable():
        asked.start()
        connection.execute(query)
