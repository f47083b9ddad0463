"""Alerts with memory, told to a real SMTP server and a real webhook: when it begins, in digests, when it is over."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, Final

import pytest

from alerts.notice import Notice
from catalogue.errors import ReleaseRefused
from catalogue.route import Route
from flows.run import Outcome
from flows.tell import finish
from tests.channels import Hook, Office, hook_server, mail_server
from tests.flows.office import Installation, good, install
from tests.world import World, redeclared

# Apprise's mail channel imports a module that Python 3.13 drops, and brings its own.
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")]

MORNING: Final = datetime(2024, 3, 1, 2)
ROWS: Final = [{"topic": "data", "received": 5}]
MAIL: Final[dict[str, Any]] = {"route": "mail", "title": {"en": "Steward"}, "address": "route_mail"}
HOOK: Final[dict[str, Any]] = {"route": "hook", "title": {"en": "Room"}, "address": "route_hook"}
BOSS: Final[dict[str, Any]] = {"route": "boss", "title": {"en": "Boss"}, "address": "route_boss", "on": []}


@dataclass
class Desk:
    """A world whose routes lead to real servers, and a clock that tests set."""

    world: World
    office: Office
    hook: Hook
    clock: datetime = MORNING
    runs: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def routes(self, *stated: dict[str, Any]) -> None:
        """Declare these routes."""
        programme = redeclared(self.world.programme, routes=tuple(Route.model_validate(one) for one in stated))
        self.world.house = replace(self.world.house, programme=programme)

    def run(self, outcome: Outcome | None = None, later: timedelta = timedelta(), compute: Any = None) -> Outcome:
        """The end of a run; what could not be told is in the outcome."""
        self.clock += later
        self.runs += 1
        self.world.house = replace(self.world.house, run_id=f"run{self.runs}")
        told = outcome or Outcome()
        finish(self.world.house, told, compute or (lambda: None), lambda: None)
        return told

    def heard(self) -> dict[str, str]:
        """The subjects that arrived since it was asked last, by where; each without the programme's title."""
        every = {"mail": [str(one["subject"]) for one in self.office.letters]}
        for _, path, call in self.hook.calls:
            every.setdefault(path.strip("/"), []).append(call["title"])
        fresh = {place: subjects[self.seen[place] :] for place, subjects in every.items()}
        self.seen.update({place: len(subjects) for place, subjects in fresh.items()})
        return {place: " | ".join(one.partition(" - ")[2] for one in some) for place, some in fresh.items() if some}

    def incidents(self, columns: str = "event_code, status") -> list[tuple[Any, ...]]:
        """The view that people read."""
        return self.world.sql(f"SELECT {columns} FROM incident ORDER BY incident_key")


@pytest.fixture
def channels() -> Iterator[tuple[Office, Hook]]:
    with mail_server() as office, hook_server() as hook:
        yield office, hook


