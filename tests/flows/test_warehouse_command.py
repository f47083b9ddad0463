"""``chiso warehouse``: an installation in a file is moved to a server as the guide says, and goes on there."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.flows.office import Installation, good, install
from tests.worlds import Worlds

INDICATORS = "SELECT indicator_code, place_code, period_code, value FROM indicator ORDER BY 1, 2, 3"


def said(text: str) -> str:
    return " ".join(text.split())


def served(office: Installation, url: str) -> Installation:
    """The same installation on a server."""
    office.environment["CHISO_WAREHOUSE"] = url
    return office


def sums(folder: Path) -> str:
    return (folder / "SHA256SUMS").read_text(encoding="utf-8")


@pytest.mark.long
def test_an_installation_moves_to_a_server_and_goes_on_there(worlds: Worlds, tmp_path: Path) -> None:
    office = install(tmp_path)
    office.send("ON1", "january.xlsx", "2024-01", [good("data"), good("web", 1, 9, 9)])
    assert office.chiso("run", "--no-flow").returncode == 0
    figures = office.asked(INDICATORS)
    assert office.chiso("warehouse", "export", str(tmp_path / "before")).returncode == 0

    url = worlds.empty("postgresql", tmp_path)
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        connection.execute("CREATE ROLE tests_lan LOGIN")
    served(office, url)
    old = str(tmp_path / "home" / "warehouse.duckdb")
    moved = office.chiso("warehouse", "move", old)
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert "fact_cases: 2 rows" in moved.stdout
    assert "each has the same rows on both sides" in said(moved.stdout)
    again = office.chiso("warehouse", "move", old)
    assert again.returncode == 2
    assert "holds deliveries already" in again.stderr

    ready = office.chiso("warehouse", "setup", "--analyst", "tests_lan", "--timeout", "30")
    assert ready.returncode == 0, ready.stdout + ready.stderr
    assert "tests_lan belongs to chiso_analyst; after 30 s its statements are stopped" in said(ready.stdout)
    assert office.asked(INDICATORS) == figures
    assert office.chiso("warehouse", "export", str(tmp_path / "after")).returncode == 0
    assert sums(tmp_path / "after") == sums(tmp_path / "before")

    # The inbox is as it was: nothing in it is new. What comes now goes to the server.
    known = office.chiso("run", "--no-flow")
    assert known.returncode == 0, known.stdout + known.stderr
    assert office.asked("SELECT count(*) AS n FROM dim_delivery") == [{"n": 1}]
    office.send("ON2", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    assert office.asked("SELECT count(*) AS n FROM dim_delivery") == [{"n": 2}]
    worlds.drop(url)
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        connection.execute("DROP ROLE tests_lan")


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    office = install(tmp_path)
    for words, message in (
        (("setup", "--analyst", "lan"), "a DuckDB file has no logins"),
        (("setup", "--timeout=-1"), "a number of seconds, or 0 for none"),
        (("move", str(tmp_path / "nothing.duckdb")), "there is no file"),
        (("move", "mysql://here/there"), "allowed are duckdb:///FILE"),
        (("export", str(tmp_path / "out")), "there is no published warehouse yet"),
    ):
        done = office.chiso("warehouse", *words)
        assert (done.returncode, message in said(done.stderr)) == (2, True), done.stderr
    assert office.chiso("warehouse", "setup").returncode == 0
    same = office.chiso("warehouse", "move", str(tmp_path / "home" / "warehouse.duckdb"))
    assert "source and target are the same warehouse" in said(same.stderr)
    assert office.chiso("warehouse", "export", str(tmp_path / "out")).returncode == 0
