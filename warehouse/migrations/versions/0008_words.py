"""What kinds of indicators and statuses of figures there are, in the words of the columns."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.alter_column(
        "dim_indicator",
        "kind",
        comment="How it is worked out: count, sum, ratio, change, published, distinct, share, gap, index, rank, "
        "cumulative, reports",
    )
    op.alter_column(
        "fact_indicator",
        "status",
        comment="ok; no_denominator (nothing to divide by); no_base (no figure of the year before); incomplete (an "
        "index lacks a component); estimated (restated by stated shares); not_comparable; withdrawn; tombstone (no "
        "longer a value)",
    )
    op.alter_column(
        "fact_indicator",
        "target_status",
        comment="met, met_partial, not_met, pending, no_data, no_target, not_comparable",
    )
    op.alter_column(
        "dim_delivery",
        "status",
        comment="accepted, accepted_with_warnings, partly_accepted, rejected, error or withdrawn",
    )
    op.alter_column(
        "dim_part",
        "reason",
        comment="Why this vintage exists: first, resubmission, repeat, replay, correction, override; withdrawn "
        "(nothing stands), restored (what was there before stands again)",
    )
    op.alter_column(
        "ledger",
        "event",
        comment="append, release, withdraw, migrate, move, dimensions, alias or override",
    )
    op.create_table_comment(
        "dim_delivery",
        "Files and pulls that arrived, one row per distinct content (sha256) and source; and one per replay of them",
    )
