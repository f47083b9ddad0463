"""Rules over the log of a register: events in an order that can have happened, labels written in one way."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from catalogue.problem import Problem
from catalogue.programme import Programme


def a_life_begins_and_ends_once(programme: Programme) -> Iterator[Problem]:
    """An entity is created before anything else befalls it, and nothing but being created again follows its end.

    The order of rows in the file is no matter: the days count.
    """
    for register in programme.registers:
        rows = sorted(enumerate(register.versions), key=lambda row: (row[1].key, row[1].valid_from))
        key, lives = None, False
        for index, version in rows:
            if version.key != key:
                key, lives = version.key, False
            place = ("version", register.register_name, index, "event")
            if not lives and version.event != "created":
                found = f"{version.event!r} on {version.valid_from}, when the key {version.key} does not exist"
                remedy = "add the row that creates it, or correct the day"
                yield Problem(place, found, "'created' before anything else", remedy)
            elif lives and version.event == "created":
                found = f"'created' on {version.valid_from}, when the key {version.key} exists already"
                remedy = "write renamed, retyped or moved, or give the other entity its own key"
                yield Problem(place, found, "'created' once in a life", remedy)
            lives = not version.ends


def labels_are_written_one_way(programme: Programme) -> Iterator[Problem]:
    """Types that differ in letter case, spaces or the form of their letters only are one type, mixed up."""
    for register in programme.registers:
        known: dict[str, str] = {}
        told: set[str] = set()
        for index, version in enumerate(register.versions):
            label = version.type
            first = known.setdefault(_alike(label), label)
            if label != first and label not in told:
                told.add(label)
                place = ("version", register.register_name, index, "type")
                yield Problem(place, f"the type {label!r} beside {first!r}", "one way to write it", f"write {first!r}")


def _alike(label: str) -> str:
    return " ".join(unicodedata.normalize("NFC", label).casefold().split())
