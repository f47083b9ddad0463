"""Archived bytes that are gone for good, with who decided and why."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def _text(name: str, comment: str, *, empty: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.TEXT(), nullable=empty, comment=comment)


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("erasure_key", sa.BIGINT(), primary_key=True, autoincrement=False, comment="Order of decisions"),
        _text("sha256", "Bytes that are gone from the archive"),
        sa.Column(
            "size",
            sa.BIGINT(),
            nullable=True,
            comment="How many bytes they were; empty where the archive did not hold them any more",
        ),
        _text("cells", "Cells whose quoted texts are gone, separated by ;. Empty: all of the delivery", empty=True),
        _text("reason", "Why"),
        _text("document", "The document that says so"),
        _text("decided_by", "Who decided"),
        sa.Column("decided_at", sa.TIMESTAMP(), nullable=False, comment="When, UTC"),
        comment="Decisions of people: archived bytes that are gone for good, with the texts quoted from them. Counts "
        "stay",
    )
