"""Signatures: a detached CMS signature (RFC 5652), verified over a file's bytes as of a moment against a trust list.

Everything must hold: each signer's signature over exactly these bytes, a certificate that the trust list vouches for,
valid at the moment and when it is said to have signed, and not revoked then. asn1crypto reads the structure;
cryptography does all that is cryptography: signatures, certificate paths, revocation lists.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asn1crypto import cms, pem
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from catalogue.signer import LARGEST
from sources.path import NoPath, anchored, revocation_of, wrong_use
from sources.trust import Anchor

_MOST_SIGNERS, _MOST_CERTIFICATES = 8, 32
_LEAST_RSA: Final = 2048
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
# What asn1crypto and cryptography raise over bytes that are no such structure.
_BROKEN: Final = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, UnsupportedAlgorithm,
    RuntimeError,  # nesting without end, which ends the stack; a kind of structure that they do not handle
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: the rule by which it does not hold ("" where it does), what was found then, and, as
    far as it could be read, who signed, by which certificates, when they say they did, and the entries that vouch."""

    rule: str = ""
    found: str = ""
    signer: str = ""
    serial: str = ""
    issuer: str = ""
    claimed: datetime | None = None
    entry: str = ""


@dataclass(frozen=True, slots=True)
class _Signer:
    """One signer of a signature: certificate, the attributes that were signed as DER, what they say, the signature."""

    certificate: x509.Certificate
    attributes: bytes
    digest: bytes
    hash_name: str
    info: Any
    claimed: datetime | None


class _Malformed(Exception):
    """The bytes are no signature that is taken; the message says why."""


Digests = Callable[[str], bytes]
"""The digest of the bytes that are signed, by the name of a hash: sha256, sha384 or sha512."""


def digests_of(data: bytes) -> Digests:
    """The digests of some bytes."""
    return lambda name: hashlib.new(name, data).digest()


def verify(digests: Digests, signature: bytes, anchors: Sequence[Anchor], at: datetime) -> Verified:
    """Verify a signature over the bytes of some digests as of a moment (UTC, naive) by the entries that count for the
    unit. Never raises for what the bytes hold."""
    if len(signature) > LARGEST:
        return Verified("signature.malformed", f"{len(signature):,} bytes")
    try:
        extra, signers = _read(signature, [kept for one in anchors for kept in one.certificates])
    except _Malformed as wrong:
        return Verified("signature.malformed", str(wrong))
    except _BROKEN as wrong:
        return Verified("signature.malformed", f"no CMS SignedData ({type(wrong).__name__})")
    about = Verified(
        signer="; ".join(one.certificate.subject.rfc4514_string() for one in signers),
        serial="; ".join(f"{one.certificate.serial_number:X}" for one in signers),
        issuer="; ".join(dict.fromkeys(one.certificate.issuer.rfc4514_string() for one in signers)),
        claimed=max((one.claimed for one in signers if one.claimed), default=None),
    )
    rule, found, entries = "", "", list[str]()
    for one in signers:
        try:
            rule, found, entry = _judge(one, digests, extra, anchors, at)
        except _BROKEN as wrong:
            rule, found, entry = "signature.malformed", f"{type(wrong).__name__} in {_named(one.certificate)}", ""
        entries += [entry] if entry else []
        if rule:
            break
    return Verified(rule, found, about.signer, about.serial, about.issuer, about.claimed, "; ".join(entries))


def _judge(
    one: _Signer, digests: Digests, extra: Sequence[x509.Certificate], anchors: Sequence[Anchor], at: datetime
) -> tuple[str, str, str]:
    """Rule and what was found ("" where one signer's signature holds), and the entry that vouches."""
    name = _named(one.certificate)
    if digests(one.hash_name) != one.digest:
        return "signature.other_bytes", name, ""
    if not _is_signed(one):
        return "signature.other_bytes", f"{name}: the signature's own digits are wrong", ""
    if use := wrong_use(one.certificate):
        return "signature.untrusted", f"{name}: {use}", ""
    first, last = one.certificate.not_valid_before_utc, one.certificate.not_valid_after_utc
    moments = [moment.replace(tzinfo=UTC) for moment in (at, one.claimed) if moment]
    # Whom it belongs to is told even of a certificate that has ended: so its path is asked for while it was valid.
    within = min(max(moments[0], first), last)
    doubt = ""
    for anchor in anchors:
        try:
            path = anchored(one.certificate, extra, anchor, within.replace(tzinfo=None))
        except NoPath as none:
            doubt = doubt or str(none)
            continue
        for moment in moments:
            if moment < first:
                return "signature.not_yet_valid", f"{name}: {first:%Y-%m-%d %H:%M} > {moment:%Y-%m-%d %H:%M} UTC", ""
            if moment > last:
                return "signature.expired", f"{name}: {last:%Y-%m-%d %H:%M} < {moment:%Y-%m-%d %H:%M} UTC", ""
        rule, found = revocation_of(path, anchor, moments[0])
        return rule, found, anchor.signer.signer
    return "signature.untrusted", f"{name}: {doubt}" if doubt else name, ""


