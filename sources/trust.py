"""Trust: the certificates and revocation lists of the trust list's entries, and which of them count for a unit."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from cryptography import x509

from catalogue.errors import SettingsError
from catalogue.signer import Signer

_SOON = timedelta(days=30)
"""From when on it is told that an entry's last certificate ends."""
_LARGEST = 50_000_000
"""As many bytes as a file of the trust list may have: an authority's revocation list may be long."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry of the trust list with what its files hold."""

    signer: Signer
    certificates: tuple[x509.Certificate, ...]
    lists: tuple[x509.CertificateRevocationList, ...] = ()


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust list. Without an entry, nobody is trusted."""

    anchors: tuple[Anchor, ...] = ()

    def for_unit(self, codes: Collection[str], day: date) -> tuple[Anchor, ...]:
        """The entries that count on a day for a unit, given by its code and all codes above it."""
        return tuple(
            one for one in self.anchors if one.signer.counts_on(day) and not set(one.signer.units).isdisjoint(codes)
        )


def ageing(trust: Trust, at: datetime) -> Iterator[tuple[str, str, datetime | None]]:
    """What of a trust list ends soon, or has ended: the entry, what of it, and when (UTC)."""
    for one in trust.anchors:
        if not one.signer.counts_on(at.date()):
            continue
        # Of certificates that follow one another, the last one counts.
        last = max(certificate.not_valid_after_utc for certificate in one.certificates)
        if last.replace(tzinfo=None) - at < _SOON:
            yield one.signer.signer, "its last certificate", last
        for known in one.lists:
            until = known.next_update_utc
            if until is None or until.replace(tzinfo=None) < at:
                yield one.signer.signer, f"the revocation list of {known.issuer.rfc4514_string()}", until


def open_trust(folder: Path, signers: Collection[Signer]) -> Trust:
    """Read the files of a trust list. Raises SettingsError, naming the one that cannot be used."""
    return Trust(
        tuple(
            Anchor(
                one,
                tuple(certificate for name in one.certificates for certificate in _certificates(folder / name)),
                tuple(_revocation_list(folder / name) for name in one.revocation),
            )
            for one in signers
        )
    )


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_bytes(path))
    except ValueError as error:
        raise SettingsError(
            f"trust list: {path} holds no certificate in PEM ({error}); write it with openssl x509 -outform PEM"
        ) from error


def _revocation_list(path: Path) -> x509.CertificateRevocationList:
    data = _bytes(path)
    try:
        if b"-----BEGIN" in data[:1000]:
            return x509.load_pem_x509_crl(data)
        return x509.load_der_x509_crl(data)
    except ValueError as error:
        raise SettingsError(
            f"trust list: {path} holds no revocation list ({error}); fetch it again from its authority"
        ) from error


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise SettingsError(f"trust list: {path} is larger than {_LARGEST:,} bytes; it is no file of a trust list")
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"trust list: {path} cannot be read: {error.strerror}; lay it beside signers.yml, or mend its entry there"
        ) from error
