"""Reminders: before and after the day on which a report is due, to those who have not sent it, and to those above."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.message import Message, compose, concerns
from alerts.notice import Notice
from alerts.outgoing import may_be_sent
from catalogue.contact import Contact, contacts_of
from catalogue.programme import Programme
from catalogue.route import Route

GRACE: Final = timedelta(days=7)
"""A reminder that no run has sent on its day is sent for so long, unless the next one is due."""

Place = tuple[str, int, str]
"""A report: form, key of the unit, period."""


@dataclass(frozen=True, slots=True)
class Due:
    """A report that has not come, of which somebody is to be reminded: the day (days after it is due), what is said of
    it, and the codes of its unit and of all above it, nearest first."""

    place: Place
    step: int
    notice: Notice
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reminding:
    """A message for the outbox: when it may be sent, UTC, and the reports it reminds of, with the day of each."""

    message: Message
    due: datetime
    reports: tuple[tuple[Place, int], ...]


def step_now(today: date, days: Mapping[int, date]) -> int | None:
    """The reminder that it is time for: the last whose day has come. ``days`` are those of all, by how many days after
    the due day they are.

    >>> days = {-3: date(2024, 2, 2), 1: date(2024, 2, 8)}
    >>> [step_now(date(2024, 2, day), days) for day in (1, 2, 7, 8, 15, 16)]
    [None, -3, -3, 1, 1, None]
    """
    come = [step for step, day in sorted(days.items()) if day <= today]
    if not come or today > days[come[-1]] + GRACE:
        return None
    return come[-1]


def contact_route(programme: Programme, contact: Contact) -> Route:
    """A contact as somebody who is reminded: the name by which the outbox knows it is no route's."""
    language = contact.language or programme.language.language
    route = Route(
        route=contact.contact, title={language: contact.contact}, address=contact.address, on=("reminder",),
        language=language,
    )  # fmt: skip
    return route.model_copy(update={"route": f"contact {contact.contact}"})


def addressees(programme: Programme) -> dict[str, Route]:
    """Everybody to whom messages go, by the name that the outbox has for them: routes, and contacts of units."""
    contacts = [contact_route(programme, one) for one in programme.contacts]
    return {one.route: one for one in (*programme.routes, *contacts)}


def reminded(programme: Programme) -> list[Route]:
    """Those who are reminded, or told that others are: contacts, and routes that ask for it."""
    asked = {f"contact {one.contact}" for one in programme.contacts if one.remind}
    return [one for name, one in addressees(programme).items() if name in asked or "reminder" in one.on]


def reminders(
    programme: Programme,
    routes: Sequence[Route],
    due: Sequence[Due],
    told: Collection[tuple[str, Place, int]],
    run_id: str,
    now: datetime,
) -> list[Reminding]:
    """At most one message for each of some ``routes`` (``reminded``), about what it was not reminded of yet on that
    day. ``told`` are (route, report, step) of what was written before, in any run."""
    packs = {pack.language: pack for pack in programme.languages}
    zone = ZoneInfo(programme.header.time_zone)
    named = {one.route for one in programme.routes}
    whose = {
        one.place: {f"contact {each.contact}" for each in contacts_of(programme.contacts, one.codes)} for one in due
    }
    found = []
    for route in routes:
        own = [
            one
            for one in due
            if (route.route, one.place, one.step) not in told
            and (route.route in whose[one.place] or (route.route in named and concerns(route, one.notice)))
        ]
        marks = sorted(f"reminder {'|'.join(map(str, one.place))} {one.step}" for one in own)
        pack = packs.get(route.language, programme.language)
        message = compose(
            route, [one.notice for one in own], run_id, pack, programme.header.title, ";".join(marks)
        )  # fmt: skip
        if message:
            reports = tuple((one.place, one.step) for one in own)
            found.append(Reminding(message, may_be_sent(route, now, zone), reports))
    return found