def sat_at(world: World, channels: tuple[Office, Hook], monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(world, *channels)
    monkeypatch.setattr("flows.tell.now", lambda: made.clock)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CHISO_SECRET_ROUTE_MAIL", made.office.url())
    monkeypatch.setenv("CHISO_SECRET_ROUTE_HOOK", made.hook.url("hook"))
    monkeypatch.setenv("CHISO_SECRET_ROUTE_BOSS", made.hook.url("boss"))
    return made


@pytest.fixture
def desk(embedded: World, channels: tuple[Office, Hook], monkeypatch: pytest.MonkeyPatch) -> Desk:
    return sat_at(embedded, channels, monkeypatch)


def body(letter: EmailMessage) -> str:
    found = letter.get_body(("plain",))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


def ids(desk: Desk) -> list[str]:
    return [str(one["X-Chiso-Message"]) for one in desk.office.letters] + [
        call["message_id"] for _, _, call in desk.hook.calls
    ]


def test_an_incident_opens_lasts_escalates_and_is_over(
    world: World, channels: tuple[Office, Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sat_at(world, channels, monkeypatch)
    desk.routes(MAIL | {"digest": "daily", "escalate_after": 2, "escalate_to": "boss"}, HOOK, BOSS)
    world.report("CASES", "ON1", "2024-01", ROWS, complete=False)
    hour, day = timedelta(hours=1), timedelta(days=1)
    story = []
    for later, report in (
        (hour, None),
        (hour, None),
        (day, None),
        (hour, None),
        (day, None),
        (hour, True),
        (day, None),
    ):
        if report:
            world.report("CASES", "ON1", "2024-01", ROWS)
        desk.run(later=later)
        story.append(desk.heard())
    assert story == [
        {"mail": "Partly accepted: 1", "hook": "Partly accepted: 1"},
        {},
        {"mail": "Still open: 1"},
        {},
        {"mail": "Still open: 1", "boss": "Escalated: 1"},
        {"mail": "Recovered: 1", "hook": "Recovered: 1", "boss": "Recovered: 1"},
        {},
    ]
    assert len(set(ids(desk))) == len(ids(desk)) == 8
    assert desk.incidents("event_code, status, form_code, unit_code, period_code, times") == [
        ("partly_accepted", "recovered", "CASES", "ON1", "2024-01", 1)
    ]
    changes = world.sql("SELECT change FROM incident_event ORDER BY event_key")
    assert [change for (change,) in changes] == ["opened", "escalated", "recovered"]
    assert world.sql("SELECT DISTINCT tries, is_done, last_error FROM outbox") == [(1, True, None)]


def test_a_message_says_what_where_since_when_how_bad_and_what_to_do(desk: Desk) -> None:
    desk.routes(MAIL)
    desk.world.report("CASES", "ON1", "2024-01", ROWS, complete=False)
    desk.run()
    (letter,) = desk.office.letters
    (sha,) = desk.world.sql("SELECT substr(sha256, 1, 16) FROM dim_delivery")[0]
    lines = body(letter).splitlines()
    assert lines[2:6] == [
        "1. Partly accepted - CASES Cases of the month - ON1 Office of Firsttown - 2024-01",
        "File: CASES-ON1-2024-01.xlsx. Findings: 0. Rows set aside: 1.",
        "Since: 2024-03-01 02:00. Severity: warning.",
        f"Findings are in: {desk.world.house.home}/receipts/{sha}.html",
    ]
    assert lines[7] == "What to do:"
    assert lines[-1] == f"Run: run1. Message: {letter['X-Chiso-Message']}."


def test_a_message_names_the_worst_rules_of_a_delivery(
    world: World, channels: tuple[Office, Hook], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sat_at(world, channels, monkeypatch)
    desk.routes(MAIL)
    world.report("CASES", "ON1", "2024-01", ROWS, complete=False)
    broken = [("warn", "cell.approximate")] * 4 + [("reject_row", "row.duplicate")] + [("warn", "cell.close_name")]
    broken += [("reject_row", "cell.required")] * 2
    with world.house.warehouse.connection() as connection:
        for severity, rule in broken:
            connection.exec_driver_sql(
                "INSERT INTO issue (delivery_key, rule_code, severity, source_sheet, source_row, source_column, field, "
                f"found, allowed, advice) VALUES (1, '{rule}', '{severity}', 'S', 1, 'A', 'f', 'x', 'y', 'z')"
            )
    desk.run()
    assert body(desk.office.letters[0]).splitlines()[3] == (
        "File: CASES-ON1-2024-01.xlsx. Findings: 8 (cell.required 2, row.duplicate 1, cell.approximate 4). "
        "Rows set aside: 1."
    )


class Killed(BaseException):
    """As if the process ended here."""


def dies(desk: Desk, monkeypatch: pytest.MonkeyPatch, place: str, *, after: bool = False) -> None:
    """A run that ends before a function of ours is called, or just after."""
    name, _, function = place.rpartition(".")
    with monkeypatch.context() as patch:
        module = pytest.importorskip(name)
        real = getattr(module, function)

        def die(*given: Any, **named: Any) -> None:
            if after:
                real(*given, **named)
            raise Killed

        patch.setattr(place, die)
        with pytest.raises(Killed):
            desk.run()


@pytest.mark.parametrize(
    ("place", "after", "times"),
    [
        ("warehouse.incident.remember", False, 1),  # before anything is written
        ("warehouse.incident.remember", True, 1),  # written, not committed
        ("flows.tell.send_waiting", False, 1),  # committed, nothing sent
        ("alerts.tell.send", False, 1),  # just before the first is sent
        ("alerts.tell.send", True, 2),  # sent, and not noted: the one place where it is sent again
        ("warehouse.incident.unsent", True, 1),
    ],
)
def test_a_killed_run_loses_no_message_and_repeats_only_what_was_not_noted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, place: str, after: bool, times: int
) -> None:
    desk.routes(MAIL)
    desk.world.report("CASES", "ON1", "2024-01", ROWS, complete=False)
    dies(desk, monkeypatch, place, after=after)
    desk.run()
    desk.run()
    assert len(ids(desk)) == times
    assert len(set(ids(desk))) == 1
    assert desk.incidents() == [("partly_accepted", "open")]


def test_quiet_hours_hold_a_message_until_they_end(desk: Desk) -> None:
    desk.routes(MAIL | {"quiet": {"begins": "22:00", "ends": "06:00"}}, HOOK)
    desk.world.report("CASES", "ON1", "2024-01", ROWS, complete=False)
    desk.run()
    assert desk.heard() == {"hook": "Partly accepted: 1"}
    desk.run(later=timedelta(hours=3, minutes=59))
    assert desk.heard() == {}
    desk.run(later=timedelta(minutes=1))
    assert desk.heard() == {"mail": "Partly accepted: 1"}


def test_a_dead_route_is_told_to_the_others_and_gets_what_it_missed(desk: Desk) -> None:
    desk.routes(MAIL, HOOK)
    desk.world.report("CASES", "ON1", "2024-01", ROWS, complete=False)
    desk.hook.status = 500
    told = desk.run().told
    assert [(route, "the server answered 500" in why) for route, why in told] == [("hook", True)]
    assert desk.heard()["mail"] == "Partly accepted: 1 | Messages do not get through: 1"
    assert desk.incidents("event_code, status, about") == [
        ("partly_accepted", "open", "CASES-ON1-2024-01.xlsx"),
        ("route_dead", "open", "hook"),
    ]
    desk.hook.status = 200
    tried = len(desk.hook.calls)
    assert desk.run().told == []
    assert [call["title"].partition(" - ")[2] for _, _, call in desk.hook.calls[tried:]] == ["Partly accepted: 1"]
    assert desk.heard()["mail"] == "Recovered: 1"
    assert desk.world.sql("SELECT count(*) FROM outbox WHERE NOT is_done") == [(0,)]


def test_a_route_without_an_address_hears_of_what_lasts_once_it_has_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.routes(MAIL)
    monkeypatch.delenv("CHISO_SECRET_ROUTE_MAIL")
    desk.world.report("CASES", "ON1", "2024-01", ROWS, complete=False)
    desk.world.report("CASES", "ON2", "2024-01", ROWS, complete=False)
    assert [route for route, _ in desk.run().told] == ["mail"]
    desk.world.report("CASES", "ON2", "2024-01", ROWS)
    desk.run()
    assert desk.world.sql("SELECT count(*) FROM outbox") == [(0,)]
    monkeypatch.setenv("CHISO_SECRET_ROUTE_MAIL", desk.office.url())
    desk.run()
    assert desk.heard() == {"mail": "Partly accepted: 1"}


def failed(*notices: Notice) -> Callable[[], Outcome]:
    return lambda: Outcome(notices=list(notices))


def well(*names: str) -> Callable[[], Outcome]:
    return lambda: Outcome(well=list(names))


@pytest.mark.parametrize(
    ("runs", "heard"),
    [
        # A source that does not answer, for whatever period, is one trouble until it answers.
        (
            [failed(Notice("counter", "pull_failed", detail="timed out")), failed(Notice("counter", "pull_failed")),
             well("counter/2024-01"), well("counter", "counter/2024-01")],
            ["Source does not answer: 1", "", "", "Recovered: 1"],
        ),
        # One that answers a period wrongly is a trouble of that period.
        (
            [failed(Notice("counter/2024-01", "pull_partial")), failed(Notice("counter/2024-02", "pull_partial")),
             well("counter", "counter/2024-01")],
            ["Source answers wrongly or in part: 1", "Source answers wrongly or in part: 1", "Recovered: 1"],
        ),
        # An error of ours is over when the file gets through, whatever becomes of it then.
        (
            [failed(Notice("ON1/a.xlsx", "error")), failed(Notice("ON1/a.xlsx", "error")), Outcome],
            ["Failed inside the system: 1", "", ""],
        ),
        # What is restated is told, and nothing more comes of it.
        ([failed(Notice("counter/2024-01", "drift", detail="5 → 7")), Outcome],
         ["Source restated figures: 1", ""]),
    ],
)  # fmt: skip
def test_what_else_goes_wrong_is_told_once(desk: Desk, runs: list[Callable[[], Outcome]], heard: list[str]) -> None:
    desk.routes(MAIL | {"on": ["pull_failed", "pull_partial", "error", "drift"]})
    said = []
    for outcome in runs:
        desk.run(outcome())
        said.append(desk.heard().get("mail", ""))
    assert said == heard


def test_a_release_that_is_refused_is_told_and_raised(desk: Desk) -> None:
    desk.routes(MAIL)

    def refuse() -> None:
        raise ReleaseRefused("a check did not run")

    with pytest.raises(ReleaseRefused):
        desk.run(compute=refuse)
    assert desk.heard() == {"mail": "Release not sealed: 1"}
    assert "Reason: a check did not run" in body(desk.office.letters[0])
    desk.run()
    assert desk.heard() == {"mail": "Recovered: 1"}


def test_reports_that_are_overdue_are_told_to_the_route_of_their_branch(desk: Desk) -> None:
    desk.routes(MAIL | {"on": ["overdue"], "branches": ["ON2"]}, HOOK)
    desk.world.report("CASES", "ON1", "2024-01", ROWS)
    desk.run()
    (due,) = desk.world.sql(
        "SELECT count(*) FROM fact_reporting WHERE due_at < DATE '2024-03-01' AND unit_key IN "
        "(SELECT office_key FROM dim_office WHERE office_code = 'ON2')"
    )[0]
    assert due > 0
    assert desk.heard() == {"mail": f"Report overdue: {due}"}
    desk.world.report("CASES", "ON2", "2024-01", ROWS)
    desk.run()
    assert desk.heard() == {"mail": "Recovered: 1"}


ROUTES: Final = """
- route: mail
  title: {en: The steward by mail}
  address: route_mail
- route: hook
  title: {en: The room}
  address: route_hook
"""


def test_the_commands_list_test_send_and_close(
    tmp_path: Any, channels: tuple[Office, Hook]
) -> None:  # fmt: skip
    mails, hooks = channels
    office: Installation = install(tmp_path, prepared=True)
    office.declare("routes.yml", ROUTES)
    office.environment |= {
        "CHISO_SECRET_ROUTE_MAIL": mails.url(), "CHISO_SECRET_ROUTE_HOOK": hooks.url("hook"), "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    office.put("ON1", "scan.xlsx", b"%PDF-1.7 not a workbook")
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 1
    listed = office.chiso("alerts", "list", "--format", "json")
    found = json.loads(listed.stdout)
    assert [(one["no"], one["status"], one["what"], one["unit"], one["about"]) for one in found] == [
        (1, "open", "rejected", "ON1", "ON1/scan.xlsx")
    ]
    hooks.status = 500
    tested = office.chiso("alerts", "test")
    assert tested.returncode == 1
    assert "mail: took the test message" in tested.stdout
    assert "hook: route 'hook': the message was not delivered: the server answered 500" in tested.stdout
    assert [str(one["subject"]).partition(" - ")[2] for one in mails.letters] == [
        "Rejected: 1",
        "Test of the route",
        "Messages do not get through: 1",
    ]
    hooks.status = 200
    sent = office.chiso("alerts", "send")
    assert (sent.returncode, sent.stdout) == (0, "0 messages were sent\n")
    assert office.chiso("alerts", "test").returncode == 0
    assert str(mails.letters[-1]["subject"]).endswith("Recovered: 1")
    assert office.chiso("alerts", "close", "1", "--reason", "a scan", "--by", "Lan").returncode == 0
    refused = office.chiso("alerts", "close", "1", "--reason", "again", "--by", "Lan")
    assert (refused.returncode, "no incident 1 is open" in refused.stderr) == (2, True)
    assert json.loads(office.chiso("alerts", "list", "--format", "json").stdout) == []
