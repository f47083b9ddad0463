"""A release after one corrected delivery, at 1, 12 and 60 months of history: it costs what the correction touches.

    python -m benchmarks.releases [--months 1 12 60] [--units 60] [--rounds 3]

A small made-up country: so many offices report each month. The history is released once; then one office corrects its
last month, and the next release is timed (CPU and wall, median of the rounds).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalogue.loader import load_programme
from catalogue.period import Period
from flows.compute import compute
from flows.house import prepare
from tests.world import World
from tests.worlds import Worlds

FORM = """
form: CASES
title: {en: Cases}
fact: cases
frequency: month
respondents: {register: offices, types: [office]}
unit_to: office
layout: {stamp: [Form], unit: [Unit], period: [Period], label: received}
fields:
  - {field: received, header: [Received], title: {en: Received}, type: count, to: received, required: true}
  - {field: resolved, header: [Resolved], title: {en: Resolved}, type: count, to: resolved, required: true}
"""
FACT = """
fact: cases
title: {en: Cases}
grain: One row per office and month
place: office
dimensions:
  - {dimension: office, title: {en: Office}, type: entity, register: offices}
measures:
  - {measure: received, title: {en: Received}, unit: one, over_time: sum, over_place: sum}
  - {measure: resolved, title: {en: Resolved}, unit: one, over_time: sum, over_place: sum}
"""
EXAMPLE = (
    'example: {{given: [{{form: CASES, unit: U1, period: "2019-01", received: 4, resolved: 2}}], '
    'place: U1, period: "2019-01", {}}}'
)


def declare(folder: Path, units: int) -> None:
    """Write the programme."""
    for name in ("languages", "facts", "forms", "indicators", "registers"):
        (folder / name).mkdir(parents=True)
    (folder / "programme.yml").write_text("programme: small\ntitle: {en: A small country}\nlanguages: [en]\n")
    source = Path(__file__).parents[1] / "tests" / "land" / "languages" / "en.yml"
    (folder / "languages" / "en.yml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "registers.yml").write_text(
        "- {register: offices, entity: office, title: {en: Offices}, levels: [country, office]}\n"
    )
    lines = ["key,code,valid_from,event,name,name_en,level,type,parent,link,aliases,document",
             "1,C,,,Country,,country,country,,,,"]  # fmt: skip
    lines += [f"{number + 1},U{number},,,Office {number},,office,office,1,,," for number in range(1, units + 1)]
    (folder / "registers" / "offices.csv").write_text("\n".join(lines) + "\n")
    (folder / "facts" / "cases.yml").write_text(FACT.lstrip())
    (folder / "forms" / "CASES.yml").write_text(FORM.lstrip())
    shared = "unit: one\n  periods: [month, quarter, year]\n  fact: cases\n"
    indicators = [
        f"- indicator: {code}\n  title: {{en: {code}}}\n  definition: {{en: {code}}}\n  {shared}  kind: {kind}\n"
        f"  {parts}\n"
        f"  {EXAMPLE.format(found)}\n"
        for code, kind, parts, found in (
            ("RECEIVED", "sum", "numerator: [{measure: received}]", "numerator: 4, value: 4"),
            ("RESOLVED", "sum", "numerator: [{measure: resolved}]", "numerator: 2, value: 2"),
            (
                "RATE",
                "ratio",
                "numerator: [{measure: resolved}]\n  denominator: [{measure: received}]",
                "numerator: 2, denominator: 4, value: 0.5",
            ),
        )
    ]
    (folder / "indicators" / "cases.yml").write_text("".join(indicators))


@dataclass(frozen=True)
class Timed:
    """Seconds of one release after one correction: on the wall, and of the processor."""

    wall: float
    cpu: float
    changed: int


def measure(folder: Path, units: int, months: int, rounds: int) -> Timed:
    """A history of so many months, then a release after one correction, some times over."""
    worlds = Worlds(folder / f"worlds-{months}", "")
    worlds.programmes[folder / "programme"] = load_programme(folder / "programme")
    url = worlds.empty("duckdb", folder / f"home-{months}")
    world = World(worlds.house(folder / "programme", url, folder / f"home-{months}"))
    prepare(world.house)
    first = Period.parse("2019-01")
    spans = [first.shifted(number).code for number in range(months)]
    world.reports(
        "CASES",
        [
            (f"U{unit}", code, [{"received": 20, "resolved": unit % 20}])
            for code in spans
            for unit in range(1, units + 1)
        ],
    )
    compute(world.house)
    found = []
    for number in range(rounds + 1):
        world.report("CASES", "U1", spans[-1], [{"received": 30 + number, "resolved": 3}])
        wall, cpu = time.perf_counter(), time.process_time()
        sealed = compute(world.house)
        changed = sealed.changed if sealed else 0
        found.append(Timed(time.perf_counter() - wall, time.process_time() - cpu, changed))
    rest = found[1:]  # the first pays for what is compiled once
    return Timed(*(statistics.median(getattr(one, name) for one in rest) for name in ("wall", "cpu", "changed")))


def main(words: Sequence[str] | None = None) -> None:
    """Print seconds and growth; as JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, nargs="+", default=[1, 12, 60])
    parser.add_argument("--units", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        declare(folder / "programme", asked.units)
        base: Timed | None = None
        for months in asked.months:
            found = measure(folder, asked.units, months, asked.rounds)
            base = base or found
            line = {"months": months, "cpu": round(found.cpu, 3),
                    "wall": round(found.wall, 3), "changed": found.changed,
                    "x": round(found.cpu / base.cpu, 2)}  # fmt: skip
            print(json.dumps(line))


if __name__ == "__main__":
    main()
