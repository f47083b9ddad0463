"""A public-key infrastructure as an agency's authority runs one: made in the test, with real keys and signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


def now() -> datetime:
    """This moment, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Holder:
    """Who holds a key and a certificate; an authority issues certificates and revokes them."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    issuer: Holder | None = None
    revoked: dict[int, datetime] = field(default_factory=dict)

    def issue(
        self, name: str, organisation: str = "", *, first: datetime | None = None, last: datetime | None = None,
        authority: bool = False, length: int | None = None, usage: str = "digital_signature",
    ) -> Holder:  # fmt: skip
        """A certificate for somebody, valid for a year around now where nothing is said."""
        return _made(name, organisation, self, first, last, authority=authority, length=length, usage=usage)

    def revoke(self, other: Holder, when: datetime | None = None) -> None:
        """Revoke a certificate."""
        self.revoked[other.certificate.serial_number] = when or now() - DAY

    def revocation_list(self, until: datetime | None = None) -> bytes:
        """The list of what was revoked, in PEM, good until a moment."""
        until = until or now() + 7 * DAY
        made = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        made = made.last_update(until - 14 * DAY).next_update(until)
        for serial, when in self.revoked.items():
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
            made = made.add_revoked_certificate(one.build())
        return made.sign(self.key, hashes.SHA256()).public_bytes(PEM)

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(PEM)

    def sign(
        self, data: bytes, *others: Holder, encoding: serialization.Encoding = DER,
        options: Sequence[pkcs7.PKCS7Options] = (pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary),
        hash_name: hashes.SHA256 | hashes.SHA384 | None = None,
    ) -> bytes:  # fmt: skip
        """A detached signature over some bytes, by this holder and others, with the certificates up to the root."""
        made = pkcs7.PKCS7SignatureBuilder().set_data(data)
        above: dict[int, x509.Certificate] = {}
        for one in (self, *others):
            made = made.add_signer(one.certificate, one.key, hash_name or hashes.SHA256())
            up = one.issuer
            while up is not None:
                above[up.certificate.serial_number] = up.certificate
                up = up.issuer
        for certificate in above.values():
            made = made.add_certificate(certificate)
        return made.sign(encoding, list(options))


def root(name: str = "Root authority", *, last: datetime | None = None) -> Holder:
    """An authority that signs its own certificate."""
    return _made(name, "", None, None, last, authority=True, length=None, usage="digital_signature")


def _made(
    name: str, organisation: str, issuer: Holder | None, first: datetime | None, last: datetime | None, *,
    authority: bool, length: int | None, usage: str,
) -> Holder:  # fmt: skip
    key = ec.generate_private_key(ec.SECP256R1())
    told = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    told += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)] if organisation else []
    subject = x509.Name(told)
    uses = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    uses |= {"key_cert_sign": True, "crl_sign": True} if authority else {usage: True}
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first or now() - 180 * DAY)
        .not_valid_after(last or now() + 180 * DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=length), critical=True)
        .add_extension(x509.KeyUsage(**uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Holder(key, made.sign(issuer.key if issuer else key, hashes.SHA256()), issuer)


def trust_list(folder: Path, files: dict[str, bytes], entries: str) -> Path:
    """Write a trust list: its files, and the entries."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "signers.yml").write_text(entries, encoding="utf-8")
    return folder
