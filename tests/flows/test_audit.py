"""``chiso audit``: every decision of people with who, when and why."""

from __future__ import annotations

import json
from pathlib import Path

from tests.flows.office import good, install


def test_decisions_are_told_with_who_and_why_newest_first(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    office.send("ON1", "some.xlsx", "01/2024", [good("data"), ["web", 9, 1, 5, 4, 4, 2]])
    assert office.chiso("run", "--no-flow").returncode == 1
    (rule, *_) = [one["rule_code"] for one in office.asked("SELECT rule_code FROM issue ORDER BY severity, rule_code")]
    done = office.chiso("quarantine", "override", "1", rule, "--reason", "agreed by letter 7", "--by", "the steward")
    assert done.returncode == 0, done.stderr
    done = office.chiso("quarantine", "replay", "1", "--reason", "after the letter", "--by", "the steward")
    assert done.returncode in (0, 1), done.stderr
    said = office.chiso("audit", "--format", "json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    assert {one["what"] for one in found} >= {"override", "judged anew", "release"}
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    (override,) = [one for one in found if one["what"] == "override"]
    assert (override["who"], override["reason"]) == ("the steward", "agreed by letter 7")
    assert override["about"].startswith(f"{rule} in ")
    (anew,) = [one for one in found if one["what"] == "judged anew"]
    assert "after the letter" in anew["reason"]
    assert "the steward" in anew["reason"]


def test_no_decisions_are_an_empty_table_and_none_are_no_number(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    assert office.chiso("warehouse", "setup").returncode == 0
    assert json.loads(office.chiso("audit", "--format", "json").stdout) == []
    assert "--last 0 are no decisions" in office.chiso("audit", "--last", "0").stderr
