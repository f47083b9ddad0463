"""Signatures as deliveries were judged by them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def _text(name: str, comment: str, *, empty: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.TEXT(), nullable=empty, comment=comment)


def upgrade() -> None:
    op.create_table(
        "delivery_signature",
        sa.Column("delivery_key", sa.BIGINT(), nullable=False, comment="Delivery"),
        _text("policy", "wanted or required: what the form asked for when it arrived", empty=False),
        _text("rule_code", "Rule by which it does not hold; empty where it does"),
        _text("found", "What was found then"),
        _text("name", "File name of the signature; empty where there is none"),
        _text("signature_sha256", "Hash of the signature's own bytes; the archive holds them under it"),
        _text("signed_sha256", "Hash of the bytes that it signs: the file's, or those of the bundle it came in"),
        _text("signer", "Subjects of the certificates that signed"),
        _text("serial_number", "Their serial numbers, in hexadecimal"),
        _text("issuer", "The authorities that issued them"),
        _text("entry", "Entries of the trust list that vouch for them"),
        sa.Column("unit_key", sa.BIGINT(), nullable=True, comment="Entity for which they were to sign"),
        sa.Column("claimed_at", sa.TIMESTAMP(), nullable=True,
                  comment="When the signers say they signed, UTC; nobody vouches for it"),
        sa.Column("judged_as_of", sa.TIMESTAMP(), nullable=False,
                  comment="Moment as of which it was verified: its arrival, UTC"),
        comment="Signatures as deliveries were judged by them. One row per delivery whose form wanted or required one",
    )  # fmt: skip
