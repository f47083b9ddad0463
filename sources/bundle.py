"""A bundle: a zip in which an office sends several files. All of it is looked through before any of it is taken."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Final

from catalogue.errors import DeliveryRefused
from catalogue.source import Inbox

# What makes a zip a workbook: it is read as one file.
# What no other archive holds. One of them is enough: a workbook that lost a part is a broken workbook, and no bundle.
_WORKBOOK: Final = ("[Content_Types].xml", "mimetype", "xl/workbook.xml", "xl/workbook.bin", "content.xml")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1 | 0x40
_UTF8: Final = 0x800
_DRIVE: Final = re.compile(r"[A-Za-z]:")
# Opening a zip costs memory for each of its entries, so they are counted by their mark before.
_ENTRY: Final = b"PK\x01\x02"
_MOST_ENTRIES: Final = 50_000
_MEGABYTE: Final = 1_000_000
# All that zipfile raises over damaged bytes.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # an encrypted member; a method of compression, or a format's version, that it does not know
)


def is_bundle(data: bytes, name: str) -> bool:
    """Whether a file is a bundle: a zip that is no workbook, whatever its name; or a broken file that is named .zip."""
    if data.startswith(b"PK"):
        if data.count(_ENTRY) > _MOST_ENTRIES:
            return True
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return not any(part in archive.NameToInfo for part in _WORKBOOK)
        except _BROKEN:
            pass
    # A workbook under the wrong suffix is no zip to us, but the old binary kind is not known by its first letters.
    return PurePosixPath(name).suffix.lower() == ".zip" and not data.startswith(b"\xd0\xcf\x11\xe0")


def unpack(data: bytes, name: str, inbox: Inbox) -> dict[str, int]:
    """The files of a bundle, as name -> place for ``read_member``, in the order of names; ignored ones are left out.

    Each has been read once, so that its checksum is known to be right. Raises DeliveryRefused, naming the bundle, where
    any of it is damaged, encrypted, leads outside, is a bundle itself, or is more than the inbox allows.
    """
    entries = data.count(_ENTRY)
    if entries > _MOST_ENTRIES:
        raise DeliveryRefused("zip.too_much", f"{name} lists {entries} files; send at most {inbox.zip_members}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _members(archive, name, inbox)
    except _BROKEN as error:
        raise DeliveryRefused(
            "zip.damaged", f"{name} cannot be unpacked: {str(error) or type(error).__name__}; pack the files again"
        ) from error


def read_member(data: bytes, place: int) -> bytes:
    """The bytes of a file of a bundle that ``unpack`` has looked through."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(archive.infolist()[place])


def _members(archive: zipfile.ZipFile, name: str, inbox: Inbox) -> dict[str, int]:
    entries = archive.infolist()
    found: dict[str, int] = {}
    total = 0
    for place, entry in enumerate(entries):
        shown = _shown(entry)
        parts = shown.split("/")
        if shown.startswith("/") or ".." in parts or _DRIVE.match(shown):
            raise DeliveryRefused("zip.name", f"{name} holds {shown!r}, which leads out of it")
        if entry.is_dir() or any(inbox.ignores(part) for part in parts):
            continue
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise DeliveryRefused("zip.name", f"{name} holds {shown!r}, which is a link; pack the file itself")
        if entry.flag_bits & _ENCRYPTED:
            raise DeliveryRefused("zip.encrypted", f"{name} holds {shown!r}, which is protected by a password")
        if entry.compress_type not in _METHODS:
            raise DeliveryRefused("zip.damaged", f"{name}: {shown!r} is compressed in a way that is not read")
        if shown in found:
            raise DeliveryRefused("zip.name", f"{name} holds {shown!r} twice; which of them counts cannot be told")
        found[shown] = place
        total += entry.file_size
        _refuse_too_much(name, shown, entry.file_size, total, len(found), inbox)
    if not found:
        raise DeliveryRefused("zip.empty", f"{name} holds no file")
    for shown, place in found.items():
        # Declared sizes are the most that is unpacked of each; where there is more or less, its checksum is wrong.
        content = archive.read(entries[place])
        if is_bundle(content, shown):
            raise DeliveryRefused(
                "zip.nested", f"{name} holds {shown!r}, which is a zip itself; pack its files instead"
            )
    return dict(sorted(found.items()))


def _refuse_too_much(name: str, shown: str, size: int, total: int, count: int, inbox: Inbox) -> None:
    if count > inbox.zip_members:
        raise DeliveryRefused("zip.too_much", f"{name} holds more than {inbox.zip_members} files")
    if size > inbox.file_megabytes * _MEGABYTE:
        raise DeliveryRefused(
            "zip.too_much",
            f"{name}: {shown!r} unpacks to {size / _MEGABYTE:.0f} MB, more than {inbox.file_megabytes}",
        )
    if total > inbox.zip_megabytes * _MEGABYTE:
        raise DeliveryRefused(
            "zip.too_much", f"{name} unpacks to {total / _MEGABYTE:.0f} MB or more, allowed are {inbox.zip_megabytes}"
        )


def _shown(entry: zipfile.ZipInfo) -> str:
    """The name of an entry with "/" between folders. Many packers write UTF-8 and forget to say so."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.orig_filename
    name = name.replace("\\", "/").replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return name.removeprefix("./")
