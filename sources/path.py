"""Certificate paths: from a signer's certificate to an entry of the trust list, and what revocation lists say of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import ExtensionOID, NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy

from catalogue.signer import SubjectKey
from sources.trust import Anchor

_LONGEST: Final = 4
"""As many authorities as may stand between a signer and the one that the trust list names."""
_NAMES: Final[dict[SubjectKey, x509.ObjectIdentifier]] = {
    "CN": NameOID.COMMON_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "C": NameOID.COUNTRY_NAME,
    "UID": NameOID.USER_ID,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "emailAddress": NameOID.EMAIL_ADDRESS,
}
# What may be critical in a signer's certificate: a critical extension that nobody here understands forbids its use.
_UNDERSTOOD: Final = frozenset({
    ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME, ExtensionOID.CERTIFICATE_POLICIES, ExtensionOID.NAME_CONSTRAINTS,
})  # fmt: skip
# A list that covers a part only, or what was changed since another one, says nothing of who is not in it.
_PARTIAL: Final = (ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.DELTA_CRL_INDICATOR)


class NoPath(Exception):
    """No path leads from a certificate to the entry; the message says why, where more can be said."""


def wrong_use(certificate: x509.Certificate) -> str:
    """Why a certificate is not made for signing files; "" where it is."""
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            return f"critical extension {extension.oid.dotted_string}"
        if isinstance(extension.value, x509.KeyUsage) and not (
            extension.value.digital_signature or extension.value.content_commitment
        ):
            return "keyUsage without digitalSignature"
    return ""


def anchored(
    certificate: x509.Certificate, extra: Sequence[x509.Certificate], anchor: Anchor, at: datetime
) -> list[x509.Certificate]:
    """The path from a certificate to an entry as of a moment (UTC, naive): itself first. Raises NoPath."""
    if certificate in anchor.certificates:
        issuers = [one for one in anchor.certificates if one.subject == certificate.issuer and one != certificate]
        return [certificate, *issuers[:1]]
    if not all(_is_authority(one) for one in anchor.certificates):
        # An entry with signers' own certificates means these: an authority beside them is there for its lists.
        raise NoPath
    authority = ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, Criticality.AGNOSTIC, _must_be_authority
    ).may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _must_sign_certificates)  # fmt: skip
    policy = (
        verification.PolicyBuilder()
        .store(verification.Store(list(anchor.certificates)))
        .time(at)
        .max_chain_depth(_LONGEST)
        .extension_policies(ca_policy=authority, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        path = policy.verify(certificate, [one for one in extra if one != certificate]).chain
    except verification.VerificationError as error:
        raise NoPath from error
    for key, wanted in anchor.signer.subject.items():
        told = [str(one.value) for one in certificate.subject.get_attributes_for_oid(_NAMES[key])]
        if _plain(wanted) not in map(_plain, told):
            raise NoPath(f"{key} <> {wanted}")
    return list(path)


def revocation_of(path: Sequence[x509.Certificate], anchor: Anchor, at: datetime) -> tuple[str, str]:
    """The rule by which a path is revoked at a moment (UTC), or not known not to be, and what was found; ("", "") where
    it stands, or where the entry names no revocation list."""
    if not anchor.lists:
        return "", ""
    for certificate, issuer in zip(path, [*path[1:], None], strict=True):
        if certificate in anchor.certificates and _is_authority(certificate):
            continue  # What the trust list names itself is ended there.
        name = certificate.issuer.rfc4514_string()
        issuers = [issuer] if issuer else [one for one in anchor.certificates if one.subject == certificate.issuer]
        lists = [
            one for one in anchor.lists
            if one.issuer == certificate.issuer and any(one.is_signature_valid(by.public_key()) for by in issuers)  # type: ignore[arg-type]
        ]  # fmt: skip
        for one in lists:
            revoked = one.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if revoked is not None and revoked.revocation_date_utc <= at:
                day = f"{revoked.revocation_date_utc:%Y-%m-%d}"
                return "signature.revoked", f"{name}: {certificate.serial_number:X}, {day}"
        whole = [one for one in lists if not _is_partial(one)]
        newest = max((one.next_update_utc for one in whole if one.next_update_utc), default=None)
        if newest is None or newest < at:
            told = f"{newest:%Y-%m-%d} < {at:%Y-%m-%d}" if newest else "-"
            return "signature.revocation_unknown", f"{name}: {told}"
    return "", ""


def _is_partial(one: x509.CertificateRevocationList) -> bool:
    return any(extension.oid in _PARTIAL for extension in one.extensions)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _must_be_authority(_policy: verification.Policy, _one: x509.Certificate, told: x509.BasicConstraints) -> None:
    if not told.ca:
        raise ValueError("it is no authority")


def _must_sign_certificates(_policy: verification.Policy, _one: x509.Certificate, told: x509.KeyUsage | None) -> None:
    if told is not None and not told.key_cert_sign:
        raise ValueError("it may not sign certificates")


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
