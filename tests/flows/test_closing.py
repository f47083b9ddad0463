"""Closed for entry: what comes too late is kept and set apart, with a finding, until a steward lets it in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.flows.office import Installation, good, install

pytestmark = pytest.mark.long

SIGNED: Final = ("--reason", "letter 12 of the office", "--by", "Lan")


def standing(office: Installation) -> list[tuple[str, str, int, int]]:
    """What became of each period's delivery: status, rows loaded and refused."""
    rows = office.asked(
        "SELECT period_code, status, rows_loaded, rows_refused FROM delivery_standing ORDER BY period_code"
    )
    return [(one["period_code"], one["status"], one["rows_loaded"], one["rows_refused"]) for one in rows]


def test_what_comes_after_its_period_is_closed_is_set_apart_and_may_be_let_in(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    form = office.programme / "forms" / "CASES.yml"
    form.write_text(form.read_text("utf-8").replace("due: {days: 5}", "due: {days: 5}\ncloses: {days: 10}"), "utf-8")
    late = office.send("ON1", "january.xlsx", "2024-01", [good("data"), good("web")])
    office.send("ON1", "early.xlsx", "2199-01", [good("data")])
    checked = json.loads(office.chiso("check", str(late), "--json").stdout)
    assert [one["rule"] for one in checked["findings"]] == ["file.closed"]
    assert office.chiso("run", "--no-flow").returncode == 1
    assert standing(office) == [("2024-01", "rejected", 0, 2), ("2199-01", "accepted", 1, 0)]
    (found,) = office.asked("SELECT severity, found, allowed, advice FROM issue")
    assert found["severity"] == "reject_delivery"
    assert found["found"].endswith(" > 2024-02-21")
    assert "may let it in" in found["advice"]
    assert office.asked("SELECT status FROM obligation WHERE unit_code = 'ON1' AND period_code = '2024-01'") == []

    (delivery,) = office.asked("SELECT delivery_key FROM delivery_standing WHERE status = 'rejected'")
    number = str(delivery["delivery_key"])
    done = office.chiso("quarantine", "replay", number, *SIGNED)
    assert "1 same" in done.stdout, done.stdout + done.stderr
    done = office.chiso("quarantine", "override", number, "file.closed", *SIGNED)
    assert done.returncode == 0, done.stderr
    done = office.chiso("quarantine", "replay", number, *SIGNED)
    assert "1 changed" in done.stdout, done.stdout + done.stderr
    assert standing(office)[0] == ("2024-01", "accepted_with_warnings", 2, 0)
    assert office.asked("SELECT rule_code, allowed FROM finding WHERE form_code = 'CASES'") == [
        {"rule_code": "override.applied", "allowed": "letter 12 of the office (Lan)"}
    ]
    # Late it is all the same.
    assert office.asked("SELECT status FROM obligation WHERE unit_code = 'ON1' AND period_code = '2024-01'") == [
        {"status": "late"}
    ]
    other = office.chiso("quarantine", "override", number, "file.unit", *SIGNED)
    assert (other.returncode, "refuses the whole delivery" in other.stderr) == (2, True)
