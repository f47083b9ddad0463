"""Fetching: what is new in an inbox, what a portal counts for a period; archived by hash before anyone looks at it."""

from __future__ import annotations

import hashlib
import json
import time
import traceback
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import select

from catalogue.delivery import Cell, Delivery
from catalogue.errors import ChisoError, DeliveryRefused, SourceUnavailable
from catalogue.period import Period
from catalogue.rule import finding
from catalogue.signer import SUFFIX
from catalogue.source import Extract, Folder, Inbox, Portal
from flows.extracting import parcels_of
from flows.house import House, known_hashes, now
from flows.readers import AHEAD, Read, readers
from flows.reading import Reading, read_parcel
from flows.signing import Desk, Offered, desk_of
from flows.stopping import pass_on
from sources import inbox as inboxes
from sources import portal as portals
from sources.address import Unreachable
from sources.bundle import is_bundle, read_member, unpack
from sources.lines import Pull
from sources.memory import recall, remember
from sources.session import Wait
from transforms.recognise import Parcel, recognise_extract, recognise_pull
from warehouse.past import last_pulls
from warehouse.schema import dim_delivery

_NAMED = 3
"""As many other files as a finding names."""


@dataclass(slots=True)
class Fetched:
    """What a look brought: new deliveries, files whose bytes are known, files being copied, files not readable, and
    signatures of deliveries that were judged without: by the sha256 of these."""

    deliveries: list[Delivery] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    late: dict[str, Offered] = field(default_factory=dict)


def fetch_inbox(house: House, inbox: Folder, known: Collection[str]) -> Fetched:
    """Take what is new in an inbox or a folder of extracts, in the order in which it was last changed.

    A file that looks as it did when its bytes were taken is not read; bytes that the warehouse knows are not taken
    again, whatever their name. Raises SettingsError, SourceUnavailable where the inbox cannot be looked at.
    """
    address = house.settings.address(inbox.address)
    path = house.home / "inboxes" / f"{inbox.source}.json"
    memory, clock = recall(path, address), datetime.now(UTC)
    secrets = house.settings.secrets_of(inbox.address)
    looked = inboxes.look(inbox, address, clock, memory.taken(known), memory.since, secrets)
    desk, seen = desk_of(house, inbox, looked, memory, clock)
    fetched = Fetched(
        known=[one.name for one in seen.known], waiting=[one.name for one in seen.waiting], failed=list(seen.refused)
    )
    kept: dict[str, tuple[inboxes.Sight, tuple[str, ...]]] = {}
    with readers(house, len(seen.ready)) as read:
        look = _Look(house, inbox, fetched, set(known), read, desk)
        for arrival in seen.ready:
            try:
                kept[arrival.name] = arrival.sight, tuple(_taken(look, arrival))
            except SourceUnavailable as error:
                fetched.failed.append((arrival.name, str(error)))
            except Unreachable as error:
                fetched.failed.append((inbox.source, str(error)))
                break
            except ChisoError:
                raise
            except Exception as error:
                _failed(look, kept, arrival, error)
            _collect(look, kept, AHEAD)
        _collect(look, kept, 0)
    if desk is not None:
        seen = replace(seen, waiting=(*seen.waiting, *desk.held))
        fetched.late = desk.late
        fetched.failed += desk.strays()
    remember(path, memory.after(seen, kept, clock))
    fetched.deliveries = _name_twins(house, fetched.deliveries)
    return fetched


@dataclass(frozen=True, slots=True)
class _Look:
    """A look under way: what it has brought so far, the hashes that are known by now, and files that are being read."""

    house: House
    folder: Folder
    fetched: Fetched
    hashes: set[str]
    read: Read
    desk: Desk | None = None
    coming: deque[tuple[inboxes.Arrival, Parcel, Offered | None, Future[Reading]]] = field(default_factory=deque)


