"""The outbox: a folder beside the inbox where agencies find their receipts, laid out as the inbox is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

from catalogue.errors import SettingsError, SourceUnavailable
from sources.address import Opened, open_address

HTML: Final = ".receipt.html"
XLSX: Final = ".receipt.xlsx"
JSON: Final = ".receipt.json"
SUFFIXES: Final = (HTML, XLSX, JSON)

LONGEST: Final = 160
"""As many bytes of a file's name as the name of its receipt keeps; most file systems end at 255."""

# What no name of a file may hold on some system that may be behind an address.
_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')


def lay(address: str, inboxes: Sequence[str], place: str, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Lay the files of one receipt into the outbox ``address``, each whole or not at all; returns their paths.

    ``inboxes`` are the addresses that files are fetched from, ``place`` is where in the outbox (``place_of``),
    ``files`` what to add to the file's name (".receipt.html") and the bytes. What an earlier delivery of the same
    path was answered is replaced, and where nothing is to be marked now its marked copy goes.

    Raises SettingsError where the outbox lies inside an inbox, SourceUnavailable where it cannot be written.
    """
    outbox = open_address(address)
    for inbox in inboxes:
        _keep_apart(outbox, open_address(inbox), address)
    stem = f"{outbox.root.rstrip('/')}/{place}"
    folder = stem.rpartition("/")[0]
    paths = []
    try:
        outbox.files.makedirs(folder, exist_ok=True)
        for suffix, data in files.items():
            _put(outbox, f"{stem}{suffix}", data)
            paths.append(f"{stem}{suffix}")
        for suffix in SUFFIXES:
            if suffix not in files and outbox.files.exists(f"{stem}{suffix}"):
                outbox.files.rm_file(f"{stem}{suffix}")
    except OSError as error:
        raise SourceUnavailable(
            f"the outbox {address!r} cannot be written ({folder}): {error.strerror or type(error).__name__}; make "
            "room, mend the permissions or the connection, then send the receipt again with chiso receipt NAME --send"
        ) from error
    return tuple(paths)


def place_of(name: str, unit: str | None, *, by_unit: bool) -> str:
    """Where in the outbox the receipt of a file lies: its path in the inbox, so that an office finds it in the folder
    of its name; below the unit's code where the inbox has no folders of units (``by_unit`` false).

    >>> place_of("ON1/january.xlsx", "ON1", by_unit=True), place_of("january.xlsx", "ON1", by_unit=False)
    ('ON1/january.xlsx', 'ON1/january.xlsx')
    >>> place_of("../../etc/x?.xlsx", None, by_unit=False)
    'unknown/etc/x_.xlsx'
    """
    segments = [_fit(segment) for segment in name.split("/") if segment.strip(". ")]
    if not by_unit or len(segments) < 2:  # noqa: PLR2004 a file in no folder is nobody's
        segments = [_fit(unit or "unknown"), *segments]
    return "/".join(segments)


def _fit(segment: str) -> str:
    """A segment of a path that any file system takes; what is too long keeps its beginning and gets a hash."""
    fit = _UNFIT.sub("_", segment.replace("/", "_")).strip(" ")
    if len(fit.encode()) <= LONGEST:
        return fit
    tail = hashlib.sha256(segment.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{fit.encode()[: LONGEST - 9].decode(errors='ignore')}~{tail}"


def _keep_apart(outbox: Opened, inbox: Opened, address: str) -> None:
    """See that an outbox is not inside its inbox: the next run would take receipts for submissions.

    Raises SettingsError.
    """
    same = type(outbox.files) is type(inbox.files) and outbox.files.storage_options == inbox.files.storage_options
    if not same and not (outbox.local and inbox.local):
        return
    laid, fetched = outbox.root.rstrip("/"), inbox.root.rstrip("/")
    if outbox.local:
        laid, fetched = str(Path(laid).resolve()), str(Path(fetched).resolve())
    if laid == fetched or laid.startswith(f"{fetched}/"):
        raise SettingsError(
            f"the outbox {address!r} lies inside the inbox {inbox.root!r}, where the next run would take receipts for "
            "submissions; name a folder beside the inbox in the settings"
        )


def _put(opened: Opened, path: str, data: bytes) -> None:
    """Write a file under another name and rename it: whoever sees it sees all of it."""
    unfinished = f"{path.rpartition('/')[0]}/.{uuid4().hex[:8]}.part"
    opened.files.pipe_file(unfinished, data)
    if opened.local:
        Path(unfinished).replace(path)
        return
    try:
        if opened.files.exists(path):
            opened.files.rm_file(path)
        opened.files.mv(unfinished, path)
    except OSError:
        if opened.files.exists(unfinished):
            opened.files.rm_file(unfinished)
        raise
