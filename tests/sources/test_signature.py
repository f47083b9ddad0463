"""Signatures over files, by certificates of real authorities made here; and everything that is tried to get past."""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import process_time

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs7

from catalogue.errors import SettingsError
from catalogue.signer import LARGEST, Signer
from sources.signature import Verified, digests_of, verify
from sources.trust import Anchor, Trust, open_trust
from tests.pki import DAY, PEM, Holder, now, root

DATA = b"PK\x03\x04 a workbook\nwith lines\n"
AUTHORITY = root()
MIDDLE = AUTHORITY.issue("Middle authority", authority=True, length=0)
OFFICE = MIDDLE.issue("Records Office", "North Town")
OTHER = MIDDLE.issue("Tax Office", "South Town")
STRANGER = root("Records Office")
ENDED = MIDDLE.issue("Records Office", "North Town", first=now() - 90 * DAY, last=now() - DAY)
COMING = MIDDLE.issue("Records Office", "North Town", first=now() + DAY, last=now() + 90 * DAY)
REVOKED = MIDDLE.issue("Records Office", "North Town")
CIPHER = MIDDLE.issue("Records Office", "North Town", usage="key_encipherment")
# A signer that plays authority: its certificate is no authority's.
FORGED = OFFICE.issue("Records Office", "North Town")
# An authority below one that may have none below it.
TOO_DEEP = MIDDLE.issue("Third authority", authority=True).issue("Records Office", "North Town")
MIDDLE.revoke(REVOKED)


def anchor(*certificates: Holder, lists: tuple[bytes, ...] = (), **entry: object) -> Anchor:
    """An entry of a trust list."""
    with tempfile.TemporaryDirectory() as folder:
        for place, one in enumerate(certificates):
            (Path(folder) / f"{place}.pem").write_bytes(one.pem)
        for place, data in enumerate(lists):
            (Path(folder) / f"{place}.crl").write_bytes(data)
        told = {
            "signer": "north",
            "units": ("ON1",),
            "certificates": tuple(f"{place}.pem" for place in range(len(certificates))),
            "revocation": tuple(f"{place}.crl" for place in range(len(lists))),
        }
        return open_trust(Path(folder), [Signer.model_validate(told | entry)]).anchors[0]


def in_ber(signature: bytes) -> bytes:
    """The same signature as programs write it that do not know its length beforehand."""
    rest = signature[4:]  # SEQUENCE; then what it is, a tag, another SEQUENCE
    return b"\x30\x80" + rest[:11] + b"\xa0\x80\x30\x80" + rest[11 + 8 :] + b"\0" * 6


BY_AUTHORITY = anchor(AUTHORITY, subject={"O": "north  TOWN"})
LISTED = anchor(AUTHORITY, subject={"O": "North Town"}, lists=(MIDDLE.revocation_list(), AUTHORITY.revocation_list()))


def judged(signature: bytes, *anchors: Anchor, data: bytes = DATA, at: datetime | None = None) -> Verified:
    return verify(digests_of(data), signature, anchors or (BY_AUTHORITY,), (at or now()).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("why", "signature", "anchors"),
    [
        ("by an authority and its subject", OFFICE.sign(DATA), (BY_AUTHORITY,)),
        ("in PEM", OFFICE.sign(DATA, encoding=PEM), (BY_AUTHORITY,)),
        ("in BER", in_ber(OFFICE.sign(DATA)), (BY_AUTHORITY,)),
        ("SHA-384", OFFICE.sign(DATA, hash_name=hashes.SHA384()), (BY_AUTHORITY,)),
        ("not revoked", OFFICE.sign(DATA), (LISTED,)),
        ("its own certificate is listed", OFFICE.sign(DATA), (anchor(OFFICE),)),
        ("without certificates, its own is listed",
         OFFICE.sign(DATA, options=(pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary,
                                    pkcs7.PKCS7Options.NoCerts)), (anchor(OFFICE),)),
        ("two signers of the unit", OFFICE.sign(DATA, OTHER), (anchor(OFFICE, OTHER),)),
        ("the second entry vouches", OFFICE.sign(DATA), (anchor(STRANGER), BY_AUTHORITY)),
    ],
)  # fmt: skip
def test_a_signature_holds(why: str, signature: bytes, anchors: tuple[Anchor, ...]) -> None:
    found = judged(signature, *anchors)
    assert (found.rule, found.found, found.entry) == ("", "", "; ".join(["north"] * found.signer.count("CN="))), why
    assert found.serial
    assert found.claimed is not None
    assert abs(found.claimed - now().replace(tzinfo=None)) < DAY


