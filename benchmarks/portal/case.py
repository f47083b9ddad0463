"""What a way of doing the work is given, and what it must give back so that all ways can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.portal.size import Place


@dataclass(frozen=True, slots=True)
class Case:
    """``home`` is the way's own folder, kept from one run to the next; ``inbox`` holds the months that it is to take;
    ``url`` is an empty PostgreSQL database of the way's own, where it is one that needs it."""

    place: Place
    home: Path
    inbox: Path
    url: str = ""

    def files(self) -> Iterator[tuple[str, Path]]:
        """Month and file, in the order of months."""
        found = sorted(self.inbox.rglob("counts.*"))
        return ((path.parent.name, path) for path in found)


@dataclass(slots=True)
class Sums:
    """What all ways must agree on: rows and sums of each indicator (numerator, denominator, value, rank), rows of the
    fact and of the quarantine, rows of the quarantine by rule, statuses of targets."""

    indicators: dict[str, list[float]] = field(default_factory=dict)
    facts: int = 0
    quarantined: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    targets: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


Way = tuple[Callable[[], None], Callable[[], Sums]]
"""The work, to be measured, and afterwards its sums."""


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def differences(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    """Where two sums differ, in words. Sums of values may differ in their ninth digit: some ways add floating point."""
    found = []
    for name in sorted({*left["indicators"], *right["indicators"]}):
        one, other = left["indicators"].get(name, []), right["indicators"].get(name, [])
        if len(one) != len(other) or any(abs(a - b) > 1e-9 * max(1.0, abs(a)) for a, b in zip(one, other, strict=True)):
            found.append(f"{name}: {one} and {other}")
    found += [
        f"{name}: {left[name]} and {right[name]}"
        for name in ("facts", "quarantined", "rules", "targets")
        if left[name] != right[name]
    ]
    return found
