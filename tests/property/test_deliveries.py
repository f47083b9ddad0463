"""Whatever offices send: every row has one fate, the same again changes nothing, the order of offices is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows.load import check, load
from tests.batch import delivered, workbook
from tests.world import LAND, World
from tests.worlds import Worlds

pytestmark = pytest.mark.long

amount = st.one_of(st.integers(0, 3), st.sampled_from([None, "...", "x", "1.000", "-", "#DIV/0!", 2.5]))
right = st.tuples(st.sampled_from(["data", "web", "Data"]), st.integers(0, 2), st.integers(0, 2)).map(
    lambda drawn: (drawn[0], drawn[1] + drawn[2], drawn[1], drawn[2], drawn[1], 0, drawn[2])
)
wrong = st.tuples(st.sampled_from(["data", "web", "sport", None, "Total"]), *[amount] * 6)
tables = st.lists(st.one_of(right, right, wrong), max_size=6)
# Each example is at least one run of Great Expectations.
few = settings(
    max_examples=2,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)

CONTENT = (
    "SELECT unit_key, period_code, topic_code, total, carried, received, resolved, on_time, pending, source_row "
    "FROM cases ORDER BY unit_key, period_code, source_row"
)
STORED = ("dim_delivery", "dim_part", "fact_cases", "quarantine", "issue", "furniture", "fact_reporting", "dim_period")


def test_every_row_has_exactly_one_fate(worlds: Worlds, tmp_path: Path) -> None:
    world = worlds.make("duckdb", LAND, tmp_path)
    form = world.programme.form["CASES"]

    @settings(few, max_examples=3)
    @given(rows=tables)
    def conserved(rows: list[tuple[object, ...]]) -> None:
        data = workbook(form, "ON1", "01/2024", rows, ("Total", None, 1), ("Signed",))
        told = check(world.house, form, delivered(world.house, data, "ON1"), data).receipts[0]
        apart = told.rows_loaded + told.rows_quarantined + told.rows_refused + told.rows_repeated + told.rows_furniture
        assert told.rows_read == apart
        filled = sum(1 for row in rows if any(cell is not None for cell in row))
        assert told.rows_read == filled + 7  # title, form, unit, period, header, total, signature
        if told.rows_loaded == 0:
            assert told.status == "rejected"
        elif told.rows_quarantined:
            assert told.status == "partly_accepted"
        else:
            assert told.status in ("accepted", "accepted_with_warnings")

    conserved()


@pytest.mark.parametrize("backend", ["duckdb", "postgresql"])
def test_the_same_batch_again_changes_nothing(worlds: Worlds, tmp_path: Path, backend: str) -> None:
    world = worlds.make(backend, LAND, tmp_path)
    form = world.programme.form["CASES"]
    counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in STORED)

    @few
    @given(drawn=st.lists(tables, min_size=1, max_size=3))
    def idempotent(drawn: list[list[tuple[object, ...]]]) -> None:
        books = [workbook(form, "ON1", "01/2024", rows) for rows in drawn]
        batch = [delivered(world.house, data, "ON1") for data in books]
        load(world.house, form, batch, "batch")
        before = (world.sql(counts), world.sql(CONTENT))
        again = load(world.house, form, batch, "batch")
        assert again.appended is not None
        assert (again.appended.deliveries, again.appended.parts, again.appended.rows) == ({}, 0, 0)
        assert (world.sql(counts), world.sql(CONTENT)) == before

    idempotent()
    worlds.drop(world.house.warehouse.url)


def test_the_order_in_which_offices_report_does_not_matter(worlds: Worlds, tmp_path: Path) -> None:
    offices = ("ON1", "ON2", "OS1")
    form = worlds.programme(LAND).form["CASES"]

    @settings(few, max_examples=2)
    @given(drawn=st.tuples(*[tables] * 3), order=st.permutations(offices), apart=st.booleans())
    def independent(drawn: tuple[list[tuple[object, ...]], ...], order: list[str], apart: bool) -> None:
        books = {office: workbook(form, office, "01/2024", rows) for office, rows in zip(offices, drawn, strict=True)}
        found = set()
        for place, (sequence, by_one) in enumerate(((list(offices), False), (order, apart))):
            world = worlds.make("duckdb", LAND, tmp_path / str(place))
            batch = [delivered(world.house, books[office], office) for office in sequence]
            for part in [[one] for one in batch] if by_one else [batch]:
                load(world.house, form, part, "batch")
            release = world.release()
            found.add((tuple(world.sql(CONTENT)), release.hash if release else ""))
        assert len(found) == 1

    independent()


def test_a_random_world_is_what_it_was_told(worlds: Worlds, tmp_path: Path) -> None:
    """Of right rows only, each topic once: all are loaded, as they are."""
    world: World = worlds.make("duckdb", LAND, tmp_path)
    form = world.programme.form["CASES"]

    @few
    @given(rows=st.lists(right, min_size=1, max_size=2, unique_by=lambda row: row[0].lower()))
    def loaded(rows: list[tuple[object, ...]]) -> None:
        data = workbook(form, "ON1", "01/2024", rows)
        load(world.house, form, [delivered(world.house, data, "ON1")], "batch")
        told = [(str(row[0]).lower(), *row[1:]) for row in rows]
        assert [line[2:9] for line in world.sql(CONTENT)] == told

    loaded()
