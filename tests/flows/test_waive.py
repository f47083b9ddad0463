"""Waivers: a report that need not come is not missing, and no figure waits for it; what comes all the same counts. And
reports that nobody owes any more, since the form or the register says otherwise."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pytest

from catalogue.period import Period
from flows.compute import compute
from tests.flows.office import good, install
from tests.world import KINDS, World, redeclared
from transforms.owe import owed, owed_periods
from warehouse.dimensions import period_rows
from warehouse.staging import staging_area
from warehouse.waiver import Said, waive

ROW: Final = [{"topic": "data", "received": 1}]


@pytest.fixture(scope="module")
def country() -> Path:
    return KINDS


def send(world: World, day: str, unit: str, period: str, *, complete: bool = True) -> None:
    world.clock = datetime.fromisoformat(day)
    world.report("CASES", unit, period, ROW, complete=complete)


def decide(world: World, unit: str, period: str, *, active: bool = True) -> int:
    """Waive a report of form CASES, or take that back; how many are waived, or owed again."""
    span, form = Period.parse(period), world.programme.form["CASES"]
    rows = (period_rows([*owed_periods(world.programme, form, [span])]), owed(world.programme, form, [span]))
    said = Said("flood", "Lan", world.clock, active)
    with staging_area(world.house.staging_path("waive")) as area:
        wanted = {(world.entity(unit, span).key, period)}
        return len(waive(area, world.house.warehouse.url, form, rows, wanted, said, world.house.run_id, world.clock))


def obligations(world: World, periods: str = "'2024-01', '2024-02'") -> dict[str, str]:
    """Status of each report, by unit and period."""
    rows = world.sql(f"SELECT unit_code, period_code, status FROM obligation WHERE period_code IN ({periods})")
    return {f"{unit} {period}": status for unit, period, status in rows}


def test_a_report_that_is_waived_is_not_missing_and_counts_where_it_comes(embedded: World) -> None:
    send(embedded, "2024-02-01", "ON1", "2024-01")
    assert [decide(embedded, "ON2", "2024-01"), decide(embedded, "ON2", "2024-01")] == [1, 0]
    assert decide(embedded, "OS1", "2024-01") == 1
    assert obligations(embedded, "'2024-01'") == {
        "ON1 2024-01": "on_time",
        "ON2 2024-01": "waived",
        "OS1 2024-01": "waived",
    }
    assert [decide(embedded, "OS1", "2024-01", active=False) for _ in range(2)] == [1, 0]
    assert decide(embedded, "ON2", "2024-02") == 1
    send(embedded, "2024-02-20", "OS1", "2024-01")
    send(embedded, "2024-03-01", "ON2", "2024-02")
    send(embedded, "2024-03-01", "ON2", "2024-01")
    # What was waived is on time where it came in time, and never late.
    found = obligations(embedded)
    assert [found[one] for one in ("OS1 2024-01", "ON2 2024-02", "ON2 2024-01")] == ["late", "on_time", "waived"]
    assert embedded.sql("SELECT excused_reason, excused_by FROM obligation WHERE status = 'waived'") == [
        ("flood", "Lan")
    ]
    lines = embedded.sql("SELECT detail FROM ledger WHERE event = 'waive' ORDER BY sequence")
    assert [one[0] for one in lines][:1] == ["CASES: 1 reports waived: flood (Lan)"]
    assert len(lines) == 4


def test_a_report_that_nobody_owes_any_more_is_superseded_until_it_is_owed_again(embedded: World) -> None:
    send(embedded, "2024-02-01", "ON1", "2024-01")
    form = embedded.programme.form["CASES"]
    narrow = form.model_copy(update={"respondents": form.respondents.model_copy(update={"branches": ("ON",)})})
    told = []
    for one, unit in ((narrow, "ON2"), (form, "OS1")):
        programme = redeclared(embedded.programme, forms=[one, *embedded.programme.forms[1:]])
        object.__setattr__(embedded.house, "programme", programme)
        send(embedded, "2024-03-20", unit, "2024-01")
        told.append(obligations(embedded))
    assert told[0] == {
        "ON1 2024-01": "on_time", "ON2 2024-01": "late", "OS1 2024-01": "superseded",
        "ON1 2024-02": "missing", "ON2 2024-02": "missing", "OS1 2024-02": "superseded",
    }  # fmt: skip
    assert told[1] == told[0] | {"OS1 2024-01": "late", "OS1 2024-02": "missing"}
    assert embedded.sql(
        "SELECT change, count(*) FROM obligation_change WHERE decided_by IS NULL GROUP BY 1 ORDER BY 1"
    ) == [("owed", 12), ("superseded", 12)]


@pytest.mark.long
def test_a_waiver_makes_a_release_that_waits_for_less(world: World) -> None:
    send(world, "2024-02-01", "ON1", "2024-01")
    send(world, "2024-04-20", "OS1", "2024-01")
    world.release()

    def told(code: str) -> str:
        found = world.figure(code, "L", "2024-01")
        return f"{found.numerator:.0f}/{found.denominator:.0f}" if found and found.denominator else ""

    def seen() -> list[str]:
        covered = world.figure("RECEIVED", "L", "2024-01")
        assert covered is not None
        return [told("REPORTS.IN.TIME"), told("REPORTS.WHOLE"), covered.coverage]

    assert seen() == ["1/3", "2/3", "2/3"]
    for unit, active, counted in (("ON2", True, ["1/2", "2/2", "2/2"]), ("ON2", False, ["1/3", "2/3", "2/3"]),
                                  # It came late, and complete: of reports in time it is none any more.
                                  ("OS1", True, ["1/2", "2/3", "2/3"])):  # fmt: skip
        assert decide(world, unit, "2024-01", active=active) == 1
        world.release()
        assert seen() == counted
    assert compute(world.house) is None


@pytest.mark.long
def test_the_command_waives_and_takes_back_and_is_in_the_audit(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    said = ("--reason", "flood", "--by", "Lan")
    done = office.chiso("waive", "CASES", "ON", "2024-Q1", "--below", *said)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "6 reports of CASES are waived:"), done.stderr
    assert office.chiso("waive", "CASES", "ON2", "2024-02", "--drop", *said).returncode == 0
    found = office.asked(
        "SELECT unit_code, period_code, status FROM obligation WHERE status <> 'missing' ORDER BY 1, 2"
    )
    assert [(one["unit_code"], one["period_code"]) for one in found if one["status"] == "waived"] == [
        ("ON1", "2024-01"), ("ON1", "2024-02"), ("ON1", "2024-03"), ("ON2", "2024-01"), ("ON2", "2024-03"),
    ]  # fmt: skip
    audit = json.loads(office.chiso("audit", "--format", "json").stdout)
    assert [(one["what"], one["who"], one["about"], one["reason"]) for one in audit[:2]] == [
        ("waiver taken back", "Lan", "CASES of ON2, 2024-02", "flood"),
        ("waived", "Lan", "CASES of ON1, 2024-01", "flood"),
    ]
    for words, wrong in (
        (("CASES", "ON2", "2024-02", "--drop"), "not waived"),
        (("CASES", "ON1", "2024-01"), "waived already"),
        (("CASES", "XX", "2024-01"), "'XX' does not owe CASES in 2024-01"),
        (("NONE", "ON1", "2024-01"), "is no form of the programme"),
    ):
        refused = office.chiso("waive", *words, *said)
        assert (refused.returncode, wrong in refused.stderr) == (2, True), refused.stderr
    goal = tmp_path / "again.duckdb"
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    office.chiso("run", "--no-flow")
    assert office.chiso("rebuild", str(goal)).returncode == 0
    with duckdb.connect(str(goal), read_only=True) as anew:
        query = "SELECT unit_code, period_code, status, last_received_at FROM obligation ORDER BY ALL"
        rebuilt = anew.execute(query).fetchall()
    with duckdb.connect(str(office.folder / "home" / "published.duckdb"), read_only=True) as held:
        assert rebuilt == held.execute(query).fetchall()
