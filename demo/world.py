"""The demo world: deliveries and portal counts made up for any programme, with the truth about them.

Everything here is synthetic. What is made up, the programme's ``world/*.yml`` declares (``demo.scene``); a seed and
these files give the same bytes every time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from catalogue.errors import SettingsError
from catalogue.programme import Programme
from catalogue.register import Version
from catalogue.source import Folder, Inbox, Portal
from demo.crop import grow
from demo.draft import Draft, drafts
from demo.elsewhere import shared, sums_of
from demo.hand import day_text, take_up
from demo.page import Page, lay_out
from demo.reckoning import expect
from demo.records import Record, answer
from demo.roster import Roster
from demo.scene import Figure, Scene, Stray, load_scene
from demo.seat import Crop
from demo.sheet_file import file_bytes
from demo.truth import Expected, Planted, Truth

SEED = 20


@dataclass(frozen=True, slots=True)
class World:
    """What was made: the folder of each inbox by source, the records of each portal by source and first day of the
    period (ISO), the truth, and the published figures that must come out."""

    inboxes: Mapping[str, Path]
    portals: Mapping[str, Mapping[str, list[Record]]]
    truth: Truth
    figures: tuple[Figure, ...]

    @property
    def inbox(self) -> Path:
        """The folder of the first inbox. Raises SettingsError where the world has none."""
        if not self.inboxes:
            raise SettingsError("this world has no inbox; declare a campaign of a form that an inbox takes")
        return next(iter(self.inboxes.values()))


@dataclass(frozen=True, slots=True)
class _Laid:
    """A file that is to be written: its inbox, its path below it, its page or its bytes."""

    source: str
    name: str
    page: Page | None = None
    content: bytes = b""


def make_world(programme: Programme, world_folder: Path, target: Path, seed: int = SEED) -> World:
    """Make the world of a programme below ``target``: ``truth.json`` first, then the inboxes and ``portals.json``.

    An inbox of the address ``inbox`` is the folder ``target/inbox``. Raises SettingsError where the world's
    declarations do not fit the programme. Made again, files that are already there with these bytes are not touched.
    """
    scene = load_scene(world_folder)
    roster = Roster(programme)
    elsewhere = partial(shared, sums_of(scene, roster, seed))
    portals: dict[str, dict[str, list[Record]]] = {}
    expected: list[Expected] = []
    laid: list[_Laid] = []
    known: dict[tuple[str, str, str | None], Draft] = {}
    for campaign in scene.campaigns:
        source = roster.source(campaign)
        makers = next((dict(one.values) for one in scene.tables if one.form == campaign.form), {})
        for crop in grow(roster, campaign, makers, scene.plants, seed, elsewhere):
            if isinstance(source, Portal):
                records, pull = answer(programme, source, crop)
                start = crop.period.start.isoformat() if crop.period else ""
                portals.setdefault(source.source, {})[start] = records
                expected.append(pull)
                continue
            for draft in drafts(scene, crop, _above(roster, crop), seed):
                known[draft.campaign, draft.unit.code, draft.period.code if draft.period else None] = draft
                page = lay_out(draft, scene.manners, programme.language)
                name = _name(scene, source, draft, {one.name for one in laid if one.source == source.source})
                laid.append(_Laid(source.source, name, page))
                expected.append(expect(page, programme, name, source.source))
    for stray in scene.strays:
        file, what = _stray(programme, scene, roster, stray, known, laid, seed)
        laid.append(file)
        expected.append(what)
    target.mkdir(parents=True, exist_ok=True)
    truth = Truth(programme.name, seed, tuple(expected))
    truth.save(target / "truth.json")
    inboxes = _write(programme, laid, target)
    text = json.dumps(portals, ensure_ascii=False, separators=(",", ":"))
    (target / "portals.json").write_text(text, encoding="utf-8")
    return World(inboxes, portals, truth, scene.figures)


def _above(roster: Roster, crop: Crop) -> dict[str, Version]:
    return {unit.code: roster.above(unit, crop.day) for unit in crop.units}


def _name(scene: Scene, inbox: Folder, draft: Draft, taken: set[str]) -> str:
    """The path of a file below its inbox: folders as the inbox declares them, a name nobody has yet."""
    period = draft.period.code.partition("@")[0] if draft.period else ""
    folders = _folders(inbox, draft.unit.code, draft.form.form, draft.period.code if draft.period else "")
    tags = {"form": draft.form.form, "unit": draft.unit, "period": period}
    template = scene.manners.files[draft.hand.file]
    stem = " ".join(template.format(**tags).split()).strip(" -_.").replace("/", "-")
    suffix = "csv" if draft.hand.csv else "xlsx"
    names = [f"{stem}.{suffix}", *(f"{stem} ({count}).{suffix}" for count in range(2, 100))]
    return next(path for name in names if (path := "/".join([*folders, name])) not in taken)


def _folders(inbox: Folder, unit: str, form: str, period: str) -> list[str]:
    named = {"unit": unit, "form": form, "period": period, "any": "files"}
    return [named[level] for level in inbox.folders]


def _stray(
    programme: Programme,
    scene: Scene,
    roster: Roster,
    stray: Stray,
    known: Mapping[tuple[str, str, str | None], Draft],
    laid: list[_Laid],
    seed: int,
) -> tuple[_Laid, Expected]:
    """A file that no campaign would bring, and what must become of it."""
    if stray.campaign is None or stray.like is None:
        source = stray.source or next(one.source for one in programme.sources if isinstance(one, Inbox))
        name = "/".join([*_folders(_inbox(programme, source), stray.unit, "", stray.period or ""), stray.name])
        finds = tuple(_plain(stray))
        expected = Expected(name, source, None, stray.unit, None, "rejected", planted=finds)
        return _Laid(source, name, content=(stray.content or "").encode()), expected
    campaign = next(one for one in scene.campaigns if one.campaign == stray.campaign)
    inbox = roster.source(campaign)
    period = stray.period or campaign.periods[0]
    model = known.get((stray.campaign, stray.like, period))
    if model is None or not isinstance(inbox, Inbox):
        raise SettingsError(f"stray {stray.stray}: {stray.like} sends nothing in {stray.campaign} for {period}")
    folders = _folders(inbox, stray.unit, campaign.form, period or "")
    name = "/".join([*folders, stray.name])
    if stray.same_bytes:
        page = next(one.page for one in laid if one.page is not None and one.page.draft is model)
        expected = Expected(name, inbox.source, campaign.form, stray.like, period, "repeated")
        return _Laid(inbox.source, name, page), expected
    chance = np.random.default_rng([seed, crc32(stray.stray.encode())])
    clean = [replace(entry, decoys=[], hidden=False) for entry in model.entries if entry.plant is None]
    says = {key: text.format(period=day_text(model.period.start, programme.language)) if model.period else text
            for key, text in stray.says.items()}  # fmt: skip
    draft = replace(
        model, hand=take_up(scene.manners, chance, {"csv": False, **stray.manner}), entries=clean, plants=[], decoys=[],
        says=says, drop=stray.drop, columns=dict(stray.columns), stray=stray,
    )  # fmt: skip
    page = lay_out(draft, scene.manners, programme.language)
    return _Laid(inbox.source, name, page), expect(page, programme, name, inbox.source)


def _inbox(programme: Programme, source: str) -> Inbox:
    return next(one for one in programme.sources if isinstance(one, Inbox) and one.source == source)


def _plain(stray: Stray) -> Iterator[Planted]:
    for find in stray.finds:
        at = "" if find.at in ("cell", "file") else find.at
        yield Planted(stray.stray, find.rule, "reject_delivery", "", at, "")


def _write(programme: Programme, laid: list[_Laid], target: Path) -> dict[str, Path]:
    inboxes: dict[str, Path] = {}
    for one in laid:
        inboxes.setdefault(one.source, target / _inbox(programme, one.source).address)
        path = inboxes[one.source] / one.name
        content = file_bytes(one.page) if one.page is not None else one.content
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
    return inboxes


def load_portals(path: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The records that ``make_world`` wrote into ``portals.json``."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = json.loads(path.read_text(encoding="utf-8"))
    return found
