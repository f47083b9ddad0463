"""The lease of a home: one run at a time, whoever started it. It expires by itself, so that no run that was killed, and
no state that an orchestrator shows, keeps the next one away."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from catalogue.errors import WarehouseBusy
from flows.house import now
from flows.settings import Settings, read_settings

LASTS: Final = 60.0
"""Seconds that a lease lasts unless its holder renews it, which it does three times as often."""
_LOOKS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works in a home: the process and machine, what it does, since when, until when unless it says so again."""

    token: str
    process: int
    machine: str
    what: str
    since: str
    until: str

    def __str__(self) -> str:
        where = "" if self.machine == socket.gethostname() else f" on {self.machine}"
        return f"process {self.process}{where} ({self.what}, since {self.since} UTC)"


def holder(home: Path) -> Lease | None:
    """Who works in a home now; None where nobody does, or whoever did is gone."""
    try:
        found = Lease(**json.loads(_file(home).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return None  # Half a file is nobody's: a lease is renamed into its place whole.
    return None if _is_over(found) else found


@contextmanager
def leased(home: Path, what: str, patience: float = 0.0, lasts: float = LASTS) -> Iterator[Lease]:
    """Hold the lease of a home while the block runs; ``what`` is told to whoever meets it. Within a process that holds
    it already nothing happens.

    Waits as many seconds as ``patience`` for another to end. Raises WarehouseBusy, naming who holds it.
    """
    home = home.resolve()
    if home in _held:
        yield _held[home]
        return
    mine = _taken(home, what, patience, lasts)
    ended = threading.Event()
    renewing = threading.Thread(target=_renew, args=(home, mine, lasts, ended), daemon=True)
    _held[home] = mine
    renewing.start()
    try:
        yield mine
    finally:
        ended.set()
        renewing.join()
        del _held[home]
        with _alone(home):
            if _owner(home) == mine.token:
                _file(home).unlink(missing_ok=True)


@contextmanager
def at_work(config: Path | None, what: str) -> Iterator[Settings]:
    """The settings of a command that writes, and the lease of their home while it does: who decides between two steps
    of a run would have it go on from what is no longer so. Raises WarehouseBusy, SettingsError."""
    settings = read_settings(config)
    with leased(settings.home, f"chiso {what}"):
        yield settings


_held: dict[Path, Lease] = {}


def _taken(home: Path, what: str, patience: float, lasts: float) -> Lease:
    until = time.monotonic() + patience
    while True:
        with _alone(home):
            other = holder(home)
            if other is None:
                mine = Lease(uuid4().hex, os.getpid(), socket.gethostname(), what, _stamp(now()), _after(lasts))
                _write(home, mine)
                return mine
        if time.monotonic() >= until:
            waited = f"; waited {patience:.0f} s for it" if patience else ""
            raise WarehouseBusy(
                f"{home} is in use by {other}{waited}; wait for it to end, or stop it, and run this again"
            )
        time.sleep(_LOOKS)


def _renew(home: Path, mine: Lease, lasts: float, ended: threading.Event) -> None:
    """Say again and again that the holder is at work, until it ends or another has taken over."""
    while not ended.wait(lasts / 3):
        with _alone(home):
            if _owner(home) != mine.token:
                return
            _write(home, Lease(**{**asdict(mine), "until": _after(lasts)}))


def _is_over(lease: Lease) -> bool:
    """True where a lease has expired, or its process, on this machine, is gone."""
    if lease.machine == socket.gethostname():
        try:
            os.kill(lease.process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass  # Somebody else's process: it is there.
    return datetime.fromisoformat(lease.until) < now()


def _owner(home: Path) -> str | None:
    try:
        return str(json.loads(_file(home).read_text(encoding="utf-8"))["token"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _write(home: Path, lease: Lease) -> None:
    fresh = _file(home).with_suffix(f".{os.getpid()}.tmp")
    fresh.write_text(json.dumps(asdict(lease)), encoding="utf-8")
    fresh.replace(_file(home))


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else looks at the lease, or changes it, while the block runs: some milliseconds."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lease.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _file(home: Path) -> Path:
    return home / "lease.json"


def _after(seconds: float) -> str:
    return _stamp(now() + timedelta(seconds=seconds))


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
