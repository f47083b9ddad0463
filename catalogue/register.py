"""Registers: the places, organisations and procedures that figures are about. One durable key per entity, for life."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final, Literal

from pydantic import Field

from catalogue.declared import Code, Declared, Name, Words

Event = Literal["created", "renamed", "retyped", "moved", "merged", "split", "abolished"]
ENDS: Final = ("merged", "split", "abolished")
"""Events with which an entity ends on that day."""
BEFORE_RECORDS = date(1900, 1, 1)
FOREVER = date(9999, 12, 31)


class Version(Declared):
    """What was true of an entity from a day on. An ``abolished``, ``merged`` or ``split`` row ends it on that day.

    ``parent`` is the key of an entity in the same register, ``link`` of one in the register that this one links to.
    """

    key: int
    code: Code
    valid_from: date = BEFORE_RECORDS
    event: Event = "created"
    name: str
    name_en: str = ""
    level: str = ""
    type: str = ""
    parent: int | None = None
    link: int | None = None
    aliases: tuple[str, ...] = ()
    document: str = ""

    @property
    def ends(self) -> bool:
        """True for a row that ends its entity."""
        return self.event in ENDS


@dataclass(frozen=True, slots=True)
class Span:
    """A version with the last day it holds."""

    version: Version
    valid_to: date


class Register(Declared):
    """A register of a programme. ``links`` names the register that ``link`` keys point into, as organisations to
    localities. ``levels`` run from the top of the hierarchy to its leaves."""

    register_name: Name = Field(alias="register")
    entity: Name = Field(description="What one entry is, in the singular: the dimension is dim_<entity>")
    title: Words
    levels: tuple[str, ...] = ()
    links: Name | None = None
    versions: tuple[Version, ...] = ()

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """Every version with its last day, by key and day; rows that end an entity are left out."""
        by_key: dict[int, list[Version]] = {}
        for version in self.versions:
            by_key.setdefault(version.key, []).append(version)
        found = []
        for key in sorted(by_key):
            rows = sorted(by_key[key], key=lambda row: row.valid_from)
            for row, following in zip(rows, [*rows[1:], None], strict=True):
                if not row.ends:
                    until = following.valid_from - timedelta(days=1) if following else FOREVER
                    found.append(Span(version=row, valid_to=until))
        return tuple(found)

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code that an entity ever bore."""
        return frozenset(version.code for version in self.versions)

    @cached_property
    def _by_key(self) -> dict[int, list[Span]]:
        index: dict[int, list[Span]] = {}
        for span in self.spans:
            index.setdefault(span.version.key, []).append(span)
        return index

    @cached_property
    def _by_code(self) -> dict[str, list[Span]]:
        index: dict[str, list[Span]] = {}
        for span in self.spans:
            index.setdefault(span.version.code, []).append(span)
        return index

    def on(self, day: date) -> Iterator[Version]:
        """The versions that hold on a day, by key."""
        return (span.version for span in self.spans if span.version.valid_from <= day <= span.valid_to)

    def within(self, start: date, end: date) -> Iterator[Version]:
        """The latest version of every entity that exists on the last day of a span, or ended inside it."""
        for spans in self._by_key.values():
            last = spans[-1]
            # Most entities have one version, or had their last before.
            if last.valid_to < start:
                continue
            if last.version.valid_from > end:
                held = [span for span in spans if span.version.valid_from <= end and span.valid_to >= start]
                if not held or held[-1].valid_to < end:
                    continue
                last = held[-1]
            yield last.version

    def last_day(self, key: int) -> date | None:
        """The last day on which an entity exists; None where it is not in the register."""
        spans = self._by_key.get(key)
        return spans[-1].valid_to if spans else None

    def version(self, key: int, day: date) -> Version | None:
        """The version of an entity on a day, or None where it does not exist then."""
        for span in self._by_key.get(key, ()):
            if span.version.valid_from <= day <= span.valid_to:
                return span.version
        return None

    def by_code(self, code: str, day: date) -> Version | None:
        """The entity that bears a code on a day. Codes are re-used across places: code and day are the natural key."""
        for span in self._by_code.get(code, ()):
            if span.version.valid_from <= day <= span.valid_to:
                return span.version
        return None
