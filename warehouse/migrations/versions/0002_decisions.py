"""Decisions of people: aliases, overrides, and deliveries that are judged anew because of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "dim_delivery",
        sa.Column(
            "replay_of_key",
            sa.BIGINT(),
            nullable=True,
            comment="The delivery of the same bytes that this one judges anew; empty for what arrived",
        ),
    )
    op.add_column(
        "dim_delivery",
        sa.Column("reason", sa.TEXT(), nullable=True, comment="Why it was judged anew, and by whom"),
    )
    op.create_table(
        "name_alias",
        sa.Column("alias_key", sa.BIGINT(), autoincrement=False, nullable=False, comment="Order of decisions"),
        sa.Column("register_name", sa.TEXT(), nullable=False, comment="Register the entity is in"),
        sa.Column("name", sa.TEXT(), nullable=False, comment="The name as it was written"),
        sa.Column(
            "unit_key",
            sa.BIGINT(),
            nullable=True,
            comment="Unit in whose deliveries it means that; empty: in everybody's",
        ),
        sa.Column("entity_key", sa.BIGINT(), nullable=True, comment="What it means; empty: the decision is taken back"),
        sa.Column("reason", sa.TEXT(), nullable=False, comment="Why"),
        sa.Column("decided_by", sa.TEXT(), nullable=False, comment="Who decided"),
        sa.Column("decided_at", sa.TIMESTAMP(), nullable=False, comment="When, UTC"),
        sa.PrimaryKeyConstraint("alias_key"),
        comment="Decisions of people: what a name means that no rule could resolve. "
        "The latest of a name and unit counts",
    )
    op.create_table(
        "rule_override",
        sa.Column("override_key", sa.BIGINT(), autoincrement=False, nullable=False, comment="Order of decisions"),
        sa.Column("sha256", sa.TEXT(), nullable=False, comment="Bytes of the delivery it is about"),
        sa.Column("rule_code", sa.TEXT(), nullable=False, comment="Rule that may be broken there"),
        sa.Column("source_sheet", sa.TEXT(), nullable=False, comment="Worksheet; empty: everywhere in the delivery"),
        sa.Column("source_row", sa.BIGINT(), nullable=False, comment="Row in it, from 1; 0: every row"),
        sa.Column("active", sa.BOOLEAN(), nullable=False, comment="False where the decision is taken back"),
        sa.Column("reason", sa.TEXT(), nullable=False, comment="Why (giải trình)"),
        sa.Column("decided_by", sa.TEXT(), nullable=False, comment="Who decided"),
        sa.Column("decided_at", sa.TIMESTAMP(), nullable=False, comment="When, UTC"),
        sa.PrimaryKeyConstraint("override_key"),
        comment="Decisions of people: a broken rule that is accepted with a written reason. "
        "The latest of a place counts",
    )
