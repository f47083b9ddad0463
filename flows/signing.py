"""Signing: which files of an inbox bear a signature, which wait for theirs, and how they were judged when they came.

A signature ``NAME.p7s`` lies beside the file NAME, and is no delivery. It is archived and verified as of its arrival;
what was proven then stays proven. What was not is verified again, as of the same moment by the lists of today, whenever
its delivery is judged anew, so that a mended list and a replay are all it takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from catalogue.delivery import Delivery, Signature
from catalogue.errors import ChisoError, SourceUnavailable
from catalogue.signer import LARGEST, SUFFIX
from catalogue.source import Folder, Inbox
from flows.house import House, now
from sources import inbox as inboxes
from sources.memory import Memory
from transforms.signed import LENIENT, bearing
from warehouse.signature import signatures, unproven

Policy = Literal["wanted", "required"]
_MISSING: Final = "signature.missing"


@dataclass(frozen=True, slots=True)
class Offered:
    """A signature that came: its file's name, its bytes, and the bytes that it signs by their sha256. Of one that is
    too large the first bytes are kept: enough to refuse it.

    ``digests`` are those of the bytes that it signs, as far as they are known: a bundle may have a thousand files.
    """

    name: str
    data: bytes
    signed: str
    digests: dict[str, bytes] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class Desk:
    """The signatures of a look into an inbox, by the name of the file that each signs.

    ``held`` are files that wait for theirs, ``late`` signatures of deliveries that were judged without, or by one that
    does not hold: by the sha256 of the delivery.
    """

    house: House
    inbox: Inbox
    seen: inboxes.Look
    memory: Memory
    clock: datetime
    here: dict[str, inboxes.Arrival] = field(default_factory=dict)
    offered: dict[str, Offered] = field(default_factory=dict)
    held: list[inboxes.Arrival] = field(default_factory=list)
    late: dict[str, Offered] = field(default_factory=dict)
    doubtful: Mapping[str, Signature] = field(default_factory=dict)
    trouble: str = ""

    def offer(self, arrival: inboxes.Arrival, sha256: str) -> Offered | None:
        """The signature of a file of the inbox, read once. Raises SourceUnavailable where it cannot be read."""
        signature = self.here.get(arrival.name)
        if signature is None:
            return None
        if arrival.name not in self.offered:
            large = signature.size > LARGEST
            data = next(inboxes.pieces(signature))[: LARGEST + 1] if large else inboxes.read(signature)
            self.offered[arrival.name] = Offered(signature.name, data, sha256)
        return self.offered[arrival.name]

    def judge(self, arrival: inboxes.Arrival, delivery: Delivery, own: Offered | None) -> Delivery | None:
        """A delivery that came with a file, with what is to be said of its signature; None where it waits for it, or
        where there is trouble with the trust list. What is refused anyway waits for nothing.

        ``own`` is what lies beside it within its bundle; else the signature of the bundle, or of the file itself.
        """
        policy = policy_of(self.house, delivery.form)
        if policy is None:
            return delivery
        offered = own or self.offered.get(arrival.name)
        refused = any(one.severity == "reject_delivery" for one in delivery.refusal)
        wait = offered is None and policy == "required" and not refused and self._may_come(arrival)
        if wait or (offered is not None and not self._can_judge()):
            self.held.append(arrival)
            return None
        return signed(self.house, delivery, policy, offered, now())

    def _can_judge(self) -> bool:
        """Whether there is a trust list to judge by. One that cannot be read must not refuse what it would vouch for,
        nor stop what is not signed."""
        if not self.trouble:
            try:
                _ = self.house.trust
            except ChisoError as error:
                self.trouble = str(error)
        return not self.trouble

    def known(self, arrival: inboxes.Arrival, sha256: str, own: Offered | None = None) -> None:
        """Bytes that are known came, or still lie there: a new signature of theirs is taken."""
        before = self.doubtful.get(sha256)
        if before is None:
            return
        offered = own or self.offer(arrival, sha256)
        if offered is not None and hashlib.sha256(offered.data).hexdigest() != before.sha256:
            self.late[sha256] = offered

    def strays(self) -> Iterator[tuple[str, str]]:
        """Signatures without their file, that have waited for it as long as a file would for them: (name, why). Before
        them trouble with the trust list."""
        if self.trouble:
            yield "signers", f"{self.trouble}; signed files wait until it is mended"
        files = {one.name for one in (*self.seen.ready, *self.seen.waiting, *self.seen.known)}
        patience = timedelta(minutes=self.inbox.signature_minutes)
        for name, one in self.here.items():
            if name not in files and self.clock - one.modified >= patience:
                yield one.name, "signs a file that is not here; lay the file beside it, or take the signature away"

    def _may_come(self, arrival: inboxes.Arrival) -> bool:
        since = self.memory.since.get(arrival.sight, self.clock)
        return self.clock - since < timedelta(minutes=self.inbox.signature_minutes)


def desk_of(
    house: House, folder: Folder, seen: inboxes.Look, memory: Memory, clock: datetime
) -> tuple[Desk | None, inboxes.Look]:
    """The signatures of a look, and the look without them. None for what is no inbox of submissions.

    A file whose signature is still being copied waits with it. Files that look as they did are asked for signatures
    that came after them.
    """
    if not isinstance(folder, Inbox):
        return None, seen
    ready = {_signed_name(one.name): one for one in (*seen.ready, *seen.known) if _is_signature(one.name)}
    coming = frozenset(_signed_name(one.name) for one in seen.waiting if _is_signature(one.name))
    waiting = [one for one in seen.ready if one.name in coming]
    files = replace(
        seen,
        ready=tuple(one for one in seen.ready if not _is_signature(one.name) and one.name not in coming),
        waiting=(*seen.waiting, *waiting),
        known=tuple(one for one in seen.known if not _is_signature(one.name)),
    )
    desk = Desk(house, folder, files, memory, clock, ready)
    if any(house.programme.form[code].signature != "ignored" for code in folder.forms):
        with house.warehouse.connection() as connection:
            desk.doubtful = unproven(connection, folder.source)
        for one in files.known if desk.doubtful else ():
            for sha256 in memory.read[one.name][1] if one.name in memory.read and one.name in ready else ():
                _look_again(desk, one, sha256)
    return desk, files


def _look_again(desk: Desk, arrival: inboxes.Arrival, sha256: str) -> None:
    """Look at the signature of a file that is known. One of a bundle signs the bundle's bytes."""
    if sha256 not in desk.doubtful:
        return
    # What is gone, or changes meanwhile, is looked at again with the next run.
    with suppress(SourceUnavailable):
        if arrival.name not in desk.offered:
            desk.offer(arrival, desk.house.archive.put(inboxes.read(arrival)))
        desk.known(arrival, sha256)


