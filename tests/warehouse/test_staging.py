"""The staging area: in memory while all is well, a file for whoever wants to look after a failure."""

from __future__ import annotations

import subprocess
import sys
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
