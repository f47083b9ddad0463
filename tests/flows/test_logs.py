"""What a run leaves for machines: structured logs on request, and of what failed only some days' worth."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime

import pytest

from flows.house import open_house
from flows.settings import read_settings
from flows.sweeping import sweep
from tests.flows.office import Installation, good, install

SAID = "Somebody's own words"
DAY = 86_400


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = install(tmp_path_factory.mktemp("office"), prepared=True)
    made.environment["CHISO_LOG"] = "json"
    made.send("ON1", "january.xlsx", "2024-01", [good("data"), good(SAID)])
    made.send("ON2", "january.xlsx", "2024-01", [good("data")])
    return made


def test_each_step_is_a_line_with_codes_and_counts_and_no_value(office: Installation) -> None:
    done = office.chiso("run", "--no-flow", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["exit_code"] == 1
    lines = [json.loads(line) for line in done.stderr.splitlines() if line]
    assert len({line["run"] for line in lines}) == 1
    assert [(line["step"], line["status"]) for line in (lines[0], lines[-1])] == [("run", "began"), ("run", "ended")]
    assert lines[-1]["seconds"] > 0
    by_step = {(line["step"], line["status"]): line for line in lines}
    assert by_step["fetch", "ended"]["counts"] == {"new": 2, "known": 0, "waiting": 0, "failed": 0}
    assert by_step["load", "batch"]["counts"] == {"deliveries": 2}
    partly = by_step["load", "partly_accepted"]
    assert (partly["source"], partly["form"], partly["unit"], partly["period"]) == ("inbox", "CASES", "ON1", "2024-01")
    assert (partly["counts"]["rows_loaded"], partly["counts"]["rows_quarantined"]) == (1, 1)
    assert partly["codes"] == ["cell.unknown_code"]
    assert by_step["release", "sealed"]["counts"]["changed"] > 0
    assert SAID not in done.stderr
    assert "january" not in done.stderr


def test_without_the_setting_nothing_is_written(office: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(office.environment, "CHISO_LOG")
    assert office.chiso("run", "--no-flow").stderr.strip() == ""


def test_what_failed_runs_left_goes_after_the_days_that_are_set(office: Installation) -> None:
    staging = office.folder / "home" / "staging"
    staging.mkdir(exist_ok=True)
    assert [*staging.iterdir()] == []  # Nothing is left of what went well.
    now = datetime.now(UTC).timestamp()
    for name, age in (("old.duckdb", 15), ("old.duckdb.tmp/block", 15), ("fresh.duckdb", 13)):
        path = staging / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
        os.utime(path, (now - age * DAY,) * 2)
    os.utime(staging / "old.duckdb.tmp", (now - 15 * DAY,) * 2)
    house = open_house(read_settings(office.config))
    assert [path.name for path in sweep(house)] == ["old.duckdb", "old.duckdb.tmp"]
    assert [path.name for path in staging.iterdir()] == ["fresh.duckdb"]
    (office.config).write_text(office.config.read_text().replace("[addresses]", "keep_failed = 3\n[addresses]"))
    assert [path.name for path in sweep(open_house(read_settings(office.folder / "chiso.toml")))] == ["fresh.duckdb"]


def test_copies_that_were_never_finished_are_gone_after_the_next_run(office: Installation) -> None:
    home = office.folder / "home"
    left = ("published.77.tmp", "published.77.tmp.wal", "steward.77.tmp", "published.77.tmp.spill/block")
    for name in left:
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text("half of it")
    assert office.chiso("run", "--no-flow").returncode == 0
    assert sorted(one.name for one in home.glob("*.tmp*")) == []
    assert {"published.duckdb", "steward.duckdb"} <= {one.name for one in home.iterdir()}


def test_tables_are_headed_in_the_language_of_the_settings(office: Installation) -> None:
    pack = office.programme / "languages" / "xx.yml"
    before = (office.programme / "languages" / "en.yml").read_text(encoding="utf-8")
    pack.write_text(
        before.replace("language: en", "language: xx")
        + "\nheadings: {form: biểu, partly_accepted: tiếp nhận một phần, Ledger: Sổ nhật ký}\n",
        encoding="utf-8",
    )
    for path in (office.programme / "codelists").glob("*.csv"):
        head, *rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
        place = head.index("name_en")
        lines = [[*head, "name_xx"], *([*row, row[place]] for row in rows)]
        path.write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")
    for path in office.programme.rglob("*.yml"):
        text = re.sub(r"\{en: ([^{}]*)\}", r"{en: \1, xx: \1}", path.read_text(encoding="utf-8"))
        path.write_text(text.replace("languages: [en]", "languages: [en, xx]"), encoding="utf-8")
    english = office.chiso("status").stdout
    office.environment["CHISO_LANGUAGE"] = "xx"
    ours = office.chiso("status").stdout
    for word, said in (("form", "biểu"), ("partly_accepted", "tiếp nhận một phần"), ("Ledger", "Sổ nhật ký")):
        assert (word in english, said in ours) == (True, True), (word, ours)
    assert "period" in ours  # What a pack does not word is said in English.
    assert office.chiso("status", "--json").stdout.count("partly_accepted") > 0