def policy_of(house: House, code: str | None) -> Policy | None:
    """What a form asks of the signatures of its files: wanted or required; None where it asks for none."""
    policy = house.programme.form[code].signature if code else "ignored"
    return None if policy == "ignored" else policy


def signed(house: House, delivery: Delivery, policy: Policy, offered: Offered | None, at: datetime) -> Delivery:
    """A delivery with its signature, verified as of a moment, and archived."""
    return bearing(delivery, _verified(house, delivery, policy, offered, at), house.programme.language)


def signed_on_disk(house: House, delivery: Delivery, file: Path, data: bytes) -> Delivery:
    """A delivery that is only checked, with the signature that lies beside its file; nothing is archived."""
    policy = policy_of(house, delivery.form)
    if policy is None:
        return delivery
    beside = file.with_name(f"{file.name}{SUFFIX}")
    if not beside.is_file():
        return signed(house, delivery, policy, None, now())
    with beside.open("rb") as signature:
        offered = Offered(beside.name, signature.read(LARGEST + 1), delivery.sha256)
    found = _judged(house, delivery, policy, offered, lambda: data, now())
    return bearing(delivery, found, house.programme.language)


def signed_again(
    house: House, delivery: Delivery, before: Signature | None, offered: Offered | None = None, *, recognised: bool
) -> Delivery:
    """A delivery that is judged anew, with its signature as of its arrival, or with one that was offered since.

    ``before`` is how it was judged last; where there is nothing, and it was ``recognised`` when it came, its form asked
    for none then.
    """
    if before is None:
        policy = None if recognised else policy_of(house, delivery.form)
        return signed(house, delivery, policy, offered, delivery.received_at) if policy else delivery
    if offered is not None:
        found = signed(house, delivery, before.policy, offered, now())
        # Else whoever may write into the inbox could take away what was taken with a warning.
        worse = found.signature and found.signature.rule and before.policy == "wanted" and before.rule in LENIENT
        return bearing(delivery, before, house.programme.language) if worse else found
    if not before.sha256 or (not before.rule and before.unit_key == delivery.unit_key):
        return bearing(delivery, before, house.programme.language)
    kept = Offered(before.name, house.archive.get(before.sha256), before.signed)
    return signed(house, delivery, before.policy, kept, before.at)


def last_judged(house: House, hashes: set[str]) -> dict[str, Signature]:
    """How the signatures of some bytes were judged last."""
    with house.warehouse.connection() as connection:
        return signatures(connection, hashes)


def _verified(house: House, delivery: Delivery, policy: Policy, offered: Offered | None, at: datetime) -> Signature:
    if offered is None:
        return Signature(policy, at, delivery.unit_key, rule=_MISSING)
    found = _judged(house, delivery, policy, offered, lambda: house.archive.get(offered.signed), at)
    house.archive.put(offered.data)
    return found


def _judged(
    house: House, delivery: Delivery, policy: Policy, offered: Offered, read: Callable[[], bytes], at: datetime
) -> Signature:
    # Costs a quarter of a second: only what is signed pays for it.
    from sources.signature import verify  # noqa: PLC0415

    known = offered.digests

    def digest(name: str) -> bytes:
        known.setdefault("sha256", bytes.fromhex(offered.signed))
        if name not in known:
            known[name] = hashlib.new(name, read()).digest()
        return known[name]

    anchors = house.trust.for_unit(_codes(house, delivery, at), at.date())
    found = verify(digest, offered.data, anchors, at)
    return Signature(
        policy,
        at,
        delivery.unit_key,
        found.rule,
        found.found,
        offered.name,
        hashlib.sha256(offered.data).hexdigest(),
        offered.signed,
        found.signer,
        found.serial,
        found.issuer,
        found.claimed,
        found.entry,
    )


def _codes(house: House, delivery: Delivery, at: datetime) -> set[str]:
    """The code of the unit that reports and of all above it; none where it is not known."""
    key, programme = delivery.unit_key, house.programme
    if key is None:
        return set()
    last = programme.last_day(key)
    day = programme.as_of(key, delivery.period) if delivery.period else min(at.date(), last) if last else at.date()
    found = (programme.version(one, day) for one in programme.ancestors(key, day))
    return {one.code for one in found if one}


def _is_signature(name: str) -> bool:
    return name.lower().endswith(SUFFIX)


def _signed_name(name: str) -> str:
    return name[: -len(SUFFIX)]
