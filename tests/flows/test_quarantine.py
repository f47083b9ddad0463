"""The quarantine as a steward works it: list, show, accept with a reason, judge anew; and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.overriding import chosen, opened
from flows.replaying import replay
from flows.settings import read_settings
from tests.flows.office import Installation, good, install

pytestmark = pytest.mark.long

LATE = ["web", 10, 0, 10, 4, 5, 6]  # more on time than resolved
WRONG = ["web", 9, 1, 5, 4, 4, 2]
BLANK = ["web", None, 1, 5, 4, 4, 2]
SIGNED = ("--reason", "counted by hand", "--by", "B. Head")


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    return install(tmp_path, prepared=True)


def became(office: Installation, *words: str) -> str:
    done = office.chiso("quarantine", "replay", *words, *SIGNED)
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def test_a_break_is_accepted_with_a_reason_that_stands_beside_the_figure(office: Installation) -> None:
    office.send("ON1", "january.xlsx", "2024-01", [good("data"), LATE])
    office.chiso("run", "--no-flow")

    listed = json.loads(office.chiso("quarantine", "list", "--format", "json").stdout)
    assert [(one["delivery"], one["unit"], one["row"], one["rules"]) for one in listed] == [(1, "ON1", 7, "CASES.PART")]
    assert json.loads(listed[0]["content"])["on_time"] == "5"
    for option, value, count in (
        ("rule", "CASES.PART", 1),
        ("rule", "CASES", 0),
        ("unit", "ON2", 0),
        ("form", "CASES", 1),
    ):
        narrowed = office.chiso("quarantine", "list", f"--{option}", value, "--format", "json").stdout
        assert len(json.loads(narrowed)) == count, option
    shown = json.loads(office.chiso("quarantine", "show", "1", "--json").stdout)
    assert [(one["cell"], one["rule"], one["found"]) for one in shown["findings"]] == [
        ("F7", "CASES.PART", "on_time = 5; resolved = 4")
    ]

    done = office.chiso("quarantine", "override", "1", "CASES.PART", "--row", "7", *SIGNED)
    assert done.returncode == 0, done.stderr
    assert "1 changed. Nothing was written: --dry-run." in became(office, "--dry-run")
    assert "1 changed. New vintages were written. Release" in became(office)
    assert office.asked("SELECT source_row, override_reason FROM cases ORDER BY source_row") == [
        {"source_row": 6, "override_reason": None},
        {"source_row": 7, "override_reason": "counted by hand (B. Head)"},
    ]
    asked = ("indicators", "--place", "ON1", "--period", "2024-01", "--indicator", "RECEIVED")
    assert [one["overridden_rows"] for one in json.loads(office.chiso(*asked, "--format", "json").stdout)] == [1]
    assert "15 *1" in office.chiso(*asked).stdout
    assert "No row is set aside." in office.chiso("quarantine", "list").stdout
    receipt = json.loads(next((office.folder / "home" / "receipts").glob("*.json")).read_text())
    assert ("override.applied", "counted by hand (B. Head)") in [
        (one["rule"], one["allowed"]) for one in receipt["findings"]
    ]

    assert office.chiso("quarantine", "override", "2", "CASES.PART", "--row", "7", "--drop", *SIGNED).returncode == 0
    assert "1 changed" in became(office, "2")
    assert [one["overridden_rows"] for one in json.loads(office.chiso(*asked, "--format", "json").stdout)] == [0]
    assert "1 same. Nothing differs, and nothing was written." in became(office)


def test_a_decision_counts_when_a_file_is_checked_and_a_killed_replay_is_answered_by_the_next_run(
    office: Installation,
) -> None:
    sent = office.send("ON1", "january.xlsx", "2024-01", [good("data"), LATE])
    office.chiso("run", "--no-flow")
    before = json.loads(office.chiso("check", str(sent), "--unit", "ON1", "--json").stdout)
    assert office.chiso("quarantine", "override", "1", "CASES.PART", "--row", "7", *SIGNED).returncode == 0
    after = json.loads(office.chiso("check", str(sent), "--unit", "ON1", "--json").stdout)
    assert [(one["status"], one["rows_loaded"]) for one in (before, after)] == [
        ("partly_accepted", 1),
        ("accepted_with_warnings", 2),
    ]

    house = opened(read_settings(office.config))
    # Killed when the new vintage was written and nobody told yet: the run that comes next tells.
    assert [one.became for one in replay(house, chosen(house, []), "by hand", "A. Steward")] == ["changed"]
    told = office.folder / "home" / "receipts"
    (kept,) = told.glob("*.json")
    assert json.loads(kept.read_text())["status"] == "partly_accepted"
    assert office.chiso("run", "--no-flow").returncode == 0
    assert json.loads(kept.read_text())["status"] == "accepted_with_warnings"
    assert list((told / "unanswered").iterdir()) == []


REFUSED = [
    # words behind "quarantine override", what is said
    (("9", "CASES.PART"), "there is no delivery 9"),
    (("1", "CASES.NONE"), "there is no rule 'CASES.NONE'; rules of the delivery's form are: CASES.IN, CASES.OUT"),
    (
        ("1", "cell.missing"),
        "cell.missing says that a cell has no value that could be loaded, and cannot be overridden",
    ),
    (("1", "table.no_rows"), "table.no_rows refuses the whole delivery and cannot be overridden"),
    (("1", "correction.applied"), "correction.applied only warns"),
    (("1", "CASES.PART"), "nothing breaks CASES.PART in delivery 1, as it was judged last; what is broken there: "),
    (("1", "CASES.IN", "--row", "8"), "nothing breaks CASES.IN --row 8 in delivery 1"),
    (("1", "CASES.IN", "--drop"), "delivery 1 has no override of CASES.IN to drop; it has: none"),
    (("1", "CASES.IN", "--reason", " "), "a decision has a written reason and a name"),
]


def test_what_cannot_be_accepted_is_refused_in_one_message(office: Installation) -> None:
    office.send("ON1", "january.xlsx", "2024-01", [good("data"), WRONG, BLANK])
    office.chiso("run", "--no-flow")
    for words, said in REFUSED:
        signed = ("--by", "B. Head") if "--reason" in words else SIGNED
        done = office.chiso("quarantine", "override", *words, *signed)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert said in done.stderr
    assert office.asked("SELECT count(*) AS n FROM rule_override") == [{"n": 0}]


CORRECTIONS = """
- {correction: K1, form: CASES, unit: ON1, where: {topic: web}, field: total, expect: "9", replace: "6",
   reason: a slip, provider: the office}
