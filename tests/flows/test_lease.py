"""The lease of a home: one at a time, named to whoever meets it, over when its holder is gone or silent."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from catalogue.errors import WarehouseBusy
from flows.lease import holder, leased
from tests.flows.office import good, install

pytestmark = pytest.mark.long

# Another process that takes the lease, says so, and holds it until its input ends.
OTHER = """
import sys
from pathlib import Path
from flows.lease import leased
with leased(Path(sys.argv[1]), "a run of another process", lasts=float(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


def other(home: Path, lasts: float = 60.0) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", OTHER, str(home), str(lasts)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_who_holds_the_home_or_waits(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    process = other(tmp_path / "home")
    refused = office.chiso("run", "--no-flow")
    said = " ".join(refused.stderr.split())
    assert (refused.returncode, f"in use by process {process.pid} (a run of another process" in said) == (2, True)
    ended = threading.Timer(0.5, process.communicate)
    ended.start()
    assert office.chiso("run", "--no-flow", "--wait", "60").returncode == 0
    ended.join()
    assert holder(tmp_path / "home") is None


def test_whose_process_is_gone_holds_nothing(tmp_path: Path) -> None:
    process = other(tmp_path)
    process.kill()
    process.communicate()
    assert (tmp_path / "lease.json").is_file()
    with leased(tmp_path, "the next one") as mine:
        assert holder(tmp_path) == mine
        with leased(tmp_path, "a step of the same process") as same:
            assert same == mine
    assert not (tmp_path / "lease.json").exists()


WHY = ("--reason", "asked for", "--by", "the steward")
WRITING = (
    ("alias", "add", "topics", "x", "data", *WHY),
    ("alias", "drop", "topics", "x", *WHY),
    ("quarantine", "override", "1", "CASES.PART", *WHY),
    ("quarantine", "replay", *WHY),
    ("release", "make", "2024-01"),
    ("release", "withdraw", "X", "N", "2024-01", "--document", "letter 7", *WHY),
    ("withdraw", "1", "--document", "letter 7", *WHY),
    ("erase", "1", "--document", "letter 7", *WHY),
    ("waive", "CASES", "ON1", "2024-01", *WHY),
    ("alerts", "send"),
    ("alerts", "test"),
    ("alerts", "close", "1", *WHY),
    ("warehouse", "setup"),
    ("warehouse", "move", "other.duckdb"),
)


def test_who_decides_while_a_run_is_at_work_is_told_by_whom_in_one_sentence(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    process = other(tmp_path / "home")
    for words in WRITING:
        done = office.chiso(*words)
        said = f"is in use by process {process.pid} (a run of another process"
        assert (done.returncode, said in done.stderr, done.stderr.count("\n")) == (2, True, 1), (words, done.stderr)
    process.communicate()
    assert office.chiso("alerts", "send").returncode == 0


@pytest.mark.parametrize(
    ("change", "is_over"),
    [
        ({}, True),  # It is long past.
        ({"until": "2999-01-01T00:00:00"}, False),  # Its process cannot be looked for from here.
    ],
)
def test_of_another_machine_the_time_counts(tmp_path: Path, change: dict[str, str], is_over: bool) -> None:
    told = {
        "token": "x", "process": 1, "machine": "another-machine", "what": "run abc", "since": "2024-01-01T00:00:00",
        "until": "2024-01-01T00:01:00", **change,
    }  # fmt: skip
    (tmp_path / "lease.json").write_text(json.dumps(told))
    if is_over:
        with leased(tmp_path, "the next one"):
            pass
    else:
        with pytest.raises(WarehouseBusy, match="process 1 on another-machine"), leased(tmp_path, "the next one"):
            pass


def test_a_holder_at_work_says_so_again_and_again(tmp_path: Path) -> None:
    process = other(tmp_path, lasts=3.0)
    first = holder(tmp_path)
    with pytest.raises(WarehouseBusy, match="waited 5 s for it"), leased(tmp_path, "the next one", patience=5.0):
        pass
    again = holder(tmp_path)
    process.communicate()
    assert first is not None
    assert again is not None
    assert again.until > first.until
