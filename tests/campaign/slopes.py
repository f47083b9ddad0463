"""Whether what was measured run after run stays flat: a robust line through it, and how far it leads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Any, Final, NamedTuple

Run = Mapping[str, Any]


class Line(NamedTuple):
    """A robust line: units per run, with the bounds between which it lies in 95 of 100 such series."""

    slope: float
    low: float
    high: float


def theil_sen(points: Sequence[tuple[float, float]]) -> Line:
    """The median of the slopes between all pairs of points, and its bounds by Kendall's variance: a quarter of the
    points may lie anywhere. Needs two points of different x."""
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x1 != x2)
    number = len(points)
    spread = 1.96 * math.sqrt(number * (number - 1) * (2 * number + 5) / 18)
    low = max(0, math.floor((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2))
    return Line(median(slopes), slopes[low], slopes[high])


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured after each run, and how far its line may lead from the first run looked at to the last: ``most``
    of its own unit or ``share`` of its median, whichever is more."""

    title: str
    of: Callable[[Run], float | None]
    most: float = 0.0
    share: float = 0.0
    places: int = 0

    def found(self, runs: Sequence[Run]) -> Found | None:
        """What the runs tell; None where fewer than three of them do."""
        points = [(float(run["run"]), value) for run in runs if (value := self.of(run)) is not None]
        if len({x for x, _ in points}) < 3:
            return None
        values, line = [y for _, y in points], theil_sen(points)
        middle, length = median(values), points[-1][0] - points[0][0]
        allowed = max(self.most, self.share * abs(middle))
        return Found(self, len(points), values[0], values[-1], middle, line, line.slope * length, allowed)


@dataclass(frozen=True, slots=True)
class Found:
    """Of a measure: how many values, the first, the last, their median, their line, how far that leads, how far it
    may."""

    measure: Measure
    number: int
    first: float
    last: float
    middle: float
    line: Line
    leads: float
    allowed: float

    @property
    def flat(self) -> bool:
        """Whether it grows no further than it may. What shrinks is flat."""
        return self.leads <= self.allowed

    @property
    def verdict(self) -> str:
        """In a word. Unclear is no pass: it leads too far, and not growing at all is within the bounds of its line."""
        return "flat" if self.flat else "**grows**" if self.line.low > 0 else "**unclear**"


def _full(of: Callable[[Run], float]) -> Callable[[Run], float | None]:
    """Only of runs that took something in."""
    return lambda run: of(run) if run["deliveries"] else None


def _idle(of: Callable[[Run], float]) -> Callable[[Run], float | None]:
    """Only of runs that found nothing new."""
    return lambda run: None if run["deliveries"] else of(run)


PLAIN: Final = (
    Measure("resident memory, MiB", lambda run: run["memory"], share=0.05, places=1),
    Measure("objects of Python, thousands", lambda run: run["objects"] / 1000, share=0.02, places=1),
    Measure("open file descriptors", lambda run: run["handles"], most=0.5),
    Measure("threads", lambda run: run["threads"], most=0.5),
    Measure("files in the system's temporary folder", lambda run: run["temporary"], most=0.5),
    Measure("files left in the home: staging, pulls, half written ones, traces", lambda run: run["left"], most=0.5),
    Measure("connections to the database", lambda run: run.get("connections"), most=0.5),
    Measure("time per delivery, yardsticks", _full(lambda run: run["cpu"] / run["deliveries"] / run["yardstick"]),
            share=0.1, places=2),
    Measure("time of a run without anything new, yardsticks", _idle(lambda run: run["cpu"] / run["yardstick"]),
            share=0.1, places=2),
    Measure("what a run adds to the home, KiB", _full(lambda run: run["grew"] / 1024), share=0.2, most=20),
)  # fmt: skip
"""What is measured of the process that runs again and again, of its home and of its database."""
SERVED: Final = (
    Measure("chiso serve: resident memory, MiB", lambda run: run["runner"]["memory"], share=0.05, places=1),
    Measure("chiso serve: open file descriptors", lambda run: run["runner"]["handles"], most=0.5),
    Measure("chiso serve: threads", lambda run: run["runner"]["threads"], most=0.5),
    Measure("chiso serve: processes under it", lambda run: run["children"], most=0.5),
    Measure("Prefect's server: resident memory, MiB", lambda run: run["server"]["memory"], share=0.05, places=1),
    Measure("Prefect's server: open file descriptors", lambda run: run["server"]["handles"], most=1.5),
    Measure("Prefect's server: threads", lambda run: run["server"]["threads"], most=1.5),
    Measure("files left in the home", lambda run: run["left"], most=0.5),
)
"""What is measured of ``chiso serve`` and of the server that it starts."""


def findings(measures: Sequence[Measure], runs: Sequence[Run], after: int) -> list[Found]:
    """What each measure tells from a run on."""
    counted = [run for run in runs if run["run"] >= after]
    return [found for measure in measures if (found := measure.found(counted)) is not None]


def told(found: Sequence[Found]) -> list[str]:
    """The rows of a table: measure, first and last value, slope with its bounds, how far it leads and may, verdict."""
    lines = [
        "| measure | first | last | per run (95 %) | over all runs | may be | |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        places, fine = one.measure.places, one.measure.places + 3
        slope, low, high = (_number(value, fine) for value in one.line)
        share = f" ({_signed(100 * one.leads / one.middle, 1)} %)" if one.middle and one.measure.share else ""
        lines.append(
            f"| {one.measure.title} | {one.first:,.{places}f} | {one.last:,.{places}f} | {slope} ({low} to {high}) | "
            f"{_signed(one.leads, max(1, places))}{share} | {_signed(one.allowed, max(1, places))} | "
            f"{one.verdict} |"
        )
    return lines


def _number(value: float, places: int) -> str:
    return "0" if not round(value, places) else f"{value:.{places}f}"


def _signed(value: float, places: int) -> str:
    return "0" if not round(value, places) else f"{value:+,.{places}f}"


def looked_at(kind: str, runs: Sequence[Run]) -> list[Found]:
    """What a soak tells, through ``serve`` or in a process of its own, once it is warm: caches are full then, modules
    imported, threads begun."""
    measures, warm = (SERVED, 4) if kind == "serve" else (PLAIN, 20)
    last = max((run["run"] for run in runs), default=0)
    return findings(measures, runs, min(warm, last // 3))
