"""What another campaign tells of the same entities: one truth that several sources report, each in rows of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from catalogue.errors import SettingsError
from catalogue.period import Period
from demo.crop import grow
from demo.roster import Roster
from demo.scene import Make, Scene
from demo.seat import Column, Crop, Seat, whole
from demo.share import share_out

Sums = Callable[[str, tuple[str, ...]], Mapping[tuple[str, int], int]]
"""(campaign, fields) -> what its clean rows come to, by code of the period and key of the entity."""


def sums_of(scene: Scene, roster: Roster, seed: int) -> Sums:
    """What the campaigns of a scene come to. One that is asked about is grown once more, and is the same again."""

    @cache
    def crops(name: str) -> tuple[Crop, ...]:
        campaign = next((one for one in scene.campaigns if one.campaign == name), None)
        if campaign is None:
            known = ", ".join(one.campaign for one in scene.campaigns)
            raise SettingsError(f"the campaign {name!r} that figures are told from is not declared; known are {known}")
        makers = next((dict(one.values) for one in scene.tables if one.form == campaign.form), {})
        return tuple(grow(roster, campaign, makers, scene.plants, seed))

    @cache
    def sums(name: str, fields: tuple[str, ...]) -> Mapping[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = {}
        for crop in crops(name):
            for row in (row for rows in crop.rows.values() for row in rows if row.seat.plant is None):
                key = (crop.period.code if crop.period else "", (row.seat.entity or row.seat.unit).key)
                found[key] = found.get(key, 0) + sum(int(row.values[field] or 0) for field in fields)
        return found

    return sums


def shared(
    sums: Sums,
    make: Make,
    at: NDArray[np.int64],
    seats: list[Seat],
    columns: Mapping[str, Column],
    period: Period | None,
) -> Column:
    """What the other campaign tells of each entity, shared out over its rows by ``weight``, none above ``most``.

    Additional rows get what is usual of their entity; entities of which it tells nothing, what their weight is.
    """
    if make.told is None:
        raise SettingsError("what is shared out must be told by another campaign")
    known = sums(make.told.campaign, make.told.fields)
    weights = whole(columns[make.weight or ""][at])
    caps = whole(columns[make.most][at]) if make.most is not None else None
    found = weights.copy()
    rows: dict[int, list[int]] = {}
    added: dict[int, list[int]] = {}
    for place, row in enumerate(at.tolist()):
        which = rows if seats[row].plant is None else added
        which.setdefault((seats[row].entity or seats[row].unit).key, []).append(place)
    for entity, places in rows.items():
        total = known.get((period.code if period else "", entity))
        if total is not None:
            most = caps[places] if caps is not None else None
            found[places] = share_out(total, weights[places].astype(np.float64), most)
            found[added.get(entity, [])] = int(np.median(found[places]))
    return found if caps is None else np.minimum(found, caps)
