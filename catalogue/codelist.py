"""Codelists: closed lists of codes, with names per language, aliases, and the days between which a code may be used."""

from __future__ import annotations

from datetime import date

from catalogue.declared import Code, Declared, Name, Words


class Entry(Declared):
    """One code. ``aliases`` are other ways offices write it."""

    code: Code
    name: Words
    aliases: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    replaced_by: str | None = None

    def valid_within(self, start: date, end: date) -> bool:
        """True where the code may be used on some day of the span (both days included)."""
        return (self.valid_from is None or self.valid_from <= end) and (self.valid_to is None or self.valid_to >= start)


class Codelist(Declared):
    """A list of codes; the file ``codelists/<name>.csv``."""

    codelist: Name
    entries: tuple[Entry, ...]

    def codes(self) -> tuple[str, ...]:
        """All codes, in the order of the file."""
        return tuple(entry.code for entry in self.entries)
