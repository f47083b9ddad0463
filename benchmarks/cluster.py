"""A Dask cluster on loopback: a scheduler and its workers, each a process of its own, as on as many machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE = 120.0


@dataclass
class Cluster:
    """A scheduler by its address, and the processes of its workers, by name."""

    folder: Path
    address: str
    environment: Mapping[str, str]
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def add(self, name: str) -> None:
        """Start a worker; it tells the scheduler when it is ready. No nanny: one that is killed stays dead."""
        command = ["dask_worker", self.address, "--name", name, "--nthreads", "1", "--no-nanny",
                   "--preload", "flows.charge"]  # fmt: skip
        self.workers[name] = _start(self.folder, name, command, self.environment)


@contextmanager
def cluster(folder: Path, environment: Mapping[str, str], *workers: str) -> Iterator[Cluster]:
    """A scheduler and named workers whose settings are those of an environment; all of them are gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    where = folder / "scheduler.json"
    where.unlink(missing_ok=True)
    command = ["dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(where)]
    scheduler = _start(folder, "scheduler", command, environment)
    found = Cluster(folder, "", environment)
    try:
        found.address = _address(where, scheduler)
        for name in workers:
            found.add(name)
        yield found
    finally:
        for process in (*found.workers.values(), scheduler):
            process.kill()
            process.wait()


def _address(where: Path, scheduler: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and scheduler.poll() is None:
        if where.exists() and (text := where.read_text()):
            return str(json.loads(text)["address"])
        time.sleep(0.05)
    raise SystemExit(f"the scheduler did not come up; {where.with_name('scheduler.log')} says why")


def _start(folder: Path, name: str, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    module, *words = command
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *words],
            stdout=log, stderr=log, cwd=folder, env={**os.environ, **environment},
        )  # fmt: skip
