"""Files that readers beside the run have read are what the run itself would have read, and a reader's death costs
none of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from catalogue.source import Folder
from flows import readers
from flows.fetch import Fetched, fetch_inbox
from flows.house import House, open_house
from flows.settings import read_settings
from sources import inbox as inboxes
from sources.inbox import Arrival
from tests.flows.office import Installation, good, install

RUN = Path(__file__).parent / "reading_run.py"
SENT: Final[dict[str, Callable[[Installation], Path]]] = {
    "a good one": lambda at: at.send("ON1", "a.xlsx", "Month 1/2024", [good("A")]),
    "one of another period": lambda at: at.send("ON1", "b.xlsx", "Month 2/2024", [good("A"), good("B")]),
    "one with an error in a row": lambda at: at.send("ON2", "c.xlsx", "Month 1/2024", [["A", -1, 1, 5, 4, 4, 2]]),
    "no workbook": lambda at: at.put("ON2", "d.xlsx", b"not a workbook"),
    "one whose office does not exist": lambda at: at.send("ON1", "e.xlsx", "Month 3/2024", [], form="NONE"),
}


@pytest.fixture
def offices(tmp_path: Path) -> Installation:
    """An inbox with one file of each kind, and the first one again under another name."""
    made = install(tmp_path)
    for send in SENT.values():
        send(made)
    first = made.inbox / "ON1" / "a.xlsx"
    made.put("ON1", "twin.xlsx", first.read_bytes())
    return made


def _house(offices: Installation, most: int, home: str) -> House:
    settings = read_settings(offices.config).model_copy(update={"readers": most, "home": offices.folder / home})
    return open_house(settings, run_id="run")


def _fetched(house: House) -> tuple[Fetched, dict[str, Any]]:
    """What a look brought, and the tables that were kept."""
    inbox = house.programme.source["inbox"]
    assert isinstance(inbox, Folder)
    brought = fetch_inbox(house, inbox, ())
    tables = {one.name: house.kept.take(one, house.programme.form[one.form]) for one in brought.deliveries if one.form}
    return brought, tables


def _timeless(brought: Fetched) -> Fetched:
    start = brought.deliveries[0].received_at
    return replace(brought, deliveries=[replace(one, received_at=start) for one in brought.deliveries])


def _kill_all(arrival: Arrival, *, read: Callable[[Arrival], bytes], after: str) -> bytes:
    if arrival.name == after:
        for one in multiprocessing.active_children():
            one.kill()
    return read(arrival)


@pytest.mark.parametrize("dies_at", ["", "ON1/b.xlsx"], ids=["all live", "all readers die in the middle"])
def test_readers_read_what_the_run_would_have_read(
    offices: Installation, dies_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, own_tables = _fetched(_house(offices, 1, "own"))
    monkeypatch.setattr(readers, "MANY", 1)
    read = inboxes.read
    monkeypatch.setattr(inboxes, "read", lambda arrival: _kill_all(arrival, read=read, after=dies_at))
    beside, beside_tables = _fetched(_house(offices, 2, "beside"))
    assert len(own.deliveries) == len(SENT)
    assert own.known == ["ON1/twin.xlsx"]
    assert _timeless(beside) == replace(_timeless(own), deliveries=[
        replace(one, received_at=beside.deliveries[0].received_at) for one in own.deliveries
    ])  # fmt: skip
    assert beside_tables == own_tables
    assert any(table is not None for table in own_tables.values())
    assert multiprocessing.active_children() == []


def test_a_run_that_is_killed_leaves_no_reader_behind(offices: Installation) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CHISO_READERS": "2"}
    with subprocess.Popen(
        [sys.executable, str(RUN), str(offices.config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as run:
        assert run.stdout is not None
        pids = [int(word) for word in run.stdout.readline().split()]
        assert pids
        run.send_signal(signal.SIGKILL)
    until = time.monotonic() + 30
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < until, f"readers outlived their run: {pids}"
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
