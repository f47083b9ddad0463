"""All ways beside each other: months, restating one, nothing new, a file of which half is bad; one table of ratios.

    python -m benchmarks.portal [--rows 1200000] [--months 1,12,60] [--ways limit,chiso,...] [--repeat 3] [--write]

It goes on where it was stopped: each unit (way, months, repetition) is a line of ``results.jsonl`` in the folder, and
is not run again (``--afresh`` forgets them). Ways that disagree about any sum end the run with exit code 1. Every run
is a process of its own; ``work`` is seconds after imports, ``cpu`` counts both cores and PostgreSQL's processes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.portal import table
from benchmarks.portal.case import differences
from benchmarks.portal.make import make
from benchmarks.portal.measure import WAYS
from benchmarks.portal.servers import Postgres, postgres, prefect
from benchmarks.portal.size import ROOT, Place, add_options, month, place_of

# As many months as a way is worth waiting for.
MOST: Final = {"naive": 1, "naive-postgresql": 1}
Result = dict[str, Any]


def main(words: Sequence[str] | None = None) -> int:
    """Run what has not been run yet; 1 where ways disagree or one fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_options(parser)
    parser.add_argument("--months", default="1,12", help="numbers of months, as 1,12,60")
    parser.add_argument("--ways", default=",".join(WAYS), help=f"of {', '.join(WAYS)}; limit is always among them")
    parser.add_argument("--naive-months", type=int, default=1, help="no more months than this by the naive ways")
    parser.add_argument("--repeat", type=int, default=1, help="how often; figures are medians")
    parser.add_argument("--afresh", action="store_true", help="forget earlier results of this folder")
    parser.add_argument("--write", action="store_true", help="append the table to benchmarks/README.md")
    options = parser.parse_args(words)
    ways = [way for way in WAYS if way == "limit" or way in options.ways.split(",")]
    if unknown := set(options.ways.split(",")) - set(WAYS):
        raise SystemExit(f"--ways {', '.join(sorted(unknown))}: no such way; there are {', '.join(WAYS)}")
    place, months = place_of(options), sorted({int(one) for one in options.months.split(",")})
    make(place, months[-1])
    log = place.folder / "results.jsonl"
    if options.afresh:
        log.unlink(missing_ok=True)
    results = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    results = [one for one in results if not one.get("failed")]  # What failed is tried again.
    done = {(one["way"], one["months"], one["repetition"]) for one in results}
    most = dict.fromkeys(MOST, options.naive_months)
    units = [
        (way, count, repetition)
        for count in months
        for repetition in range(options.repeat)
        for way in ways
        if (way, count, repetition) not in done and count <= most.get(way, count)
    ]
    with ExitStack() as stack:
        server = stack.enter_context(postgres()) if any("postgresql" in way for way, _, _ in units) else None
        if any("prefect" in way for way, _, _ in units):
            stack.enter_context(prefect(place.folder / "prefect"))
        for way, count, repetition in units:
            result = _unit(place, way, count, server) | {"repetition": repetition}
            results.append(result)
            if wrong := disagreements([one for one in results if one is result or one["way"] == "limit"]):
                print(f"{_folder(place, way, count)} is kept:", *wrong, sep="\n", file=sys.stderr)
            else:
                shutil.rmtree(_folder(place, way, count), ignore_errors=True)
            with log.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(result) + "\n")
    shown = [one for one in results if one["way"] in ways and one["months"] in months]
    told = table.written(place, shown)
    print(told)
    if options.write:
        with (ROOT / "benchmarks" / "README.md").open("a", encoding="utf-8") as readme:
            readme.write(f"\n{told}\n")
    wrong = disagreements(shown)
    print("\n".join(wrong) if wrong else "All ways agree on every sum.", file=sys.stderr)
    return 1 if wrong else 0


def disagreements(results: Sequence[Result]) -> list[str]:
    """Where a way's sums differ from those of the limit after the same steps, or where it failed."""
    found = [f"{one['way']}, {one['months']} months: {one['failed']}" for one in results if one.get("failed")]
    limits = {one["months"]: one["steps"] for one in results if one["way"] == "limit" and not one.get("failed")}
    for one in results:
        for step, figures in one["steps"].items():
            expected = limits.get(one["months"], {}).get(step)
            if expected is not None:
                found += [
                    f"{one['way']}, {one['months']} months, {step}: limit and it say {said}"
                    for said in differences(expected["sums"], figures["sums"])
                ]
    return found


def _unit(place: Place, way: str, months: int, server: Postgres | None) -> Result:
    """Months into an empty home; the same again; the first month restated; for one month, half of it bad."""
    folder = _folder(place, way, months)
    shutil.rmtree(folder, ignore_errors=True)
    for index in range(months):
        _lay(place.extract(index), folder / "inbox" / "CONG" / month(index))
    database = f"{way}_{months}".replace("-", "_")
    url = server.empty(database) if server and "postgresql" in way else ""
    result: Result = {"way": way, "months": months, "when": int(time.time()), "steps": {}}

    def step(name: str, home: str, inbox: Path, url: str) -> None:
        figures = _alone(place, way, folder / home, inbox, url, server)
        if "failed" in figures:
            result["failed"] = f"{name}: {figures['failed']}"
            raise _FailedError
        result["steps"][name] = figures
        print(f"{way:<26}{months:>3} {name:<9}{figures['work']:8.1f} s {figures['cpu']:8.1f} cpu"
              f" {figures['rss']:6.0f} MB", file=sys.stderr)  # fmt: skip

    try:
        step("load", "home", folder / "inbox", url)
        step("again", "home", folder / "inbox", url)
        _lay(place.extract(0, "restated"), folder / "inbox" / "CONG" / month(0))
        step("restate", "home", folder / "inbox", url)
        if months == 1:
            _lay(place.extract(0, "half"), folder / "half" / "CONG" / month(0))
            url = server.empty(f"{database}_half") if server and url else ""
            step("half", "home-half", folder / "half", url)
    except _FailedError:
        print(f"{way}, {months} months: {result['failed']}", file=sys.stderr)
    return result


def _folder(place: Place, way: str, months: int) -> Path:
    """Where a unit has its homes and inboxes: kept where something is wrong, for whoever wants to look."""
    return place.folder / "runs" / f"{way}-{months}"


class _FailedError(Exception):
    pass


def _lay(file: Path, folder: Path) -> None:
    """Put a file into a folder of an inbox, without a copy of its bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file.name).unlink(missing_ok=True)
    os.link(file, folder / file.name)


def _alone(place: Place, way: str, home: Path, inbox: Path, url: str, server: Postgres | None) -> Result:
    """One step in a process of its own: its figures and sums, ``whole`` (seconds of the process); or how it failed."""
    size = place.size
    command = [
        sys.executable, "-W", "ignore", "-m", "benchmarks.portal.measure", "--way", way, "--home", str(home),
        "--inbox", str(inbox), "--url", url, "--folder", str(place.folder), "--rows", str(size.rows),
        "--communes", str(size.communes), "--procedures", str(size.procedures), "--seed", str(size.seed),
        "--format", size.form,
    ]  # fmt: skip
    began, used = time.perf_counter(), server.cpu() if server and url else 0.0
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        return {"failed": (done.stderr or done.stdout).strip()[-2000:]}
    figures: Result = json.loads(done.stdout.splitlines()[-1])
    figures["whole"] = time.perf_counter() - began
    if server and url:
        figures["cpu"] += server.cpu() - used
    return figures


if __name__ == "__main__":
    sys.exit(main())
