"""How long each of the twenty queries of ``docs/queries.md`` takes, in a home in which ``chiso demo`` ran.

python -m benchmarks.queries HOME [--times 5]
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

PAGE: Final = Path(__file__).parents[1] / "docs" / "queries.md"
AIM: Final = 1.0


def main(words: Sequence[str] | None = None) -> None:
    """Ask every query some times, and print medians in seconds, the slowest first."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args(words)
    asked = re.findall(r"### (\d+\. [^\n]+)\n.*?```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    with duckdb.connect(str(options.home / "published.duckdb"), read_only=True) as database:
        took = {title: _median(database, query, options.times) for title, query in asked}
    print("| query | median s | aim s |\n|---|---|---|")
    for title, seconds in sorted(took.items(), key=lambda one: -one[1]):
        print(f"| {title} | {seconds:.3f} | {AIM:.0f} |")


def _median(database: duckdb.DuckDBPyConnection, query: str, times: int) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        database.execute(query).fetchall()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
