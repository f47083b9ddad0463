"""A campaign: thousands of damaged workbooks through the whole run. No crash, no hang, no row unaccounted for.

    python -m tests.campaign.mutations [--count 5000] [--folder build/mutations]

It goes on where it was stopped: each slice of an inbox is a run in a home of its own, and its result a line of
``results.jsonl``. ``tests/faults/test_mutations.py`` takes a fixed sample of the same damage.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from catalogue.loader import load_programme
from catalogue.source import Inbox
from demo.world import make_world
from flows.plain import run_plainly
from flows.settings import SHIPPED, Settings
from tests.campaign.mutants import mutant
from warehouse.published import ask
from warehouse.store import Warehouse

SLICE = 250
LONG_AGO = (1_700_000_000, 1_700_000_000)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a slice: files by damage and status, what crashed, deliveries whose rows do not add up."""

    first: int
    outcomes: dict[str, dict[str, int]]
    crashed: list[tuple[str, str]]
    unaccounted: list[str]
    seconds: float


def workbooks(folder: Path) -> list[tuple[str, bytes]]:
    """The demo world's workbooks of the default programme, by their path below the inbox; none that is damaged yet."""
    programme = SHIPPED / (SHIPPED / "default.txt").read_text(encoding="utf-8").strip()
    world = make_world(load_programme(programme), programme / "world", folder / "world")
    found = [(path, path.read_bytes()) for path in sorted(world.inbox.rglob("*.xlsx"))]
    return [(path.relative_to(world.inbox).as_posix(), data) for path, data in found if data.startswith(b"PK")]


def run_slice(folder: Path, whole: list[tuple[str, bytes]], first: int, count: int) -> Result:
    """Damage ``count`` workbooks from seed ``first`` on, run them, and tell what became of them."""
    shutil.rmtree(folder, ignore_errors=True)
    inbox, kinds = folder / "inbox", dict[str, str]()
    for seed in range(first, first + count):
        name, data = whole[seed % len(whole)]
        kind, spoiled = mutant(data, seed)
        path = inbox / Path(name).parent / f"{seed}-{Path(name).name}"
        kinds[path.relative_to(inbox).as_posix()] = kind
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(spoiled)
        os.utime(path, LONG_AGO)
    programme = SHIPPED / (SHIPPED / "default.txt").read_text(encoding="utf-8").strip()
    addresses = {
        source.address: str(inbox)
        for source in load_programme(programme).sources
        if isinstance(source, Inbox) and source.address == "inbox"
    }
    began = time.perf_counter()
    outcome, _, house = run_plainly(Settings(home=folder / "home", programme=str(programme), addresses=addresses))
    seconds = time.perf_counter() - began
    became = {receipt.name: str(receipt.status) for receipt in outcome.receipts}
    became |= dict.fromkeys(outcome.known, "known already") | {name: "crashed" for name, _ in outcome.failed}
    outcomes: dict[str, Counter[str]] = {}
    for name, kind in kinds.items():
        outcomes.setdefault(kind, Counter())[became.get(name, "lost")] += 1
    return Result(
        first,
        {kind: dict(found) for kind, found in sorted(outcomes.items())},
        outcome.failed,
        _unaccounted(house.warehouse),
        seconds,
    )


def _unaccounted(warehouse: Warehouse) -> list[str]:
    _, rows = ask(
        warehouse,
        """SELECT name FROM fates WHERE NOT adds_up OR rows_quarantined <> quarantine_found
           OR rows_furniture <> furniture_found OR rows_loaded <> loaded_found""",
    )
    return [str(name) for (name,) in rows]


def main() -> int:
    """Run what is left of the campaign, print the count by damage and outcome; 1 where anything crashed or was lost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--folder", type=Path, default=Path("build") / "mutations")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    log = options.folder / "results.jsonl"
    done = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    whole = workbooks(options.folder)
    for first in range(0, options.count, SLICE):
        if first in {one["first"] for one in done}:
            continue
        result = asdict(run_slice(options.folder / "slice", whole, first, min(SLICE, options.count - first)))
        with log.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(result, ensure_ascii=False) + "\n")
        done.append(result)
        print(f"{first + SLICE} in {result['seconds']:.0f} s", file=sys.stderr)
    return _told(done)


def _told(done: list[dict[str, object]]) -> int:
    total: dict[str, Counter[str]] = {}
    crashed: list[object] = []
    unaccounted: list[object] = []
    for one in done:
        for kind, outcomes in one["outcomes"].items():  # type: ignore[attr-defined]
            total.setdefault(kind, Counter()).update(outcomes)
        crashed += one["crashed"]  # type: ignore[arg-type]
        unaccounted += one["unaccounted"]  # type: ignore[arg-type]
    statuses = sorted({status for found in total.values() for status in found})
    print("damage".ljust(20), *(status.rjust(23) for status in statuses))
    for kind, found in sorted(total.items()):
        print(kind.ljust(20), *(str(found[status]).rjust(23) for status in statuses))
    every = sum(total.values(), Counter[str]())
    print("all".ljust(20), *(str(every[status]).rjust(23) for status in statuses))
    print(f"crashed: {len(crashed)}; deliveries whose rows do not add up: {len(unaccounted)}")
    for each in (*crashed, *unaccounted):
        print(f"  {each}")
    return 1 if crashed or unaccounted or every["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
