"""A campaign: a run is killed with SIGKILL before a statement or a change of a file, run again, and compared.

    python -m tests.campaign.kills [--kills 200] [--backends duckdb,postgresql] [--minutes 0] [--write]

First one point of each step, then those of the transactions of the append, then points spread over the whole run. Each
time all tables must hold what an unbroken run leaves, but for clocks and run ids, and the same receipts and archived
objects must be there. Every kill is a line of ``results.jsonl``: it goes on where it was stopped, for as many minutes
on each backend as are given. ``--write`` makes ``docs/reliability.md`` of what is there.
"""

from __future__ import annotations

import argparse
import atexit
import importlib
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.portal.servers import Postgres, postgres
from flows.asking import warehouse_of
from flows.plain import run_plainly
from flows.settings import Settings
from tests.campaign.killing import Point, armed
from tests.campaign.reliability import write
from tests.flows.office import Installation, good, install
from warehouse.export import CLOCKED, VOLATILE, export

ROOT: Final = Path(__file__).parents[2]
State = dict[str, Counter[str]]
Result = dict[str, Any]


def main(words: Sequence[str] | None = None) -> int:
    """Run what is left of the campaign; 1 where something was lost or doubled."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200, help="how many on each backend")
    parser.add_argument("--every", type=int, default=1, help="of the points chosen, every so manieth, for a sample")
    parser.add_argument("--backends", default="duckdb,postgresql")
    parser.add_argument("--minutes", type=float, default=0, help="stop a backend after so many; 0: when all are done")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "killed_runs")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md of all that was found so far")
    options = parser.parse_args(words)
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "results.jsonl"
    results = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    with ExitStack() as stack:
        for backend in options.backends.split(","):
            done = [one for one in results if one["backend"] == backend]
            if len(done) >= options.kills:
                continue
            until = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
            server = stack.enter_context(postgres()) if backend == "postgresql" else None
            for result in _kills(
                folder / backend, server, options.kills, options.every, {one["point"] for one in done}
            ):
                results.append({"backend": backend, **result})
                with log.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(results[-1], ensure_ascii=False) + "\n")
                if time.monotonic() > until:
                    break
    wrong = [one for one in results if one["lost"] or one["doubled"] or one["failed"]]
    for one in wrong:
        print(f"{one['backend']}, {one['step']}, before {one['what']!r}: {one}", file=sys.stderr)
    killed = Counter(one["backend"] for one in results if one["killed"])
    print(f"killed {dict(killed)}; {len(wrong)} were not as an unbroken run")
    if options.write:
        write(ROOT / "docs" / "reliability.md", kills=results)
    return 1 if wrong else 0


def _import(names: Sequence[str]) -> None:
    """Import what the unbroken run imported, so that no child of this process has to."""
    for name in names:
        # Some are made while others are imported, under names of their own.
        with suppress(Exception):
            importlib.import_module(name)


def _kills(folder: Path, server: Postgres | None, number: int, every: int, done: set[int]) -> Iterator[Result]:
    """Kill runs at ``number`` points in all, but for those that are done; at ``every`` so manieth that is chosen."""
    shutil.rmtree(folder, ignore_errors=True)
    unbroken = _office(folder / "unbroken", server)
    assert _apart(unbroken, 0, folder / "points.json") == 0, "the unbroken run failed"
    _import(json.loads((folder / "points.json.modules").read_text()))
    expected = _state(unbroken)
    points: list[Point] = [(step, what) for step, what in json.loads((folder / "points.json").read_text())]
    for point in [one for one in chosen(points, number * every)[::every] if one not in done]:
        office = _office(folder / "killed", server, unbroken)
        ended = _apart(office, point)
        again = _apart(office, 0) if ended == -signal.SIGKILL else ended
        found = _state(office)
        lost = {name: (rows - found.get(name, Counter())).total() for name, rows in expected.items()}
        doubled = {name: (rows - expected.get(name, Counter())).total() for name, rows in found.items()}
        step, what = points[point - 1]
        yield {
            "point": point, "of": len(points), "step": step, "what": what, "killed": ended == -signal.SIGKILL,
            "failed": again, "lost": {name: rows for name, rows in lost.items() if rows},
            "doubled": {name: rows for name, rows in doubled.items() if rows},
        }  # fmt: skip


def chosen(points: Sequence[Point], number: int) -> list[int]:
    """Numbers of points to kill at: one of each step, those of the append, then spread evenly, coarse before fine."""
    append = [place for place, (step, _) in enumerate(points, 1) if step == "append"]
    steps = {step: place for place, (step, _) in reversed([*enumerate(points, 1)])}
    spread, parts = list[int](), 1
    while parts <= 2 * len(points):
        spread += [round((turn + 0.5) / parts * (len(points) - 1)) + 1 for turn in range(parts)]
        parts *= 2
    # With few kills, the steps come first, and the append's points are spread, too.
    stride = max(1, -(-len(append) * 2 // number))
    return [*dict.fromkeys([*sorted(steps.values()), *append[::stride], *spread])][:number]


def _office(folder: Path, server: Postgres | None, same: Installation | None = None) -> Installation:
    """An installation to which four files have come: two are good, one has a row to set aside, one is no workbook; the
    ``same`` as another has, where one is named."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if same:
        office = Installation(folder, {"inbox": str(folder / "inbox")})
        # The same bytes: a workbook that is written again says when.
        for part in (same.programme, same.inbox):
            shutil.copytree(part, folder / part.name)
        if server is None:
            (folder / "home").mkdir()
            shutil.copyfile(same.folder / "prepared.duckdb", folder / "home" / "warehouse.duckdb")
    else:
        office = install(folder, prepared=server is None)
        office.send("ON1", "a.xlsx", "01/2024", [good("data"), good("web", 2, 7, 3)])
        office.send("ON2", "b.xlsx", "01/2024", [good("data"), [*good("web")[:-1], "?"]])
        office.send("ON2", "c.xlsx", "02/2024", [good("data", 4, 4, 4)])
        office.put("ON1", "d.xlsx", b"%PDF-1.4")
        if server is None:
            shutil.copyfile(folder / "home" / "warehouse.duckdb", folder / "prepared.duckdb")
    if server:
        (folder / "url").write_text(server.empty("killed" if folder.name == "killed" else "unbroken"))
    return office


