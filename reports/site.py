"""The site: every page and data file of a release, written into one folder that opens from a disk.

    index.html                      leads to the first language
    <language>/                     the pages, and words.js for their scripts
    data/core.js                    periods, places, indicators: what every page needs
    data/unit/<key>.js              all figures of one place       data/period/<indicator>/<no>.js   of one period
    data/indicator/<indicator>.js   series and targets             data/board/<form>.js              reports owed
    assets/                         style, scripts, and the chart library: one shared file
    receipts/                       the receipts that cells of the submissions link to, where asked for

Data are scripts that hand over one JSON value (``chiso.take``), as a browser reads no other file from a disk.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from catalogue.programme import Programme
from catalogue.report import ReportData, read_report
from reports.changes import Changes, changes
from reports.chart_library import chart_library
from reports.figures import (
    RELEASE_STATUSES,
    STATUSES,
    Packed,
    Row,
    Shown,
    extents,
    on_boundaries,
    packed_figures,
    periods,
    shown_release,
    sparks,
    targets,
)
from reports.pages import Pages
from reports.places import Place, places, silhouette
from reports.quality import Quality, quality
from reports.slug import slugs
from reports.submissions import Board, boards
from reports.words import Words, worded
from warehouse.store import Warehouse

ASSETS: Final = Path(__file__).with_name("assets")
_FOLDERS: Final = ("assets", "data", "receipts")


@dataclass(frozen=True)
class Made:
    """What was written: where, of which release, how many files and bytes."""

    folder: Path
    release: str
    files: int
    size: int


@dataclass(frozen=True)
class Site:
    """All that the pages and data files of a release are made of, asked for once."""

    programme: Programme
    data: ReportData
    release: Shown
    periods: list[Row]
    places: dict[int, Place]
    extents: list[Row]
    targets: list[Row]
    series: dict[tuple[str, int, str], list[Row]]
    boards: list[Board]
    quality: Quality
    changes: Changes

    @cached_property
    def slugs(self) -> dict[str, str]:
        """The name of an indicator's page by its code."""
        return slugs(self.programme.indicator)

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of a period by its code: that of the rows of figures."""
        return {one["period_code"]: int(one["no"]) for one in self.periods}


def write_site(
    warehouse: Warehouse,
    programme: Programme,
    folder: Path,
    *,
    release: str = "",
    languages: Iterable[str] = (),
    receipts: Path | None = None,
) -> Made:
    """Write the site of a release (the newest where the name is empty) into a folder, in some or all languages of the
    programme; what an earlier report left there goes. ``receipts`` is the folder that receipts are kept in: those that
    cells link to are copied.

    Raises UsageError where there is no such release, WarehouseError where nothing was published.
    """
    shown = shown_release(warehouse, release)
    data = read_report(programme.folder)
    packed = packed_figures(warehouse, shown)
    owed = boards(warehouse, shown, programme.header.time_zone)
    goals = targets(warehouse, shown)
    told = quality(warehouse)
    changed = changes(warehouse, shown)
    keys = {entity for entity, _, _ in packed.units} | {key for board in owed for key, _ in board.units}
    keys |= {one["entity_key"] for one in (*goals, *changed.changed, *told.gaps)}
    keys |= {one["unit_key"] for one in told.aside if one["unit_key"] is not None}
    spanned = periods(warehouse)
    known = places(programme, data, keys, max(shown.latest_day, shown.sealed_at.date()))
    ranges = extents(warehouse, shown)
    site = Site(
        programme, data, shown, spanned, known, ranges, goals, sparks(warehouse, shown, _headed(goals, known)),
        owed, told, changed,
    )  # fmt: skip
    chosen = [worded(programme, data, one) for one in (tuple(languages) or programme.header.languages)]
    _clear(folder, [*_FOLDERS, *programme.header.languages])
    _assets(folder / "assets")
    figures = _figures(folder / "data", site, packed, warehouse)
    _core(folder / "data", site, figures)
    copied = _receipts(folder / "receipts", receipts, owed) if receipts else frozenset[str]()
    for board in owed:
        _board(folder / "data" / "board", board, copied)
    for words in chosen:
        take(folder / words.language / "words.js", "words", _said(site, words))
        Pages(site, words, chosen, folder, has_receipts=bool(copied)).write()
    first = chosen[0].language
    (folder / "index.html").write_text(
        f'<!DOCTYPE html><html lang="{first}"><meta charset="utf-8"><meta http-equiv="refresh" '
        f'content="0; url={first}/index.html"><title>chiso</title><p>'
        + " ".join(f'<a href="{one.language}/index.html">{one.language}</a>' for one in chosen)
        + "</p></html>\n",
        encoding="utf-8",
    )
    written = [path for path in folder.rglob("*") if path.is_file()]
    return Made(folder, shown.name, len(written), sum(path.stat().st_size for path in written))


def take(path: Path, name: str, value: object) -> None:
    """Write a data file: a script that hands a value over under a name. A text is JSON already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"chiso.take({json.dumps(name)},{written});\n", encoding="utf-8")


