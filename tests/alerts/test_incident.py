"""What becomes of incidents, decided from what is known and a time that is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from alerts.incident import Incident, escalations, fingerprint, follow, settled, still_open
from alerts.notice import Notice
from alerts.outgoing import digest_is_due, may_be_sent
from catalogue.route import Route

NOW: Final = datetime(2024, 5, 1, 12)
JANUARY: Final = Notice("jan.xlsx", "rejected", form="F", unit="U", unit_key=1, period="2024-01")
PARTLY: Final = replace(JANUARY, name="jan 2.xlsx", status="partly_accepted")
ACCEPTED: Final = replace(JANUARY, name="jan 3.xlsx", status="accepted")
# A word of the warehouse alone: no delivery is judged so on arrival.
WITHDRAWN: Final = replace(ACCEPTED, status="withdrawn")
SCAN: Final = Notice("scan.pdf", "rejected")
FAILED: Final = replace(JANUARY, status="error")
DRIFT: Final = replace(JANUARY, name="portal/2024-01", status="drift")
DUE: Final = replace(JANUARY, name="", status="overdue")
PORTAL: Final = Notice("portal", "pull_failed")


def known(notice: Notice, **more: Any) -> Incident:
    """An incident that is open since yesterday."""
    bad, _ = settled([notice])
    (mark,) = bad
    return Incident(1, mark, notice, NOW - timedelta(days=1), **more)


def route(**more: object) -> Route:
    return Route.model_validate({"route": "r", "title": {"en": "R"}, "address": "a"} | more)


@pytest.mark.parametrize(
    ("before", "arrived", "changes"),
    [
        ([], [JANUARY], ["opened"]),
        ([], [ACCEPTED], []),
        ([], [JANUARY, SCAN], ["opened", "opened"]),
        # The last of a form, unit and period counts, whatever its name.
        ([], [JANUARY, PARTLY], ["opened"]),
        ([], [JANUARY, ACCEPTED], []),
        ([], [ACCEPTED, JANUARY], ["opened"]),
        ([JANUARY], [], []),
        ([JANUARY], [JANUARY], ["repeated"]),
        ([JANUARY], [PARTLY], ["repeated"]),
        ([PARTLY], [JANUARY], ["worsened"]),
        ([JANUARY], [ACCEPTED], ["recovered"]),
        ([JANUARY], [WITHDRAWN], ["recovered"]),
        ([JANUARY], [replace(ACCEPTED, period="2024-02")], []),
        # A file that nobody could read is over when one of its name is taken.
        ([SCAN], [ACCEPTED], []),
        ([SCAN], [replace(ACCEPTED, name="scan.pdf")], ["recovered"]),
        # An error of ours is over however the file is judged then.
        ([FAILED], [JANUARY], ["opened", "recovered"]),
        ([FAILED], [FAILED], ["repeated"]),
        ([], [DRIFT], ["opened", "closed"]),
        ([DUE], [DUE], []),
        ([PORTAL], [PORTAL], ["repeated"]),
        ([PORTAL], [ACCEPTED], []),
    ],
)
def test_what_becomes_of_incidents(before: list[Notice], arrived: list[Notice], changes: list[str]) -> None:
    bad, over = settled(arrived)
    steps = follow([known(one) for one in before], bad, over, 5, NOW)
    assert [one.change for one in steps] == changes
    assert [one.key for one in steps] == list(range(5, 5 + len(changes)))


def test_what_opens_is_numbered_by_its_first_step_and_keeps_it() -> None:
    bad, over = settled([PORTAL, SCAN])
    steps = follow([], bad, over, 7, NOW)
    assert [(one.key, one.incident.key, one.incident.since) for one in steps] == [(7, 7, NOW), (8, 8, NOW)]
    assert [one.key for one in still_open([], steps)] == [7, 8]


def test_a_source_is_one_trouble_whatever_its_form_and_period() -> None:
    assert fingerprint("source", PORTAL) == fingerprint("source", replace(PORTAL, form="F", period="2024-02"))
    assert fingerprint("validation", JANUARY) != fingerprint("validation", replace(JANUARY, unit_key=2))


@pytest.mark.parametrize(
    ("days", "stated", "told", "escalated"),
    [
        (2, {}, set(), []),
        (3, {}, set(), ["boss"]),
        (9, {}, {"boss"}, []),
        (9, {"on": ["error"]}, set(), []),
        (9, {"escalate_after": 10}, set(), []),
    ],
)
def test_what_lasts_is_escalated_once(
    days: int, stated: dict[str, object], told: set[str], escalated: list[str]
) -> None:
    lasting = replace(known(JANUARY), since=NOW - timedelta(days=days), escalated=frozenset(told))
    routes = [route(**({"escalate_after": 3, "escalate_to": "boss"} | stated))]
    assert [one.route for one in escalations([lasting], routes, 1, NOW)] == escalated


@pytest.mark.parametrize(
    ("digest", "opened", "last", "now", "due"),
    [
        (None, "2024-04-01 08:00", None, "2024-05-01 08:00", False),
        ("daily", "2024-05-01 08:00", None, "2024-05-01 16:59", False),
        # Midnight is that of the programme: five in the afternoon, UTC.
        ("daily", "2024-05-01 08:00", None, "2024-05-01 17:00", True),
        ("daily", "2024-04-01 08:00", "2024-05-01 17:00", "2024-05-02 16:59", False),
        ("daily", "2024-04-01 08:00", "2024-05-01 17:00", "2024-05-02 17:00", True),
        ("weekly", "2024-05-01 08:00", None, "2024-05-05 08:00", False),
        ("weekly", "2024-05-01 08:00", None, "2024-05-06 08:00", True),
    ],
)
def test_a_digest_is_due_on_a_later_day_or_week(
    digest: str | None, opened: str, last: str | None, now: str, due: bool
) -> None:
    when = [datetime.fromisoformat(opened)]
    before = datetime.fromisoformat(last) if last else None
    zone = ZoneInfo("Asia/Bangkok")
    assert digest_is_due(route(digest=digest), when, before, datetime.fromisoformat(now), zone) is due
    assert not digest_is_due(route(digest=digest), [], before, datetime.fromisoformat(now), zone)


@pytest.mark.parametrize(
    ("begins", "ends", "hour", "sent"),
    [
        # Seven hours before the clocks of the place.
        ("22:00", "06:00", "01 14:59", "01 14:59"),
        ("22:00", "06:00", "01 15:00", "01 23:00"),
        ("22:00", "06:00", "01 20:00", "01 23:00"),
        ("22:00", "06:00", "01 23:00", "01 23:00"),
        ("11:00", "13:00", "01 04:30", "01 06:00"),
        ("11:00", "13:00", "01 06:00", "01 06:00"),
    ],
)
def test_quiet_hours_end_when_they_end(begins: str, ends: str, hour: str, sent: str) -> None:
    quiet = route(quiet={"begins": begins, "ends": ends})
    at = datetime.fromisoformat(f"2024-05-{hour}")
    assert may_be_sent(quiet, at, ZoneInfo("Asia/Bangkok")) == datetime.fromisoformat(f"2024-05-{sent}")