def _settings(office: Installation) -> Settings:
    url = office.folder / "url"
    return Settings(
        home=office.folder / "home",
        programme=str(office.programme),
        addresses=office.addresses,
        warehouse=url.read_text() if url.exists() else "",
    )


def _apart(office: Installation, point: int, points: Path | None = None) -> int:
    """Run in a process of its own that is killed at a point (0: never); how it ended, as ``Popen.returncode``."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    code = 70
    try:
        armed(office.folder / "home", point, points)
        outcome, _, _ = run_plainly(_settings(office))
        code = 71 if outcome.failed else 0
    finally:
        sys.stdout.flush()
        if points:
            points.with_name(f"{points.name}.modules").write_text(json.dumps(sorted(sys.modules)))
            atexit._run_exitfuncs()
        os._exit(code)


def _state(office: Installation) -> State:
    """Every table's rows, the receipts and the archived objects."""
    home, written = office.folder / "home", office.folder / "written"
    with warehouse_of(_settings(office)).connection() as connection:
        export(connection, written, tables=True, without=VOLATILE | CLOCKED)
    state: State = {path.stem: Counter(path.read_text(encoding="utf-8").splitlines()) for path in written.glob("*.csv")}
    for kind in ("archive", "receipts"):
        names = (str(path.relative_to(home)) for path in (home / kind).rglob("*") if path.is_file())
        state[f"files of {kind}"] = Counter(name for name in names if "/incoming/" not in name)
    return state


if __name__ == "__main__":
    sys.exit(main())
