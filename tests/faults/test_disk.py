"""A disk that is full or becomes read-only, an archived object that is damaged or lost, a clock that goes backwards."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.flows.office import Installation, good, install
from tests.portal_office import JANUARY, Office
from tests.world import LAND
from tests.worlds import Worlds

pytestmark = pytest.mark.long

CASES = "SELECT office_code, topic_code, received FROM cases ORDER BY 1, 2"


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    return install(tmp_path, prepared=True)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """While the block runs, no file of this process can grow beyond so many bytes: the write fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_a_disk_that_is_full_is_said_and_the_next_run_is_whole(office: Installation, size: int) -> None:
    """First the archive cannot be written, then the archive can and the warehouse cannot."""
    office.send("ON1", "good.xlsx", "01/2024", [good("data")])
    with largest_file(size):
        done = office.chiso("run", "--no-flow")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert any(word in said for word in ("make room", "File too large", "Could not write")), said
    again = office.chiso("run", "--no-flow")
    assert again.returncode == 0, again.stdout + again.stderr
    assert office.asked(CASES) == [{"office_code": "ON1", "topic_code": "data", "received": 5}]


def test_a_home_that_cannot_be_written_is_one_message(office: Installation) -> None:
    office.environment["CHISO_HOME"] = "/proc/chiso"
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 2
    assert "/proc/chiso" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


READ_ONLY = ["unshare", "--map-root-user", "--mount", "sh", "-c",
             'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"']  # fmt: skip


def test_a_disk_that_becomes_read_only_is_one_message_and_the_next_run_is_whole(office: Installation) -> None:
    home = office.folder / "home"
    office.send("ON1", "first.xlsx", "01/2024", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    office.send("ON1", "second.xlsx", "02/2024", [good("data", 2, 7, 3)])
    if subprocess.run([*READ_ONLY, str(home), "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a folder read-only")
    run = [sys.executable, "-c", "from flows.command_line import main; main()", "run", "--no-flow"]
    done = subprocess.run([*READ_ONLY, str(home), *run, "--config", str(office.config)], capture_output=True, text=True,
                          env=os.environ | office.environment, check=False)  # fmt: skip
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stdout + done.stderr
    assert str(home) in done.stderr
    assert office.chiso("run", "--no-flow").returncode == 0
    assert [one["received"] for one in office.asked(CASES)] == [5, 7]


def test_a_file_whose_archived_bytes_were_lost_is_archived_when_it_is_sent_again(office: Installation) -> None:
    sent = office.send("ON1", "some.xlsx", "01/2024", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    (kept,) = [path for path in (office.folder / "home" / "archive").rglob("*") if path.is_file()]
    for name, lost in (("again.xlsx", True), ("damaged.xlsx", False)):
        if lost:
            kept.unlink()
        else:
            kept.chmod(0o644)
            kept.write_bytes(b"?")
        office.put("ON1", name, sent.read_bytes())
        done = office.chiso("run", "--no-flow")
        assert done.returncode == 0, done.stdout + done.stderr
        # Nothing is put in the place of bytes that are there: a person looks at them first.
        assert kept.read_bytes() == (sent.read_bytes() if lost else b"?")
    assert office.asked("SELECT count(*) AS n FROM dim_delivery") == [{"n": 1}]


def test_a_pull_whose_archived_bytes_were_lost_is_archived_again_and_damage_stops_nothing(
    worlds: Worlds, tmp_path: Path
) -> None:
    office = Office(worlds.make("duckdb", LAND, tmp_path))
    assert len(office.run().receipts) == 2
    before = office.counted()
    kept = sorted(path for path in (office.world.house.home / "archive").rglob("*") if path.is_file())
    held = [path.read_bytes() for path in kept]
    kept[0].unlink()
    outcome = office.run()
    assert (outcome.exit_code, outcome.receipts, [path.read_bytes() for path in kept]) == (0, [], held)
    for path in kept:
        path.chmod(0o644)
        path.write_bytes(b"?")
    office.truth.months["2024-01-01"] = {**JANUARY, ("ON1", "data"): 31}
    assert office.run().exit_code == 0
    assert office.counted() == {**before, "2024-01-01": office.truth.months["2024-01-01"]}


@pytest.mark.parametrize("fault", ["damaged", "gone"])
def test_an_archived_object_that_is_not_what_it_was_is_named_and_never_used(office: Installation, fault: str) -> None:
    office.send("ON1", "some.xlsx", "01/2024", [good("data"), [*good("web")[:-1], "?"]])
    assert office.chiso("run", "--no-flow").returncode == 1
    ((sha256,),) = [tuple(one.values()) for one in office.asked("SELECT sha256 FROM dim_delivery")]
    kept = office.folder / "home" / "archive" / sha256[:2] / sha256[2:4] / sha256
    if fault == "damaged":
        kept.chmod(0o644)
        kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    else:
        kept.unlink()
    done = office.chiso("quarantine", "replay", "1", "--reason", "once more", "--by", "steward")
    assert done.returncode != 0
    assert sha256[:12] in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert office.asked(CASES) == [{"office_code": "ON1", "topic_code": "data", "received": 5}]


def test_a_clock_that_goes_backwards_changes_nothing(office: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came later counts, whatever the clock said when it came."""
    for day, received in ((9, 5), (2, 8)):
        for place in ("flows.fetch.now", "flows.load.now", "flows.tell.now", "flows.compute.now"):
            monkeypatch.setattr(place, lambda day=day: datetime(2024, 3, day), raising=False)
        office.send("ON1", f"{day}.xlsx", "01/2024", [good("data", 1, received, 4)])
        assert office.chiso("run", "--no-flow").returncode == 0
    assert office.asked(CASES) == [{"office_code": "ON1", "topic_code": "data", "received": 8}]
    assert office.asked("SELECT count(*) AS n FROM cases_history") == [{"n": 2}]
