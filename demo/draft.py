"""Drafts: what goes into each file before it is laid out. Clean rows, and the errors and decoys among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zlib import crc32

import numpy as np

from catalogue.errors import SettingsError
from catalogue.form import Form
from catalogue.period import Period
from catalogue.register import Version
from demo.hand import Hand, take_up
from demo.scene import Cells, Decoy, Fault, Plant, Plus, Scene, Stray
from demo.seat import Crop, Grown


@dataclass(slots=True)
class Entry:
    """A row of a file: its values, the cells that are written over, and what is wrong or looks so."""

    values: dict[str, Any]
    cells: Cells = field(default_factory=dict)
    plant: Plant | None = None
    decoys: list[Decoy] = field(default_factory=list)
    hidden: bool = False
    repeats: bool = False


@dataclass(slots=True)
class Draft:
    """A file before it is laid out. ``says`` is what its head says otherwise: form, unit, period."""

    campaign: str
    form: Form
    unit: Version
    above: Version
    period: Period | None
    hand: Hand
    entries: list[Entry] = field(default_factory=list)
    plants: list[Plant] = field(default_factory=list)
    decoys: list[Decoy] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stray: Stray | None = None


def drafts(scene: Scene, crop: Crop, above: dict[str, Version], seed: int) -> list[Draft]:
    """The files of a campaign and period, one per unit."""
    found = []
    for unit in crop.units:
        code = crop.period.code if crop.period else ""
        chance = np.random.default_rng([seed, crc32(f"{crop.campaign.campaign}/{unit.code}/{code}".encode())])
        decoys = [one for one in scene.decoys if _is_meant(one, crop, unit)]
        plants = [one for one in scene.plants if _is_meant(one, crop, unit)]
        # A wrong total needs a total row; the others are as the hand will have it.
        forced: dict[str, Any] = {"total": True} if any(one.total for one in plants) else {}
        for decoy in decoys:
            forced.update(decoy.manner if decoy.unit else {})
        hand = take_up(scene.manners, chance, forced)
        draft = Draft(crop.campaign.campaign, crop.form, unit, above[unit.code], crop.period, hand)
        draft.entries = _entries(crop.rows[unit.code], plants, chance)
        _mark(draft, plants, [one for one in decoys if one.unit])
        found.append(draft)
    here, first = crop.campaign, crop.campaign.periods[0]
    now = crop.period.code if crop.period else None
    _mark_anywhere(
        found,
        [
            one
            for one in scene.decoys
            if one.unit is None and one.campaign == here.campaign and (one.period or first) == now
        ],
    )
    return found


def _is_meant(one: Plant | Decoy, crop: Crop, unit: Version) -> bool:
    """Whether a plant or decoy is meant for a file of a unit. Without a period it is for the first there is."""
    if one.campaign != crop.campaign.campaign or one.unit != unit.code:
        return False
    first = crop.campaign.periods[0]
    return (one.period or first) == (crop.period.code if crop.period else None)


def _entries(rows: list[Grown], plants: list[Plant], chance: np.random.Generator) -> list[Entry]:
    """The rows of a file; additional ones stand anywhere among the others."""
    entries = [Entry(dict(row.values)) for row in rows if row.seat.plant is None]
    clean = list(entries)
    for row in (row for row in rows if row.seat.plant is not None):
        plant = row.seat.plant
        if plant is None or plant not in plants:
            continue
        entry = Entry(dict(row.values), dict(plant.cells), plant)
        earlier = next((one for one in entries if one.plant is plant), None)
        if plant.same and plant.rows == 1:
            # The pair of one additional row is a clean one, which is clean no more.
            earlier = next((one for one in clean if one.plant is None), None)
            if earlier is None:
                raise SettingsError(f"plant {plant.plant}: {plant.unit} has no row whose key could be repeated")
            earlier.plant = plant
        if earlier is not None:
            entry.values.update({name: earlier.values[name] for name in plant.same})
        entries.insert(int(chance.integers(0, len(entries) + 1)), entry)
    return entries


def _mark(draft: Draft, plants: list[Plant], decoys: list[Decoy]) -> None:
    """Put existing rows wrong, repeat rows, and set the decoys of a file."""
    for plant in plants:
        if plant.total or plant.columns or plant.drop or plant.file:
            draft.plants.append(plant)
            draft.columns.update(plant.columns)
            draft.drop += plant.drop
        elif plant.existing:
            entry = _free(draft, Decoy(decoy="", campaign=draft.campaign, why={}))
            entry.plant, entry.cells = plant, dict(plant.cells)
            entry.values.update(plant.values)
        elif plant.repeat:
            entry = _free(draft, Decoy(decoy="", campaign=draft.campaign, why={}))
            # Neither it nor its repetition may be changed any more.
            entry.decoys.append(Decoy(decoy="", campaign=draft.campaign, why={}))
            draft.entries.append(Entry(dict(entry.values), dict(entry.cells), plant, repeats=True))
    for decoy in decoys:
        if decoy.field is None and not decoy.hide:
            draft.decoys.append(decoy)
        else:
            _disguise(_free(draft, decoy), decoy)


def _mark_anywhere(found: list[Draft], decoys: Iterable[Decoy]) -> None:
    """Set decoys that are not meant for one unit: in the first file that has a row for them."""
    for decoy in decoys:
        for draft in found:
            if (not decoy.manner or _fits(draft.hand, decoy)) and (entry := _seek(draft, decoy)) is not None:
                _disguise(entry, decoy)
                break


def _fits(hand: Hand, decoy: Decoy) -> bool:
    return all(getattr(hand, name) == value for name, value in decoy.manner.items())


def _free(draft: Draft, decoy: Decoy) -> Entry:
    entry = _seek(draft, decoy)
    if entry is None:
        raise SettingsError(f"{draft.campaign}, {draft.unit.code}: no row is left for {decoy.decoy or 'a plant'}")
    return entry


def _seek(draft: Draft, decoy: Decoy) -> Entry | None:
    """The first row with nothing wrong or odd in it that holds what a decoy needs."""
    for entry in draft.entries:
        value = entry.values.get(decoy.field) if decoy.field else None
        usable = entry.plant is None and not entry.decoys
        alike = isinstance(value, bool) == isinstance(decoy.holds, bool)
        holds = decoy.holds is None or (value == decoy.holds and alike)
        enough = decoy.least is None or (isinstance(value, int | Decimal) and value >= decoy.least)
        given = decoy.field is None or value is not None or decoy.set is not None or decoy.write is None
        same = all(entry.values.get(name) == wanted for name, wanted in decoy.where.items())
        if usable and holds and enough and same and given:
            return entry
    return None


def _disguise(entry: Entry, decoy: Decoy) -> None:
    entry.decoys.append(decoy)
    entry.hidden = entry.hidden or decoy.hide
    if decoy.field and decoy.set is not None:
        entry.values[decoy.field] = decoy.set


def overwritten(value: Any, cell: Plus | Fault | Any) -> Any:
    """The value that a cell holds once it is written over: None where it cannot be read as a number."""
    if isinstance(cell, Plus):
        return int(value or 0) + cell.plus
    if isinstance(cell, bool) or not isinstance(cell, int):
        return None
    return cell
