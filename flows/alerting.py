"""What people do with alerts: list what is wrong, send what waits, test routes, close what will not end by itself."""

from __future__ import annotations

from typing import Final

from alerts.message import self_test
from alerts.tell import attempt
from catalogue.errors import UsageError
from flows.asking import show, warehouse_of
from flows.headings import headings
from flows.house import House, now, open_house, prepare
from flows.overriding import signed
from flows.remembering import Remembered, remember
from flows.run import Outcome
from flows.settings import Settings
from flows.tell import deliver, nobody, remind_all, routes_tested
from flows.terminal import say
from warehouse.published import ask

_OPEN: Final = "WHERE status IN ('open', 'escalated')"


def list_incidents(settings: Settings, form: str, *, every: bool) -> int:
    """Print the incidents that are open, or ``every`` one, from what is published; then how many messages wait."""
    warehouse = warehouse_of(settings)
    found = ask(
        warehouse,
        f"""SELECT incident_key AS no, status, event_code AS what, form_code AS form, unit_code AS unit,
                   period_code AS period, about, open_since AS since, times, receipt, detail
            FROM incident {"" if every else _OPEN} ORDER BY incident_key""",
    )
    show(found, form, said=headings(settings))
    if form == "table":
        if not warehouse.whole:
            say(f"incidents are not in {warehouse.copy.name}: ask where the stewards' copy can be read", style="yellow")
        waiting = ask(warehouse, "SELECT route_name, count(*) FROM outbox WHERE NOT is_done GROUP BY 1 ORDER BY 1")[1]
        for route, count in waiting:
            say(f"{route}: {count} messages were waiting to be sent")
    return 0


def send_alerts(settings: Settings) -> int:
    """Look for what is wrong and what is due, and send what waits; 1 where something was not sent."""
    house, outcome = _opened(settings), Outcome()
    remind_all(house, outcome)
    remembered = remember(house, now())
    sent = deliver(house, outcome, remembered)
    house.warehouse.publish()
    held = sum(1 for one in remembered.waiting if one.due_at > now())
    say(f"{sent.sent} messages were sent" + (f", {held} wait for quiet hours to end" if held else ""))
    return _problems(outcome)


def try_routes(settings: Settings) -> int:
    """Send a test message to every route; 1 where one did not take it, which is an incident."""
    house, outcome = _opened(settings), Outcome()
    packs = {pack.language: pack for pack in house.programme.languages}
    failed, skipped, alive = dict[str, str](), dict[str, str](), set[str]()
    for route in house.programme.routes:
        pack = packs.get(route.language, house.programme.language)
        message = self_test(route, house.run_id, pack, house.programme.header.title)
        became, reason = attempt(message, house.settings.secret)
        if became == "sent":
            alive.add(route.route)
            say(f"{route.route}: took the test message")
        else:
            (failed if became == "failed" else skipped)[route.route] = reason
    if not house.programme.routes:
        say("the programme declares no routes (routes.yml): nobody is told of anything")
    before = remember(house, now())
    after = routes_tested(house, outcome, before, failed, alive, nobody)
    # What is written for a route that is dead waits until it is not.
    waiting = [one for one in after.waiting or before.waiting if one.route not in failed]
    sent = deliver(house, outcome, Remembered(after.steps, after.open_now, waiting, before.skipped))
    if sent.sent:
        told = "1 message that waited was" if sent.sent == 1 else f"{sent.sent} messages that waited were"
        say(f"{told} sent, too")
    house.warehouse.publish()
    outcome.told = [*(failed | skipped).items(), *(one for one in outcome.told if one[0] not in failed | skipped)]
    return _problems(outcome)


def close_incident(settings: Settings, number: int, reason: str, by: str) -> int:
    """Record that a person closes an incident. Raises UsageError where none of the number is open."""
    why, who = signed(reason, by)
    house = _opened(settings)
    remembered = remember(house, now(), closing={number: f"{why} ({who})"})
    if not any(one.change == "closed" and one.incident.key == number for one in remembered.steps):
        raise UsageError(f"no incident {number} is open; `chiso alerts list` tells the numbers of those that are")
    house.warehouse.publish()
    say(f"incident {number} is closed")
    return 0


def _opened(settings: Settings) -> House:
    house = open_house(settings)
    prepare(house)
    return house


def _problems(outcome: Outcome) -> int:
    for route, reason in outcome.told:
        say(f"{route}: {reason}", style="yellow")
    return 1 if outcome.told else 0
