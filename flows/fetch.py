"""Fetching: what is new in an inbox, what a portal counts for a period; archived by hash before anyone looks at it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select

from catalogue.delivery import Delivery
from catalogue.errors import SourceUnavailable
from catalogue.period import Period
from catalogue.source import Inbox, Portal
from flows.house import House, now
from sources import inbox as inboxes
from sources import portal as portals
from transforms.recognise import Parcel, recognise_file, recognise_pull
from warehouse.schema import dim_delivery


@dataclass(slots=True)
class Fetched:
    """What a look brought: new deliveries, files whose bytes are known, files being copied, files not readable."""

    deliveries: list[Delivery] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def fetch_inbox(house: House, inbox: Inbox, known: Collection[str]) -> Fetched:
    """Take what is new in an inbox. Bytes that the warehouse knows are not taken again, whatever their name."""
    seen = inboxes.look(inbox, house.settings.address(inbox.address), datetime.now(UTC))
    fetched = Fetched(waiting=[one.name for one in seen.waiting], failed=list(seen.refused))
    hashes = set(known)
    for arrival in seen.ready:
        try:
            data = inboxes.read(arrival)
        except SourceUnavailable as error:
            fetched.failed.append((arrival.name, str(error)))
            continue
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in hashes:
            fetched.known.append(arrival.name)
            continue
        hashes.add(sha256)
        house.archive.put(data)
        parcel = Parcel(arrival.name, sha256, len(data), now(), arrival.folder)
        fetched.deliveries.append(recognise_file(house.programme, inbox, parcel, data, house.resolver))
    return fetched


def periods_to_pull(house: House, portal: Portal) -> list[Period]:
    """The periods that a portal is asked for: those never pulled well, and the latest again, whose past may change."""
    first = Period.parse(portal.first, house.programme.calendars)
    last = Period.parse(portal.last, house.programme.calendars) if portal.last else None
    wanted, period = [], first
    while period.end < now().date() and (last is None or period.end <= last.end):
        wanted.append(period)
        period = period.shifted(1)
    with house.warehouse.connection() as connection:
        good = ("accepted", "accepted_with_warnings", "partly_accepted")
        done = set(
            connection.execute(
                select(dim_delivery.c.period_code)
                .where(dim_delivery.c.source_code == portal.source)
                .where(dim_delivery.c.status.in_(good))
            ).scalars()
        )
    again = {one.code for one in wanted[max(0, len(wanted) - portal.restate) :]}
    return [one for one in wanted if one.code not in done or one.code in again]


def fetch_pull(house: House, portal: Portal, period: Period, known: Collection[str]) -> Delivery | None:
    """Pull one period of a portal; None where it answers as it did before. Raises SourceUnavailable, SourceBroken."""
    token = house.settings.secret(portal.token)
    address = house.settings.address(portal.address)
    data = portals.pull(portal, period, address, token, refresh=lambda: house.settings.secret(portal.token))
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 in known:
        return None
    house.archive.put(data)
    parcel = Parcel(f"{portal.source}/{period.code}", sha256, len(data), now(), {})
    return recognise_pull(house.programme, portal, period, parcel, house.resolver)
