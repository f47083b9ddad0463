"""What a release says of itself, which forms feed an indicator, and what was withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for table, column in (
        (
            "fact_indicator",
            sa.Column(
                "release_status",
                sa.TEXT(),
                comment="revised: it changed what was final; provisional, which becomes final, else",
            ),
        ),
        (
            "fact_indicator",
            sa.Column("withdrawal_key", sa.BIGINT(), comment="Where status is withdrawn: the decision"),
        ),
        (
            "dim_release",
            sa.Column(
                "embargo_until",
                sa.TIMESTAMP(),
                comment="Before that, UTC, readers do not see it; empty: it is shown at once",
            ),
        ),
        (
            "dim_release",
            sa.Column("is_final", sa.BOOLEAN(), comment="True where all that it shows is final from then on"),
        ),
        (
            "dim_release",
            sa.Column("last_withdrawal_key", sa.BIGINT(), comment="The last withdrawal it knows"),
        ),
    ):
        op.add_column(table, column)
    op.create_table(
        "release_feed",
        sa.Column("indicator_code", sa.TEXT(), nullable=False, comment="Indicator"),
        sa.Column("form_code", sa.TEXT(), nullable=False, comment="Form"),
        sa.Column(
            "is_wide",
            sa.BOOLEAN(),
            nullable=False,
            comment="True where a report tells of other places than its unit's own",
        ),
        sa.Column(
            "from_release",
            sa.BIGINT(),
            nullable=False,
            comment="First release in which the indicator stood on the form",
        ),
        comment="Which forms an indicator stands on, as of the release that said so first",
    )
    op.create_table(
        "withdrawal",
        sa.Column("withdrawal_key", sa.BIGINT(), autoincrement=False, nullable=False, comment="Order of decisions"),
        sa.Column("kind", sa.TEXT(), nullable=False, comment="delivery or figure"),
        sa.Column("sha256", sa.TEXT(), nullable=True, comment="Bytes of the delivery"),
        sa.Column("indicator_code", sa.TEXT(), nullable=True, comment="Indicator of the figure"),
        sa.Column("entity_key", sa.BIGINT(), nullable=True, comment="Its place or organisation"),
        sa.Column("period_code", sa.TEXT(), nullable=True, comment="Its period"),
        sa.Column("active", sa.BOOLEAN(), nullable=False, comment="False where the decision is taken back"),
        sa.Column("reason", sa.TEXT(), nullable=False, comment="Why"),
        sa.Column("document", sa.TEXT(), nullable=False, comment="The document that says so"),
        sa.Column("decided_by", sa.TEXT(), nullable=False, comment="Who decided"),
        sa.Column("decided_at", sa.TIMESTAMP(), nullable=False, comment="When, UTC"),
        sa.PrimaryKeyConstraint("withdrawal_key"),
        comment="Decisions of people: a delivery, or a released figure, no longer stands. The latest of each counts",
    )
