"""A campaign: a load of a month of a country's portal counts is killed at moments spread over it, and run again.

    python -m tests.campaign.kill_load [--rows 1200000] [--backends duckdb,postgresql] [--kills 12]

Each time every table must hold what an unbroken run leaves, columns that no two runs share apart: the same number of
rows, with the same hashes. It goes on where it was stopped: each kill is a line of ``results.jsonl`` in the folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from benchmarks.portal.make import make
from benchmarks.portal.servers import Postgres, postgres
from benchmarks.portal.size import Place, add_options, place_of
from flows.settings import Settings
from warehouse.export import CLOCKED, VOLATILE
from warehouse.store import Warehouse

ROOT = Path(__file__).parents[2]
# The pipeline of a run, which says when it has imported what it needs: from there on it is killed.
RUN = """
import sys
import great_expectations, pandas, alembic.autogenerate
from flows.plain import run_plainly
from flows.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
print("started", flush=True)
outcome, _, _ = run_plainly(settings)
sys.exit(f"{outcome.failed} {outcome.skipped}" if outcome.failed or outcome.skipped else 0)
"""
State = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Home:
    """An installation that takes the workload in."""

    place: Place
    folder: Path
    url: str

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return Settings(
            home=self.folder,
            programme=str(self.place.programme),
            addresses={"extracts": str(self.place.folder / "inbox")},
            warehouse=self.url,
        )

    def start(self) -> subprocess.Popen[str]:
        """Start a run, and wait until it has imported everything."""
        command = [sys.executable, "-W", "ignore", "-c", RUN, self.settings.model_dump_json()]
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert run.stdout is not None
        if run.stdout.readline() != "started\n":
            raise SystemExit(f"the run did not start: {run.communicate()[1][-2000:]}")
        return run

    def finish(self) -> float:
        """Run to the end; the seconds that it took."""
        run = self.start()
        began = time.perf_counter()
        said = run.communicate()[1]
        if run.returncode:
            raise SystemExit(f"the run failed: {said[-2000:]}")
        return time.perf_counter() - began

    def state(self) -> State:
        """Every table: how many rows, and a hash over them that does not depend on their order."""
        url = self.url or f"duckdb:///{self.folder / 'warehouse.duckdb'}"
        warehouse = Warehouse(url, self.folder / "published.duckdb")
        with warehouse.connection() as connection:
            found = inspect(connection)
            state: State = {}
            for table in sorted(set(found.get_table_names()) - {"alembic_version"}):
                names = [one["name"] for one in found.get_columns(table) if one["name"] not in VOLATILE | CLOCKED]
                columns = ", ".join(f'"{name}"' for name in sorted(names))
                line = f"hashtextextended(ROW({columns})::text, 0)" if self.url else f"hash({columns})"
                total = f"CAST(sum(CAST({line} AS {'NUMERIC' if self.url else 'HUGEINT'})) AS TEXT)"
                row = connection.exec_driver_sql(f'SELECT count(*), {total} FROM "{table}"').one()
                state[table] = [int(row[0]), row[1]]
        return state


def kills(
    place: Place, backend: str, folder: Path, server: Postgres | None, number: int, done: set[int]
) -> Iterator[dict[str, Any]]:
    """Kill a load at the middle of each of ``number`` equal stretches of it, run it again, and compare."""
    whole = _home(place, folder, backend, "unbroken", server)
    lasts = whole.finish()
    expected = whole.state()
    for turn in range(number):
        if turn in done:
            continue
        home = _home(place, folder, backend, "killed", server)
        run = home.start()
        moment = (turn + 0.5) / number * lasts
        try:
            run.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
        killed = run.wait() == -signal.SIGKILL
        run.communicate()
        home.finish()
        found = home.state()
        wrong = {table: [expected.get(table), found.get(table)] for table in {*expected, *found}
                 if expected.get(table) != found.get(table)}  # fmt: skip
        yield {"backend": backend, "turn": turn, "second": moment, "killed": killed, "wrong": wrong}


def _home(place: Place, folder: Path, backend: str, name: str, server: Postgres | None) -> Home:
    home = folder / backend / name
    shutil.rmtree(home, ignore_errors=True)
    return Home(place, home, server.empty(name) if server else "")


def main() -> int:
    """Run what is left of the campaign; 1 where a killed load did not end as the unbroken one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_options(parser)
    parser.set_defaults(folder=ROOT / "build" / "kills")
    parser.add_argument("--backends", default="duckdb,postgresql")
    parser.add_argument("--kills", type=int, default=12, help="how often on each backend")
    options = parser.parse_args()
    place, log = place_of(options), options.folder / "results.jsonl"
    make(place, 1)
    results = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    with ExitStack() as stack:
        for backend in options.backends.split(","):
            done = {one["turn"] for one in results if one["backend"] == backend}
            if done >= set(range(options.kills)):
                continue
            server = stack.enter_context(postgres()) if backend == "postgresql" else None
            for result in kills(place, backend, options.folder / "homes", server, options.kills, done):
                results.append(result)
                with log.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(result) + "\n")
                how = "killed" if result["killed"] else "had ended"
                print(f"{backend}: {how} after {result['second']:.1f} s, {result['wrong'] or 'equal'}", file=sys.stderr)
    wrong = [one for one in results if one["wrong"]]
    print(f"{sum(one['killed'] for one in results)} loads of {place.size.rows} rows killed, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
