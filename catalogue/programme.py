"""A programme: everything declared in one folder, loaded, typed and cross-checked."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from pydantic import Field

from catalogue.codelist import Codelist
from catalogue.contact import Contact
from catalogue.correction import Correction
from catalogue.declared import Declared, Name, Words
from catalogue.fact import Fact
from catalogue.form import Form
from catalogue.holiday import Holidays
from catalogue.indicator import Indicator
from catalogue.language import Language
from catalogue.period import CALENDARS, Calendar, Period
from catalogue.personal import Personal
from catalogue.reconciliation import Reconciliation
from catalogue.register import Register, Version
from catalogue.route import Route
from catalogue.source import Source
from catalogue.succession import Succession
from catalogue.target import Target


class Embargo(Declared):
    """When a release is shown: at this time of the programme's zone, so many days after the day it is sealed."""

    days: int = Field(default=0, ge=0, le=366)
    at: time = Field(description="As 09:00, in the programme's time zone")


class Releases(Declared):
    """How releases are published: until when readers wait for one, and after how long a figure is final."""

    embargo: Embargo | None = None
    final_after: int | None = Field(
        default=None, ge=1, le=3660, description="Days after which a figure that was published and not changed is final"
    )
    publish_from: Decimal | None = Field(
        default=None, ge=0, le=1, description="Share of the reports owed that must stand behind a figure to publish it"
    )


class Header(Declared):
    """``programme.yml``: what the programme is, and its registers' descriptions."""

    programme: Name
    version: int = 1
    title: Words
    languages: tuple[str, ...] = Field(min_length=1)
    time_zone: str = "UTC"
    holidays: Holidays = Holidays()
    remind: tuple[int, ...] = Field(
        default=(), description="Days after a report is due (before: negative) on which who has not sent it is reminded"
    )
    boundaries: tuple[date, ...] = Field(
        default=(), description="Days on whose boundaries every indicator is kept beside as it was reported"
    )
    note: Words = {}
    releases: Releases = Releases()


class Programme(Declared):
    """A whole programme. Lists keep the order of files and of entries in files."""

    header: Header
    folder: Path
    digest: str = Field(description="sha256 over the programme's files: what a release records")
    languages: tuple[Language, ...]
    codelists: tuple[Codelist, ...] = ()
    registers: tuple[Register, ...] = ()
    succession: tuple[Succession, ...] = ()
    facts: tuple[Fact, ...] = ()
    forms: tuple[Form, ...] = ()
    sources: tuple[Source, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    targets: tuple[Target, ...] = ()
    corrections: tuple[Correction, ...] = ()
    routes: tuple[Route, ...] = ()
    contacts: tuple[Contact, ...] = ()
    reconciliations: tuple[Reconciliation, ...] = ()
    personal: tuple[Personal, ...] = ()

    @property
    def name(self) -> str:
        """The programme's name."""
        return self.header.programme

    @property
    def calendars(self) -> dict[str, Calendar]:
        """The calendars its periods may be written in."""
        return CALENDARS

    @cached_property
    def codelist(self) -> dict[str, Codelist]:
        """Codelists by name."""
        return {found.codelist: found for found in self.codelists}

    @cached_property
    def register_named(self) -> dict[str, Register]:
        """Registers by name."""
        return {found.register_name: found for found in self.registers}

    @cached_property
    def fact(self) -> dict[str, Fact]:
        """Facts by name."""
        return {found.fact: found for found in self.facts}

    @cached_property
    def form(self) -> dict[str, Form]:
        """Forms by code."""
        return {found.form: found for found in self.forms}

    @cached_property
    def indicator(self) -> dict[str, Indicator]:
        """Indicators by code."""
        return {found.indicator: found for found in self.indicators}

    @cached_property
    def source(self) -> dict[str, Source]:
        """Sources by name."""
        return {found.source: found for found in self.sources}

    @property
    def language(self) -> Language:
        """The language its offices write in: the first declared."""
        return self.languages[0]

    @cached_property
    def register_of(self) -> dict[int, Register]:
        """The register that each entity key belongs to."""
        return {version.key: register for register in self.registers for version in register.versions}

    def version(self, key: int, day: date) -> Version | None:
        """The version of an entity on a day, whatever its register."""
        register = self.register_of.get(key)
        return register.version(key, day) if register else None

    def last_day(self, key: int | None) -> date | None:
        """The last day on which an entity exists."""
        register = self.register_of.get(key) if key is not None else None
        return register.last_day(key) if register and key is not None else None

    def as_of(self, key: int, period: Period) -> date:
        """The day whose versions a report of an entity on a period speaks of: its last, or the entity's last day."""
        return self.last_within(key, period.start, period.end)

    def last_within(self, key: int, start: date, end: date) -> date:
        """The last day of a span, or an entity's last day where that lies in it."""
        last = self.last_day(key)
        return last if last and start <= last < end else end

    def ancestors(self, key: int, day: date) -> tuple[int, ...]:
        """An entity and everything above it on a day, nearest first: parents, and what its register links to."""
        found: dict[int, None] = {}
        waiting = [key]
        while waiting:
            one = waiting.pop(0)
            version = self.version(one, day)
            if one in found or version is None:
                continue
            found[one] = None
            waiting += [up for up in (version.parent, version.link) if up is not None]
        return tuple(found)

    def branch(self, key: int, day: date) -> frozenset[int]:
        """What counts as an entity's own branch: the entity, and the one it links to. All below either is inside."""
        version = self.version(key, day)
        return frozenset({key, version.link} if version and version.link is not None else {key})
