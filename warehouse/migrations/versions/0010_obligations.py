"""What became of what was owed: waivers, and reports that are not owed any more; what a release knows of them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def _text(name: str, comment: str, *, empty: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.TEXT(), nullable=empty, comment=comment)


def upgrade() -> None:
    op.create_table(
        "obligation_change",
        sa.Column("change_key", sa.BIGINT(), primary_key=True, autoincrement=False, comment="Order of changes"),
        _text("form_code", "Form"),
        sa.Column("unit_key", sa.BIGINT(), nullable=False, comment="Entity that owed it"),
        _text("period_code", "Period"),
        _text("change", "waived; superseded (by the form and register as they are now it is not owed); owed (again)"),
        _text("reason", "Why"),
        _text("decided_by", "Who decided; empty: what is declared", empty=True),
        sa.Column("decided_at", sa.TIMESTAMP(), nullable=False, comment="When, UTC"),
        comment="What became of what was owed: people waive reports, registers and forms change. The latest of a "
        "report counts",
    )
    op.add_column(
        "dim_release",
        sa.Column("last_change_key", sa.BIGINT(), nullable=True, comment="The last change of an obligation it knows"),
    )
    op.add_column(
        "fact_indicator",
        sa.Column("reports_on_time", sa.BIGINT(), nullable=True, comment="Reports owed that first came in time"),
    )
    op.alter_column(
        "fact_indicator",
        "status",
        comment="ok; no_denominator (nothing to divide by); no_base (no figure of the year before); incomplete (an "
        "index lacks a component); low_coverage (too few reports to publish it); estimated (restated by stated "
        "shares); not_comparable; withdrawn; tombstone (no longer a value)",
    )
    op.create_table(
        "outbox_reminder",
        sa.Column("message_id", sa.TEXT(), primary_key=True, comment="Message"),
        sa.Column("form_code", sa.TEXT(), primary_key=True, comment="Form"),
        sa.Column("unit_key", sa.BIGINT(), primary_key=True, autoincrement=False, comment="Entity that owes it"),
        sa.Column("period_code", sa.TEXT(), primary_key=True, comment="Period"),
        sa.Column("step", sa.BIGINT(), nullable=False, comment="Days, or working days, after the day it is due"),
        comment="Of which reports a message reminds. One row per message and report",
    )
