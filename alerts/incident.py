"""Incidents: what is remembered of what goes wrong, and what becomes of it. Decided from what is known; no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from alerts.message import concerns, tone_of
from alerts.notice import Notice
from catalogue.incident import KINDS, RANKS, Change, Kind
from catalogue.route import Route

BY_NAME: Final[frozenset[Kind]] = frozenset({"error", "source", "pull", "route"})
"""Kinds that are about a file, a source, a pull or a route, whatever form, unit and period it has."""
PASSING: Final[frozenset[Kind]] = frozenset({"drift"})
"""Kinds that are told once: there is nothing to wait for."""
LASTING: Final[frozenset[Kind]] = frozenset({"overdue"})
"""Kinds that are looked for anew each time: that one is still there is nothing new."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something wrong, from when it opened (``since``, UTC) until it is over.

    ``key`` is its number; ``fingerprint`` the same as long as it is the same thing; ``notice`` what is known of it
    last; ``told`` the routes that were told of it, ``escalated`` those that it was escalated to.
    """

    key: int
    fingerprint: str
    notice: Notice
    since: datetime
    told: frozenset[str] = frozenset()
    escalated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """A change of an incident. ``key`` orders steps; ``route`` is whom an escalation goes to; ``detail`` says why a
    person closed it."""

    key: int
    change: Change
    incident: Incident
    route: str = ""
    detail: str = ""


def kind_of(notice: Notice) -> Kind | None:
    """What kind of incident a notice is of; None where all is well."""
    return next((kind for event, kind in KINDS.items() if event == notice.status), None)


def fingerprint(kind: Kind, notice: Notice) -> str:
    """What makes it the same incident: kind, form, unit and period; where one of these is not known, its name."""
    place: tuple[object, ...] = (notice.form, notice.unit_key, notice.period)
    if kind in BY_NAME or (kind in ("validation", "drift", "overdue") and None in place):
        place = (notice.name,)
    return hashlib.sha256("\0".join(map(str, (kind, *place))).encode()).hexdigest()[:32]


def settled(notices: Iterable[Notice]) -> tuple[dict[str, Notice], set[str]]:
    """Of what arrived, in order: what is wrong now, by fingerprint; and the fingerprints of what is no more.

    A delivery that was taken settles what was wrong with an earlier one of its form, unit and period, or of its name;
    any that got through us settles an error of ours with it.
    """
    bad: dict[str, Notice] = {}
    over: set[str] = set()
    for one in notices:
        kind = kind_of(one)
        done: set[str] = set()
        if kind in (None, "validation"):
            done.add(fingerprint("error", one))
        if kind is None:
            done |= {fingerprint("validation", one), fingerprint("validation", replace(one, form=None))}
        for mark in done:
            bad.pop(mark, None)
        over |= done
        if kind is not None:
            mark = fingerprint(kind, one)
            over.discard(mark)
            bad[mark] = one
    return bad, over


def follow(
    known: Sequence[Incident], bad: Mapping[str, Notice], over: Collection[str], key: int, now: datetime
) -> list[Step]:
    """What becomes of incidents: those that open, come again, get worse, are over.

    ``known`` are the open ones, ``bad`` and ``over`` as ``settled`` gives them; ``key`` is the number of the first
    step. What is both bad and over is over.
    """
    by_mark = {one.fingerprint: one for one in known}
    steps: list[Step] = []

    def step(change: Change, incident: Incident) -> None:
        steps.append(Step(key + len(steps), change, incident))

    for mark, notice in bad.items():
        kind, before = kind_of(notice), by_mark.get(mark)
        if mark in over or kind is None:
            continue
        if before is None:
            opened = Incident(key + len(steps), mark, notice, now)
            step("opened", opened)
            if kind in PASSING:
                step("closed", opened)
        elif rank(notice) > rank(before.notice):
            step("worsened", replace(before, notice=notice))
        elif kind not in LASTING:
            step("repeated", replace(before, notice=notice))
    for one in known:
        if one.fingerprint in over:
            step("recovered", one)
    return steps


def rank(notice: Notice) -> int:
    """How bad it is, as a number: more is worse."""
    return RANKS[tone_of(notice)]


def still_open(known: Sequence[Incident], steps: Sequence[Step]) -> list[Incident]:
    """The incidents that are open after some steps, each as it is known then, the oldest first."""
    found = {one.key: one for one in known}
    for one in steps:
        if one.change in ("recovered", "closed"):
            found.pop(one.incident.key, None)
        else:
            found[one.incident.key] = one.incident
    return [found[key] for key in sorted(found)]


def escalations(open_now: Sequence[Incident], routes: Sequence[Route], key: int, now: datetime) -> list[Step]:
    """What is open for so long that another route is told: once per incident and route."""
    steps: list[Step] = []
    for incident in open_now:
        done = set(incident.escalated)
        for route in routes:
            if route.escalate_after is None or route.escalate_to is None or route.escalate_to in done:
                continue
            if now - incident.since >= timedelta(days=route.escalate_after) and concerns(route, incident.notice):
                done.add(route.escalate_to)
                steps.append(Step(key + len(steps), "escalated", incident, route=route.escalate_to))
    return steps
