"""What alerts remember: from what a run did, and what the warehouse took in since alerts last looked, follow changes of
incidents and messages, all written in one transaction before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from alerts.incident import Incident, Step, escalations, fingerprint, follow, kind_of, settled, still_open
from alerts.message import Message
from alerts.notice import Notice, notice
from alerts.outgoing import outgoing
from catalogue.delivery import Delivery
from catalogue.errors import SettingsError, UsageError
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.route import Route
from catalogue.source import Folder
from flows.house import House
from flows.units import unit_named
from warehouse import incident as memory
from warehouse.incident import Row, Unsent
from warehouse.staging import Staging, staging_area

OVERDUE_FOR: Final = timedelta(days=366)
"""Reports that were due longer ago are history: nobody is told that they never came."""


@dataclass(slots=True)
class Remembered:
    """What was decided: changes of incidents, the fingerprints of those that are open, the messages that wait to be
    sent, and (route, why) of those that have something to say and no address."""

    steps: list[Step] = field(default_factory=list)
    open_now: frozenset[str] = frozenset()
    waiting: list[Unsent] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def remember(
    house: House,
    at: datetime,
    noticed: Sequence[Notice] = (),
    over: Collection[str] = (),
    closing: Mapping[int, str] = MappingProxyType({}),
) -> Remembered:
    """Decide what becomes of incidents, and write it with the messages that follow. One transaction.

    ``noticed`` is what went wrong besides what the warehouse tells of deliveries; ``over`` the fingerprints of what is
    well again; ``closing`` the numbers of incidents that a person closes, and why. Nothing is sent. Raises
    WarehouseBusy, WarehouseError.
    """
    programme = house.programme
    with staging_area(house.staging_path("alerts")) as area, area.writing(house.warehouse.url):
        known = _known(area, house)
        last = memory.looked_at(area)
        arrived = memory.deliveries_after(area, last)
        found = [*_arrived(house, arrived), *noticed]
        bad, done = settled(found)
        done |= set(over)
        if any("overdue" in route.on for route in programme.routes):
            bad |= _overdue(area, programme, at)
        if arrived:
            done |= {fingerprint("overdue", _owed(programme, *part, at)) for part in memory.parts_after(area, last)}
            memory.looked(area, arrived[-1]["delivery_key"], house.run_id, at)
        done |= _excused(area, known)
        first = memory.next_event(area)
        chosen = [one for one in known if one.key in closing]
        steps = [Step(first + place, "closed", one, detail=closing[one.key]) for place, one in enumerate(chosen)]
        others = [one for one in known if one.key not in closing]
        steps += follow(others, bad, done, first + len(steps), at)
        lasting = still_open(known, steps)
        away = unreachable(house, programme.routes)
        able = [one for one in programme.routes if one.escalate_to not in away]
        steps += escalations(lasting, able, first + len(steps), at)
        news = [one for one in found if kind_of(one) is None]
        made = outgoing(programme, known, steps, news, memory.last_digests(area), house.run_id, at)
        written = [one for one in made if one.message.route not in away]
        memory.remember(
            area,
            [_event(one, house, at) for one in steps],
            [message_row(one.message, one.kind, one.due, house.run_id, at) for one in written],
            [(one.message.message_id, key) for one in written for key in one.incidents],
        )
        return Remembered(
            steps=steps,
            open_now=frozenset(one.fingerprint for one in lasting),
            waiting=memory.unsent(area),
            skipped=[(one.message.route, away[one.message.route]) for one in made if one not in written],
        )


def _known(area: Staging, house: House) -> list[Incident]:
    rows = memory.open_incidents(area)
    told = memory.told_routes(area, [row["incident_key"] for row in rows])
    return [
        Incident(
            key=row["incident_key"],
            fingerprint=row["fingerprint"],
            notice=_notice(
                house.programme,
                {**row, "name": row["about"]},
                row["event_code"],
                row["since"],
                str(house.home / row["receipt"]) if row["receipt"] else "",
                row["detail"] or "",
            ),
            since=row["since"],
            told=frozenset(told.get(row["incident_key"], ())),
            escalated=frozenset((row["escalated"] or "").split(";")) - {""},
        )
        for row in rows
    ]


def _arrived(house: House, rows: Sequence[Row]) -> list[Notice]:
    """Notices of the deliveries that the warehouse took in since alerts last looked; and of figures restated by them.
    A delivery that was withdrawn is told nobody: whoever withdrew it knows."""
    found = []
    for row in rows:
        receipt = str(house.home / "receipts" / f"{row['sha256'][:16]}.html")
        told = {**row, **_sender(house.programme, row)}
        found.append(_notice(house.programme, told, row["status"], row["received_at"], receipt, row["rules"] or ""))
        if row["drift"]:
            found.append(_notice(house.programme, row, "drift", row["received_at"], receipt, row["drift"]))
    return found


def _sender(programme: Programme, row: Row) -> dict[str, object]:
    """Of a file that could not be read far enough to know its unit: the unit in whose folder it lay."""
    source = programme.source.get(row["source_code"])
    if row["unit_key"] is not None or not isinstance(source, Folder):
        return {}
    levels = dict(zip(source.folders, row["name"].split("/")[:-1], strict=False))
    code, day = levels.get("unit", "").partition(" - ")[0].strip(), row["received_at"].date()
    try:
        one = unit_named(programme, code, day)
    except UsageError:
        return {}
    return {"unit_key": one.key, "unit_code": one.code}


def _notice(
    programme: Programme, row: Mapping[str, Any], status: Any, at: datetime, receipt: str, detail: str = ""
) -> Notice:
    """The notice of a row of the warehouse that names form, unit and period."""
    code = row["period_code"]
    about = Delivery(
        sha256="",
        name=row["name"],
        source="",
        received_at=at,
        size=0,
        form=row["form_code"],
        unit_key=row["unit_key"],
        unit_code=row["unit_code"],
        period=Period.parse(code, programme.calendars) if code else None,
    )
    return notice(programme, about, status, row["findings"], row["rows_aside"], receipt, detail)


def _owed(programme: Programme, form: str, unit: int, period: str, at: datetime, detail: str = "") -> Notice:
    """The notice of a report that did not come."""
    row = {"name": "", "form_code": form, "unit_key": unit, "unit_code": None, "period_code": period, "findings": 0,
           "rows_aside": 0}  # fmt: skip
    return _notice(programme, row, "overdue", at, "", detail)


def _overdue(area: Staging, programme: Programme, at: datetime) -> dict[str, Notice]:
    today = at.replace(tzinfo=UTC).astimezone(ZoneInfo(programme.header.time_zone)).date()
    rows = memory.overdue(area, today - OVERDUE_FOR, today)
    owed = [_owed(programme, form, unit, period, at, due.isoformat()) for form, unit, period, due in rows]
    marked = {fingerprint("overdue", one): one for one in owed if one.form in programme.form}
    for mark in memory.closed_overdue(area) if marked else ():
        marked.pop(mark, None)
    return marked


def _excused(area: Staging, known: Sequence[Incident]) -> set[str]:
    """The fingerprints of overdue reports that need not come any more."""
    waiting = [one for one in known if one.notice.status == "overdue"]
    spared = memory.excused(area) if waiting else set()
    return {one.fingerprint for one in waiting if (one.notice.form, one.notice.unit_key, one.notice.period) in spared}


def unreachable(house: House, routes: Sequence[Route]) -> dict[str, str]:
    """The routes whose secret is not set, and why: what there is to say waits until it is."""
    found = {}
    for route in routes:
        try:
            if not house.settings.secret(route.address).strip():
                found[route.route] = f"secret {route.address!r} is empty; put the Apprise address of the route into it"
        except SettingsError as error:
            found[route.route] = str(error)
        except OSError as error:
            found[route.route] = f"secret {route.address!r} cannot be read: {type(error).__name__}"
    return found


def _event(step: Step, house: House, at: datetime) -> dict[str, object]:
    about = step.incident.notice
    # Below the home, which may be moved.
    receipt = about.receipt.removeprefix(f"{house.home}/")
    return {
        "event_key": step.key,
        "incident_key": step.incident.key,
        "fingerprint": step.incident.fingerprint,
        "happened_at": at,
        "run_id": house.run_id,
        "change": step.change,
        "event_code": about.status,
        "form_code": about.form,
        "unit_key": about.unit_key,
        "unit_code": about.unit,
        "period_code": about.period,
        "about": about.name,
        "findings": about.findings,
        "rows_aside": about.set_aside,
        "receipt": receipt or None,
        "detail": step.detail or about.detail or None,
        "route_name": step.route or None,
    }


def message_row(message: Message, kind: str, due: datetime, run_id: str, at: datetime) -> dict[str, object]:
    """A message as a row of ``outbox_message``."""
    return {
        "message_id": message.message_id,
        "route_name": message.route,
        "kind": kind,
        "run_id": run_id,
        "created_at": at,
        "due_at": due,
        "tone": message.tone,
        "subject": message.title,
        "body": message.body,
    }
