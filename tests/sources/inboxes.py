"""An inbox that tests look into: its declaration, files with a time of their own, what a look found by name."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from catalogue.source import Inbox
from sources.inbox import Look

NOW = datetime(2024, 4, 10, 8, tzinfo=UTC)
SETTLED = NOW - timedelta(hours=1)


def inbox(**more: object) -> Inbox:
    return Inbox.model_validate(
        {"source": "post", "kind": "inbox", "title": {"en": "Post"}, "address": "inbox", "forms": ["F"]} | more
    )


def lay(root: Path, name: str, content: bytes = b"content", modified: datetime = SETTLED) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified.timestamp(), modified.timestamp()))
    return path


def names(found: Look) -> dict[str, list[str]]:
    return {
        "ready": [one.name for one in found.ready],
        "waiting": [one.name for one in found.waiting],
        "known": [one.name for one in found.known],
        "refused": [name for name, _ in found.refused],
    }
