"""Reminders before and after the day, to those who have not sent and those above them, once for each day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import pytest

from catalogue.contact import Contact
from catalogue.route import Route
from flows.run import Outcome
from flows.tell import finish
from tests.channels import Hook, Office, hook_server, mail_server
from tests.world import World, redeclared
from warehouse.schema import obligation_change

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
ROWS: Final = [{"topic": "data", "received": 5}]


@pytest.fixture(scope="module")
def channels() -> Iterator[tuple[Office, Hook]]:
    with mail_server() as office, hook_server() as hook:
        yield office, hook


def contact(name: str, unit: str, **more: Any) -> Contact:
    return Contact.model_validate({"contact": name, "unit": unit, "address": f"to_{name}", **more})


@pytest.fixture
def desk(embedded: World, channels: tuple[Office, Hook], monkeypatch: pytest.MonkeyPatch) -> World:
    """Form CASES of a month is due five working days after it, and reminded of 3 before and 1 after; town office ON1
    has a contact, the region ON one for all below; a route is told of what the South owes."""
    _, hook = channels
    hook.calls.clear()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("one", "region", "south", "mail"):
        monkeypatch.setenv(f"CHISO_SECRET_TO_{name.upper()}", hook.url(name))
    forms = [
        one.model_copy(update={"remind": (-3, 1) if one.form == "CASES" else None}) for one in embedded.programme.forms
    ]
    south = Route(route="south", title={"en": "South"}, address="to_south", on=("reminder",), branches=("OS",))
    programme = redeclared(
        embedded.programme, forms=forms, routes=(south,),
        contacts=(contact("one", "ON1"), contact("region", "ON", below=True)),
    )  # fmt: skip
    embedded.house = replace(embedded.house, programme=programme)
    return embedded


def run(world: World, hook: Hook, at: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The end of a run at a time; what each was told of, by unit and period, since the last."""
    before = len(hook.calls)
    monkeypatch.setattr("flows.tell.now", lambda: datetime.fromisoformat(at))
    world.house = replace(world.house, run_id=at)
    outcome = Outcome()
    finish(world.house, outcome, lambda: None, lambda: None)
    assert outcome.told == []
    told: dict[str, list[str]] = {}
    for _, path, call in hook.calls[before:]:
        lines = [line for line in call["message"].splitlines() if line[:1].isdigit()]
        told[path.strip("/")] = [" ".join(line.split(" - ")[2:]) for line in lines]
    return told


def test_who_has_not_sent_is_reminded_once_for_each_day(
    desk: World, channels: tuple[Office, Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, hook = channels

    def at(day: str) -> dict[str, list[str]]:
        return run(desk, hook, day, monkeypatch)

    # Nobody has sent anything of the year yet: what is owed is known all the same. January is due on 7 February.
    assert at("2024-02-01T08:00") == {}
    assert at("2024-02-02T08:00") == {
        "one": ["ON1 Office of Firsttown 2024-01"],
        "region": ["ON2 Office of Oldtown 2024-01"],
        "south": ["OS1 Office of Southtown 2024-01"],
    }
    message = hook.calls[-1][2]
    assert "Due: 2024-02-07\n" in message["message"]
    assert message["title"].endswith("Report not there yet: 1")
    assert at("2024-02-02T12:00") == at("2024-02-05T08:00") == {}
    desk.report("CASES", "ON1", "2024-01", ROWS)
    assert at("2024-02-08T08:00") == {
        "region": ["ON2 Office of Oldtown 2024-01"],
        "south": ["OS1 Office of Southtown 2024-01"],
    }
    assert at("2024-02-14T08:00") == at("2024-02-20T08:00") == {}
    assert len({call["message_id"] for _, _, call in hook.calls}) == len(hook.calls) == 5
    assert desk.sql("SELECT step, count(*) FROM outbox_reminder GROUP BY 1 ORDER BY 1") == [(-3, 3), (1, 2)]


def test_what_was_waived_is_reminded_of_no_more(
    desk: World, channels: tuple[Office, Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, hook = channels
    desk.report("CASES", "ON1", "2024-01", ROWS)
    key = desk.sql("SELECT unit_key FROM obligation WHERE unit_code = 'OS1' LIMIT 1")[0][0]
    with desk.house.warehouse.connection() as connection:
        row = {"change_key": 1, "form_code": "CASES", "unit_key": key, "period_code": "2024-01", "change": "waived",
               "reason": "flood", "decided_by": "Lan", "decided_at": desk.clock}  # fmt: skip
        connection.execute(obligation_change.insert(), [row])
    assert run(desk, hook, "2024-02-08T08:00", monkeypatch) == {"region": ["ON2 Office of Oldtown 2024-01"]}
