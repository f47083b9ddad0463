"""Indices, ranks and growth that others published, recomputed from what they published beside them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from catalogue.indicator import Indicator
from tests.world import LAND, World
from tests.worlds import Worlds
from transforms.evaluate import Figure, change
from warehouse.staging import staging_area

pytestmark = pytest.mark.realdata

WEIGHTS = (5, 5, 20, 5, 10, 5, 5, 20, 20, 5)
SUB = tuple(f"SUB{number}" for number in range(1, 11))

PROGRAMME = """
programme: competitiveness
title: {en: Provincial competitiveness}
languages: [en]
"""
REGISTERS = """
- register: places
  entity: locality
  title: {en: Provinces}
  levels: [province]
"""
FACT = """
fact: scores
title: {en: Scores}
grain: One row per province, sub-index and year
place: place
dimensions:
  - {dimension: place, title: {en: Province}, type: entity, register: places}
  - {dimension: sub_index, title: {en: Sub-index}, type: text}
measures:
  - {measure: score, title: {en: Score}, unit: point, type: decimal, over_time: none, over_place: none}
"""
FORM = """
form: SCORES
title: {en: Scores}
fact: scores
frequency: year
respondents: {register: places}
unit_to: place
fields:
  - {field: sub_index, header: [Sub-index], title: {en: Sub-index}, type: text, to: sub_index, required: true}
  - {field: score, header: [Score], title: {en: Score}, type: decimal, to: score, required: true}
"""
COLUMNS = "key,code,valid_from,event,name,name_en,level,type,parent,link,aliases,document"
EXAMPLE = "example: {given: [], place: P1, period: '2015', value: 0}"
INDICATORS = f"""
- indicator: PCI
  title: {{en: Index}}
  definition: {{en: "Weighted sum of ten sub-indices, of 100"}}
  kind: index
  fact: scores
  unit: point
  direction: up
  maximum: 10
  numerator:
{{terms}}
  {EXAMPLE}
- indicator: PCI.RANK
  title: {{en: Rank}}
  definition: {{en: Rank among the provinces}}
  kind: rank
  of: PCI
  among: {{attribute: level, one_of: [province]}}
  unit: rank
  {EXAMPLE}
"""


@dataclass(frozen=True)
class Publication:
    """The index of 2015: sub-indices, index and rank by province."""

    scores: dict[str, dict[str, Decimal]]
    index: dict[str, Decimal]
    rank: dict[str, int]


@pytest.fixture(scope="module")
def published(realdata: Path) -> Publication:
    """The summary lists each sub-index from the best province to the last, beside its score."""
    book = CalamineWorkbook.from_path(str(realdata / "vietnam/workbooks/PCI_2015.xlsx"))
    rows = book.get_sheet_by_name("Summary_VN").to_python()[1:64]
    scores: dict[str, dict[str, Decimal]] = {}
    for number, sub in enumerate(SUB):
        for row in rows:
            scores.setdefault(str(row[2 * number + 1]), {})[sub] = round(Decimal(str(row[2 * number + 2])), 6)
    index = {str(row[21]): Decimal(str(row[22])) for row in rows}
    return Publication(scores, index, {str(row[21]): int(str(row[23]).partition(".")[0]) for row in rows})


@pytest.fixture(scope="module")
def world(published: Publication, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A programme of the index, whose provinces are those of the publication."""
    folder = tmp_path_factory.mktemp("competitiveness")
    places = "\n".join(f"{key},P{key},,,{name},,province,,,,," for key, name in enumerate(published.scores, 1))
    terms = "\n".join(
        f"    - {{measure: score, weight: {weight}, where: [{{column: sub_index, one_of: [{sub}]}}]}}"
        for sub, weight in zip(SUB, WEIGHTS, strict=True)
    )
    for name, text in {
        "programme.yml": PROGRAMME,
        "registers.yml": REGISTERS,
        "registers/places.csv": f"{COLUMNS}\n{places}\n",
        "facts/scores.yml": FACT,
        "forms/SCORES.yml": FORM,
        "indicators/all.yml": INDICATORS.replace("{terms}", terms),
        "languages/en.yml": (LAND / "languages/en.yml").read_text("utf-8"),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return worlds.make("duckdb", folder, tmp_path_factory.mktemp("home"))


def test_the_competitiveness_index_and_its_ranks_are_as_published(
    world: World, published: Publication, tmp_path: Path
) -> None:
    assert len(published.scores) == 63
    names = dict(enumerate(published.scores, 1))
    parts = [
        (f"P{key}", "2015", [{"sub_index": sub, "score": score} for sub, score in published.scores[name].items()])
        for key, name in names.items()
    ]
    with world.house.warehouse.engine().connect() as connection, staging_area(tmp_path / "area.duckdb") as area:
        world.write(connection, "SCORES", parts)
        index = {names[key]: one for (key, _), one in world.computed("PCI", connection, area).items()}
        ranks = {names[key]: one for (key, _), one in world.computed("PCI.RANK", connection, area).items()}
        connection.rollback()
    apart = {name: abs((one.value or 0) - published.index[name]) for name, one in index.items()}
    assert len(apart) == 63
    assert max(apart.values()) <= Decimal("0.000007")
    assert {name: one.value for name, one in ranks.items()} == published.rank


@dataclass(frozen=True)
class FourWeeks:
    """One of the thirteen periods of a year of Transport for London."""

    code: str
    year: int
    number: int

    def year_before(self) -> FourWeeks:
        year = self.year - 1
        return FourWeeks(f"{year}/{year + 1} - {self.number}", year, self.number)


# The publisher mended journeys after the growth was printed: each differs by less than half a point.
MENDED = {("2012/2013 - 1", 2), ("2012/2013 - 1", 3), ("2012/2013 - 4", 1)}


def test_the_growth_of_journeys_is_as_published(realdata: Path) -> None:
    """Over the same four weeks a year before, to 0.2 points: journeys are printed to 0.1 million, growth to 0.1 %."""
    declared = Indicator.model_validate(
        {
            "indicator": "GROWTH", "title": {"en": "Growth"}, "definition": {"en": "Growth"}, "kind": "change",
            "of": "JOURNEYS", "unit": "times", "example": {"given": (), "place": "L", "period": "2024"},
        }
    )  # fmt: skip
    with (realdata / "csv/tfl_passengers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row[0]: row for row in csv.reader(file) if row and " - " in row[0]}
    spans: dict[str, Any] = {code: FourWeeks(code, int(code[:4]), int(code.rpartition("-")[2])) for code in rows}
    apart = {}
    for column in (1, 2, 3):
        base = [Figure("JOURNEYS", 1, 1, code, Decimal(row[column])) for code, row in rows.items()]
        for one in change(declared, base, spans):
            if one.numerator is not None and one.denominator is not None:
                said = Decimal(rows[one.period][column + 6].rstrip("%"))
                apart[one.period, column] = abs(100 * (one.numerator / one.denominator - 1) - said)
    assert len(apart) == 216
    assert {place for place, points in apart.items() if points > Decimal("0.2")} == MENDED
    assert max(apart.values()) < Decimal("0.5")
