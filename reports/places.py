"""The places of a site: every entity of which the release has a figure or that owes a report, with the name it last
had, where it lies and what stood above it when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from catalogue.programme import Programme
from catalogue.register import Span, Version
from catalogue.report import ReportData

# A register of thousands is no silhouette where only some of it is drawn: the level with most points is.
_FEW: Final = 30


@dataclass(frozen=True)
class Place:
    """An entity as the site names it. ``parents``: what stood above it, each until a day, in order; ``ended``: the last
    day on which it existed, where that is past."""

    key: int
    code: str
    name: str
    name_en: str
    register: str
    level: str
    parents: tuple[tuple[date, int | None], ...]
    ended: date | None
    latitude: float | None
    longitude: float | None

    @property
    def parent(self) -> int | None:
        """What stands, or last stood, above it."""
        return self.parents[-1][1]

    def called(self, language: str) -> str:
        """Its name in a language: English where the register has one, else as it is written at home."""
        return self.name_en if language == "en" and self.name_en else self.name


def places(programme: Programme, data: ReportData, keys: Iterable[int], day: date) -> dict[int, Place]:
    """The places of some keys and of all that stand above them, as of their last day before ``day``."""
    spans: dict[int, list[Span]] = {}
    for register in programme.registers:
        for one in register.spans:
            if one.version.valid_from <= day:
                spans.setdefault(one.version.key, []).append(one)
    found: dict[int, Place] = {}
    waiting = sorted(set(keys))
    while waiting:
        key = waiting.pop()
        if key in found or key not in spans:
            continue
        span, register = spans[key][-1], programme.register_of[key]
        version, parents = span.version, _parents(spans[key])
        spot = data.spot.get(key) or data.spot.get(version.link or -1)
        found[key] = Place(
            key=key,
            code=version.code,
            name=version.name,
            name_en=version.name_en,
            register=register.register_name,
            level=version.level,
            parents=parents,
            ended=span.valid_to if span.valid_to < day else None,
            latitude=spot.latitude if spot else None,
            longitude=spot.longitude if spot else None,
        )
        waiting += [up for _, up in parents if up is not None]
    return found


def _parents(spans: list[Span]) -> tuple[tuple[date, int | None], ...]:
    """What stood above an entity, each until a day: its parent, else what it links to in another register."""
    found: list[tuple[date, int | None]] = []
    for span in spans:
        above = span.version.parent if span.version.parent is not None else span.version.link
        if found and found[-1][1] == above:
            found.pop()
        found.append((span.valid_to, above))
    return tuple(found)


def silhouette(programme: Programme, data: ReportData, day: date) -> list[tuple[float, float]]:
    """Points of (longitude, latitude) by which a country is known without a base map: all places of the lowest level of
    its first register on a day. Empty where the programme declares too few of them."""
    for register in programme.registers:
        if register.levels:
            lowest = [version for version in register.on(day) if _drawn(version, register.levels[-1], data)]
            if len(lowest) >= _FEW:
                spots = (data.spot[version.key] for version in lowest)
                return [(round(spot.longitude, 2), round(spot.latitude, 2)) for spot in spots]
    return []


def _drawn(version: Version, level: str, data: ReportData) -> bool:
    return version.level == level and version.key in data.spot
