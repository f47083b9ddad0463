"""Histories of places: versions come from the days, not the order of rows; nothing is lost or doubled by boundaries."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from catalogue.boundaries import Boundaries, boundaries
from catalogue.loader import load_programme
from catalogue.programme import Programme
from catalogue.register import Register, Version
from catalogue.succession import Succession
from tests.world import LAND, redeclared

EMPTY = redeclared(load_programme(LAND), registers=(), succession=())
DAY_ZERO = date(2020, 1, 1)


class History(NamedTuple):
    """What befell some towns, in the order of days, with one step a year."""

    versions: list[Version]
    edges: list[Succession]
    days: list[date]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Towns that are merged, split with shares, or both, once a year; some go on and take others in."""
    alive = list(range(1, draw(st.integers(2, 4)) + 1))
    versions = [Version(key=key, code=f"T{key}", name=f"Town {key}") for key in alive]
    edges: list[Succession] = []
    days = [DAY_ZERO]
    for step in range(1, draw(st.integers(1, 3)) + 1):
        day = DAY_ZERO.replace(year=DAY_ZERO.year + step)
        days.append(day)
        newest = max(version.key for version in versions)
        goes = draw(st.sampled_from(alive))
        share = Decimal(draw(st.integers(1, 99))) / 100
        if draw(st.booleans()) or len(alive) == 1:
            heirs = [newest + 1, newest + 2]
            edges += [
                Succession(predecessor=goes, successor=heir, relation="part", share=part, basis="x", effective=day)
                for heir, part in zip(heirs, (share, 1 - share), strict=True)
            ]
            gone, event = [goes], "split"
        else:
            other = draw(st.sampled_from([key for key in alive if key != goes]))
            stays = draw(st.booleans())
            heirs = [] if stays else [newest + 1]
            gone, event = [goes] if stays else [goes, other], "merged"
            into = other if stays else newest + 1
            edges += [Succession(predecessor=key, successor=into, relation="whole", effective=day) for key in gone]
        for key in gone:
            last = next(version for version in versions if version.key == key)
            versions.append(last.model_copy(update={"valid_from": day, "event": event}))
        versions += [Version(key=key, code=f"T{key}", name=f"Town {key}", valid_from=day) for key in heirs]
        alive = [key for key in alive if key not in gone] + heirs
    return History(versions, edges, days)


def programme_of(versions: list[Version], edges: list[Succession]) -> Programme:
    register = Register.model_validate(
        {"register": "towns", "entity": "town", "title": {"en": "x"}, "versions": versions}
    )
    return redeclared(EMPTY, registers=(register,), succession=tuple(edges))


def onto(extent: Boundaries, key: int, day: date) -> dict[int | None, Decimal | None]:
    """Where an entity lies: itself where nobody says otherwise."""
    held = [move for move in extent.moves if move.source == key and move.meets(day, day)]
    return {move.target: move.share for move in held} or {key: Decimal(1)}


@given(histories(), st.randoms(use_true_random=False))
def test_rows_may_come_in_any_order(history: History, chance: Random) -> None:
    usual = programme_of(history.versions, history.edges)
    versions, edges = list(history.versions), list(history.edges)
    chance.shuffle(versions)
    chance.shuffle(edges)
    mixed = programme_of(versions, edges)
    assert mixed.registers[0].spans == usual.registers[0].spans
    for day in history.days:
        assert boundaries(mixed, day) == boundaries(usual, day)


@given(histories())
def test_versions_never_overlap_and_leave_no_gap(history: History) -> None:
    register = programme_of(history.versions, history.edges).registers[0]
    lives = defaultdict(list)
    for span in register.spans:
        lives[span.version.key].append((span.version.valid_from, span.valid_to))
    for spans in lives.values():
        for (_, end), (start, _) in pairwise(spans):
            assert end + timedelta(days=1) == start


@given(histories(), st.lists(st.integers(0, 10_000), min_size=40, max_size=40))
def test_totals_are_the_same_on_any_later_boundaries(history: History, counts: list[int]) -> None:
    programme = programme_of(history.versions, history.edges)
    for place, day in enumerate(history.days):
        there = [version.key for version in programme.registers[0].on(day)]
        total = sum(counts[key] for key in there)
        for later in history.days[place:]:
            extent = boundaries(programme, later)
            moved: Decimal = Decimal(0)
            for key in there:
                for target, share in onto(extent, key, day).items():
                    assert target is not None
                    assert share is not None
                    moved += counts[key] * share
            assert moved == total


@given(histories())
def test_what_was_merged_is_never_taken_apart(history: History) -> None:
    programme = programme_of(history.versions, history.edges)
    for place, day in enumerate(history.days):
        for key in [version.key for version in programme.registers[0].on(day)]:
            for earlier in history.days[:place]:
                shares = onto(boundaries(programme, earlier), key, day)
                assert len(shares) == 1 or set(shares.values()) == {None}
                assert set(shares.values()) <= {None, Decimal(1)}
