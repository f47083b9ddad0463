"""The memory of an inbox: how each file looked when it was last read, and which bytes it held. A saving, not the truth:
whether bytes were taken is what the warehouse says, and without its memory an inbox is merely read again."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sources.inbox import Look, Sight


@dataclass(slots=True)
class Memory:
    """What is remembered of an inbox at an address, by the names of its files.

    ``read``: how a file looked, and the sha256 of what it held, of a bundle those of all its files. ``since``: when a
    file that waits was first seen as it looks.
    """

    address: str
    read: dict[str, tuple[Sight, tuple[str, ...]]] = field(default_factory=dict)
    since: dict[Sight, datetime] = field(default_factory=dict)

    def taken(self, known: Collection[str]) -> frozenset[Sight]:
        """How the files looked of which all bytes are among the known ones."""
        return frozenset(
            sight for sight, hashes in self.read.values() if hashes and all(one in known for one in hashes)
        )

    def after(self, look: Look, read: dict[str, tuple[Sight, tuple[str, ...]]], now: datetime) -> Memory:
        """What to remember after a look at a moment and what was read then; files that are gone are forgotten."""
        kept = {one.name: self.read[one.name] for one in look.known if one.name in self.read}
        since = {one.sight: self.since.get(one.sight, now) for one in look.waiting}
        return Memory(self.address, kept | read, since)


def recall(path: Path, address: str) -> Memory:
    """What a file remembers of an address; nothing where it is of another one, is not there, or cannot be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["address"] != address:
            return Memory(address)
        return Memory(
            address,
            {name: (_sight(name, *seen), tuple(hashes)) for name, seen, hashes in kept["read"]},
            {_sight(name, *seen): datetime.fromisoformat(first) for name, seen, first in kept["since"]},
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Memory(address)


def remember(path: Path, memory: Memory) -> None:
    """Write a memory in place of what the file held."""
    kept: dict[str, Any] = {
        "address": memory.address,
        "read": [(name, _kept(sight), hashes) for name, (sight, hashes) in sorted(memory.read.items())],
        "since": [(sight[0], _kept(sight), first.isoformat()) for sight, first in sorted(memory.since.items())],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    incoming = path.with_name(f"{path.name}.{uuid4().hex}")
    incoming.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    incoming.replace(path)


def _kept(sight: Sight) -> tuple[int, str, str]:
    return sight[1], sight[2].isoformat(), sight[3]


def _sight(name: str, size: int, modified: str, mark: str) -> Sight:
    return name, size, datetime.fromisoformat(modified), mark
