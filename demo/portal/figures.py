"""The figures of a demo portal: any of them worked out from a seed when it is asked for, none of them kept.

Each figure is a function of seed, unit, procedure, month and revision, so that a portal of a country costs no memory
and a page no more than its rows. What is pending at the end of a span is carried over into the next; spans add up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from demo.portal.population import Procedure, Unit

Ints = NDArray[np.int64]
Table = dict[str, Ints]
"""Figures by measure (``demo.portal.dialect.Measure``)."""

_LEAST: Final = (
    4  # So many come directly at least in a month: more than can be left pending, so that nothing is below 0.
)
_LEFT: Final = 4  # Fewer than so many are pending at the end of a month.
_HOUR: Final = 3600
_REVISED: Final = 8  # One row in so many differs from a revision to the next.


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to another, the second not included; both as the portal's own clocks show them, without a zone."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Figures:
    """What a portal has counted: ``units`` x ``procedures`` in each of ``months`` months from ``first`` (2024-01).

    A row is a place: of the unit times the number of procedures, and of the procedure; both sorted by code.
    """

    units: tuple[Unit, ...]
    procedures: tuple[Procedure, ...]
    first: str = "2024-01"
    months: int = 12
    seed: int = 20
    _units: NDArray[np.uint64] = field(init=False, repr=False, compare=False)
    _procedures: NDArray[np.uint64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("units", "procedures"):
            listed = tuple(sorted(getattr(self, name), key=lambda one: one.code))
            object.__setattr__(self, name, listed)
            codes = [crc32(one.code.encode()) for one in listed]
            object.__setattr__(self, f"_{name}", np.array(codes, dtype=np.uint64))

    @property
    def periods(self) -> list[str]:
        """The months that are built, as 2024-03."""
        first = month_number(self.first)
        return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, first + self.months)]

    def built(self, span: Span) -> bool:
        """Whether the portal has counted anything of a span."""
        return bool(self._pieces(span))

    def table(self, span: Span, unit: Ints, procedure: Ints, revision: int = 0) -> Table:
        """The figures of some rows in a span, given by the places of their units and procedures (same length)."""
        draw = _Draw(self.seed, self._units[unit], self._procedures[procedure])
        flows: dict[str, Ints] = {}
        carried = pending = np.zeros(len(unit), dtype=np.int64)
        for number, (month, begin, until, whole) in enumerate(self._pieces(span)):
            piece = _piece(draw, month, begin, until, whole, revision)
            carried = piece.pop("carried") if number == 0 else carried
            pending = piece.pop("pending")
            piece.pop("carried", None)
            flows = {name: flows.get(name, 0) + value for name, value in piece.items()}
        if not flows:
            flows = dict.fromkeys(
                ("online", "direct", "post", "resolved", "late", "early", "supplement", "returned"), pending
            )
        new = flows["online"] + flows["direct"] + flows["post"]
        overdue = pending * draw("overdue", 0, 3) // 4
        return {
            "carried_over": carried, "received_online": flows["online"], "received_direct": flows["direct"],
            "received_post": flows["post"], "received_new": new, "received_total": carried + new,
            "resolved_early": flows["early"],
            "resolved_on_time": flows["resolved"] - flows["early"] - flows["late"],
            "resolved_late": flows["late"], "resolved_total": flows["resolved"],
            "pending_in_time": pending - overdue, "pending_late": overdue, "pending_total": pending,
            "supplement": flows["supplement"], "returned": flows["returned"],
        }  # fmt: skip

    def by_unit(self, span: Span, unit: Ints, revision: int = 0) -> Table:
        """The figures of some units in a span, over all their procedures; worked out a few hundred units at a time."""
        width = len(self.procedures)
        step = max(1, 200_000 // max(1, width))
        parts: list[Table] = []
        for first in range(0, max(1, len(unit)), step):
            some = unit[first : first + step]
            rows = self.table(span, np.repeat(some, width), np.tile(np.arange(width), len(some)), revision)
            parts.append({name: held.reshape(len(some), width).sum(axis=1) for name, held in rows.items()})
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _pieces(self, span: Span) -> list[tuple[int, int, int, int]]:
        """(month, weight before the span, weight up to its end, weight in all) for each built month it reaches into."""
        if span.end <= span.start:
            return []
        built, last = month_number(self.first), span.end - timedelta(microseconds=1)
        found = []
        for month in range(
            max(built, span.start.year * 12 + span.start.month - 1),
            min(built + self.months, last.year * 12 + last.month),
        ):
            start, end = _month_start(month), _month_start(month + 1)
            begin, until = max(span.start, start), min(span.end, end)
            found.append((month, *(_weight(one - start, end - start) for one in (begin, until, end))))
        return [(month, begin, until, whole) for month, begin, until, whole in found if until > begin]


def month_number(code: str) -> int:
    """A month as a number that grows by one from month to month. Raises ValueError for what is none."""
    year, _, month = code.partition("-")
    if not (len(year) == 4 and len(month) == 2 and f"{year}{month}".isdecimal() and 1 <= int(month) <= 12):  # noqa: PLR2004 a month
        raise ValueError(f"{code!r} is no month; write it as 2024-03")
    return int(year) * 12 + int(month) - 1


def month_span(code: str) -> Span:
    """The span of a month, as 2024-03."""
    number = month_number(code)
    return Span(_month_start(number), _month_start(number + 1))


def _weight(elapsed: timedelta, whole: timedelta) -> int:
    """How much of a month's dossiers has come in after a while: evenly, but for the first hour. In that hour a job
    enters what lay about, a sixth of all; so that whoever asks for the days of another time zone misses it."""
    seconds = int(elapsed.total_seconds())
    return seconds + min(seconds, _HOUR) * (int(whole.total_seconds()) // 5) // _HOUR


def _month_start(number: int) -> datetime:
    return datetime(number // 12, number % 12 + 1, 1)  # noqa: DTZ001 the portal's own clock


class _Draw:
    """Numbers by chance that are the same whenever they are drawn: a mixing of seed, row, month and what it is for."""

    def __init__(self, seed: int, unit: NDArray[np.uint64], procedure: NDArray[np.uint64]) -> None:
        with np.errstate(over="ignore"):
            self.row = _mixed(
                unit * np.uint64(0x9E3779B1) + procedure + np.uint64(seed % 2**32) * np.uint64(0x85EBCA77)
            )

    def __call__(self, what: str, month: int, below: int) -> Ints:
        salt = np.uint64((crc32(what.encode()) << 20) ^ month)
        return (_mixed(self.row + salt) % np.uint64(below)).astype(np.int64)


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64: every bit of the input reaches every bit of the output."""
    with np.errstate(over="ignore"):
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))


