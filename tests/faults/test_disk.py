"""A full disk, a home that cannot be written, a damaged object of the archive, a clock that goes backwards."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.flows.office import Installation, good, install

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
