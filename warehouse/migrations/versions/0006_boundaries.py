"""Who succeeded whom, and where each place lies on the boundaries of the days that the programme declares."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "dim_succession",
        sa.Column("predecessor_key", sa.BIGINT(), nullable=False, comment="Entity that went into the successor"),
        sa.Column("successor_key", sa.BIGINT(), nullable=False, comment="Entity with all or part of it"),
        sa.Column("relation", sa.TEXT(), nullable=False, comment="unchanged, whole or part"),
        sa.Column("share", sa.NUMERIC(38, 12), nullable=True, comment="How much of it, where a document says so"),
        sa.Column("basis", sa.TEXT(), nullable=True, comment="What the share is of"),
        sa.Column("effective_date", sa.DATE(), nullable=False, comment="First day of the successor"),
        sa.Column("document", sa.TEXT(), nullable=True, comment="Document that says so"),
        sa.Column(
            "correction", sa.TEXT(), nullable=True, comment="What the source says otherwise, and why it is wrong"
        ),
        comment="Who succeeded whom. One row per predecessor, successor and day",
    )
    op.create_table(
        "dim_boundary",
        sa.Column("boundary_version", sa.TEXT(), nullable=False, comment="Day of the boundaries"),
        sa.Column("source_key", sa.BIGINT(), nullable=False, comment="Entity as reported"),
        sa.Column("target_key", sa.BIGINT(), nullable=True, comment="Entity that it lies in; empty: in none"),
        sa.Column("valid_from", sa.DATE(), nullable=False, comment="First day of which this holds"),
        sa.Column("valid_to", sa.DATE(), nullable=False, comment="Last day of which this holds"),
        sa.Column("share", sa.NUMERIC(38, 12), nullable=True, comment="How much of it; empty: nobody says"),
        sa.Column("piece_key", sa.BIGINT(), nullable=False, comment="Where figures of it are added up"),
        comment="Where entities lie on the boundaries of a declared day, as far as they are not wholly themselves",
    )
