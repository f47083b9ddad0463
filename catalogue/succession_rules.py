"""Rules over succession: edges that name entities of one register, and shares that make one whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from catalogue.problem import Problem
from catalogue.programme import Programme
from catalogue.succession import Succession

Numbered = tuple[int, Succession]


def succession_names_entities(programme: Programme) -> Iterator[Problem]:
    """Both ends are entities of one register: the predecessor of the day before, the successor of the day itself."""
    for index, edge in enumerate(programme.succession):
        homes = [programme.register_of.get(key) for key in (edge.predecessor, edge.successor)]
        before = edge.effective - timedelta(days=1)
        for name, key, home, day in (
            ("predecessor", edge.predecessor, homes[0], before),
            ("successor", edge.successor, homes[1], edge.effective),
        ):
            if home is None:
                found, allowed = f"the key {key}, which no register has", "a key of a register"
                yield Problem(_place(index, name), found, allowed, "correct the key, or add its row to the register")
            elif home.version(key, day) is None:
                found, allowed = f"the key {key}, which does not exist on {day}", f"an entity that exists on {day}"
                remedy = f"correct the key or 'effective', or the days of {key} in {home.register_name}"
                yield Problem(_place(index, name), found, allowed, remedy)
        if None not in homes and homes[0] is not homes[1]:
            found = f"the key {edge.successor}, which is in another register than {edge.predecessor}"
            yield Problem(_place(index, "successor"), found, "two keys of one register", "correct one of the keys")


def an_edge_occurs_once(programme: Programme) -> Iterator[Problem]:
    """A predecessor, successor and day are one edge."""
    seen: set[tuple[int, int, date]] = set()
    for index, edge in enumerate(programme.succession):
        one = (edge.predecessor, edge.successor, edge.effective)
        if one in seen:
            found = f"a second edge from {edge.predecessor} to {edge.successor} on {edge.effective}"
            yield Problem(_place(index, "successor"), found, "one edge per pair and day", "remove one of the two")
        seen.add(one)


def a_whole_goes_one_way(programme: Programme) -> Iterator[Problem]:
    """All of a predecessor goes to one successor; a part has no more than one, and says what its share is of."""
    for edges in _steps(programme):
        for index, edge in edges:
            if edge.relation == "part":
                if edge.share is not None and not edge.basis:
                    found, allowed = f"the share {edge.share} of nothing that is named", "a share with its basis"
                    yield Problem(_place(index, "basis"), found, allowed, "write what it is a share of, and as of when")
                continue
            if edge.share is not None:
                found = f"the share {edge.share} of a relation {edge.relation!r}"
                yield Problem(
                    _place(index, "share"), found, "a share of a part only", "empty the cell, or write 'part'"
                )
            if len(edges) > 1:
                found = f"{edge.relation!r} beside other edges of {edge.predecessor} on {edge.effective}"
                yield Problem(_place(index, "relation"), found, "'part' for each of them", "correct the relation")


def an_unchanged_successor_has_one_predecessor(programme: Programme) -> Iterator[Problem]:
    """What is unchanged takes in nothing else."""
    into: dict[tuple[int, date], set[int]] = {}
    for edge in programme.succession:
        into.setdefault((edge.successor, edge.effective), set()).add(edge.predecessor)
    for index, edge in enumerate(programme.succession):
        if edge.relation == "unchanged" and len(into[edge.successor, edge.effective]) > 1:
            found = f"'unchanged', but {edge.successor} takes in others on {edge.effective}"
            yield Problem(_place(index, "relation"), found, "'whole' where there are others", "write 'whole'")


def shares_make_one_whole(programme: Programme) -> Iterator[Problem]:
    """The shares of a predecessor on a day add up to 1, where they are stated; then each of them is."""
    for edges in _steps(programme):
        shares = [edge.share for _, edge in edges if edge.relation == "part" and edge.share is not None]
        index, edge = edges[0]
        if not shares:
            continue
        if len(shares) < len(edges):
            found = f"shares of some of the parts of {edge.predecessor} on {edge.effective} only"
            yield Problem(_place(index, "share"), found, "a share of every part, or of none", "add the others")
        elif sum(shares) != Decimal(1):
            found = f"shares of {edge.predecessor} on {edge.effective} that add up to {sum(shares)}"
            yield Problem(_place(index, "share"), found, "shares that add up to 1", "correct the shares")


def _place(index: int, key: str) -> tuple[str | int, ...]:
    return ("succession", "succession", index, key)


def _steps(programme: Programme) -> Iterator[Sequence[Numbered]]:
    """The edges of each predecessor and day, with their places in the list."""
    found: dict[tuple[int, date], list[Numbered]] = {}
    for index, edge in enumerate(programme.succession):
        found.setdefault((edge.predecessor, edge.effective), []).append((index, edge))
    yield from found.values()
