"""What one area has prepared another appends, as if it were the first; what was asked of the past is asked again."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tests.world import World
from warehouse.past import Past, Question
from warehouse.prepared import lay_prepared, sha256_of, write_prepared
from warehouse.staging import Staging, staging_area

ROWS = [{"topic": "data", "received": 5}, {"topic": "web", "received": 7}]


def laid_out(world: World, area: Staging) -> None:
    world.lay_out(area, world.programme.form["CASES"], [("ON1", "2024-01", ROWS), ("ON2", "2024-02", ROWS[::-1])])


def test_a_batch_that_travels_is_appended_as_one_that_does_not(embedded: World, tmp_path: Path) -> None:
    home = embedded.house
    with staging_area(home.staging_path(uuid4().hex)) as area:
        laid_out(embedded, area)
        written = write_prepared(area, tmp_path)
    files = {table: tmp_path / f"{table}.parquet" for table in written}
    assert {table: sha256_of(path) for table, path in files.items()} == {
        table: one.sha256 for table, one in written.items()
    }
    with staging_area(home.staging_path(uuid4().hex)) as area:
        lay_prepared(area, files, written)
        appended = embedded.append(area, "CASES", ["2024-01", "2024-02"])
    assert (appended.parts, appended.rows, appended.deliveries) == (2, 4, {1: 1, 2: 2})
    facts = embedded.sql("SELECT part_key, source_row, topic_code, received FROM fact_cases")
    assert facts == [(1, 1, "data", 5), (1, 2, "web", 7), (2, 1, "web", 7), (2, 2, "data", 5)]


def test_types_that_parquet_does_not_have_arrive_as_they_were(tmp_path: Path) -> None:
    values = "CAST('170141183460469231731687303715884105727' AS HUGEINT) AS huge, CAST(0.1 AS DECIMAL(38, 20)) AS exact"
    with staging_area(tmp_path / "one.duckdb") as area:
        for table in ("parts", "part_content", "conformed", "held_back"):
            area.run(f"CREATE TABLE {table} AS SELECT 1 AS number")
        area.run(f"CREATE TABLE out_wide AS SELECT {values}")
        expected = area.rows("SELECT *, typeof(huge), typeof(exact) FROM out_wide")
        written = write_prepared(area, tmp_path)
    with staging_area(tmp_path / "other.duckdb") as area:
        lay_prepared(area, {table: tmp_path / f"{table}.parquet" for table in written}, written)
        assert area.rows("SELECT *, typeof(huge), typeof(exact) FROM out_wide") == expected


@pytest.mark.parametrize(
    ("arrives", "holds"),
    [
        ([], True),
        ([("PEOPLE", "ON", "2024-Q1", [{"place": "N1", "people": 3}])], True),  # of another form
        ([("CASES", "OS1", "2024-03", ROWS)], True),  # of another unit
        ([("CASES", "ON1", "2024-03", ROWS)], False),
        ([("CASES", "ON1", "2024-01", ROWS)], True),  # the same once more: where its facts are has not changed
        ([("CASES", "ON1", "2024-01", ROWS[:1])], False),
    ],
)
def test_an_answer_holds_until_something_comes_that_changes_it(
    embedded: World, arrives: list[tuple[str, str, str, list[dict[str, object]]]], *, holds: bool
) -> None:
    embedded.report("CASES", "ON1", "2024-01", ROWS)
    asked: list[Question] = []
    form, unit = embedded.programme.form["CASES"], 111
    with embedded.house.warehouse.connection() as connection:
        Past(connection, asked).parts(form, units={unit})
    for report in arrives:
        embedded.report(*report)
    with embedded.house.warehouse.connection() as connection:
        assert [Past(connection).holds(one) for one in asked] == [holds]