- {correction: K2, form: CASES, unit: ON2, where: {topic: web}, field: total, expect: "9", replace: "6",
   reason: a slip, provider: the office}
"""


def test_a_correction_says_when_its_source_is_mended_and_when_it_was_never_used(office: Installation) -> None:
    office.declare("corrections.yml", CORRECTIONS)
    office.send("ON1", "january.xlsx", "2024-01", [good("data"), WRONG])
    office.chiso("run", "--no-flow")
    assert office.asked("SELECT correction_reason FROM cases WHERE topic_code = 'web'") == [
        {"correction_reason": "K1: 6 (a slip; the office)"}
    ]
    assert "out of date" not in office.chiso("status").stdout

    office.send("ON1", "second.xlsx", "2024-01", [good("data"), good("web")])
    assert "correction K1 is out of date" in " ".join(office.chiso("run", "--no-flow").stdout.split())
    said = " ".join(office.chiso("status").stdout.split())
    assert "correction K1 (CASES) is out of date: 1 cells no longer hold '9'" in said
    listed = " ".join(office.chiso("quarantine", "list").stdout.split())
    assert "correction K2 (CASES) was never used" in listed
    assert "correction K1 (CASES) was never used" not in listed

    office.declare("corrections.yml", CORRECTIONS.replace("provider: the office}", "provider: x, status: retired}"))
    office.chiso("run", "--no-flow")
    assert "out of date" not in office.chiso("status").stdout
