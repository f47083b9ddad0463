"""Workbooks are archives (zip): what they would unpack to is known before anything of them is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Final

# The reader holds a part in memory, some parts twice: what would need more is no form that somebody filled in.
MOST_OF_A_PART: Final = 96 * 1024 * 1024
MOST_IN_ALL: Final = 384 * 1024 * 1024
_MOST_OF_A_LIST: Final = 4 * 1024 * 1024
# No deflated bytes unpack to more than this many times their length.
_MOST_COMPRESSION: Final = 1032
_STEP: Final = 1024 * 1024
_END: Final = b"PK\x05\x06"
_LOCAL: Final = b"PK\x03\x04"
UNREADABLE: Final = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    RuntimeError,  # an encrypted part; a method of compression, or a format's version, that it does not know
)
"""What zipfile raises over an archive that is none, is damaged, or is of a kind that no office writes."""


def absurdity(data: bytes) -> str | None:
    """What is absurd about the size of an archive, in words; None where nothing is, or where it is no archive.

    An archive may lie about its sizes: where they could be as large as is absurd, the parts are unpacked, and thrown
    away, to see.
    """
    if not data.startswith(b"PK"):
        return None
    end = data.rfind(_END)
    if end >= 0 and len(data) >= end + 16 and struct.unpack_from("<I", data, end + 12)[0] > _MOST_OF_A_LIST:
        return "it is an archive of absurdly many parts"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except UNREADABLE:
        return None
    largest = max((member.file_size for member in members), default=0)
    unpacked = sum(member.file_size for member in members)
    if largest > MOST_OF_A_PART or unpacked > MOST_IN_ALL:
        return f"it unpacks from {len(data)} to {unpacked} bytes"
    for member in members:
        possible = member.compress_size * _MOST_COMPRESSION
        if member.compress_type == zipfile.ZIP_DEFLATED and possible > MOST_OF_A_PART and not _is_true(data, member):
            return f"its part {member.filename!r} unpacks to more than the {member.file_size} bytes that it declares"
    return None


def _is_true(data: bytes, member: zipfile.ZipInfo) -> bool:
    """Whether a part unpacks to no more than it declares; one that cannot be unpacked says nothing of its size."""
    start = member.header_offset
    if data[start : start + 4] != _LOCAL:
        return True
    name, extra = struct.unpack_from("<HH", data, start + 26)
    packed = memoryview(data)[start + 30 + name + extra :][: member.compress_size]
    unpacking, found, place = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0
    waiting: bytes | memoryview = b""
    try:
        while not unpacking.eof and found <= member.file_size and (place < len(packed) or waiting):
            if not waiting:
                waiting, place = packed[place : place + _STEP], place + _STEP
            found += len(unpacking.decompress(waiting, _STEP))
            waiting = unpacking.unconsumed_tail
    except zlib.error:
        return True
    return found <= member.file_size