def opaque() -> bytes:
    return OFFICE.sign(DATA, options=(pkcs7.PKCS7Options.Binary,))


def without_attributes() -> bytes:
    options = (
        pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoAttributes,
    )  # fmt: skip
    return OFFICE.sign(DATA, options=options)


def attributes_as_file() -> bytes:
    """The attributes of a good signature, passed off as a file that was signed without attributes."""
    made = cms.ContentInfo.load(OFFICE.sign(DATA))
    made["content"]["signer_infos"][0]["signed_attrs"] = cms.CMSAttributes([])
    return bytes(made.dump(force=True))


def changed(place: int) -> bytes:
    """A good signature of which one byte at the end, the signature's own digits, is another."""
    made = bytearray(OFFICE.sign(DATA))
    made[place] ^= 1
    return bytes(made)


def no_signer() -> bytes:
    return pkcs7.serialize_certificates([OFFICE.certificate], PEM)


def nested(depth: int) -> bytes:
    return b"\x30\x80" * depth


def long_length() -> bytes:
    return b"\x30\x84\x7f\xff\xff\xff" + b"\x02\x01\x01"


ATTACKS: list[tuple[str, Callable[[], bytes], str, tuple[Anchor, ...]]] = [
    ("over other bytes", lambda: OFFICE.sign(DATA + b" "), "signature.other_bytes", (BY_AUTHORITY,)),
    ("signed as text: line ends differ", lambda: OFFICE.sign(DATA.replace(b"\n", b"\r\n")), "signature.other_bytes",
     (BY_AUTHORITY,)),
    ("digits changed", lambda: changed(-3), "signature.other_bytes", (BY_AUTHORITY,)),
    ("of another unit", lambda: OTHER.sign(DATA), "signature.untrusted", (BY_AUTHORITY,)),
    ("of another unit's own certificate", lambda: OTHER.sign(DATA), "signature.untrusted", (anchor(OFFICE),)),
    ("an authority beside signers' own is no licence", lambda: OTHER.sign(DATA), "signature.untrusted",
     (anchor(OFFICE, MIDDLE),)),
    ("self-signed with the office's name", lambda: STRANGER.sign(DATA), "signature.untrusted", (BY_AUTHORITY,)),
    ("issued by a signer", lambda: FORGED.sign(DATA), "signature.untrusted", (BY_AUTHORITY,)),
    ("path too long", lambda: TOO_DEEP.sign(DATA), "signature.untrusted", (BY_AUTHORITY,)),
    ("nobody is trusted", lambda: OFFICE.sign(DATA), "signature.untrusted", ()),
    ("a certificate for encryption", lambda: CIPHER.sign(DATA), "signature.untrusted", (BY_AUTHORITY,)),
    ("ended", lambda: ENDED.sign(DATA), "signature.expired", (BY_AUTHORITY,)),
    ("not begun", lambda: COMING.sign(DATA), "signature.not_yet_valid", (BY_AUTHORITY,)),
    ("revoked", lambda: REVOKED.sign(DATA), "signature.revoked", (LISTED,)),
    ("revoked, by a list out of date",
     lambda: REVOKED.sign(DATA), "signature.revoked",
     (anchor(AUTHORITY, lists=(MIDDLE.revocation_list(now() - DAY), AUTHORITY.revocation_list())),)),
    ("list out of date", lambda: OFFICE.sign(DATA), "signature.revocation_unknown",
     (anchor(AUTHORITY, lists=(MIDDLE.revocation_list(now() - DAY), AUTHORITY.revocation_list())),)),
    ("list of another authority", lambda: OFFICE.sign(DATA), "signature.revocation_unknown",
     (anchor(AUTHORITY, lists=(AUTHORITY.revocation_list(),)),)),
    ("list forged in the authority's name", lambda: REVOKED.sign(DATA), "signature.revocation_unknown",
     (anchor(AUTHORITY, lists=(root("Middle authority").revocation_list(), AUTHORITY.revocation_list())),)),
    ("two signers, one a stranger", lambda: OFFICE.sign(DATA, STRANGER), "signature.untrusted", (BY_AUTHORITY,)),
    ("two signers, one ended", lambda: OFFICE.sign(DATA, ENDED), "signature.expired", (BY_AUTHORITY,)),
    ("not detached", opaque, "signature.malformed", (BY_AUTHORITY,)),
    ("without attributes", without_attributes, "signature.malformed", (BY_AUTHORITY,)),
    ("attributes passed off as a file", attributes_as_file, "signature.malformed", (BY_AUTHORITY,)),
    ("certificates, no signer", no_signer, "signature.malformed", (BY_AUTHORITY,)),
    ("empty", bytes, "signature.malformed", (BY_AUTHORITY,)),
    ("a text", "Đã ký: Nguyễn".encode, "signature.malformed", (BY_AUTHORITY,)),
    ("the file itself", lambda: DATA, "signature.malformed", (BY_AUTHORITY,)),
    ("cut off", lambda: OFFICE.sign(DATA)[:-40], "signature.malformed", (BY_AUTHORITY,)),
    ("with something behind it", lambda: OFFICE.sign(DATA) + b"\0" * 9, "signature.malformed", (BY_AUTHORITY,)),
    ("PEM of nothing", lambda: b"-----BEGIN CMS-----\n-----END CMS-----\n", "signature.malformed", (BY_AUTHORITY,)),
    ("10 MB of junk", lambda: b"\x30\x80" * 5_000_000, "signature.malformed", (BY_AUTHORITY,)),
    ("nested without end", lambda: nested(LARGEST // 2), "signature.malformed", (BY_AUTHORITY,)),
    ("a length beyond its end", long_length, "signature.malformed", (BY_AUTHORITY,)),
]  # fmt: skip


@pytest.mark.parametrize(("why", "made", "rule", "anchors"), ATTACKS, ids=[one[0] for one in ATTACKS])
def test_what_does_not_hold_is_told_by_its_rule(
    why: str, made: Callable[[], bytes], rule: str, anchors: tuple[Anchor, ...]
) -> None:
    signature = made()
    assert verify(digests_of(DATA), signature, anchors, now().replace(tzinfo=None)).rule == rule, why


@pytest.mark.parametrize("junk", [nested(LARGEST // 2), b"\x30\x80" * 5_000_000, b"\x24\x80\x04\x01a" * 50_000])
def test_junk_costs_nothing(junk: bytes) -> None:
    began = process_time()
    tracemalloc.start()
    try:
        assert judged(junk).rule == "signature.malformed"
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert process_time() - began < 5


def test_a_signature_is_judged_as_of_the_moment_it_is_asked_for() -> None:
    late = MIDDLE.issue("Records Office", "North Town", first=now() - DAY, last=now() + DAY)
    signature = late.sign(DATA)
    lists = root("Middle authority")
    lists.key, lists.certificate = MIDDLE.key, MIDDLE.certificate
    lists.revoke(late, now() + DAY / 2)
    known = anchor(AUTHORITY, lists=(lists.revocation_list(), AUTHORITY.revocation_list()))
    assert judged(signature, known).rule == ""
    assert judged(signature, known, at=now() + DAY * 0.75).rule == "signature.revoked"
    assert judged(signature, known, at=now() + 2 * DAY).rule == "signature.expired"


def test_entries_count_for_units_at_and_below_theirs_between_their_days() -> None:
    trust = Trust((anchor(OFFICE, valid_from="2024-01-01", valid_to="2024-12-31"), anchor(OTHER, units=("OS",))))
    day = datetime(2024, 6, 1).date()
    assert [len(trust.for_unit(codes, day)) for codes in (("ON1", "ON"), ("OS1", "OS"), ("ON",))] == [1, 1, 0]
    assert trust.for_unit(("ON1",), datetime(2025, 1, 1).date()) == ()


@pytest.mark.parametrize(
    ("file", "data", "told"),
    [("a.pem", b"nothing", "holds no certificate"), ("b.pem", b"", "cannot be read"), ("a.crl", b"x", "no revocation")],
)
def test_a_file_that_is_none_of_a_trust_list_is_named(tmp_path: Path, file: str, data: bytes, told: str) -> None:
    (tmp_path / "good.pem").write_bytes(OFFICE.pem)
    if data:
        (tmp_path / file).write_bytes(data)
    names = (
        {"certificates": (file,)} if file.endswith("pem") else {"certificates": ("good.pem",), "revocation": (file,)}
    )
    with pytest.raises(SettingsError, match=told):
        open_trust(tmp_path, [Signer.model_validate({"signer": "a", "units": ("ON1",), **names})])
