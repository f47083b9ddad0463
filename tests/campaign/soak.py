"""A campaign: pipeline after pipeline in one process, on a world that grows; nothing but the world may grow.

    python -m tests.campaign.soak [--runs 200] [--backend duckdb|postgresql] [--serve 12] [--write]

Each run finds four new files (``tests/campaign/growing.py``), every fifth is followed by one that finds nothing. After
each: memory, open files, threads, files left behind, size of the home, processor seconds (the database server's
included), and those of a fixed piece of work, the yardstick: other programs make both slower. Then ``chiso serve``
takes a few runs, and its processes are measured from outside. Every run is a line of ``build/soak/results.jsonl``;
``--write`` puts the newest soak of each kind into ``docs/reliability.md``. 1 where anything is not flat.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import pytest

from benchmarks.portal.servers import Postgres, postgres
from flows.plain import run_plainly
from flows.settings import Settings
from tests.campaign.growing import FILES, installed, send
from tests.campaign.measuring import Measured, files_below, left_in, process, size_of, yardstick
from tests.campaign.reliability import write
from tests.campaign.served import serve_runs
from tests.campaign.slopes import looked_at, told
from tests.channels import Hook, hook_server
from tests.flows.office import Installation

ROOT: Final = Path(__file__).parents[2]
EVERY: Final = 5
"""So manieth run is followed by one that finds nothing new."""


def main(words: Sequence[str] | None = None) -> int:
    """Soak, tell, and keep what was found; 1 where anything is not flat."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200, help="in this process; 0: none")
    parser.add_argument("--backend", choices=("duckdb", "postgresql"), default="duckdb")
    parser.add_argument("--serve", type=int, default=12, help="runs that chiso serve takes then; 0: none")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "soak")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md of what was found last")
    options = parser.parse_args(words)
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    log, began = folder / "results.jsonl", datetime.now(UTC).isoformat(timespec="seconds")
    several = ((options.backend, options.runs, soak), ("serve", options.serve, serve_runs))
    grows = 0
    for kind, number, campaign in several:
        runs = list[Measured]()
        for measured in campaign(folder / kind, number) if number else ():
            runs.append({"soak": began, "kind": kind, **measured})
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(runs[-1]) + "\n")
        found = looked_at(kind, runs)
        if found:
            print(*told(found), sep="\n", flush=True)
        grows += sum(not one.flat for one in found)
    if options.write:
        every = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
        write(ROOT / "docs" / "reliability.md", soaks=every)
    return 1 if grows else 0


def soak(folder: Path, runs: int) -> Iterator[Measured]:
    """Run the pipeline so often in a fresh folder, whose name says on which database; what was measured after each.

    Raises AssertionError where a run does not take what was sent.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        server = stack.enter_context(postgres()) if folder.name == "postgresql" else None
        if server:
            server.empty("soak")
        hook = stack.enter_context(hook_server())
        patch.setenv("CHISO_SECRET_ROUTE_HOOK", hook.url())
        patch.setattr(tempfile, "tempdir", str(folder / "tmp"))
        soaked = Soaked(installed(folder), hook, server)
        for number in range(1, runs + 1):
            send(soaked.office, number)
            yield soaked.run(number, FILES)
            if number % EVERY == 0:
                yield soaked.run(number, 0)


@dataclass
class Soaked:
    """An installation of the growing world, whose pipeline runs again and again in this process."""

    office: Installation
    hook: Hook
    server: Postgres | None = None
    size: int = field(default=0)

    def settings(self) -> Settings:
        """As a run reads them."""
        return Settings(
            home=self.office.folder / "home",
            programme=str(self.office.programme),
            addresses=self.office.addresses,
            warehouse=self.server.url("soak") if self.server else "",
        )

    def run(self, number: int, files: int) -> Measured:
        """Run the pipeline, which must take as many new files, and measure what the process is like then."""
        home = self.office.folder / "home"
        began, cpu = time.perf_counter(), self._cpu()
        outcome, _, _ = run_plainly(self.settings())
        spent, seconds = self._cpu() - cpu, time.perf_counter() - began
        wrong = [*outcome.failed, *outcome.skipped, *outcome.told]
        if wrong or len(outcome.receipts) != files:
            raise AssertionError(f"run {number} took {len(outcome.receipts)} of {files} files: {wrong}")
        del outcome
        told = len(self.hook.calls)
        self.hook.calls.clear()
        # Else what is garbage already would be counted at random.
        gc.collect()
        before, self.size = self.size, size_of(home)
        return {
            "run": number,
            "deliveries": files,
            "cpu": round(spent, 3),
            "seconds": round(seconds, 3),
            "yardstick": round(yardstick(), 5),
            **process(os.getpid()),
            "objects": len(gc.get_objects()),
            "temporary": files_below(self.office.folder / "tmp"),
            "left": left_in(home),
            "home": self.size,
            "grew": self.size - before,
            "messages": told,
            **({"connections": self._connections()} if self.server else {}),
        }

    def _cpu(self) -> float:
        own, server = os.times(), self.server.cpu() if self.server else 0.0
        return own.user + own.system + own.children_user + own.children_system + server

    def _connections(self) -> int:
        assert self.server is not None
        with psycopg.connect(self.server.uri) as connection:
            row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'soak'").fetchone()
        assert row is not None
        return int(row[0])


if __name__ == "__main__":
    sys.exit(main())
