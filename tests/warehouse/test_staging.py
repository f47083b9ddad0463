"""The staging area: in memory while all is well, a file for whoever wants to look after a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from sqlalchemy import create_engine, text

from catalogue.errors import WarehouseError
from warehouse.staging import Staging, staging_area


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
    with staging_area(path) as area:
        area.run("CREATE TABLE counted AS SELECT 7 AS number")
        raise RuntimeError


def test_what_failed_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "area.duckdb"
    with pytest.raises(RuntimeError):
        fail(path)
    with staging_area(tmp_path / "looking.duckdb") as looking:
        looking.run(f"ATTACH '{path}' AS kept (READ_ONLY)")
        assert looking.one("SELECT number FROM kept.counted") == 7


MANY = 130_000
"""More than DuckDB keeps together in one group of rows."""


@pytest.mark.parametrize("nothing", ["FROM nothing", "FROM nothing ORDER BY number", "FROM nothing WHERE number > 1"])
@pytest.mark.parametrize(
    "many", ["FROM many", "FROM many JOIN (FROM many) USING (number)", "FROM many ORDER BY number"]
)
def test_what_is_inserted_after_nothing_is_there(tmp_path: Path, nothing: str, many: str) -> None:
    with staging_area(tmp_path / "area.duckdb") as area:
        area.put("nothing", {"number": pa.int64()}, [])
        area.run(f"CREATE TABLE many AS SELECT range AS number FROM range({MANY})")
        area.run(f"CREATE TABLE told AS {nothing}")
        area.run(f"INSERT INTO told {nothing}")
        assert area.one(f"INSERT INTO told {many}") == MANY
        area.add("told", {"number": pa.int64()}, [(number,) for number in range(MANY)])
        assert area.one("SELECT count(*) FROM told") == 2 * MANY


def twice(area: Staging, url: str) -> None:
    with area.writing(url):
        area.run("INSERT INTO warehouse.told FROM nothing")
        area.run("INSERT INTO warehouse.told FROM many")


def test_rows_that_the_database_loses_end_the_transaction(tmp_path: Path) -> None:
    # DuckDB 1.5 says that it has inserted them. Once it has, this test fails, and the second count is no longer needed.
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE told (number BIGINT)")
    with staging_area(tmp_path / "area.duckdb") as area:
        area.put("nothing", {"number": pa.int64()}, [])
        area.run(f"CREATE TABLE many AS SELECT range AS number FROM range({MANY})")
        with pytest.raises(WarehouseError, match=f"^told: {MANY} rows were inserted, 0 are there"):
            twice(area, f"duckdb:///{file}")
    with duckdb.connect(str(file)) as connection:
        assert connection.execute("SELECT count(*) FROM told").fetchall() == [(0,)]


# In a process of its own: here everything has been imported long ago.
_PUT: str = """
import sys
from pathlib import Path
import pyarrow as pa
from warehouse.staging import staging_area

imported = []
with staging_area(Path(sys.argv[1])) as area:
    sys.addaudithook(lambda event, about: imported.append(about[0]) if event == "import" else None)
    area.put("counted", {"number": pa.int64()}, [(7,)])
    area.rows("FROM counted WHERE number > ?", (1,))
print(*imported)
"""


def test_no_query_imports_anything(tmp_path: Path) -> None:
    # A stop in the middle of such an import once left a query waiting for ever.
    words = [sys.executable, "-c", _PUT, str(tmp_path / "area.duckdb")]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    assert said.stdout.split() == []