def _collect(look: _Look, kept: dict[str, tuple[inboxes.Sight, tuple[str, ...]]], most: int) -> None:
    """Take over what was read, in the order in which it was taken, until at most so many files are being read."""
    while look.coming and (len(look.coming) > most or look.coming[0][-1].done()):
        arrival, parcel, offered, future = look.coming.popleft()
        try:
            found, packed = _reading(look, parcel, future)
            delivery = look.desk.judge(arrival, found, offered) if look.desk else found
        except ChisoError:
            raise
        except Exception as error:
            _failed(look, kept, arrival, error)
            continue
        if delivery is None:
            # It waits for its signature, and is read again when that is here, or when it has waited long enough.
            kept.pop(arrival.name, None)
            look.fetched.waiting.append(parcel.name)
            continue
        look.fetched.deliveries.append(delivery)
        if packed is not None and delivery.form is not None:
            look.house.kept.keep(delivery, look.house.programme.form[delivery.form], packed)


def _reading(look: _Look, parcel: Parcel, future: Future[Reading]) -> Reading:
    try:
        return future.result()
    except Exception as error:
        pass_on(error)
        # A reader that dies may say so by any error; a file that is at fault itself fails here once more.
        house, data = look.house, look.house.archive.get(parcel.sha256)
        return read_parcel(house.programme, house.resolver, cast("Inbox", look.folder), parcel, data)


def _failed(
    look: _Look, kept: dict[str, tuple[inboxes.Sight, tuple[str, ...]]], arrival: inboxes.Arrival, error: Exception
) -> None:
    """A file that we cannot get through is named; it is tried again with the next run, and the others go on."""
    kept.pop(arrival.name, None)
    why = f"{type(error).__name__}: {error} ({_trace(look.house, arrival, error)})"
    look.fetched.failed.append((arrival.name, why))


def _taken(look: _Look, arrival: inboxes.Arrival) -> Iterator[str]:
    """Take a file; the sha256 of each delivery that it is."""
    house, folder = look.house, look.folder
    if isinstance(folder, Inbox):
        yield from _take(look, folder, arrival)
    elif isinstance(folder, Extract):
        for parcel in parcels_of(house, folder, arrival):
            if parcel.sha256 in look.hashes:
                look.fetched.known.append(parcel.name)
            else:
                look.hashes.add(parcel.sha256)
                look.fetched.deliveries.append(recognise_extract(house.programme, folder, parcel, house.resolver))
            yield parcel.sha256


def _trace(house: House, arrival: inboxes.Arrival, error: Exception) -> str:
    path = house.home / "traces" / f"{house.run_id}-{hashlib.sha256(arrival.name.encode()).hexdigest()[:12]}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{arrival.name}\n{''.join(traceback.format_exception(error))}", encoding="utf-8")
    return f"trace {path.name}"


def _take(look: _Look, inbox: Inbox, arrival: inboxes.Arrival) -> Iterator[str]:
    """Read a file and keep what is new in it; the sha256 of it, or of the files that it bundles."""
    data = inboxes.read(arrival)
    if look.desk and arrival.name in look.desk.here:
        look.desk.offer(arrival, hashlib.sha256(data).hexdigest())
    if not is_bundle(data, arrival.name):
        yield _take_bytes(look, inbox, arrival, arrival.name, data)
        return
    try:
        members = unpack(data, arrival.name, inbox)
    except DeliveryRefused as refused:
        yield _take_bytes(look, inbox, arrival, arrival.name, data, refused)
        return
    look.house.archive.put(data)
    beside = {name[: -len(SUFFIX)]: name for name in members if name.lower().endswith(SUFFIX)}
    for name, place in members.items():
        if name in beside.values():
            continue
        content, own = read_member(data, place), None
        if name in beside:
            by = beside[name]
            own = Offered(f"{arrival.name}/{by}", read_member(data, members[by]), hashlib.sha256(content).hexdigest())
        yield _take_bytes(look, inbox, arrival, f"{arrival.name}/{name}", content, own=own)


