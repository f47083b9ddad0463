"""The past of a portal: every pull is a vintage, what changed is told, and what is partial never reaches a release."""

from __future__ import annotations

import pytest

from flows import arriving
from tests.portal_office import FEBRUARY, JANUARY, Office
from tests.portal_server import CONTRACTS
from tests.world import World

pytestmark = pytest.mark.long


@pytest.fixture
def office(world: World) -> Office:
    return Office(world, drift={"share": "0.1", "least": 5})


def test_the_past_is_pulled_again_and_each_change_is_a_vintage_a_line_and_a_finding(office: Office) -> None:
    truth, world = office.truth, office.world
    assert [one.status for one in office.run().receipts] == ["accepted", "accepted"]
    assert office.counted() == truth.months
    before = {month: dict(rows) for month, rows in truth.months.items()}
    assert office.run().receipts == []

    truth.months["2024-01-01"] |= {("ON1", "data"): 36, ("ON1", "web"): 41}
    del truth.months["2024-01-01"]["ON2", "data"]
    (receipt,) = office.run().receipts
    assert [(one.rule, one.severity, one.field, one.found) for one in receipt.findings] == [
        ("pull.drift", "warn", "received", "120 → 77; ON2: 50 → 0, … (+1)")
    ]
    assert office.counted() == truth.months
    assert world.sql("SELECT period_code, entity_key, measure, was, now, change FROM drift ORDER BY entity_key") == [
        ("2024-01", 111, "received", 70, 77, 7),
        ("2024-01", 112, "received", 50, None, -50),
    ]
    # The portal answers again as it did at first: that is news, not what is known already.
    truth.months["2024-01-01"] = dict(before["2024-01-01"])
    assert [one.status for one in office.run().receipts] == ["accepted_with_warnings"]
    assert office.counted() == before
    assert office.run().known == ["one_stop/2024-01", "one_stop/2024-02"]
    truth.months["2024-01-01"]["ON1", "web"] = 41
    assert [one.status for one in office.run().receipts] == ["accepted"]  # Less than is told.
    assert office.counted() == truth.months
    assert [reason for (reason,) in world.sql("SELECT reason FROM dim_part ORDER BY part_key")] == [
        "first", "first", "resubmission", "resubmission", "resubmission",
    ]  # fmt: skip
    assert [row[0] for row in world.sql("SELECT change FROM drift ORDER BY part_key, entity_key")] == [
        7,
        -50,
        -7,
        50,
        1,
    ]


def test_a_partial_pull_is_refused_supersedes_nothing_and_never_reaches_a_release(office: Office) -> None:
    truth, world = office.truth, office.world
    truth.faults = [None, None, *["counted"] * 20]  # January is well, February never adds up.
    outcome = office.run()
    assert [(one.period, one.status) for one in outcome.receipts] == [("2024-01", "accepted"), ("2024-02", "rejected")]
    assert outcome.exit_code == 1
    assert [one.rule for one in outcome.receipts[1].findings] == ["pull.incomplete"]
    assert office.counted() == {"2024-01-01": JANUARY}
    world.release()
    assert (world.value("RECEIVED", "N", "2024-01"), world.value("RECEIVED", "N", "2024-02")) == ("120", None)
    truth.faults.clear()
    assert office.run().exit_code == 0
    world.release()
    assert world.value("RECEIVED", "N", "2024-02") == "21"

    # A partial one later leaves what is known, though the portal counts more by now.
    truth.months["2024-02-01"]["ON1", "web"] = 100
    truth.faults = [None, None, *["counted"] * 20]
    assert [one.status for one in office.run().receipts] == ["rejected"]
    assert office.counted()["2024-02-01"] == FEBRUARY
    world.release()
    assert world.value("RECEIVED", "N", "2024-02") == "21"


def test_an_empty_answer_and_a_portal_away_take_nothing_back(office: Office) -> None:
    truth = office.truth
    office.run()
    truth.months["2024-02-01"].clear()
    assert [one.rule for one in office.run().receipts[0].findings] == ["table.no_rows"]
    assert office.counted() == {"2024-01-01": JANUARY, "2024-02-01": FEBRUARY}
    truth.faults = ["nothing"]
    outcome = office.run()
    assert [name for name, _ in outcome.failed] == ["one_stop/2024-01"]
    assert [(one.period, one.status) for one in outcome.receipts] == [("2024-02", "rejected")]
    assert office.counted() == {"2024-01-01": JANUARY, "2024-02-01": FEBRUARY}


def test_a_month_that_is_answered_wrongly_does_not_stop_the_later_ones(embedded: World) -> None:
    office = Office(embedded)
    office.truth.faults = ["garbled"]
    outcome = office.run()
    assert [name for name, _ in outcome.failed] == ["one_stop/2024-01"]
    assert [(one.name, one.status) for one in outcome.notices] == [("one_stop/2024-01", "pull_partial")]
    assert office.counted() == {"2024-02-01": FEBRUARY}


def test_a_portal_that_refuses_the_token_is_asked_once_and_what_was_not_asked_is_said(embedded: World) -> None:
    office = Office(embedded)
    office.truth.faults = ["login"] * 9
    outcome = office.run()
    ((name, said),) = outcome.failed
    assert (name, said.partition("; ")[2]) == (
        "one_stop/2024-01",
        "1 later periods were not asked for (`chiso backfill` asks for each)",
    )
    assert [(one.name, one.status) for one in outcome.notices] == [("one_stop", "pull_failed")]
    assert office.counted() == {}


@pytest.mark.parametrize("adapter", CONTRACTS)
def test_every_contract_ends_in_the_same_facts(embedded: World, adapter: str) -> None:
    office = Office(embedded, adapter)
    assert [one.status for one in office.run().receipts] == ["accepted", "accepted"]
    assert office.counted() == {"2024-01-01": JANUARY, "2024-02-01": FEBRUARY}


def test_a_pull_too_large_to_be_read_record_by_record_ends_as_a_small_one(
    embedded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "LARGE", 0)
    office = Office(embedded, drift={"share": "0.1", "least": 5})
    truth, world = office.truth, office.world
    truth.months["2024-02-01"]["ON2", "nothing known"] = 9
    assert [one.status for one in office.run().receipts] == ["accepted", "partly_accepted"]
    del truth.months["2024-02-01"]["ON2", "nothing known"]
    assert office.counted() == truth.months
    (aside,) = world.sql("SELECT source_sheet, source_row, source_column, found FROM issue")
    assert aside == ("page 2", 1, "topic", "nothing known")
    truth.months["2024-01-01"] |= {("ON1", "data"): 80}
    assert [one.status for one in office.run().receipts] == ["accepted_with_warnings", "accepted"]
    assert office.counted() == truth.months
