"""A campaign: random faults while portals are pulled, from fixed seeds. After each run the warehouse holds a state that
the portal was in, or the run says that it does not and the warehouse holds what it held; once all is calm, both agree.

    python -m tests.campaign.portal_faults [--count 200] [--folder build/portal_faults]

It goes on where it was stopped: each sequence is a line of ``results.jsonl`` in the folder.

``tests/faults/test_portal_faults.py`` takes a sample.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from pathlib import Path

from tests.portal_office import Office
from tests.portal_server import ANSWERS, CHANGES, CONTRACTS, PAGES
from tests.world import LAND
from tests.worlds import Worlds

QUESTIONS = 24
"""As many questions of a run may meet a fault: no run asks more of a portal that is well."""


def sequence(seed: int) -> tuple[str, bool, list[str | None]]:
    """Contract, whether two equal readings are needed, and the fault that each question meets.

    Where one reading is enough, the portal changes once at most: of two changes, the first may be seen and not the
    second. Where two are needed, it may change all the time.
    """
    dice = random.Random(seed)
    adapter, twice = tuple(CONTRACTS)[seed % len(CONTRACTS)], dice.random() < 0.5
    dense = dice.choice((0.1, 0.3, 0.6))
    faults = [dice.choice((*ANSWERS, *PAGES, *CHANGES)) if dice.random() < dense else None for _ in range(QUESTIONS)]
    changes = [place for place, fault in enumerate(faults) if fault in CHANGES]
    for place in () if twice or adapter == "gateway" else changes[1:]:
        faults[place] = None
    return adapter, twice, faults


def run_sequence(folder: Path, worlds: Worlds, seed: int) -> list[str]:
    """What is wrong after one sequence; nothing, where all is well."""
    adapter, twice, faults = sequence(seed)
    office = Office(worlds.make("duckdb", LAND, folder / str(seed)), adapter, twice=twice)
    truth, wrong = office.truth, list[str]()
    for number, trouble in enumerate(([], faults, []), start=1):
        truth.faults = [*trouble]
        truth.states = {month: [dict(rows)] for month, rows in truth.months.items()}
        before, outcome = office.counted(), office.run()
        found = office.counted()
        for month, states in truth.states.items():
            held, here = before.get(month), found.get(month)
            true = here in states
            said = outcome.exit_code != 0 and here == held
            if not (true or said) or (not trouble and here != truth.months[month]):
                wrong.append(f"seed {seed}, run {number}, {month}: {here} where the portal was in {states}")
    return wrong


def main() -> int:
    """Run what is left of the campaign; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("build/portal_faults"))
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(chosen.folder / "worlds", ignore_errors=True)
    log, worlds = chosen.folder / "results.jsonl", Worlds(chosen.folder / "worlds", "")
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    found: dict[int, list[str]] = {one["seed"]: one["wrong"] for one in map(json.loads, lines)}
    for seed in range(chosen.count):
        if seed in found:
            continue
        home = chosen.folder / "homes"
        shutil.rmtree(home, ignore_errors=True)
        found[seed] = run_sequence(home, worlds, seed)
        with log.open("a", encoding="utf-8") as text:
            text.write(json.dumps({"seed": seed, "wrong": found[seed]}) + "\n")
        print(f"{len(found)} of {chosen.count}: {sum(map(bool, found.values()))} wrong", flush=True)
    print(*(line for wrong in found.values() for line in wrong), sep="\n")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