def _piece(draw: _Draw, month: int, begin: int, until: int, whole: int, revision: int) -> dict[str, Ints]:
    """What happened to dossiers in a part of a month; ``carried`` and ``pending`` are at its edges."""
    counts = {
        "online": draw("online", month, 60),
        "direct": draw("direct", month, 30) + _LEAST,
        "post": draw("post", month, 4),
    }
    for number in range(1, revision + 1):
        counts["direct"] = counts["direct"] + (draw(f"revision {number}", month, _REVISED) == 0)
    early = {name: count * begin // whole for name, count in counts.items()}
    late = {name: count * until // whole for name, count in counts.items()}
    all_new = sum(counts.values())
    left, leaves = draw("pending", month - 1, _LEFT), draw("pending", month, _LEFT)
    # What is pending moves from one edge of the month to the other as dossiers come in, so that resolved never falls.
    carried, pending = (left + (leaves - left) * sum(at.values()) // all_new for at in (early, late))
    piece = {name: late[name] - early[name] for name in counts}
    resolved = carried + sum(piece.values()) - pending
    over = resolved * draw("late", month, 5) // 100
    return piece | {
        "carried": carried,
        "pending": pending,
        "resolved": resolved,
        "late": over,
        "early": (resolved - over) * (40 + draw("early", month, 50)) // 100,
        "supplement": resolved * draw("supplement", month, 5) // 100,
        "returned": resolved * draw("returned", month, 3) // 100,
    }
