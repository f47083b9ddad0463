"""A server that goes away while rows are on their way to it: one error of ours, and the process goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from tests.worlds import Worlds

ROOT = Path(__file__).parents[2]
# A process of its own: what goes wrong here once ended the process.
WRITES = """
import sys
from pathlib import Path
from catalogue.errors import WarehouseLost
from warehouse.staging import staging_area

try:
    with staging_area(Path(sys.argv[2])) as area, area.writing(sys.argv[1]):
        area.run("CREATE TABLE warehouse.far (n BIGINT, word TEXT)")
        area.run("INSERT INTO warehouse.far SELECT range, repeat('x', 200) FROM range(20000000)")
except WarehouseLost as error:
    print(error)
with staging_area(Path(sys.argv[2])) as area:
    print(area.one("SELECT 6 * 7"))
"""


def test_rows_on_their_way_to_a_server_that_ends_the_connection_are_one_error(worlds: Worlds, tmp_path: Path) -> None:
    url = worlds.empty("postgresql", tmp_path)
    writing = subprocess.Popen(
        [sys.executable, "-c", WRITES, url, str(tmp_path / "staging.duckdb")],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
        ended: list[TupleRow] = []
        until = time.monotonic() + 120
        while not ended and writing.poll() is None and time.monotonic() < until:
            ended = server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_copy WHERE tuples_processed > 100000"
            ).fetchall()
    said, wrong = writing.communicate(timeout=120)
    assert ended
    assert (writing.returncode, wrong) == (0, "")
    first, second = said.splitlines()
    assert first.startswith("the connection to the warehouse broke, and nothing was written; run it again: ")
    assert "Stack Trace" not in first
    assert second == "42"
    worlds.drop(url)
