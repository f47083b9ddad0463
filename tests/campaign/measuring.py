"""What a process and a folder are like at a moment, as the system sees them."""

from __future__ import annotations

import hashlib
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

Measured = dict[str, Any]


def process(number: int) -> Measured:
    """Resident memory in MiB, open file descriptors and threads of a process."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{number}/status").read_text().splitlines())
    return {
        "memory": round(int(status["VmRSS"].split()[0]) / 1024, 2),
        "handles": len([*Path(f"/proc/{number}/fd").iterdir()]),
        "threads": int(status["Threads"]),
    }


def children(number: int) -> dict[int, str]:
    """The processes that a process has begun and that are still there, and their command lines."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(") ")[2].split()[1])
            if parent == number:
                found[int(stat.parent.name)] = (stat.parent / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # It has ended since.
    return found


def files_below(folder: Path) -> int:
    """How many files there are below a folder; none where it is not there."""
    return sum(1 for path in folder.rglob("*") if path.is_file())


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def left_in(home: Path) -> int:
    """How many files a home holds that only a run at work, or one that was killed or failed, may have."""
    below = ("staging", "pulls", "archive/incoming", "receipts/unanswered", "traces")
    return sum(files_below(home / name) for name in below) + len([*home.glob("*.tmp*")])


def yardstick() -> float:
    """Processor seconds of a fixed piece of work, of the kinds that a run is made of; the best of three."""
    return min(_once() for _ in range(3))


def _once() -> float:
    began = time.process_time()
    words = [str(place) for place in range(60_000)]
    sorted(words, key=lambda word: word[::-1])
    hashlib.sha256(bytes(2_000_000)).hexdigest()
    with closing(duckdb.connect(":memory:", config={"threads": 1})) as connection:
        connection.execute("SELECT i % 7, sum(i) FROM range(300000) r(i) GROUP BY 1").fetchall()
    return time.process_time() - began
