"""Every trap of a portal, under three contracts: what is pulled is complete and true, or partial and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalogue.errors import SettingsError, SourceBroken, SourceUnavailable
from catalogue.period import Period
from sources.lines import Header
from sources.portal import pull
from tests.portal_server import CONTRACTS, Rows, Truth, answering, portal

JANUARY = Period.parse("2024-01")
COUNTS: Rows = {("ON1", "data"): 3, ("ON1", "web"): 4, ("ON2", "data"): 5, ("ON2", "web"): 6, ("ON3", "data"): 7}
ALL = tuple(CONTRACTS)


def truth_of(rows: Rows | None = None, *faults: str | None, **more: Any) -> Truth:
    return Truth({"2024-01-01": dict(COUNTS if rows is None else rows)}, faults=list(faults), **more)


class Taken:
    """A pull and what it holds; ``waits`` are the pauses it made."""

    def __init__(self, folder: Path, truth: Truth, adapter: str, period: Period = JANUARY, **declared: Any) -> None:
        self.waits: list[float] = []
        with answering(truth) as base:
            done = pull(
                portal(adapter, **declared), period, base, truth.token, folder / "records.jsonl",
                zone="Asia/Ho_Chi_Minh", refresh=lambda: truth.token, wait=self.waits.append,
            )  # fmt: skip
        self.header: Header = done.header
        self.data = b"".join(done.chunks())
        self.records = [json.loads(line)["record"] for line in self.data.splitlines()[1:]]
        self.rows = {tuple(record.values())[:2]: record for record in self.records}

    @property
    def counts(self) -> Rows:
        """What was pulled, as numbers."""
        found: Rows = {}
        for record in self.records:
            office, topic, received, *_ = record.values()
            found[office, topic] = None if received is None else int(received)
        return found


@pytest.mark.parametrize("adapter", ALL)
def test_a_calm_portal_is_taken_whole_and_the_same_answer_gives_the_same_bytes(adapter: str, tmp_path: Path) -> None:
    first, again = (Taken(tmp_path, truth_of(), adapter) for _ in range(2))
    assert (first.header.complete, first.header.total, first.header.notes) == (True, 5, ())
    assert first.counts == COUNTS
    assert first.data == again.data
    assert first.waits == []


# Each trap once, then it is over. "same": nothing of it is to be seen in what was pulled.
ONCE: list[tuple[tuple[str | None, ...], tuple[str, ...]]] = [
    (("busy",), ALL),
    (("error", "error"), ALL),
    ((None, "cut"), ALL),
    ((None, None, "busy"), ALL),
    (("expired",), ("one_stop", "listing")),
    ((None, "expired"), ("one_stop", "listing")),
    ((None, "login"), ("one_stop", "listing")),
    ((None, "doubled"), ALL),
    ((None, "lost"), ALL),
    (("counted",), ("one_stop", "listing")),
    ((None, None, "counted"), ("one_stop", "listing")),
    ((None, "first_again"), ALL),
    ((None, "promised"), ("one_stop", "listing")),
    ((None, "forced"), ("one_stop", "listing")),
]


@pytest.mark.parametrize(
    ("adapter", "faults"), [(adapter, faults) for faults, adapters in ONCE for adapter in adapters], ids=str
)
def test_a_trap_that_passes_leaves_no_trace(adapter: str, faults: tuple[str | None, ...], tmp_path: Path) -> None:
    taken = Taken(tmp_path, truth_of(None, *faults), adapter)
    assert taken.data == Taken(tmp_path, truth_of(), adapter).data


@pytest.mark.parametrize(
    ("adapter", "always", "doubt"),
    [
        ("one_stop", "doubled", "8 records came where totalCount says 5; 3 records came with a key that came before"),
        ("one_stop", "lost", "2 records came where totalCount says 5"),
        ("one_stop", "counted", "5 records came where totalCount says 6"),
        ("one_stop", "first_again", "came before, as ON1 data; ON1 web"),
        ("one_stop", "promised", "0 records came where totalCount says 5"),
        ("gateway", "doubled", "3 records came with a key that came before, as ON1 web; ON2 web; ON3 data"),
        ("gateway", "first_again", "2 records came with a key that came before, as ON1 data; ON1 web"),
        ("listing", "doubled", "8 records came where totalElements says 5"),
        ("listing", "lost", "2 records came where totalElements says 5"),
        ("listing", "counted", "5 records came where totalElements says 6"),
        ("listing", "first_again", "came before, as ON1 data; ON1 web"),
    ],
)
def test_a_trap_that_stays_is_partial_and_marked_after_three_pulls(
    adapter: str, always: str, doubt: str, tmp_path: Path
) -> None:
    truth = truth_of(None, always={always})
    taken = Taken(tmp_path, truth, adapter)
    assert taken.header.complete is False
    assert doubt in "; ".join(taken.header.notes)
    page = {"one_stop": "pageNumber", "gateway": "pageIndex", "listing": "page"}[adapter]
    first = {"one_stop": 1, "gateway": 1, "listing": "0"}[adapter]
    assert sum(1 for question in truth.asked if question[page] == first) == 3


@pytest.mark.parametrize("adapter", ALL)
def test_a_page_size_that_is_capped_or_ignored_does_no_harm(adapter: str, tmp_path: Path) -> None:
    for always in ("forced", "unpaged"):
        taken = Taken(tmp_path, truth_of(None, always={always}), adapter)
        assert (taken.header.complete, taken.counts) == (True, COUNTS), always


@pytest.mark.parametrize("adapter", ALL)
@pytest.mark.parametrize("change", ["added", "removed", "restated"])
def test_rows_that_come_go_or_change_while_pulling_end_in_one_state_of_the_portal(
    adapter: str, change: str, tmp_path: Path
) -> None:
    for place in range(4):
        truth = truth_of(None, *[None] * place, change)
        taken = Taken(tmp_path, truth, adapter)
        assert taken.header.complete
        assert taken.counts in truth.states["2024-01-01"]


@pytest.mark.parametrize("adapter", ALL)
def test_one_row_for_another_is_seen_where_two_readings_must_be_equal(adapter: str, tmp_path: Path) -> None:
    truth = truth_of(None, None, "removed", "added")
    taken = Taken(tmp_path, truth, adapter, twice=True)
    assert (taken.header.complete, taken.counts) == (True, truth.months["2024-01-01"])


def test_a_portal_that_never_says_the_same_twice_is_partial(tmp_path: Path) -> None:
    truth = truth_of(None, "restated", None, None, None, *["restated", None, None, None] * 3)
    taken = Taken(tmp_path, truth, "gateway")
    assert (taken.header.complete, taken.header.notes) == (
        False,
        ("no two answers of 3 that followed each other were equal",),
    )


@pytest.mark.parametrize("adapter", ALL)
def test_a_portal_that_stays_away_is_unavailable_within_its_attempts_and_its_patience(
    adapter: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceUnavailable, match=r"429.*3 times"):
        Taken(tmp_path, truth_of(None, *["busy"] * 9), adapter)
    with pytest.raises(SourceUnavailable, match="would come to 3 s where patience_seconds allows 2"):
        Taken(tmp_path, truth_of(None, *["cut"] * 9), adapter, attempts=9, patience_seconds=2.5)


@pytest.mark.parametrize("adapter", ALL)
@pytest.mark.parametrize("fault", ["garbled", "nothing"])
def test_what_is_no_answer_is_broken(adapter: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(SourceBroken, match="is not JSON"):
        Taken(tmp_path, truth_of(None, None, fault), adapter)


def test_a_web_page_where_no_token_is_declared_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceBroken, match="declared to ask for no token"):
        Taken(tmp_path, truth_of(None, "login"), "gateway")


@pytest.mark.parametrize("adapter", ALL)
def test_an_empty_period_is_partial_where_units_must_be_present(adapter: str, tmp_path: Path) -> None:
    office = portal(adapter).key[0]
    assert Taken(tmp_path, truth_of({}), adapter).header.complete
    taken = Taken(tmp_path, truth_of({}), adapter, present={office: ["ON1", "ON2"]})
    assert taken.header.complete is False
    assert taken.header.notes == (f"no record has {office} ON1, ON2: the period may not be built yet",)
    assert Taken(tmp_path, truth_of(), adapter, present={office: ["ON1", "ON2"]}).header.complete


@pytest.mark.parametrize("adapter", ALL)
def test_totals_of_several_levels_are_counted_and_left_out(adapter: str, tmp_path: Path) -> None:
    office = portal(adapter).key[0]
    taken = Taken(tmp_path, truth_of(totals=True), adapter, totals={office: ["ALL"]})
    assert (taken.header.complete, taken.header.total, taken.header.totals) == (True, 5, 1)
    assert taken.counts == COUNTS


def test_an_empty_value_counts_as_declared_and_is_noted(tmp_path: Path) -> None:
    def channel(record: dict[str, Any]) -> dict[str, Any]:
        return record | {"channel": None if record["topic"] == "web" else "2"}

    taken = Taken(tmp_path, truth_of(extra=channel), "one_stop", blank={"channel": "1"})
    assert [record["channel"] for record in taken.records] == ["2", "1", "2", "1", "2"]
    assert (taken.header.complete, taken.header.notes) == (True, ("2 records without channel were counted as 1",))


def test_an_empty_value_may_be_what_is_left_of_a_total(tmp_path: Path) -> None:
    def channel(record: dict[str, Any]) -> dict[str, Any]:
        return record | {"online": 1, "direct": None if record["topic"] == "web" else 1}

    left = {"direct": {"of": "received", "less": ["online"]}}
    taken = Taken(tmp_path, truth_of(extra=channel), "one_stop", blank=left)
    assert [record["direct"] for record in taken.records] == [1, 3, 1, 5, 1]
    assert taken.header.notes == ("2 records without direct were counted as received - online",)
    # What cannot be left stays empty, and is judged for that.
    taken = Taken(tmp_path, truth_of({("ON1", "web"): 0}, extra=channel), "one_stop", blank=left)
    assert [record["direct"] for record in taken.records] == [None]


def test_rows_that_differ_by_an_empty_value_only_are_told_apart_by_what_it_counts_as(tmp_path: Path) -> None:
    channels = iter([None, "1", "2", "2", "2"] * 9)

    def channel(record: dict[str, Any]) -> dict[str, Any]:
        return record | {"topic": "data", "office": "ON1", "channel": next(channels)}

    declared: dict[str, Any] = {"key": ["office", "topic", "channel"], "page_size": 10}
    taken = Taken(tmp_path, truth_of(dict(list(COUNTS.items())[:2]), extra=channel), "one_stop", **declared)
    assert taken.header.complete
    channels = iter([None, "1"] * 9)
    taken = Taken(
        tmp_path,
        truth_of(dict(list(COUNTS.items())[:2]), extra=channel),
        "one_stop",
        blank={"channel": "1"},
        **declared,
    )
    assert taken.header.complete is False


def test_questions_bear_the_period_as_each_contract_says_it(tmp_path: Path) -> None:
    asked = {}
    for adapter in ALL:
        truth = truth_of({})
        Taken(tmp_path, truth, adapter, Period.parse("2024-03"), query={"type": "ref"})
        asked[adapter] = truth.asked[0]
    assert asked == {
        "one_stop": {
            "type": "ref", "from": "2024-03-01", "to": "2024-03-31", "pageNumber": 1, "pageSize": 2,
            "orderBy": ["office", "topic"],
        },
        "gateway": {
            "type": "ref", "p_year": 2024, "p_month": 3, "p_quarter": 0, "p_unit": "1700", "pageIndex": 1,
            "pageSize": 2,
        },
        "listing": {
            "type": "ref", "from": "2024-02-29T17:00:00.000Z", "to": "2024-03-31T16:59:59.999Z", "page": "0",
            "size": "2", "sort": "agency.code,asc",
        },
    }  # fmt: skip


def test_the_unit_is_asked_for_by_the_id_of_the_day(tmp_path: Path) -> None:
    truth = truth_of()
    Taken(tmp_path, truth, "gateway")
    assert {question["p_unit"] for question in truth.asked} == {"17"}
    with pytest.raises(SettingsError, match="no id of its unit holds on 2024-01-01"):
        Taken(tmp_path, truth_of(), "gateway", ids=[{"id": "9", "valid_from": "2024-02-01"}])