def _named(certificate: x509.Certificate) -> str:
    return f"{certificate.subject.rfc4514_string()} ({certificate.serial_number:X})"


def _read(signature: bytes, known: Sequence[x509.Certificate]) -> tuple[list[x509.Certificate], list[_Signer]]:
    """The certificates of a signature, and its signers, who may mean a ``known`` one. Raises _Malformed, or one of
    ``_BROKEN``."""
    raw = pem.unarmor(signature)[2] if pem.detect(signature) else signature
    content = cms.ContentInfo.load(raw, strict=True)
    if content["content_type"].native != "signed_data":
        raise _Malformed(f"CMS of the type {content['content_type'].native}")
    signed = content["content"]
    if signed["encap_content_info"]["content"].native is not None:
        raise _Malformed("it holds content of its own: it is not detached")
    kept = [one for one in signed["certificates"] or () if one.name == "certificate"]
    infos = [*signed["signer_infos"]]
    if not 1 <= len(infos) <= _MOST_SIGNERS or len(kept) > _MOST_CERTIFICATES:
        raise _Malformed(f"{len(infos)} signers, {len(kept)} certificates")
    extra = [x509.load_der_x509_certificate(one.chosen.dump()) for one in kept]
    content_type = signed["encap_content_info"]["content_type"].native
    return extra, [_signer(info, [*extra, *known], content_type) for info in infos]


def _signer(info: Any, extra: Sequence[x509.Certificate], content_type: str) -> _Signer:
    certificate = next(_certificates_of(info["sid"], extra), None)
    if certificate is None:
        raise _Malformed("the signer's certificate is not in it")
    hash_name = info["digest_algorithm"]["algorithm"].native
    if hash_name not in _HASHES:
        raise _Malformed(f"digest {hash_name}")
    # Without attributes, those of another signature could be passed off as a file: they are asked for.
    if not info["signed_attrs"]:
        raise _Malformed("no signed attributes")
    told: dict[str, list[Any]] = {}
    for attribute in info["signed_attrs"]:
        if attribute["type"].native in told:
            raise _Malformed(f"{attribute['type'].native} twice")
        told[attribute["type"].native] = list(attribute["values"].native)
    if len(told.get("message_digest", ())) != 1 or told.get("content_type") != [content_type]:
        raise _Malformed("its attributes do not say what is signed")
    times = told.get("signing_time", [None])
    claimed = times[0].astimezone(UTC).replace(tzinfo=None) if len(times) == 1 and times[0] else None
    attributes = info["signed_attrs"].untag().dump(force=True)
    return _Signer(certificate, attributes, told["message_digest"][0], hash_name, info, claimed)


def _certificates_of(sid: Any, extra: Sequence[x509.Certificate]) -> Iterator[x509.Certificate]:
    """The certificates that a signer may mean."""
    if sid.name == "issuer_and_serial_number":
        serial, issuer = sid.chosen["serial_number"].native, sid.chosen["issuer"].dump()
        for one in extra:
            if one.serial_number == serial and one.issuer.public_bytes() == issuer:
                yield one
        return
    for one in extra:
        try:
            key = one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except x509.ExtensionNotFound:
            continue
        if key == sid.chosen.native:
            yield one


def _is_signed(one: _Signer) -> bool:
    """Whether the attributes were signed by the certificate's key. Raises _Malformed's like for what is not taken."""
    key, signature = one.certificate.public_key(), one.info["signature"].native
    algorithm = one.info["signature_algorithm"]
    kind = algorithm.signature_algo
    named = _hash_of(algorithm, one.hash_name)
    try:
        if isinstance(key, rsa.RSAPublicKey) and kind in ("rsassa_pkcs1v15", "rsassa_pss"):
            if key.key_size < _LEAST_RSA:
                return False
            fill = padding.PKCS1v15() if kind == "rsassa_pkcs1v15" else _pss(algorithm)
            key.verify(signature, one.attributes, fill, _HASHES[named]())
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            key.verify(signature, one.attributes, ec.ECDSA(_HASHES[named]()))
        elif isinstance(key, ed25519.Ed25519PublicKey) and kind == "ed25519":
            key.verify(signature, one.attributes)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _hash_of(algorithm: Any, otherwise: str) -> str:
    """The hash that a signature algorithm names; where it names none, the signer's digest."""
    if algorithm["algorithm"].native in ("rsassa_pkcs1v15", "rsa", "ecdsa", "ed25519"):
        return otherwise
    return str(algorithm.hash_algo)


def _pss(algorithm: Any) -> padding.PSS:
    mask = algorithm["parameters"]["mask_gen_algorithm"]["parameters"]["algorithm"].native
    return padding.PSS(padding.MGF1(_HASHES[mask]()), salt_length=int(algorithm["parameters"]["salt_length"].native))
