"""The figures that a brief tells of: the series of one place, and how the places below it stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catalogue.brief import Brief
from catalogue.errors import UsageError
from catalogue.period import Period
from catalogue.programme import Programme
from reports.figures import Row, Shown, rows, targets
from warehouse.store import Warehouse

_SHOWN: Final = """
FROM indicator_history h
WHERE h.from_release <= :release AND (h.to_release IS NULL OR h.to_release > :release) AND h.status <> 'tombstone'
"""


@dataclass(frozen=True)
class Told:
    """What a brief may tell: the place, per indicator its figures in the order of days, targets and their standing."""

    place: Row
    series: dict[str, list[Row]]
    targets: dict[str, list[Row]]
    below: dict[str, list[Row]]

    def latest(self, indicator: str) -> Row | None:
        """The latest figure of an indicator that is one."""
        return next((one for one in reversed(self.series.get(indicator, [])) if one["value"] is not None), None)

    def before(self, programme: Programme, one: Row) -> Row | None:
        """The figure of the year before; where there is none, the one before it."""
        series = [row for row in self.series[str(one["indicator_code"])] if row["value"] is not None]
        wanted = Period.parse(str(one["period_code"]), programme.calendars).year_before().code
        same = [row for row in series if row["period_code"] == wanted]
        earlier = [row for row in series if row["end_date"] < one["end_date"]]
        return next(iter(same or earlier[-1:]), None)

    def target(self, one: Row) -> Row | None:
        """The target of a figure's indicator for the figure's year or the next after it; an actual is none."""
        year = one["end_date"].year
        known = [row for row in self.targets.get(str(one["indicator_code"]), []) if row["kind"] == "target"]
        ahead = sorted((row for row in known if row["year"] >= year), key=lambda row: (row["year"], row["target_code"]))
        past = sorted((row for row in known if row["year"] < year), key=lambda row: (-row["year"], row["target_code"]))
        return (*ahead, *past, None)[0]


def told(warehouse: Warehouse, brief: Brief, release: Shown, place: str) -> Told:
    """The figures for a place, by code or name. Raises UsageError where the release has none of it."""
    found = _place(warehouse, release, place or brief.place)
    codes = sorted({code for section in brief.sections for code in section.indicators})
    names = {f"code{number}": code for number, code in enumerate(codes)}
    every = rows(
        warehouse,
        f"""SELECT h.* {_SHOWN} AND h.entity_key = :place AND h.period_kind = :kind
            AND h.indicator_code IN ({", ".join(f":{name}" for name in names)})
            ORDER BY h.end_date, h.period_code""",
        release=release.key,
        place=found["entity_key"],
        kind=brief.period,
        **names,
    )
    series: dict[str, list[Row]] = {}
    for one in every:
        series.setdefault(str(one["indicator_code"]), []).append(one)
    aimed: dict[str, list[Row]] = {}
    for one in targets(warehouse, release):
        if one["entity_key"] == found["entity_key"]:
            aimed.setdefault(str(one["indicator_code"]), []).append(one)
    below = {
        section.ranking.indicator: _below(
            warehouse, release, found, (section.ranking.indicator, section.ranking.level, brief.period)
        )
        for section in brief.sections
        if section.ranking
    }
    return Told(found, series, aimed, below)


def _place(warehouse: Warehouse, release: Shown, wanted: str) -> Row:
    """The place of a code or name, as it was called last before the latest day of the release."""
    found = rows(
        warehouse,
        f"""SELECT p.entity_key, p.code, p.name FROM place p
            WHERE (p.code = :wanted OR lower(p.name) = lower(:wanted)) AND p.valid_from <= :day
              AND p.entity_key IN (SELECT h.entity_key {_SHOWN})
            ORDER BY p.valid_from DESC, p.entity_key""",
        wanted=wanted,
        day=release.latest_day,
        release=release.key,
    )
    if not found:
        raise UsageError(
            f"release {release.name} has no figure of a place {wanted!r}; name one by its code or its whole name, as "
            '`chiso sql "SELECT DISTINCT place_code, place_name FROM indicator"` lists them'
        )
    return found[0]


def _below(warehouse: Warehouse, release: Shown, place: Row, what: tuple[str, str, str]) -> list[Row]:
    """The figures of the latest period of the places right below one, of an indicator, level and kind of period."""
    indicator, level, kind = what
    found = rows(
        warehouse,
        f"""SELECT h.* {_SHOWN} AND h.indicator_code = :indicator AND h.place_level = :level AND h.period_kind = :kind
            AND h.value IS NOT NULL AND h.entity_key IN (
                SELECT p.entity_key FROM place p
                WHERE p.parent_key = :place AND h.end_date BETWEEN p.valid_from AND p.named_to)""",
        release=release.key,
        indicator=indicator,
        level=level,
        kind=kind,
        place=place["entity_key"],
    )
    last = max((one["end_date"] for one in found), default=None)
    return [one for one in found if one["end_date"] == last]