def _clear(folder: Path, names: Iterable[str]) -> None:
    """Remove what an earlier report left; nothing else that lies in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)


def _assets(folder: Path) -> None:
    shutil.copytree(ASSETS, folder)
    (folder / "vega.js").write_text(chart_library(), encoding="utf-8")


def _headed(goals: list[Row], known: dict[int, Place]) -> list[Row]:
    """The places whose series the pages of indicators show: those with targets, and the tops of the registers."""
    tops = [{"entity_key": one.key} for one in known.values() if one.parent is None]
    return [*goals, *tops]


def _figures(folder: Path, site: Site, packed: Packed, warehouse: Warehouse) -> dict[str, dict[str, list[int]]]:
    """Write the figures by unit and by period; returns the numbers of periods by indicator and boundaries."""
    by_entity: dict[int, list[str]] = {}
    for entity, code, rows in packed.units:
        by_entity.setdefault(entity, []).append(f"{json.dumps(code)}:[{rows}]")
    for entity, pieces in by_entity.items():
        take(folder / "unit" / f"{entity}.js", f"unit/{entity}", "{" + ",".join(pieces) + "}")
    found: dict[str, dict[str, list[int]]] = {}
    for code, number, rows in packed.periods:
        _period(folder, site, code, "", number, rows)
        found.setdefault(code, {}).setdefault("", []).append(number)
    for day, code, number, rows in on_boundaries(warehouse):
        if code in found:
            _period(folder, site, code, day, number, rows)
            found[code].setdefault(day, []).append(number)
    return found


def _period(folder: Path, site: Site, code: str, day: str, number: int, rows: str) -> None:
    name = f"period/{site.slugs[code]}/{number}{f'@{day}' if day else ''}"
    take(folder / f"{name}.js", name, f"[{rows}]")


def _core(folder: Path, site: Site, figures: dict[str, dict[str, list[int]]]) -> None:
    """Write what every page needs, and the map."""
    indicators = {
        code: {
            "slug": site.slugs[code],
            "scale": one.scale,
            "direction": one.direction,
            "at": figures.get(code, {}),
        }
        for code, one in site.programme.indicator.items()
    }
    core = {
        "statuses": STATUSES,
        "release_statuses": RELEASE_STATUSES,
        "release": site.release.name,
        "periods": [
            [one["period_code"], one["kind"], one["calendar_code"], str(one["end_date"]), str(one["start_date"])]
            for one in site.periods
        ],
        "indicators": indicators,
        "registers": {one.register_name: list(one.levels) for one in site.programme.registers},
        "places": {
            one.key: [
                one.code, one.name, one.name_en, one.register, one.level, _above(one), one.latitude, one.longitude,
                str(one.ended) if one.ended else None,
            ]
            for one in site.places.values()
        },
    }  # fmt: skip
    take(folder / "core.js", "core", core)
    marks = [
        {
            "title": one.title,
            "within": one.within,
            "points": [[point.longitude, point.latitude, point.name] for point in one.points],
        }
        for one in site.data.landmarks
    ]
    drawn = silhouette(site.programme, site.data, site.release.latest_day)
    take(folder / "map.js", "map", {"landmarks": marks, "silhouette": drawn})
    for code, meta in indicators.items():
        series = [
            {
                "key": entity,
                "kind": kind,
                "rows": [
                    [
                        site.number_of[one["period_code"]], _plain(one["value"]), _plain(one["numerator"]),
                        _plain(one["denominator"]), one["reports_received"], one["reports_expected"],
                        STATUSES.index(one["status"]), RELEASE_STATUSES.index(one["release_status"]),
                    ]
                    for one in rows
                ],
            }
            for (indicator, entity, kind), rows in site.series.items()
            if indicator == code
        ]  # fmt: skip
        goals = [
            [one["entity_key"], one["year"], one["operator"], _plain(one["target_value"]), one["kind"]]
            for one in site.targets
            if one["indicator_code"] == code
        ]
        value = {"code": code, "series": series, "targets": goals}
        take(folder / "indicator" / f"{meta['slug']}.js", "indicator", value)


def _above(place: Place) -> object:
    """What stands above a place: one key, or where that changed pairs of (until, key)."""
    return place.parent if len(place.parents) == 1 else [[str(until), up] for until, up in place.parents]


def _plain(value: Any) -> float | int | None:
    """A decimal as a number of JSON: a whole one as such."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _said(site: Site, words: Words) -> dict[str, object]:
    """What the scripts say in a language."""
    return {
        "language": words.language,
        "decimal": words.decimal,
        "thousands": words.thousands,
        "phrases": dict(words.phrases),
        "periods": [words.period(one["period_code"]) for one in site.periods],
        "titles": {
            code: [words.say(one.title), words.unit(one.unit)] for code, one in site.programme.indicator.items()
        },
        "levels": {level: words.level(level) for one in site.programme.registers for level in one.levels},
        "registers": {one.register_name: words.say(one.title) for one in site.programme.registers},
    }


def _receipts(folder: Path, kept: Path, owed: list[Board]) -> frozenset[str]:
    """Copy the receipts that cells of the boards link to, where they are kept; returns their names."""
    wanted = {name for board in owed for name in board.receipts.values()}
    copied = sorted(name for name in wanted if (kept / f"{name}.html").is_file())
    if copied:
        folder.mkdir(parents=True)
    for name in copied:
        shutil.copyfile(kept / f"{name}.html", folder / f"{name}.html")
    return frozenset(copied)


def _board(folder: Path, board: Board, copied: frozenset[str]) -> None:
    linked = {cell: name for cell, name in board.receipts.items() if name in copied}
    value = {"periods": board.periods, "units": board.units, "receipts": linked}
    take(folder / f"{board.form}.js", f"board/{board.form}", value)
