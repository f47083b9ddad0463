"""What is given away is the same from either database."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from catalogue.brief import Brief
from catalogue.official import Official
from catalogue.period import Period
from reports.brief_figures import told
from reports.dictionary import entries
from reports.export import export_release
from reports.figures import shown_release
from reports.official_figures import Filled, filled
from tests.world import BACKENDS, LAND, World
from tests.worlds import Worlds
from warehouse.facts import programme_tables
from warehouse.tables import engine_tables

pytestmark = pytest.mark.long

BRIEF = Brief.model_validate(
    {
        "place": "N",
        "phrases": {"en": {}},
        "title": {"en": "Brief"},
        "sections": [
            {
                "title": {"en": "Cases"},
                "sentences": [{"indicator": "RECEIVED", "text": {"en": "{value}"}}],
                "ranking": {"title": {"en": "Towns"}, "indicator": "RECEIVED", "level": "town"},
            }
        ],
    }
)
OFFICIAL = Official.model_validate(
    {
        "official": "T1", "fact": "cases", "forms": ["CASES"], "rows": "topic", "serial": {"en": "No."},
        "label": {"en": "Topic"}, "stamp": {"en": "T1"}, "title": {"en": "T1"}, "reporter": {"en": "Office"},
        "period": {"en": "{period}"}, "days": {"en": "{first}"}, "subtotal": {"en": "Sum"}, "total": {"en": "All"},
        "columns": [{"number": 1, "title": {"en": "Received"}, "measure": "received"}],
    }
)  # fmt: skip


class Given(NamedTuple):
    """What is given of a release: files by name, words of the dictionary, figures of the brief, an official table."""

    data: dict[str, bytes]
    words: list[tuple[Any, ...]]
    brief: list[tuple[Any, ...]]
    official: Filled


def reported(world: World) -> World:
    """Two towns, two months, one of them revised; and people of a quarter."""
    for unit, received in (("ON1", 10), ("ON2", 7), ("OS1", 3)):
        for month in ("2024-01", "2024-02"):
            row = {"topic": "DATA", "total": received + 1, "carried": 1, "received": received, "resolved": received,
                   "on_time": received - 1, "pending": 1}  # fmt: skip
            world.report("CASES", unit, month, [row])
    world.report("PEOPLE", "ON", "2024-Q1", [{"place": "N1", "people": 900, "skilled": 810}])
    world.release("one")
    world.report("PEOPLE", "ON", "2024-Q1", [{"place": "N1", "people": 900, "skilled": 820}])
    world.release("two")
    return world


def test_both_databases_give_the_same(worlds: Worlds, tmp_path: Path) -> None:
    given: dict[str, Given] = {}
    for backend in BACKENDS:
        world = reported(worlds.make(backend, LAND, tmp_path / backend / "home"))
        folder, warehouse, programme = tmp_path / backend / "open", world.house.warehouse, world.programme
        if warehouse.embedded:
            warehouse.publish()
        export_release(folder, warehouse, programme, "one")
        release = shown_release(warehouse, "two")
        tables = {**engine_tables.tables, **programme_tables(programme).tables}
        words = entries(warehouse, programme, tables, release, "en")
        figures = told(warehouse, BRIEF, release, "")
        period = Period.parse("2024-Q1")
        unit = world.entity("ON", period).key
        given[backend] = Given(
            data={path.name: path.read_bytes() for path in sorted((folder / "data").iterdir())},
            # Types of columns are each database's own.
            words=[(one.kind, one.of, one.name, one.meaning, one.cells, one.first, one.last) for one in words],
            brief=[
                (one["period_code"], one["value"]) for one in (*figures.series["RECEIVED"], *figures.below["RECEIVED"])
            ],
            official=filled(warehouse, programme, OFFICIAL, release, unit, period, "en"),
        )
    one, other = (given[backend] for backend in BACKENDS)
    assert one.data == other.data
    assert sorted(one.words) == sorted(other.words)
    assert one.brief == other.brief
    assert one.official == other.official
    text = one.data["figures.csv"].decode()
    # The release that is asked for, not the newest: 810 of 900.
    assert ",0.9,810,900," in text
    assert ",820,900," not in text
