"""A zip is taken whole or refused whole; nothing in it can lead outside, nest, or unpack without end."""

from __future__ import annotations

import io
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Mapping

import openpyxl
import pytest

from catalogue.errors import DeliveryRefused
from catalogue.source import Inbox
from sources.bundle import is_bundle, read_member, unpack


def inbox(**more: object) -> Inbox:
    return Inbox.model_validate(
        {"source": "post", "kind": "inbox", "title": {"en": "Post"}, "address": "inbox", "forms": ["F"]} | more
    )


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return held.getvalue()


def workbook() -> bytes:
    held = io.BytesIO()
    openpyxl.Workbook().save(held)
    return held.getvalue()


def link() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entry = zipfile.ZipInfo("a.xlsx")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return held.getvalue()


def doubled() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.csv", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.csv", b"2")
    return held.getvalue()


def encrypted() -> bytes:
    """The flag that says so, in both places where it stands."""
    data = bytearray(packed({"a.csv": b"1"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + place] |= 1
    return bytes(data)


def lying(size: int) -> bytes:
    """A zip whose entry unpacks to more than it says."""
    data = bytearray(packed({"a.csv": b"0" * 1000}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.find(mark) + place, size)
    return bytes(data)


def crowd(count: int) -> bytes:
    """A zip of so many entries, made by hand because the library is slow at it."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, count * len(entry), 0, 0)
    return b"PK\x03\x04" + entry * count + end


@pytest.mark.parametrize(
    ("make", "name", "bundle"),
    [
        (lambda: packed({"a.csv": b"1"}), "a.zip", True),
        (lambda: packed({"a.csv": b"1"}), "a.xlsx", True),
        (lambda: packed({}), "a.zip", True),
        (workbook, "a.xlsx", False),
        (workbook, "a.zip", False),
        (lambda: packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "a.ods", False),
        (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "a.zip", False),
        (lambda: b"half a zip", "a.ZIP", True),
        (lambda: b"1;2;3", "a.csv", False),
        (lambda: packed({"a.csv": b"1"})[:-30], "a.xlsx", False),
        (lambda: packed({"xl/workbook.xml": b"<workbook/>", "_rels/.rels": b""}), "a.xlsx", False),
    ],
)
def test_a_bundle_is_known_by_its_content(make: Callable[[], bytes], name: str, bundle: bool) -> None:
    assert is_bundle(make(), name) is bundle


def test_the_files_of_a_bundle_in_order_and_without_what_is_ignored() -> None:
    data = packed(
        {
            "b.xlsx": workbook(),
            "Quý I/Biểu số 01.csv": b"1;2",
            "Quý I/": b"",
            "a\\c.csv": b"3",
            "__MACOSX/._b.xlsx": b"x",
            "~$b.xlsx": b"x",
            ".DS_Store": b"x",
        }
    )
    found = unpack(data, "tháng 3.zip", inbox())
    assert list(found) == ["Quý I/Biểu số 01.csv", "a/c.csv", "b.xlsx"]
    assert read_member(data, found["a/c.csv"]) == b"3"
    assert read_member(data, found["b.xlsx"])[:2] == b"PK"


def test_a_name_in_utf8_that_does_not_say_so_is_read_as_such() -> None:
    data = packed({"Sở Nội vụ.csv": b"1"})
    raw = bytearray(data)
    for mark, place in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        raw[raw.find(mark) + place] &= ~0x08
    assert list(unpack(bytes(raw), "a.zip", inbox())) == ["Sở Nội vụ.csv"]


BIG = b"0" * 3_000_000

REFUSED: list[tuple[str, Callable[[], bytes], dict[str, object], str, str]] = [
    ("parent", lambda: packed({"../a.csv": b"1"}), {}, "zip.name", "'../a.csv', which leads out"),
    ("parent within", lambda: packed({"a/../../b.csv": b"1"}), {}, "zip.name", "leads out"),
    ("parent with backslashes", lambda: packed({"a\\..\\..\\b.csv": b"1"}), {}, "zip.name", "leads out"),
    ("absolute", lambda: packed({"/etc/a.csv": b"1"}), {}, "zip.name", "leads out"),
    ("drive", lambda: packed({"C:\\a.csv": b"1"}), {}, "zip.name", "leads out"),
    ("share", lambda: packed({"\\\\server\\a.csv": b"1"}), {}, "zip.name", "leads out"),
    ("one bad name among good", lambda: packed({"a.csv": b"1", "b/../../c": b"1"}), {}, "zip.name", "leads out"),
    ("link", link, {}, "zip.name", "a link"),
    ("twice", doubled, {}, "zip.name", "'a.csv' twice"),
    ("password", encrypted, {}, "zip.encrypted", "password"),
    ("nested", lambda: packed({"a.csv": b"1", "b.zip": packed({"c.csv": b"1"})}), {}, "zip.nested", "'b.zip'"),
    ("nested under a name", lambda: packed({"b.xlsx": packed({"c.csv": b"1"})}), {}, "zip.nested", "'b.xlsx'"),
    ("too many", lambda: packed({f"{n}.csv": b"1" for n in range(4)}), {"zip_members": 3}, "zip.too_much", "than 3"),
    ("too large", lambda: packed({"a.csv": BIG}), {"file_megabytes": 2}, "zip.too_much", "3 MB"),
    ("bomb", lambda: packed({"a.csv": BIG, "b.csv": BIG}), {"zip_megabytes": 5}, "zip.too_much", "6 MB"),
    ("millions of entries", lambda: crowd(1_000_000), {}, "zip.too_much", "1000000 files"),
    ("more than it says", lambda: lying(10), {}, "zip.damaged", "CRC"),
    ("cut off", lambda: packed({"a.csv": BIG})[:-40], {}, "zip.damaged", "unpacked"),
    ("no zip", lambda: b"hello", {}, "zip.damaged", "unpacked"),
    ("another method", lambda: packed({"a.csv": BIG}, zipfile.ZIP_LZMA), {}, "zip.damaged", "compressed in a way"),
    ("nothing", lambda: packed({}), {}, "zip.empty", "no file"),
    ("only folders", lambda: packed({"a/": b"", "~$a.xlsx": b"1"}), {}, "zip.empty", "no file"),
]


@pytest.mark.parametrize(
    ("make", "limits", "rule", "said"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_what_is_refused_is_refused_whole_at_once_and_by_name(
    make: Callable[[], bytes], limits: dict[str, object], rule: str, said: str
) -> None:
    data = make()
    began = time.monotonic()
    assert is_bundle(data, "gửi.zip")
    with pytest.raises(DeliveryRefused) as caught:
        unpack(data, "gửi.zip", inbox(**limits))
    assert (caught.value.rule, "gửi.zip" in str(caught.value), said in str(caught.value)) == (rule, True, True)
    assert time.monotonic() - began < 10


def test_a_bomb_by_the_default_limits_is_refused_before_it_is_unpacked() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros.csv", "w") as member:
        for _ in range(128):
            member.write(bytes(1_000_000))
    with pytest.raises(DeliveryRefused, match="128 MB") as caught:
        unpack(held.getvalue(), "a.zip", inbox())
    assert caught.value.rule == "zip.too_much"
