"""What goes out: for each route the one message that it gets now, when it may be sent, and of which incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from alerts.incident import Incident, Step, still_open
from alerts.message import Message, compose, concerns
from alerts.notice import Change, Notice
from catalogue.programme import Programme
from catalogue.route import Route


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for the outbox. ``due`` is when it may be sent, UTC; ``incidents`` the numbers of those it tells of."""

    message: Message
    kind: Literal["news", "digest"]
    due: datetime
    incidents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of a message. ``key`` is the incident's number (0: a delivery of which nothing is remembered), ``mark``
    what makes the entry the same one."""

    notice: Notice
    key: int = 0
    mark: str = ""


def outgoing(
    programme: Programme,
    known: Sequence[Incident],
    steps: Sequence[Step],
    news: Sequence[Notice],
    last_digests: Mapping[str, datetime],
    run_id: str,
    now: datetime,
) -> list[Outgoing]:
    """The messages that follow from what became of incidents, at most one per route.

    ``known`` were open before ``steps``; ``news`` are deliveries of which nothing is remembered; ``last_digests`` is
    when each route got its last. A route hears of an incident once when it opens (or when the route can be reached for
    the first time while it lasts), when it gets worse, when it is over, and in between in digests only.
    """
    packs = {pack.language: pack for pack in programme.languages}
    zone = ZoneInfo(programme.header.time_zone)
    lasting = still_open(known, steps)
    found = []
    for route in programme.routes:
        teller = _Teller(route, now, zone, steps)
        lines = [*teller.changes(lasting), *(Line(one, mark=run_id) for one in news if concerns(route, one))]
        told_now = {line.key for line in lines}
        waiting = [one for one in lasting if route.route in one.told]
        is_digest = digest_is_due(route, [one.since for one in waiting], last_digests.get(route.route), now, zone)
        if is_digest:
            lines += [teller.line(one, "still_open") for one in waiting if one.key not in told_now]
        pack = packs.get(route.language, programme.language)
        stamp = ";".join(sorted({line.mark for line in lines}))
        notices = [line.notice for line in lines]
        message = compose(route, notices, run_id, pack, programme.header.title, stamp)
        if message:
            keys = tuple(sorted({line.key for line in lines} - {0}))
            kind: Literal["news", "digest"] = "digest" if is_digest else "news"
            found.append(Outgoing(message, kind, may_be_sent(route, now, zone), keys))
    return found


@dataclass(frozen=True, slots=True)
class _Teller:
    """What one route is told of incidents."""

    route: Route
    now: datetime
    zone: ZoneInfo
    steps: Sequence[Step]

    def changes(self, lasting: Sequence[Incident]) -> Iterator[Line]:
        """What it hears at once."""
        name = self.route.route
        worse = {one.incident.key for one in self.steps if one.change == "worsened"}
        raised = {one.incident.key for one in self.steps if one.change == "escalated" and one.route == name}
        for one in lasting:
            if one.key in raised:
                yield self.line(one, "escalated")
            elif name not in one.told:
                if concerns(self.route, one.notice):
                    yield self.line(one, "opened")
            elif one.key in worse:
                yield self.line(one, "worsened")
        # What passes was opened and closed in one: it is told, and nothing more comes of it.
        passed = {one.incident.key for one in self.steps if one.change == "closed"}
        for step in self.steps:
            if step.change == "opened" and step.incident.key in passed and concerns(self.route, step.incident.notice):
                yield self.line(step.incident, "opened")
            elif step.change == "recovered" and name in step.incident.told:
                yield self.line(step.incident, "recovered")

    def line(self, incident: Incident, change: Change) -> Line:
        """An entry about an incident, with the local time since when it is so. It is the same one as long as the last
        change of the incident is; of what is still open, on the same day."""
        since = f"{_local(incident.since, self.zone):%Y-%m-%d %H:%M}"
        last = max((one.key for one in self.steps if one.incident.key == incident.key), default=incident.key)
        when = f"{_local(self.now, self.zone):%Y-%m-%d}" if change == "still_open" else str(last)
        notice = replace(incident.notice, change=change, since=since)
        return Line(notice, incident.key, f"{incident.key} {change} {when}")


def digest_is_due(
    route: Route, since: Sequence[datetime], last: datetime | None, now: datetime, zone: ZoneInfo
) -> bool:
    """Whether a route hears again what is still open: on a later day (or in a later week) than it last heard of it.

    ``since`` is when each incident that it was told of opened, ``last`` its last digest, all UTC.
    """
    if route.digest is None or not since:
        return False
    first = _local(max(min(since), last or min(since)), zone).date()
    today = _local(now, zone).date()
    if route.digest == "weekly":
        return today.isocalendar()[:2] > first.isocalendar()[:2]
    return today > first


def may_be_sent(route: Route, now: datetime, zone: ZoneInfo) -> datetime:
    """When a message that is written now may be sent: at once, or when the quiet hours of its route end. UTC."""
    if route.quiet is None:
        return now
    local, begins, ends = _local(now, zone), route.quiet.begins, route.quiet.ends
    at = local.time()
    is_quiet = begins <= at < ends if begins < ends else at >= begins or at < ends
    if not is_quiet:
        return now
    day = local.date() + timedelta(days=1 if at >= ends else 0)
    return datetime.combine(day, ends, zone).astimezone(UTC).replace(tzinfo=None)


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(zone)
