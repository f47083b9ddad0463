"""Taking all pages of a portal: what every adapter shares. A pull is complete and proven, or partial and marked so.

Complete means: every key came once; as many records came as the portal says there are, on the first page as on the
last; where it does not say, or ``twice`` is declared, two readings one after the other were equal, with pages of
another size, so that what is lost between pages shows; and all that must be present is. Else all is taken again,
``PULLS`` times at most: rows shift between pages while others work in the portal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from catalogue.errors import SourceBroken
from catalogue.source import Portal, Rest
from sources.lines import Draft, Header, Record

PULLS: Final = 3
NAMED: Final = 3  # So many doubled keys are named in a note.
SECOND: Final = 2
PAGES: Final = 100_000  # A portal that states no total and never ends is left here.


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``total`` is None where the portal does not say how many records there are, ``more`` where it does not
    say whether more follow: then an empty page is the last."""

    records: list[dict[str, Any]]
    total: int | None
    more: bool | None


Turn = Callable[[int, int], Page]
"""Asks for a page by its number, from 1, and its size."""


@dataclass(slots=True)
class _Reading:
    """All pages, once. ``notes`` are remarks, ``doubts`` say why it is not complete."""

    portal: Portal
    records: int = 0
    left_out: int = 0
    totals: list[int | None] = field(default_factory=list)
    keys: set[bytes] = field(default_factory=set)
    doubled: int = 0
    named: dict[str, None] = field(default_factory=dict)
    blanks: dict[str, int] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def take(self, page: Page) -> list[dict[str, Any] | None]:
        """Count a page in; its records as they are to be kept, None for those that add up others."""
        self.totals.append(page.total)
        return [self._taken(record) for record in page.records]

    def _taken(self, record: dict[str, Any]) -> dict[str, Any] | None:
        self.records += 1
        self._know(record)
        portal = self.portal
        if portal.totals and any(_text(record.get(name)) in values for name, values in portal.totals.items()):
            self.left_out += 1
            return None
        for name in portal.present:
            self.seen.setdefault(name, set()).add(_text(record.get(name)))
        if not portal.blank:
            return record
        filled = {name: value for name in portal.blank if (value := self._filled(record, name)) is not None}
        for name in filled:
            self.blanks[name] = self.blanks.get(name, 0) + 1
        return record | filled if filled else record

    def _filled(self, record: dict[str, Any], name: str) -> str | int | None:
        """What an empty value counts as; None where it is not empty, or what it would be left of is no whole number."""
        how = self.portal.blank.get(name)
        if record.get(name) not in (None, "") or how is None:
            return None
        if not isinstance(how, Rest):
            return how
        whole, *parts = (_whole(record.get(key)) for key in (how.of, *how.less))
        if whole is None or None in parts:
            return None
        left = whole - sum(part for part in parts if part is not None)
        return left if left >= 0 else None

    def _know(self, record: dict[str, Any]) -> None:
        values = [record.get(name) for name in self.portal.key]
        if self.portal.blank:
            filled = [self._filled(record, name) for name in self.portal.key]
            values = [one if value is None else value for one, value in zip(values, filled, strict=True)]
        if None in values:
            return  # Such a record is judged for what it lacks.
        key = "\0".join(map(str, values))
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if digest in self.keys:
            self.doubled += 1
            if self.doubled <= NAMED:
                self.named[key.replace("\0", " ")] = None
        self.keys.add(digest)

    def judge(self) -> None:
        """Say what is to be noted of the whole, and what speaks against its being complete."""
        word, first, last = self.portal.contract.total, self.totals[0], self.totals[-1]
        if first != last:
            self.doubts.append(f"{word} was {first} on the first page and {last} on the last")
        if last is not None and self.records != last:
            self.doubts.append(f"{self.records} records came where {word} says {last}")
        if self.doubled:
            named = "; ".join(self.named)
            self.doubts.append(f"{self.doubled} records came with a key that came before, as {named}")
        for name, values in self.portal.present.items():
            missing = [value for value in values if value not in self.seen.get(name, ())]
            if missing:
                shown = ", ".join(missing[:NAMED]) + (f", … (+{len(missing) - NAMED})" if len(missing) > NAMED else "")
                self.doubts.append(f"no record has {name} {shown}: the period may not be built yet")
        for name, count in self.blanks.items():
            how = self.portal.blank[name]
            said = " - ".join((how.of, *how.less)) if isinstance(how, Rest) else how
            self.notes.append(f"{count} records without {name} were counted as {said}")


