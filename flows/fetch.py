"""Fetching: what is new in an inbox, what a portal counts for a period; archived by hash before anyone looks at it."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import select

from catalogue.delivery import Cell, Delivery
from catalogue.errors import ChisoError, DeliveryRefused, SourceUnavailable
from catalogue.period import Period
from catalogue.rule import finding
from catalogue.source import Inbox, Portal
from flows.house import House, now
from sources import inbox as inboxes
from sources import portal as portals
from sources.address import Unreachable
from sources.bundle import is_bundle, read_member, unpack
from sources.memory import recall, remember
from transforms.recognise import Parcel, recognise_file, recognise_pull
from warehouse.schema import dim_delivery

_NAMED = 3
"""As many other files as a finding names."""


@dataclass(slots=True)
class Fetched:
    """What a look brought: new deliveries, files whose bytes are known, files being copied, files not readable."""

    deliveries: list[Delivery] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def fetch_inbox(house: House, inbox: Inbox, known: Collection[str]) -> Fetched:
    """Take what is new in an inbox, in the order in which it was last changed.

    A file that looks as it did when its bytes were taken is not read; bytes that the warehouse knows are not taken
    again, whatever their name. Raises SettingsError, SourceUnavailable where the inbox cannot be looked at.
    """
    address = house.settings.address(inbox.address)
    path = house.home / "inboxes" / f"{inbox.source}.json"
    memory, clock = recall(path, address), datetime.now(UTC)
    secrets = house.settings.secrets_of(inbox.address)
    seen = inboxes.look(inbox, address, clock, memory.taken(known), memory.since, secrets)
    fetched = Fetched(
        known=[one.name for one in seen.known], waiting=[one.name for one in seen.waiting], failed=list(seen.refused)
    )
    hashes, kept = set(known), dict[str, tuple[inboxes.Sight, tuple[str, ...]]]()
    for arrival in seen.ready:
        try:
            kept[arrival.name] = arrival.sight, tuple(_take(house, inbox, arrival, fetched, hashes))
        except SourceUnavailable as error:
            fetched.failed.append((arrival.name, str(error)))
        except Unreachable as error:
            fetched.failed.append((inbox.source, str(error)))
            break
        except ChisoError:
            raise
        except Exception as error:
            # A file that we cannot get through is named; it is tried again with the next run, and the others go on.
            fetched.failed.append((arrival.name, f"{type(error).__name__}: {error} ({_trace(house, arrival, error)})"))
    remember(path, memory.after(seen, kept, clock))
    fetched.deliveries = _name_twins(house, fetched.deliveries)
    return fetched


def _trace(house: House, arrival: inboxes.Arrival, error: Exception) -> str:
    path = house.home / "traces" / f"{house.run_id}-{hashlib.sha256(arrival.name.encode()).hexdigest()[:12]}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{arrival.name}\n{''.join(traceback.format_exception(error))}", encoding="utf-8")
    return f"trace {path.name}"


def _take(
    house: House, inbox: Inbox, arrival: inboxes.Arrival, fetched: Fetched, hashes: set[str]
) -> Iterator[str]:  # fmt: skip
    """Read a file and keep what is new in it; the sha256 of it, or of the files that it bundles."""
    data = inboxes.read(arrival)
    if not is_bundle(data, arrival.name):
        yield _take_bytes(house, inbox, arrival, arrival.name, data, fetched, hashes)
        return
    try:
        members = unpack(data, arrival.name, inbox)
    except DeliveryRefused as refused:
        yield _take_bytes(house, inbox, arrival, arrival.name, data, fetched, hashes, refused)
        return
    house.archive.put(data)
    for name, place in members.items():
        content = read_member(data, place)
        yield _take_bytes(house, inbox, arrival, f"{arrival.name}/{name}", content, fetched, hashes)


def _take_bytes(
    house: House, inbox: Inbox, arrival: inboxes.Arrival, name: str, data: bytes, fetched: Fetched, hashes: set[str],
    refused: DeliveryRefused | None = None,
) -> str:  # fmt: skip
    """Archive and recognise some bytes, unless they are known. What the folders say of a bundle holds for its files."""
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 in hashes:
        fetched.known.append(name)
        return sha256
    house.archive.put(data)
    parcel = Parcel(name, sha256, len(data), now(), arrival.folder)
    if refused is None:
        fetched.deliveries.append(recognise_file(house.programme, inbox, parcel, data, house.resolver))
    else:
        wrong = finding(refused.rule, Cell(), "", str(refused), house.programme.language)
        fetched.deliveries.append(Delivery(sha256, name, inbox.source, parcel.received_at, len(data), refusal=(wrong,)))
    hashes.add(sha256)
    return sha256


def _name_twins(house: House, deliveries: list[Delivery]) -> list[Delivery]:
    """Deliveries that report the same at once each name the others. The last in order is the one that will count."""
    same: dict[tuple[str, int, str], list[Delivery]] = {}
    for one in deliveries:
        if one.form and one.unit_key is not None and one.period:
            same.setdefault((one.form, one.unit_key, one.period.code), []).append(one)
    named = {}
    for twins in same.values():
        for one in twins if len(twins) > 1 else ():
            names = [other.name for other in twins if other is not one]
            others = ", ".join(names[:_NAMED]) + (f", … (+{len(names) - _NAMED})" if len(names) > _NAMED else "")
            wrong = finding("file.twice", Cell(), "", others, house.programme.language)
            named[one.sha256] = replace(one, refusal=(*one.refusal, wrong))
    return [named.get(one.sha256, one) for one in deliveries]


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
