"""One run of one way in a process of its own: what it took, and what came out.

``imports`` are the seconds before the work; ``work``, ``cpu`` (both cores) those of the work; ``rss`` the peak in MB.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.portal import limit, naive, ours
from benchmarks.portal.case import Case, Way
from benchmarks.portal.size import add_options, place_of

WAYS: Final[dict[str, Callable[[Case], Way]]] = {
    "limit": limit.embedded,
    "limit-postgresql": limit.postgresql,
    "naive": naive.embedded,
    "naive-postgresql": naive.postgresql,
    "chiso": ours.plain,
    "chiso-postgresql": ours.plain,
    "chiso-prefect": ours.under_prefect,
    "chiso-prefect-postgresql": ours.under_prefect,
}


def main(words: Sequence[str] | None = None) -> None:
    """Run a way, and print its figures as one line of JSON."""
    began = time.perf_counter()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_options(parser)
    parser.add_argument("--way", choices=list(WAYS), required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--inbox", type=Path, required=True)
    parser.add_argument("--url", default="")
    parser.add_argument("--profile", type=Path, help="keep a profile of the work in this file, for pstats")
    options = parser.parse_args(words)
    case = Case(place_of(options), options.home, options.inbox, options.url)
    work, sums = WAYS[options.way](case)
    imports = time.perf_counter() - began
    _, started, used = sys.stdout.flush(), time.perf_counter(), _cpu()
    if options.profile:
        _profiled(work, options.profile)
    else:
        work()
    figures = {
        "imports": imports,
        "work": time.perf_counter() - started,
        "cpu": _cpu() - used,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps({**figures, "sums": sums().as_json()}))


def _profiled(work: Callable[[], None], path: Path) -> None:
    import cProfile

    profile = cProfile.Profile()
    profile.runcall(work)
    profile.dump_stats(path)


def _cpu() -> float:
    """Of this process and of the children that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


if __name__ == "__main__":
    main()