def take_all(portal: Portal, period: str, turn: Turn, draft: Draft) -> Header:
    """Take every page into a draft; what is to be said of it. Raises what ``turn`` raises."""
    before: bytes | None = None
    alone = portal.contract.total is not None and not portal.twice
    for number in range(1, PULLS + 1):
        draft.restart()
        smaller = not alone and number % 2 == 0 and portal.page_size > 1
        size = portal.page_size - 1 if smaller else portal.page_size
        reading = _read(portal, turn, draft, size, placed=not alone)
        reading.judge()
        if reading.doubts:
            before = None
            continue
        now = draft.digest()
        if alone or now == before:
            break
        before = now
        if number == PULLS:
            reading.doubts.append(f"no two answers of {PULLS} that followed each other were equal")
    total = reading.totals[-1]
    return Header(
        source=portal.source,
        period=period,
        adapter=portal.adapter,
        total=(reading.records if total is None else total) - reading.left_out,
        complete=not reading.doubts,
        notes=(*reading.notes, *reading.doubts),
        totals=reading.left_out,
    )


def _read(portal: Portal, turn: Turn, draft: Draft, size: int, *, placed: bool) -> _Reading:
    """All pages of a size. ``placed``: records are given the places that they have on pages of the declared size."""
    reading, number, total = _Reading(portal), 1, 0
    first: list[dict[str, Any]] = []
    while True:
        page, known, come = turn(number, size), len(reading.keys), reading.records
        if page.total is None and number == 1:
            first = [*page.records]
        elif page.total is None and number == SECOND and page.records == first and len(first) != size:
            reading.notes.append("page 2 is page 1 again: it does not page, and all is on the first")
            break
        for row, record in enumerate(reading.take(page), start=1):
            if record is not None:
                at = divmod(come + row - 1, portal.page_size) if placed else (number - 1, row - 1)
                draft.add(Record(at[0] + 1, at[1] + 1, record))
        total = max(total, page.total or 0)
        if page.more is False or (page.more is None and not page.records):
            break
        if not page.records:
            reading.notes.append(f"page {number} is empty and yet says that more follow; stopped there")
            break
        # It never ends: the portal repeats itself or does not honour the page number.
        if page.total is not None and reading.records > total + size:
            break
        if page.total is None and (len(reading.keys) == known or number >= PAGES):
            break
        number += 1
    return reading


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() else None


def _text(value: object) -> str:
    return "" if value is None else str(value)


def out_of_contract(name: str, number: int, what: str, found: object, allowed: str) -> SourceBroken:
    """What to raise where an answer is not what the contract says."""
    shown = "nothing" if found is None else f"{found!r:.80}"
    return SourceBroken(
        f"{name}, page {number}: {what} is {shown} where the contract says {allowed}; ask those who run the "
        "portal, or mend its contract in the declaration"
    )


def records_of(name: str, number: int, key: str, found: object) -> list[dict[str, Any]]:
    """The records of a page. Raises SourceBroken where they are no list of objects."""
    if not isinstance(found, list):
        raise out_of_contract(name, number, key, found, "a list")
    for row, record in enumerate(found, start=1):
        if not isinstance(record, dict):
            raise out_of_contract(name, number, f"{key}, record {row},", record, "an object")
    return found


def total_of(name: str, number: int, key: str, found: object) -> int:
    """The total of a page. Raises SourceBroken where it is no whole number."""
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise out_of_contract(name, number, key, found, "a whole number")
    return found


def flag_of(name: str, number: int, key: str, found: object) -> bool:
    """A yes or no of a page. Raises SourceBroken where it is neither."""
    if not isinstance(found, bool):
        raise out_of_contract(name, number, key, found, "true or false")
    return found
