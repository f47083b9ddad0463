"""The inbox: a folder that agencies fill, here, on an SFTP server or in an object store. We look and read; we never
move, change or remove what they sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from catalogue.errors import SettingsError, SourceUnavailable
from catalogue.source import Folder
from sources.address import Opened, Unreachable, open_address, said

# Under which of these names a store tells a mark of an object's content.
_MARKS: Final = ("ETag", "etag", "updated")
_MEGABYTE: Final = 1_000_000
_PIECE: Final = 1 << 20

Sight = tuple[str, int, datetime, str]
"""What a file is known by from one look to the next: name, size, time of its last change, and the store's own mark of
its content (ETag), of this machine when its entry was last changed, of others none."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in an inbox. ``name`` is its path below the inbox; ``folder`` what the inbox declares its folders to
    say, each as written, as ``{"unit": "12.04 - Records Office"}``. ``modified`` is in UTC."""

    name: str
    size: int
    modified: datetime
    mark: str
    path: str
    opened: Opened = field(repr=False, compare=False)
    folder: dict[str, str] = field(default_factory=dict)

    @property
    def sight(self) -> Sight:
        """What a later look may pass as ``seen``."""
        return (self.name, self.size, self.modified, self.mark)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: files to read in the order of their last change, then name; by name files that may still be
    being copied, and files that were taken before and are unchanged; and (name, why) of what is neither read nor
    ignored by a declared pattern."""

    ready: tuple[Arrival, ...]
    waiting: tuple[Arrival, ...]
    known: tuple[Arrival, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def look(
    inbox: Folder, address: str, now: datetime, seen: Collection[Sight] = (),
    since: Mapping[Sight, datetime] | None = None, secrets: Mapping[str, str] | None = None,
) -> Look:  # fmt: skip
    """Look through an inbox and its folders at a moment (with its time zone); reads no file.

    ``seen`` is what was taken before, ``since`` when what was waiting was first seen so, ``secrets`` are those of the
    address by kind. Raises SettingsError where the inbox is no folder or cannot be opened, SourceUnavailable where it
    does not answer.
    """
    opened = _open(inbox, address, secrets)
    seen = seen if isinstance(seen, set | frozenset) else frozenset(seen)
    ready: list[Arrival] = []
    waiting: list[Arrival] = []
    known: list[Arrival] = []
    refused: list[tuple[str, str]] = []
    try:
        for name, path, found in _entries(inbox, opened):
            if isinstance(found, str):
                refused.append((name, found))
                continue
            size, modified = int(found["size"] or 0), _modified(opened, path, found)
            arrival = Arrival(name, size, modified, _mark(opened, found), path, opened, _clues(inbox, name))
            if size > inbox.file_megabytes * _MEGABYTE:
                refused.append((name, _too_large(inbox, size)))
            elif arrival.sight in seen:
                known.append(arrival)
            elif _may_be_copied(inbox, opened, arrival, found, now, (since or {}).get(arrival.sight)):
                waiting.append(arrival)
            else:
                ready.append(arrival)
    except opened.faults as error:
        raise SourceUnavailable(
            f"inbox {inbox.source!r}: {address!r} no longer answers: {said(error)}; it is tried again with the next run"
        ) from error
    return Look(
        tuple(sorted(ready, key=lambda one: (one.modified, one.path))),
        _by_path(waiting),
        _by_path(known),
        tuple(sorted(refused)),
    )


def read(arrival: Arrival) -> bytes:
    """The bytes of a file. Raises SourceUnavailable where it was changed since the look, is changed while it is read,
    is gone, or cannot be read (the next look finds it again); Unreachable where its server no longer answers."""
    opened = arrival.opened
    try:
        if opened.local and not Path(arrival.path).resolve().is_relative_to(Path(opened.root).resolve()):
            raise SourceUnavailable(f"{arrival.name}: leads out of the inbox; send the file itself, not a link")
        # A store asks its price for every question, and its mark tells afterwards what was read.
        changed = not opened.flat and _has_changed(arrival)
        data: bytes = b"" if changed else opened.files.cat_file(arrival.path)
        changed = changed or len(data) != arrival.size or _has_changed(arrival)
    except opened.faults as error:
        raise _unreadable(arrival, error) from error
    if changed:
        raise SourceUnavailable(f"{arrival.name}: changed after it was looked at; it is read with the next run")
    return data


def pieces(arrival: Arrival) -> Iterator[bytes]:
    """The bytes of a file, piece by piece, never held. Raises as ``read`` does, if need be after the last piece."""
    opened, size = arrival.opened, 0
    try:
        if opened.local and not Path(arrival.path).resolve().is_relative_to(Path(opened.root).resolve()):
            raise SourceUnavailable(f"{arrival.name}: leads out of the inbox; send the file itself, not a link")
        with opened.files.open(arrival.path, "rb") as file:
            while piece := file.read(_PIECE):
                size += len(piece)
                yield piece
        changed = size != arrival.size or _has_changed(arrival)
    except opened.faults as error:
        raise _unreadable(arrival, error) from error
    if changed:
        raise SourceUnavailable(f"{arrival.name}: changed after it was looked at; it is read with the next run")


def _unreadable(arrival: Arrival, error: Exception) -> Unreachable | SourceUnavailable:
    if not arrival.opened.local and not _answers(arrival.opened):
        return Unreachable(
            f"the server no longer answers: {said(error)}; {arrival.name} and what follows wait for the next run"
        )
    return SourceUnavailable(
        f"{arrival.name}: cannot be read: {said(error)}; see that it is still there and "
        "that the account that runs chiso may read it"
    )


def _open(inbox: Folder, address: str, secrets: Mapping[str, str] | None) -> Opened:
    opened = open_address(address, secrets, inbox.address)
    try:
        opened.files.invalidate_cache()
        is_folder = _is_bucket(opened) if opened.flat else opened.files.isdir(opened.root)
    except PermissionError as error:
        raise SettingsError(
            f"inbox {inbox.source!r}: {address!r} may not be listed: {said(error)}; give our account the right "
            "to, or mend the secrets of this address"
        ) from error
    except opened.faults as error:
        raise SourceUnavailable(
            f"inbox {inbox.source!r}: {address!r} does not answer: {said(error)}; it is tried again with the next run"
        ) from error
    if not is_folder:
        raise SettingsError(
            f"inbox {inbox.source!r}: {address!r} is no folder; make it, connect its drive, or mend the address "
            f"{inbox.address!r} in the settings"
        )
    return opened


def _is_bucket(opened: Opened) -> bool:
    """Whether a store has that bucket; a folder in which nothing lies yet does not exist there, and is empty."""
    bucket, _, folder = opened.root.partition("/")
    try:
        opened.files.call_s3("list_objects_v2", Bucket=bucket, Prefix=f"{folder}/" if folder else "", MaxKeys=1)
    except FileNotFoundError:
        return False
    return True


def _answers(opened: Opened) -> bool:
    """Whether the inbox itself still answers, after a file of it did not."""
    try:
        if opened.flat:
            return _is_bucket(opened)
        return bool(opened.files.isdir(opened.root))
    except opened.faults:
        return False


def _clues(inbox: Folder, name: str) -> dict[str, str]:
    levels = zip(inbox.folders, name.split("/")[:-1], strict=False)
    return {level: segment for level, segment in levels if level != "any"}


def _may_be_copied(
    inbox: Folder, opened: Opened, arrival: Arrival, found: dict[str, Any], now: datetime, since: datetime | None
) -> bool:
    """Whether a file was changed so lately that more may come. An object of a store is there whole or not at all."""
    settle = timedelta(seconds=inbox.settle_seconds)
    if opened.flat or not settle or (since is not None and now - since >= settle):
        return False
    changed = arrival.modified
    if changed > now and "created" in found and "mtime" in found:
        # A sender's clock that runs ahead must not keep a file waiting for ever: ask when it was laid here.
        changed = datetime.fromtimestamp(found["created"], UTC)
    return now - changed < settle


def _too_large(inbox: Folder, size: int) -> str:
    return (
        f"is {size / _MEGABYTE:.0f} MB, more than the {inbox.file_megabytes} MB that a file of this inbox may have; "
        "send it in parts, or raise file_megabytes"
    )


def _by_path(some: list[Arrival]) -> tuple[Arrival, ...]:
    return tuple(sorted(some, key=lambda one: one.path))


def _entries(inbox: Folder, opened: Opened) -> Iterator[tuple[str, str, dict[str, Any] | str]]:
    """Every entry that is not ignored: name, path, and its description, or why it is refused."""
    base = opened.root.rstrip("/") + "/"
    if opened.flat:
        yield from _objects(inbox, opened, base)
        return
    folders = [opened.root]
    while folders:
        folder = folders.pop()
        try:
            entries = opened.files.ls(folder, detail=True)
        except FileNotFoundError:
            continue  # Moved away by its owner since its parent was listed.
        except opened.faults as error:
            if folder == opened.root:
                raise SettingsError(
                    f"inbox {inbox.source!r}: {folder!r} cannot be listed: {said(error)}; give the account "
                    "that runs chiso the right to read it"
                ) from error
            if not opened.local and not _answers(opened):
                raise SourceUnavailable(
                    f"inbox {inbox.source!r}: the server no longer answers: {said(error)}; it is tried again with the "
                    "next run"
                ) from error
            yield _shown(folder.removeprefix(base)), folder, f"folder cannot be listed: {said(error)}"
            continue
        for entry in entries:
            path = str(entry["name"]).rstrip("/")
            name = path.removeprefix(base)
            parts = name.split("/")
            if path == base.rstrip("/") or inbox.ignores(parts[-1]):
                continue
            if not path.startswith(base) or ".." in parts:
                yield _shown(name), path, "lies outside the inbox"
            elif entry.get("islink") or entry["type"] == "link":
                yield _shown(name), path, "is a link; send the file itself"
            elif entry["type"] == "directory":
                folders.append(path)
            elif entry["type"] == "file":
                yield _shown(name), path, entry
            else:
                yield _shown(name), path, "is neither a file nor a folder"


def _objects(inbox: Folder, opened: Opened, base: str) -> Iterator[tuple[str, str, dict[str, Any] | str]]:
    """The objects of a store below the inbox: one listing, whatever folders their names speak of."""
    for path, entry in sorted(opened.files.find(opened.root, detail=True).items()):
        name = path.removeprefix(base)
        parts = name.split("/")
        if path.endswith("/") or not path.startswith(base) or any(inbox.ignores(part) for part in parts):
            continue  # A name that ends with "/" is how browsers of stores keep an empty folder.
        if {"", ".", ".."} & set(parts):
            yield _shown(name), path, "has a folder without a name, or one that leads elsewhere"
        else:
            yield _shown(name), path, entry


def _shown(name: str) -> str:
    """A name that can be stored: bytes of a file name that are no UTF-8 become U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _has_changed(arrival: Arrival) -> bool:
    """Whether a file is no longer what the look saw."""
    opened, path = arrival.opened, arrival.path
    opened.files.invalidate_cache()
    found: dict[str, Any] = opened.files.info(path)
    now = int(found["size"] or 0), _modified(opened, path, found), _mark(opened, found)
    return now != (arrival.size, arrival.modified, arrival.mark)


def _mark(opened: Opened, found: dict[str, Any]) -> str:
    if opened.local:
        return str(found["created"])
    return next((str(found[name]).strip('"') for name in _MARKS if found.get(name)), "")


def _modified(opened: Opened, path: str, found: dict[str, Any]) -> datetime:
    told = found.get("mtime") or found.get("LastModified")
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told, UTC)
    if not isinstance(told, datetime):
        try:
            told = opened.files.modified(path)
        except NotImplementedError as error:  # fsspec raises it where a file system keeps no times
            raise SettingsError(
                f"{path!r}: this kind of address does not tell when a file was changed, so that a file still being "
                "copied cannot be told; use a folder or an object store"
            ) from error
    modified: datetime = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    # Stores tell an object's time to the second in one answer and more exactly in another.
    return modified.replace(microsecond=0) if opened.flat else modified
