"""Why a figure is not comparable; and how targets stood, as part of what a release seals."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column(
        "fact_indicator",
        sa.Column(
            "reason",
            sa.TEXT(),
            nullable=True,
            comment="Where status is not_comparable: split (nobody says how much went where), part (such figures are "
            "of whole places only), kind (they are never put together), unknown (of what went into the place nothing "
            "is known), predecessor (a figure that went into it does not stand), two_values (two published ones "
            "differ)",
        ),
    )
    op.add_column(
        "release_partition",
        sa.Column(
            "target_hash",
            sa.TEXT(),
            nullable=True,
            comment="sha256 of how targets stood in the partition; empty where it was sealed before that was part of "
            "it",
        ),
    )
