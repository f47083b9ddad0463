"""The boundaries of a day: where the extent of every entity of another day lies on it, along chains of successions.

Time is cut into eras by the days on which anything is created, ends or succeeds. From era to era, towards the day,
moves are composed: forward as declared; backward only where a successor consists of one predecessor and nothing else,
as no document says how much of a merged place lies in which of the old ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, TypeVar

from catalogue.programme import Programme
from catalogue.register import BEFORE_RECORDS, FOREVER

K = TypeVar("K")
V = TypeVar("V")
Onto = tuple[tuple[int, Decimal | None], ...]
"""Where something lies: (entity, how much of it); None: some of it, nobody says how much. Empty: nowhere."""
Moved = tuple[int, int | None, date, date, Decimal | None]
_DAY = timedelta(days=1)
_ALL = Decimal(1)


@dataclass(frozen=True, slots=True)
class Move:
    """What is reported of ``source`` for a day of a span lies in ``target`` on the boundaries' day: ``share`` of it.

    ``target`` None: nowhere. ``share`` None: some of it, and nobody says how much. ``piece`` is the key under which
    figures of the moved are added up: the target's, or one of its own, below 0, where only a share of it counts.
    """

    source: int
    target: int | None
    valid_from: date
    valid_to: date
    share: Decimal | None
    piece: int

    def meets(self, start: date, end: date) -> bool:
        """True where it holds on a day of a span."""
        return self.valid_from <= end and start <= self.valid_to


@dataclass(frozen=True)
class Boundaries:
    """The boundaries of a day: every move but those of entities that are wholly themselves, and nothing else, always.

    Of an entity that others moved into, there is a move from itself to itself while it stays where it is.
    """

    day: date
    moves: tuple[Move, ...]

    @cached_property
    def _from(self) -> dict[int, list[Move]]:
        return _by(self.moves, lambda move: move.source)

    @cached_property
    def _into(self) -> dict[int, list[Move]]:
        return _by((move for move in self.moves if move.target is not None), lambda move: move.target or 0)

    @cached_property
    def pieces(self) -> dict[int, Move]:
        """The moves of which a share counts, by the key of the piece."""
        return {move.piece: move for move in self.moves if move.piece < 0}

    def targets(self, source: int, start: date, end: date) -> set[int]:
        """The entities of the day in which anything of ``source`` lies, as it was within a span."""
        return {
            move.target for move in self._from.get(source, ()) if move.target is not None and move.meets(start, end)
        }

    def into(self, target: int, start: date, end: date) -> list[Move]:
        """The moves into an entity of the day, of what was within a span."""
        return [move for move in self._into.get(target, ()) if move.meets(start, end)]

    def affects(self, entity: int, start: date, end: date) -> bool:
        """True where the figures of an entity within a span are others on these boundaries, or lie elsewhere."""
        return any(
            move.meets(start, end) and (move.source, move.share) != (move.target, _ALL)
            for move in (*self._from.get(entity, ()), *self._into.get(entity, ()))
        )

    def reaches(self, start: date, end: date) -> bool:
        """True where anything within a span lies elsewhere on these boundaries."""
        return any(first <= end and start <= last for first, last in self._spans)

    @cached_property
    def _spans(self) -> set[tuple[date, date]]:
        return {
            (move.valid_from, move.valid_to) for move in self.moves if (move.source, move.share) != (move.target, _ALL)
        }


def boundaries(programme: Programme, day: date) -> Boundaries:
    """The boundaries of a day. Costs as much as there are entities and edges; nothing is asked of a warehouse."""
    lives: dict[int, list[tuple[date, date]]] = {}
    for register in programme.registers:
        for span in register.spans:
            known = lives.setdefault(span.version.key, [])
            if known and known[-1][1] + _DAY == span.version.valid_from:
                known[-1] = (known[-1][0], span.valid_to)
            else:
                known.append((span.version.valid_from, span.valid_to))
    declared = [Edge(one.effective, one.predecessor, one.successor, one.weight) for one in programme.succession]
    every = [*declared, *_implied(programme, declared)]
    cuts = {edge.day for edge in every}
    for stretches in lives.values():
        cuts |= {first for first, _ in stretches} | {last + _DAY for _, last in stretches if last < FOREVER}
    eras = _eras(sorted(cuts))
    edges = _by(every, lambda edge: edge.day)
    exist = _by_era(lives, eras)
    home = next(place for place, (first, last) in enumerate(eras) if first <= day <= last)
    onto: list[dict[int, Onto]] = [{} for _ in eras]
    for place in range(home - 1, -1, -1):
        step = _forward(edges.get(eras[place + 1][0], ()), exist[place], exist[place + 1])
        onto[place] = _composed(step, onto[place + 1], exist[place])
    for place in range(home + 1, len(eras)):
        step = _backward(edges.get(eras[place][0], ()), exist[place], exist[place - 1])
        onto[place] = _composed(step, onto[place - 1], exist[place])
    moved = list(_moves(onto, eras))
    away = _by(moved, lambda one: one[0])
    stay: list[Moved] = [
        (key, key, first, last, _ALL)
        for key in {target for _, target, *_ in moved if target is not None}
        for first, last in _left(lives.get(key, ()), [(one[2], one[3]) for one in away.get(key, ())])
    ]
    ordered = sorted([*moved, *stay], key=lambda one: (one[0], one[2], one[1] or 0))
    return Boundaries(
        day,
        tuple(
            Move(source, target, first, last, share, target if target is not None and share == _ALL else -place)
            for place, (source, target, first, last, share) in enumerate(ordered, start=1)
        ),
    )


def _left(spans: Iterable[tuple[date, date]], gone: Sequence[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    """What is left of spans without others."""
    for first, last in spans:
        start = first
        for begin, end in sorted(gone):
            if begin > start and begin <= last:
                yield start, begin - _DAY
            if end >= start and begin <= last:
                start = end + _DAY if end < FOREVER else FOREVER
        if start <= last and not any(begin <= start <= end for begin, end in gone):
            yield start, last


class Edge(NamedTuple):
    """On a day, all or some of a predecessor went into a successor: ``share`` of it, None: nobody says how much."""

    day: date
    predecessor: int
    successor: int
    share: Decimal | None


def _implied(programme: Programme, declared: Sequence[Edge]) -> list[Edge]:
    """What nobody declared, but follows: whoever moves from below one place to below another of the same level takes
    some of the extent along. Nothing says how much."""
    told = {(edge.day, edge.predecessor, edge.successor) for edge in declared}
    leaving = {(edge.day, edge.predecessor) for edge in declared}
    steps = {(edge.day, edge.predecessor, edge.successor) for edge in declared}
    for register in programme.registers:
        for before, after in pairwise(register.spans):
            old, new = before.version, after.version
            if old.key == new.key and old.parent != new.parent and before.valid_to + _DAY == new.valid_from:
                steps.add((new.valid_from, new.key, new.key))
    found: set[Edge] = set()
    for day, predecessor, successor in sorted(steps):
        was, now = _levels(programme, predecessor, day - _DAY), _levels(programme, successor, day)
        for level in was.keys() & now.keys():
            old_key, new_key = was[level], now[level]
            if old_key == new_key or (day, old_key, new_key) in told or level == "":
                continue
            found.add(Edge(day, old_key, new_key, None))
            if (day, old_key) not in leaving and programme.version(old_key, day) is not None:
                found.add(Edge(day, old_key, old_key, None))
    return sorted(found, key=lambda edge: edge[:3])


def _levels(programme: Programme, key: int, day: date) -> dict[str, int]:
    """Who lies above an entity on a day, by level, along parents."""
    found: dict[str, int] = {}
    register, version = programme.register_of.get(key), programme.version(key, day)
    while register is not None and version is not None and version.parent is not None:
        version = register.version(version.parent, day)
        if version is None or version.level in found:
            break
        found[version.level] = version.key
    return found


def _eras(cuts: Sequence[date]) -> list[tuple[date, date]]:
    """The spans between cuts, from the beginning of records to the end of time."""
    starts = sorted({BEFORE_RECORDS, *cuts})
    return [
        (first, after - _DAY if after else FOREVER) for first, after in zip(starts, [*starts[1:], None], strict=True)
    ]


def _by_era(
    lives: Mapping[int, Sequence[tuple[date, date]]], eras: Sequence[tuple[date, date]]
) -> list[frozenset[int]]:
    """The entities that exist in each era."""
    return [
        frozenset(key for key, spans in lives.items() if any(one <= first <= last for one, last in spans))
        for first, _ in eras
    ]


def _forward(edges: Iterable[Edge], before: frozenset[int], after: frozenset[int]) -> dict[int, Onto]:
    """Where the entities of an era go in the next, as far as they do not stay as they are."""
    found: dict[int, list[tuple[int, Decimal | None]]] = {}
    for edge in edges:
        found.setdefault(edge.predecessor, []).append((edge.successor, edge.share))
    for key in before - after:
        found.setdefault(key, [])
    return {key: tuple(sorted(went, key=lambda one: one[0])) for key, went in found.items()}


def _backward(edges: Iterable[Edge], after: frozenset[int], before: frozenset[int]) -> dict[int, Onto]:
    """Where the entities of an era came from, as far as they did not exist as they are."""
    came: dict[int, set[int]] = {}
    leaving: set[int] = set()
    for edge in edges:
        came.setdefault(edge.successor, set()).add(edge.predecessor)
        leaving.add(edge.predecessor)
    for successor, olds in came.items():
        # An entity that was there before, and gave nothing away, is still in itself.
        if successor in before and successor not in leaving:
            olds.add(successor)
    for key in after - before:
        came.setdefault(key, set())
    return {key: tuple((old, _ALL if len(olds) == 1 else None) for old in sorted(olds)) for key, olds in came.items()}


def _composed(step: Mapping[int, Onto], rest: Mapping[int, Onto], exist: frozenset[int]) -> dict[int, Onto]:
    """A step and then the rest of the way. Shares are multiplied along a way, and added where ways meet again."""
    found: dict[int, Onto] = {}
    for key in (step.keys() | rest.keys()) & exist:
        sums: dict[int, Decimal | None] = {}
        ways = [(share, rest.get(middle, ((middle, _ALL),))) for middle, share in step.get(key, ((key, _ALL),))]
        ends = {way for _, way in ways}
        if len(ends) == 1 and [share for _, share in next(iter(ends))] == [_ALL]:
            # All parts end up in one entity: then all of it does, whatever their shares.
            ways = [(_ALL, next(iter(ends)))]
        for share, way in ways:
            for target, part in way:
                both = None if share is None or part is None else share * part
                so_far = sums.get(target, Decimal(0))
                sums[target] = None if both is None or so_far is None else so_far + both
        onto = tuple(sorted(sums.items()))
        if onto != ((key, _ALL),):
            found[key] = onto
    return found


def _moves(onto: Sequence[Mapping[int, Onto]], eras: Sequence[tuple[date, date]]) -> Iterator[Moved]:
    """One per entity, target and stretch of eras in which it is the same."""
    held: dict[int, tuple[date, date, Onto]] = {}
    for (first, last), era in zip(eras, onto, strict=True):
        for key in list(held):
            if era.get(key) != held[key][2]:
                yield from _spoken(key, *held.pop(key))
        for key, now in era.items():
            held[key] = (held[key][0] if key in held else first, last, now)
    for key, rest in held.items():
        yield from _spoken(key, *rest)


def _spoken(key: int, first: date, last: date, onto: Onto) -> Iterator[Moved]:
    if not onto:
        yield key, None, first, last, None
    for target, share in onto:
        yield key, target, first, last, share


def _by(items: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found
