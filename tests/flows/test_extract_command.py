"""``chiso extract``: what a unit may read, as a file or a folder of its own; and logins that are bound to units."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE

import duckdb
import psycopg
import pytest

from tests.flows.office import good, install
from tests.worlds import Worlds


def said(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.long
def test_a_unit_gets_what_it_sent_and_nothing_of_others(worlds: Worlds, tmp_path: Path) -> None:
    office = install(tmp_path)
    office.send("ON1", "january.xlsx", "2024-01", [good("data"), good("web", 1, 9, 9)])
    office.send("OS1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0

    file = tmp_path / "on1.duckdb"
    made = office.chiso("extract", "--unit", "ON1", "--to", str(file))
    assert made.returncode == 0, made.stderr
    assert "that ON1 Office of Firsttown may read" in said(made.stdout)
    assert S_IMODE(file.stat().st_mode) == 0o440
    with duckdb.connect(str(file), read_only=True) as mine:
        assert mine.sql("SELECT DISTINCT unit_code FROM dim_delivery").fetchall() == [("ON1",)]
        assert mine.sql("SELECT count(*), count(DISTINCT office_code) FROM cases").fetchall() == [(2, 1)]
        assert mine.sql("SELECT DISTINCT place_code FROM indicator").fetchall() == [("ON1",)]
        assert mine.sql("SELECT sum(amount) > 0 FROM explain_part").fetchall() == [(True,)]
    again = office.chiso("extract", "--unit", "ON1", "--to", str(file))
    assert (again.returncode, "is there already" in said(again.stderr)) == (2, True)

    # From a server the same, as a folder; and a login there sees the same.
    url = worlds.empty("postgresql", tmp_path)
    office.environment["CHISO_WAREHOUSE"] = url
    moved = office.chiso("warehouse", "move", str(tmp_path / "home" / "warehouse.duckdb"))
    assert moved.returncode == 0, moved.stderr
    folder = tmp_path / "region"
    spread = office.chiso("extract", "--unit", "places:N", "--to", str(folder))
    assert spread.returncode == 0, spread.stderr
    assert (folder / "SHA256SUMS").exists()
    rows = duckdb.sql(f"SELECT DISTINCT office_code FROM '{folder}/cases.parquet'").fetchall()
    assert rows == [("ON1",)]
    assert "ON1" in (folder / "cases.csv").read_text(encoding="utf-8")
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        connection.execute("CREATE ROLE tests_on1 LOGIN")
    ready = office.chiso("warehouse", "setup", "--unit", "tests_on1=ON1", "--timeout", "30")
    assert ready.returncode == 0, ready.stderr
    assert "tests_on1 reads what ON1 and all below sent" in said(ready.stdout)
    office.environment["CHISO_WAREHOUSE"] = url.replace("postgres:@", "tests_on1@").replace("postgres@", "tests_on1@")
    assert office.asked("SELECT DISTINCT office_code AS code FROM cases") == [{"code": "ON1"}]
    worlds.drop(url)
    with psycopg.connect(worlds.server, autocommit=True) as connection:
        connection.execute("DROP ROLE tests_on1")


def test_what_cannot_be_extracted_is_said(tmp_path: Path) -> None:
    office = install(tmp_path)
    for words, message in (
        (("extract",), "name the unit whose rows are wanted"),
        (("extract", "--unit", "ON1", "--role", "analyst"), "name the unit whose rows are wanted"),
        (("extract", "--unit", "NOWHERE"), "no unit bears the code 'NOWHERE'"),
        (("extract", "--unit", "offices:N"), "no unit bears the code 'offices:N'"),
        (("extract", "--unit", "ON1"), "there is no published warehouse yet"),
        (("warehouse", "setup", "--unit", "lan=ON1"), "leave --unit out"),
    ):
        done = office.chiso(*words)
        assert (done.returncode, message in said(done.stderr)) == (2, True), done.stderr
