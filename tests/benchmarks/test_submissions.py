"""The benchmark of workbooks counts what it says: all of the work, nothing before it, and files really taken in."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from benchmarks.submissions import ROWS, WAYS, make_inbox, measured

pytestmark = pytest.mark.long

BURN = "import time\nwhile time.process_time() < 0.3: pass"


def burn(seconds: float) -> None:
    """Keep this process busy."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def burn_in_child(_seconds: float) -> None:
    """Keep another process busy for 0.3 seconds and what its start costs."""
    subprocess.run([sys.executable, "-S", "-c", BURN], check=True)


@pytest.mark.parametrize("work", [burn, burn_in_child])
def test_processor_time_is_that_of_the_work_here_and_in_children_and_not_of_what_is_prepared(
    work: Callable[[float], None], tmp_path: Path
) -> None:
    def prepare(_folder: Path) -> Callable[[], None]:
        burn(1.5)
        return lambda: work(0.3)

    found = measured(prepare, tmp_path)
    assert 0.28 <= found["cpu"] < 1.5
    assert found["work"] > 0
    assert found["rss"] > 5


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three communes' workbooks and the programme that reads them."""
    folder = tmp_path_factory.mktemp("submissions")
    make_inbox(folder, 3)
    return folder


def test_every_way_has_the_same_files_before_it_and_ours_loads_every_row_of_them(inbox: Path) -> None:
    assert len(list((inbox / "inbox").rglob("*.xlsx"))) == 3
    for way in WAYS:
        WAYS[way](inbox)()
    with duckdb.connect(str(inbox / "home" / "published.duckdb"), read_only=True) as published:
        loaded = published.execute("SELECT count(*), count(DISTINCT part_key) FROM services").fetchone()
    assert loaded == (3 * ROWS, 3)
    assert len(list((inbox / "home" / "receipts").glob("*.html"))) == 3
