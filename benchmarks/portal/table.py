"""The figures of a run as Markdown: every way beside the limit, what grows, the machine and the versions."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.portal.size import Place

STEPS = {"load": "load", "restate": "one month restated", "again": "nothing new", "half": "half of the rows bad"}
PACKAGES = ("duckdb", "great-expectations", "pandas", "prefect", "SQLAlchemy", "pyarrow")

EXPLAINED = "`work` is seconds after imports; CPU counts both cores, and PostgreSQL's processes."

Result = dict[str, Any]


def written(place: Place, results: Sequence[Result]) -> str:
    """The whole section, with a title."""
    size = place.size
    lines = [
        f"### {datetime.now(UTC):%Y-%m-%d}, {size.rows:,} rows a month, {size.communes:,} communes, {size.form}",
        "",
        f"{machine()}.",
        "",
        f"Medians of {max((len(_same(results, one)) for one in results), default=0)} runs. {EXPLAINED}",
        "",
        "| way | months | step | work s | x limit | cpu s | x limit | imports s | whole s | peak RSS MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *_lines(results),
        "",
        *_growth(results),
    ]
    return "\n".join(lines).rstrip()


def machine() -> str:
    """Processor, cores, memory, Python and the versions that matter."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python "
        f"{platform.python_version()}; {versions}"
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    names = [line.partition(": ")[2] for line in told.read_text().splitlines() if line.startswith("model name")] \
        if told.exists() else []  # fmt: skip
    return names[0] if names else platform.machine()


def _same(results: Sequence[Result], like: Result) -> list[Result]:
    return [one for one in results if (one["way"], one["months"]) == (like["way"], like["months"])]


def median(results: Sequence[Result], way: str, months: int, step: str, figure: str) -> float | None:
    """The median of a figure over repetitions; None where the step was never run."""
    found = [
        one["steps"][step][figure]
        for one in results
        if one["way"] == way and one["months"] == months and step in one["steps"]
    ]
    return statistics.median(found) if found else None


def _lines(results: Sequence[Result]) -> Iterator[str]:
    ways = list(dict.fromkeys(one["way"] for one in results))
    for months in sorted({one["months"] for one in results}):
        for step, said in STEPS.items():
            for way in ways:
                work = median(results, way, months, step, "work")
                if work is None:
                    continue
                cells = [way, str(months), said]
                for figure in ("work", "cpu"):
                    value = median(results, way, months, step, figure) or 0.0
                    limit = median(results, "limit", months, step, figure)
                    cells += [f"{value:.2f}", f"{value / limit:.2f}" if limit else ""]
                cells += [f"{median(results, way, months, step, one) or 0.0:.1f}" for one in ("imports", "whole")]
                cells.append(f"{median(results, way, months, step, 'rss') or 0.0:.0f}")
                yield f"| {' | '.join(cells)} |"


def _growth(results: Sequence[Result]) -> Iterator[str]:
    """How the work grows with the months, and what one restated month costs beside the full load."""
    yield "| way | months | exponent of the load | restated month / load | restated month / that of the fewest months |"
    yield "|---|---|---|---|---|"
    counts = sorted({one["months"] for one in results})
    for way in dict.fromkeys(one["way"] for one in results):
        for fewer, more in pairwise(counts):
            few, many = (median(results, way, count, "load", "work") for count in (fewer, more))
            first, again = (median(results, way, count, "restate", "work") for count in (counts[0], more))
            if few and many and first and again:
                exponent = math.log(many / few) / math.log(more / fewer)
                yield f"| {way} | {fewer} to {more} | {exponent:.2f} | {again / many:.3f} | {again / first:.2f} |"