def _take_bytes(
    look: _Look, inbox: Inbox, arrival: inboxes.Arrival, name: str, data: bytes,
    refused: DeliveryRefused | None = None, own: Offered | None = None,
) -> str:  # fmt: skip
    """Archive some bytes and have them read, unless they are known. What the folders say of a bundle holds for its
    files. ``own`` is the signature beside a file in its bundle."""
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 in look.hashes:
        look.fetched.known.append(name)
        _put_back(look.house, sha256, iter([data]))
        if look.desk:
            look.desk.known(arrival, sha256, own)
        return sha256
    look.house.archive.put(data)
    parcel = Parcel(name, sha256, len(data), now(), arrival.folder)
    look.hashes.add(sha256)
    if refused is None:
        look.coming.append((arrival, parcel, own, look.read(inbox, parcel, data)))
    else:
        wrong = finding(refused.rule, Cell(), "", str(refused), look.house.programme.language)
        delivery = Delivery(sha256, name, inbox.source, parcel.received_at, len(data), refusal=(wrong,))
        whole: Future[Reading] = Future()
        whole.set_result(Reading(delivery))
        look.coming.append((arrival, parcel, own, whole))
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


@dataclass(frozen=True)
class Answered:
    """What the warehouse holds before a portal is asked.

    ``hashes``  sha256 of every delivery
    ``last``    what the portal answered last for a period, by its code: sha256, and what became of it
    """

    hashes: Collection[str]
    last: Mapping[str, tuple[str, str]]


def answered_before(house: House, portal: Portal) -> Answered:
    """What the warehouse holds before a portal is asked for its periods: looked up once, not for each of them."""
    with house.warehouse.connection() as connection:
        last = last_pulls(connection, portal.source)
    return Answered(known_hashes(house), last)


def fetch_pull(
    house: House, portal: Portal, period: Period, before: Answered, wait: Wait = time.sleep
) -> Delivery | None:
    """Pull one period of a portal; None where it answers as it did last. Raises SourceUnavailable, SourceBroken."""
    address, name = house.settings.address(portal.address), f"{portal.source}/{period.code}"
    secret = portal.token
    into = house.home / "pulls" / f"{house.run_id}-{portal.source}-{period.code}.jsonl"
    into.parent.mkdir(parents=True, exist_ok=True)
    try:
        pull = portals.pull(
            portal, period, address, house.settings.secret(secret) if secret else None, into,
            zone=house.programme.header.time_zone,
            refresh=(lambda: house.settings.secret(secret)) if secret else None, wait=wait,
        )  # fmt: skip
        follows = _follows(house, period, pull, before)
        if follows is None:
            return None
        sha256 = house.archive.put_chunks(pull.chunks(follows or None))
        size = sum(len(chunk) for chunk in pull.chunks(follows or None))
    finally:
        into.unlink(missing_ok=True)
    return recognise_pull(house.programme, portal, period, Parcel(name, sha256, size, now(), {}), house.resolver)


def _follows(house: House, period: Period, pull: Pull, before: Answered) -> str | None:
    """Which pull this one must name as the one it follows: the last one where a portal answers again as it did before
    that, so that its bytes are new; "" where they are new anyway; None where it answers as it did last, and that was
    taken: what was rejected is said again, as long as it lasts."""
    last, status = before.last.get(period.code, ("", ""))
    if last and status != "rejected":
        try:
            followed = _followed(house, last)
        except ChisoError:
            # Lost, damaged or erased: as we cannot know what it followed, this one's bytes may be new. That is all.
            followed = None
        if _hash(pull.chunks(followed)) == last:
            _put_back(house, last, pull.chunks(followed))
            return None
    return last if _hash(pull.chunks()) in before.hashes else ""


def _put_back(house: House, sha256: str, chunks: Iterator[bytes]) -> None:
    """Bytes that the warehouse knows are archived again where the archive has lost them: not what people erased, and
    nothing in the place of an object that is there, damaged or not."""
    if not house.archive.has(sha256) and house.archive.tombstone(sha256) is None:
        house.archive.put_chunks(chunks)


def _followed(house: House, sha256: str) -> str | None:
    """The pull that an archived one names as the one before it."""
    with house.archive.local(sha256, house.home / "pulls") as path, path.open("rb") as file:
        after = json.loads(file.readline()).get("after")
    return str(after) if after else None


def _hash(chunks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
