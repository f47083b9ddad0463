"""The staging area: in memory while all is well, a file for whoever wants to look after a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from warehouse.staging import staging_area


def test_a_second_engine_of_the_process_sees_the_area(tmp_path: Path) -> None:
    with staging_area(tmp_path / "area.duckdb") as area:
        area.run("CREATE TABLE counted AS SELECT 7 AS number")
        engine = create_engine(area.url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT number FROM counted")).scalar() == 7
        engine.dispose()
    assert list(tmp_path.iterdir()) == []


def test_two_areas_do_not_see_each_other(tmp_path: Path) -> None:
    with staging_area(tmp_path / "one.duckdb") as one, staging_area(tmp_path / "other.duckdb") as other:
        one.run("CREATE TABLE counted AS SELECT 1 AS number")
        other.run("CREATE TABLE counted AS SELECT 2 AS number")
        assert (one.one("FROM counted"), other.one("FROM counted")) == (1, 2)


def fail(path: Path) -> None:
    with staging_area(path) as area, area.at_once():
        area.run("CREATE TABLE counted AS SELECT 7 AS number")
        raise RuntimeError


def test_what_failed_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "area.duckdb"
    with pytest.raises(RuntimeError):
        fail(path)
    with staging_area(tmp_path / "looking.duckdb") as looking:
        looking.run(f"ATTACH '{path}' AS kept (READ_ONLY)")
        assert looking.one("SELECT number FROM kept.counted") == 7
