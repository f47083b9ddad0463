"""The account of a batch: where a row got lost or doubled in staging, nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Final

import pytest

from catalogue.delivery import Cell
from catalogue.errors import ConservationError
from catalogue.rule import finding
from expectations.count import counts
from expectations.predicate import rules
from expectations.soundness import mark
from expectations.split import split
from tests.batch import arrived
from tests.world import LAND, World
from tests.worlds import Worlds
from transforms.account import account, hold_back, keep_verdicts
from transforms.conform import conform
from transforms.resolve import Resolver
from transforms.stage import Arrived, lay, type_cells
from warehouse.append import check_conservation
from warehouse.staging import Staging, staging_area

#        topic  total carried received resolved on time pending
DATA = ["data", "500", "100", "400", "420", "400", "80"]
WEB = ["web", "10", "0", "10", "4", "4", "6"]
WRONG = ["web", "11", "0", "10", "4", "4", "6"]  # 11 is not 0 + 10

SENT: Final = {1: [DATA, WEB, WEB], 2: [DATA, WRONG], 3: [DATA, WEB], 4: [WRONG]}
"""Rows of deliveries: the first has a row twice, the second one that is set aside, the third is refused, the fourth
has nothing but what is set aside. They are numbered through from 0."""


def lay_out(world: World, area: Staging) -> list[Arrived]:
    """The deliveries as they were read, typed."""
    programme, form = world.programme, world.programme.form["CASES"]
    batch = [arrived(form, rows, number=number, period=f"2024-{number:02}") for number, rows in SENT.items()]
    refusal = (finding("file.respondent", Cell(), "", "ON1", programme.language),)
    batch[2] = replace(batch[2], delivery=replace(batch[2].delivery, refusal=refusal))
    lay(area, programme, form, batch)
    type_cells(area, Resolver(programme), form, date(2024, 6, 1))
    return batch


def judge(world: World, area: Staging, batch: list[Arrived], conformed: str = "", accounted: str = "") -> None:
    """The steps of ``flows.load`` from the gate on, with a statement that is run after one of them."""
    programme, form = world.programme, world.programme.form["CASES"]
    judged = rules(form, programme.language.language)
    mark(area, judged)
    counts(area, judged)
    split(area, judged, programme.language)
    conform(area, programme, form, hold_back(area, ()))
    area.run(conformed)
    keep_verdicts(area, world.house.run_id, form.form, ())
    account(area, form, batch, datetime(2024, 6, 1), world.house.run_id)
    area.run(accounted)


@pytest.fixture(scope="module")
def laid(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Staging, list[Arrived]]]:
    """The batch, laid out once."""
    home = tmp_path_factory.mktemp("laid")
    world = World(worlds.house(LAND, f"duckdb:///{home / 'none.duckdb'}", home))
    with staging_area(home / "staging.duckdb") as area:
        yield world, area, lay_out(world, area)


LOST = [
    # what is lost or doubled, the statement that does it after typing, after conforming, after the account
    ("a good row", "DELETE FROM staged_rows WHERE row_no = 0", "", ""),
    ("a bad row", "DELETE FROM staged_rows WHERE row_no = 4", "", ""),
    ("the only row, a bad one", "DELETE FROM staged_rows WHERE row_no = 7", "", ""),
    ("a row of a refused delivery", "DELETE FROM staged_rows WHERE row_no = 6", "", ""),
    ("a row twice", "INSERT INTO staged_rows FROM staged_rows WHERE row_no = 0", "", ""),
    ("a refused row twice", "INSERT INTO staged_rows FROM staged_rows WHERE row_no = 5", "", ""),
    ("who reports on a sheet", "DELETE FROM reporters WHERE delivery_no = 1", "", ""),
    ("that a row is repeated", "", "UPDATE raw SET repeated = false", ""),
    ("a row that is held back", "", "DELETE FROM staged_rows WHERE row_no = 5", ""),
    ("a part", "", "DELETE FROM parts WHERE delivery_no = 1", ""),
    ("a row of the quarantine", "", "", "DELETE FROM out_quarantine WHERE delivery_no = 2"),
]


@pytest.mark.parametrize(("what", "staged", "conformed", "accounted"), LOST, ids=[what for what, *_ in LOST])
def test_what_is_lost_on_the_way_is_missed(
    laid: tuple[World, Staging, list[Arrived]], what: str, staged: str, conformed: str, accounted: str
) -> None:
    world, area, batch = laid
    area.run("BEGIN TRANSACTION")
    try:
        area.run(staged)
        judge(world, area, batch, conformed, accounted)
        with pytest.raises(ConservationError, match="nothing was written"):
            check_conservation(area)
    finally:
        area.run("ROLLBACK")


def test_where_anything_is_lost_nothing_is_loaded_and_else_all_of_it(world: World) -> None:
    counted = "SELECT (SELECT count(*) FROM dim_delivery), (SELECT count(*) FROM dim_part), count(*) FROM fact_cases"
    with staging_area(world.house.staging_path("lost")) as area:
        batch = lay_out(world, area)
        for conformed, accounted in (
            ("DELETE FROM staged_rows WHERE row_no = 0", ""),
            ("INSERT INTO staged_rows FROM staged_rows WHERE row_no = 1", ""),
            ("", "DELETE FROM part_content WHERE part_no = 1"),
        ):
            area.run("CREATE OR REPLACE TEMP TABLE kept AS FROM staged_rows")
            judge(world, area, batch, conformed, accounted)
            with pytest.raises(ConservationError, match="nothing was written"):
                world.append(area, "CASES", ["2024-01"])
            assert world.sql(counted) == [(0, 0, 0)]
            area.run("DELETE FROM staged_rows; INSERT INTO staged_rows FROM kept")
        judge(world, area, batch)
        assert world.append(area, "CASES", [f"2024-{number:02}" for number in SENT]).rows == 3
    assert world.sql(
        "SELECT status, rows_read, rows_loaded, rows_quarantined, rows_refused, rows_repeated FROM fates "
        "ORDER BY delivery_key"
    ) == [
        ("accepted", 3, 2, 0, 0, 1),
        ("partly_accepted", 2, 1, 1, 0, 0),
        ("rejected", 2, 0, 0, 2, 0),
        ("rejected", 1, 0, 1, 0, 0),
    ]
