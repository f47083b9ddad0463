"""No database that we open fetches anything: extensions come from installed wheels, and are named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import create_engine, text

from tests.world import World
from warehouse.published import ask
from warehouse.staging import staging_area

SWITCHES = """SELECT name, value FROM duckdb_settings()
              WHERE name IN ('autoinstall_known_extensions', 'autoload_known_extensions') ORDER BY name"""
OFF = [("autoinstall_known_extensions", "false"), ("autoload_known_extensions", "false")]
NO_NETWORK = Path(__file__).parents[1] / "flows" / "no_network"


def test_every_way_to_open_a_file_has_downloads_off(embedded: World, tmp_path: Path) -> None:
    warehouse = embedded.house.warehouse
    warehouse.publish()
    with warehouse.connection() as connection:
        assert [tuple(row) for row in connection.execute(text(SWITCHES))] == OFF
    with warehouse.reader() as connection:
        assert [tuple(row) for row in connection.execute(text(SWITCHES))] == OFF
    assert ask(warehouse, SWITCHES)[1] == OFF
    with staging_area(tmp_path / "staging.duckdb") as area:
        assert area.rows(SWITCHES) == OFF
        with area.writing(warehouse.url):
            assert area.rows(SWITCHES) == OFF
        # Great Expectations opens the same file a second time.
        other = create_engine(area.url)
        with other.connect() as connection:
            assert [tuple(row) for row in connection.execute(text(SWITCHES))] == OFF
        other.dispose()
        with pytest.raises(duckdb.Error, match=r"httpfs|extension"):
            area.rows("SELECT * FROM 'https://example.org/a.csv'")


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("import urllib.request as u; u.urlopen('http://example.org', timeout=5)", "example.org"),
        ("import socket; socket.create_connection(('192.0.2.1', 80), 5)", "192.0.2.1"),
        ("import socket; held = socket.create_server(('127.0.0.1', 0)); "
         "socket.create_connection(held.getsockname(), 5)", ""),
    ],
)  # fmt: skip
def test_the_guard_of_the_demo_would_see_it(tmp_path: Path, code: str, refused: str) -> None:
    """What the test of the demo relies on: who asks for another host is refused, and named."""
    told = tmp_path / "refused"
    environment = {**os.environ, "PYTHONPATH": str(NO_NETWORK), "CHISO_TEST_REFUSED": str(told)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not refused), done.stderr
    assert refused in (told.read_text(encoding="utf-8") if told.exists() else "")
