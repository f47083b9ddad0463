"""The inbox: a folder that agencies fill. We look and read; we never move, change or remove what they sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from catalogue.errors import SettingsError, SourceUnavailable
from catalogue.source import Inbox
from sources.address import Opened, open_address

# What of a file's description must be the same before and after reading it, as far as the file system tells.
_MARKS: Final = ("size", "mtime", "ino", "created", "LastModified", "ETag", "etag", "updated")

Sight = tuple[str, int, datetime]
"""What a file is known by from one look to the next: name, size, time of its last change."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in an inbox. ``name`` is its path below the inbox; ``folder`` what the inbox declares its folders to
    say, each as written, as ``{"unit": "12.04 - Records Office"}``. ``modified`` is in UTC."""

    name: str
    size: int
    modified: datetime
    address: str
    path: str
    folder: dict[str, str] = field(default_factory=dict)

    @property
    def sight(self) -> Sight:
        """What a later look may pass as ``seen``."""
        return (self.name, self.size, self.modified)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found, each by name: files to read, files that may still be being copied, files that were taken
    before and are unchanged, and (name, why) of what is neither read nor ignored by a declared pattern."""

    ready: tuple[Arrival, ...]
    waiting: tuple[Arrival, ...]
    known: tuple[Arrival, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def look(inbox: Inbox, address: str, now: datetime, seen: Collection[Sight] | None = None) -> Look:
    """Look through an inbox and its folders at a moment (with its time zone); reads no file.

    Raises SettingsError where the inbox is no folder or cannot be opened, SourceUnavailable where it does not answer.
    """
    opened = _open(inbox, address)
    seen = seen if isinstance(seen, set | frozenset) else frozenset(seen or ())
    ready: list[Arrival] = []
    waiting: list[Arrival] = []
    known: list[Arrival] = []
    refused: list[tuple[str, str]] = []
    settle = timedelta(seconds=inbox.settle_seconds)
    for name, path, found in _entries(inbox, opened):
        if isinstance(found, str):
            refused.append((name, found))
            continue
        modified = _modified(opened, path, found)
        levels = zip(inbox.folders, name.split("/")[:-1], strict=False)
        clues: dict[str, str] = {level: segment for level, segment in levels if level != "any"}
        arrival = Arrival(name, int(found["size"] or 0), modified, address, path, clues)
        changed = modified
        if modified > now and "created" in found and "mtime" in found:
            # A sender's clock that runs ahead must not keep a file waiting for ever: ask when it was laid here.
            changed = datetime.fromtimestamp(found["created"], UTC)
        if arrival.sight in seen:
            known.append(arrival)
        elif inbox.settle_seconds and now - changed < settle:
            waiting.append(arrival)
        else:
            ready.append(arrival)
    return Look(_by_path(ready), _by_path(waiting), _by_path(known), tuple(sorted(refused)))


def read(arrival: Arrival) -> bytes:
    """The bytes of a file. Raises SourceUnavailable where it was changed since the look, is changed while it is read,
    is gone, or cannot be read; the next look finds it again."""
    opened = open_address(arrival.address)
    try:
        if opened.local and not Path(arrival.path).resolve().is_relative_to(Path(opened.root).resolve()):
            raise SourceUnavailable(f"{arrival.name}: leads out of the inbox; send the file itself, not a link")
        before = _describe(opened, arrival.path)
        if (before["size"], _modified(opened, arrival.path, before)) != (arrival.size, arrival.modified):
            raise SourceUnavailable(f"{arrival.name}: changed after it was looked at; it is read with the next run")
        data: bytes = opened.files.cat_file(arrival.path)
        after = _describe(opened, arrival.path)
    except OSError as error:
        raise SourceUnavailable(
            f"{arrival.name}: cannot be read: {error.strerror or type(error).__name__}; see that it is still there and "
            "that the account that runs chiso may read it"
        ) from error
    if len(data) != arrival.size or any(before.get(mark) != after.get(mark) for mark in _MARKS):
        raise SourceUnavailable(f"{arrival.name}: changed while it was read; it is read with the next run")
    return data


def _open(inbox: Inbox, address: str) -> Opened:
    opened = open_address(address)
    try:
        opened.files.invalidate_cache()
        is_folder = opened.files.isdir(opened.root)
    except OSError as error:
        raise SourceUnavailable(f"inbox {inbox.source!r}: {address!r} does not answer: {error}; try again") from error
    if not is_folder:
        raise SettingsError(
            f"inbox {inbox.source!r}: {address!r} is no folder; make it, connect its drive, or mend the address "
            f"{inbox.address!r} in the settings"
        )
    return opened


def _by_path(some: list[Arrival]) -> tuple[Arrival, ...]:
    return tuple(sorted(some, key=lambda one: one.path))


def _entries(inbox: Inbox, opened: Opened) -> Iterator[tuple[str, str, dict[str, Any] | str]]:
    """Every entry that is not ignored: name, path, and its description, or why it is refused."""
    base = opened.root.rstrip("/") + "/"
    folders = [opened.root]
    while folders:
        folder = folders.pop()
        try:
            entries = opened.files.ls(folder, detail=True)
        except FileNotFoundError:
            continue  # Moved away by its owner since its parent was listed.
        except OSError as error:
            if folder == opened.root:
                raise SettingsError(
                    f"inbox {inbox.source!r}: {folder!r} cannot be listed: {error.strerror or error}; give the account "
                    "that runs chiso the right to read it"
                ) from error
            yield _shown(folder.removeprefix(base)), folder, f"folder cannot be listed: {error.strerror or error}"
            continue
        for entry in entries:
            path = str(entry["name"]).rstrip("/")
            name = path.removeprefix(base)
            parts = name.split("/")
            if path == base.rstrip("/") or _ignored(inbox, parts[-1]):
                continue
            if not path.startswith(base) or ".." in parts:
                yield _shown(name), path, "lies outside the inbox"
            elif entry.get("islink"):
                yield _shown(name), path, "is a link; send the file itself"
            elif entry["type"] == "directory":
                folders.append(path)
            elif entry["type"] == "file":
                yield _shown(name), path, entry
            else:
                yield _shown(name), path, "is neither a file nor a folder"


def _ignored(inbox: Inbox, segment: str) -> bool:
    return any(fnmatchcase(segment.lower(), pattern.lower()) for pattern in inbox.ignore)


def _shown(name: str) -> str:
    """A name that can be stored: bytes of a file name that are no UTF-8 become U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _describe(opened: Opened, path: str) -> dict[str, Any]:
    opened.files.invalidate_cache()
    described: dict[str, Any] = opened.files.info(path)
    return described


def _modified(opened: Opened, path: str, found: dict[str, Any]) -> datetime:
    seconds = found.get("mtime")
    if isinstance(seconds, int | float):
        return datetime.fromtimestamp(seconds, UTC)
    try:
        modified: datetime = opened.files.modified(path)
    except NotImplementedError as error:  # what fsspec raises where a file system keeps no times
        raise SettingsError(
            f"{path!r}: this kind of address does not tell when a file was changed, so that a file still being copied "
            "cannot be told; use a folder or an object store"
        ) from error
    return modified if modified.tzinfo else modified.replace(tzinfo=UTC)
