"""The end of a run: seal, remember what went wrong, let readers see it, and tell the routes. What was written into the
outbox is sent, however often that is interrupted; only a kill between sending and noting that sends it twice, under the
same id."""
# ruff: noqa: PLC0415 - Apprise is loaded only where there is something to tell

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from alerts.incident import Step, fingerprint
from alerts.message import Message, Tone
from alerts.notice import Notice
from alerts.reminder import addressees
from catalogue.errors import WarehouseBusy, WarehouseLost
from catalogue.incident import Kind
from catalogue.route import Route
from flows.house import House, now
from flows.logs import code_of, line
from flows.remembering import Remembered, remember
from flows.reminding import remind
from flows.run import Outcome
from flows.stopping import pass_on
from warehouse.incident import Unsent, attempted
from warehouse.release import Release
from warehouse.staging import staging_area

Notify = Callable[[Sequence[Step]], None]
"""Tells another system, as Prefect, what became of incidents."""


def nobody(steps: Sequence[Step]) -> None:
    """Tell no other system."""


RELEASE = fingerprint("release", Notice("", "release_refused"))
READ_COPY = fingerprint("read_copy", Notice("", "read_copy_broken"))


@dataclass(slots=True)
class Sent:
    """What became of messages: how many were sent; (route, why) of those that were not; which routes took one."""

    sent: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    alive: set[str] = field(default_factory=set)


def finish(
    house: House,
    outcome: Outcome,
    compute: Callable[[], Release | None],
    publish: Callable[[], object],
    notify: Notify = nobody,
) -> Release | None:
    """Seal a release, remember, swap the read copy, tell; returns the release, None where nothing changed.

    A release that cannot be sealed, or a read copy that cannot be swapped, is an incident, and is raised when the
    routes have been told. What could not be sent is said in the outcome, and never costs the run.
    """
    sealed, trouble, noticed, over = None, None, list(outcome.notices), _well(outcome)
    try:
        sealed = compute()
        over.add(RELEASE)
        counts = {"changed": sealed.changed, "withdrawn": sealed.withdrawn, "revised": sealed.revised} if sealed else {}
        line("release", "sealed" if sealed else "unchanged", counts=counts)
    except (WarehouseBusy, WarehouseLost):
        raise
    except Exception as error:
        pass_on(error)
        trouble = error
        noticed.append(Notice("", "release_refused", detail=_reason(error)))
        line("release", "refused", codes=[code_of(error)])
    remind_all(house, outcome)
    remembered = _remember(house, outcome, noticed, over, notify)
    if trouble is None:
        try:
            publish()
        except Exception as error:
            pass_on(error)
            trouble = error
            broken = [Notice("", "read_copy_broken", detail=_reason(error))]
            remembered = _remember(house, outcome, broken, (), notify)
        else:
            if READ_COPY in remembered.open_now:
                remembered = _remember(house, outcome, (), {READ_COPY}, notify)
    deliver(house, outcome, remembered, notify)
    if trouble is not None:
        raise trouble
    return sealed


def deliver(house: House, outcome: Outcome, remembered: Remembered, notify: Notify = nobody) -> Sent:
    """Send what waits. Routes that take nothing become incidents, of which the others are told at once."""
    result = Sent()
    if remembered.waiting:
        result = send_waiting(house, remembered.waiting)
        remembered = routes_tested(house, outcome, remembered, result.failed, result.alive, notify)
        done = {*result.failed, *result.skipped}
        later = send_waiting(house, [one for one in remembered.waiting if one.route not in done])
        result.sent += later.sent
        result.failed |= later.failed
    reasons = dict(remembered.skipped) | result.skipped | result.failed
    outcome.told += [one for one in reasons.items() if one not in outcome.told]
    line("alerts", "ended", counts={"sent": result.sent, "routes_failed": len(result.failed)})
    return result


def routes_tested(
    house: House, outcome: Outcome, before: Remembered, failed: dict[str, str], alive: Collection[str], notify: Notify
) -> Remembered:
    """Remember which routes took a message and which did not; returns what waits to be sent then."""
    dead = [Notice(route, "route_dead", detail=reason) for route, reason in failed.items()]
    over = {mark for route in alive if (mark := fingerprint("route", Notice(route, "route_dead"))) in before.open_now}
    if not dead and not over:
        return Remembered(before.steps, before.open_now, [], before.skipped)
    return _remember(house, outcome, dead, over, notify)


def send_waiting(house: House, waiting: Sequence[Unsent]) -> Sent:
    """Send messages that are due, in order, and note what became of each at once. A route that fails is not tried again
    for the others; what is for a route that is not declared any more is dropped."""
    routes = addressees(house.programme)
    result = Sent()
    due = [one for one in waiting if one.due_at <= now()]
    if not due:
        return result
    from alerts.tell import attempt

    with staging_area(house.staging_path("outbox")) as area:
        for one in due:
            route, became, reason = routes.get(one.route), "dropped", "the route is not declared any more"
            if one.route in result.failed or one.route in result.skipped:
                continue
            if route is not None:
                became, reason = attempt(_message(route, one), house.settings.secret)
                if became == "skipped":
                    result.skipped[one.route] = reason
                    continue
            with area.writing(house.warehouse.url):
                attempted(area, one.message_id, became, reason, house.run_id, now())
            if became == "failed":
                result.failed[one.route] = reason
            elif became == "sent":
                result.sent += 1
                result.alive.add(one.route)
    return result


def remind_all(house: House, outcome: Outcome) -> None:
    """Write reminders; where the warehouse refuses, that is said, and the next run makes up for it."""
    try:
        remind(house, now())
    except Exception as error:
        pass_on(error)
        outcome.told.append(("reminders", _reason(error)))


def _remember(
    house: House, outcome: Outcome, noticed: Sequence[Notice], over: Collection[str], notify: Notify
) -> Remembered:
    """Remember; where the warehouse refuses, that is said, and the run goes on: the next one makes up for it."""
    try:
        found = remember(house, now(), noticed, over)
    except Exception as error:
        pass_on(error)
        outcome.told.append(("alerts", _reason(error)))
        return Remembered()
    notify([one for one in found.steps if one.change != "repeated"])
    return found


def _well(outcome: Outcome) -> set[str]:
    """The fingerprints of troubles with sources that are over, as they answered."""
    kinds: Iterable[tuple[Kind, str]] = [(kind, name) for name in outcome.well for kind in ("source", "pull")]
    return {fingerprint(kind, Notice(name, "pull_failed")) for kind, name in kinds}


def _message(route: Route, one: Unsent) -> Message:
    return Message(one.route, route.address, one.subject, one.body, cast("Tone", one.tone), 0, one.message_id)


def _reason(error: Exception) -> str:
    said = " ".join(str(error).split())
    return said or type(error).__name__
