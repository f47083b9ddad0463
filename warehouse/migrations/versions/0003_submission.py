"""The number that a file says its submission has."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "dim_delivery",
        sa.Column(
            "submission_no",
            sa.BIGINT(),
            nullable=True,
            comment="Which submission of its form, unit and period the file says it is, from 1",
        ),
    )
