"""The first schema of the engine's own tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "check_result",
        sa.Column("run_id", sa.TEXT(), nullable=False, comment="Run"),
        sa.Column("form_code", sa.TEXT(), nullable=False, comment="Form"),
        sa.Column("check_code", sa.TEXT(), nullable=False, comment="Check"),
        sa.Column("verdict", sa.TEXT(), nullable=False, comment="pass, fail or error; an error is never a pass"),
        sa.Column("rows_seen", sa.BIGINT(), nullable=False, comment="Rows that the check was put to"),
        sa.Column("rows_failed", sa.BIGINT(), nullable=False, comment="Rows that failed by our own predicate"),
        sa.Column(
            "rows_failed_gx",
            sa.BIGINT(),
            nullable=True,
            comment="Rows that failed by Great Expectations' count; empty where it could not be carried out",
        ),
        comment="Verdicts of the gate. One row per check, form and batch",
    )
    op.create_table(
        "dim_delivery",
        sa.Column(
            "delivery_key",
            sa.BIGINT(),
            autoincrement=False,
            nullable=False,
            comment="Number of the delivery, in order of arrival",
        ),
        sa.Column("sha256", sa.TEXT(), nullable=False, comment="Hash of the bytes; the archive holds them under it"),
        sa.Column(
            "name", sa.TEXT(), nullable=False, comment="File name relative to the inbox, or the name of the pull"
        ),
        sa.Column("source_code", sa.TEXT(), nullable=False, comment="Inbox or portal it came from"),
        sa.Column("form_code", sa.TEXT(), nullable=True, comment="Form it was recognised as"),
        sa.Column(
            "form_version", sa.BIGINT(), nullable=True, comment="Version of the form's declaration it was read with"
        ),
        sa.Column("unit_key", sa.BIGINT(), nullable=True, comment="Entity that reported"),
        sa.Column("unit_code", sa.TEXT(), nullable=True, comment="Code of that entity as resolved"),
        sa.Column(
            "period_code", sa.TEXT(), nullable=True, comment="Period it reports on; empty where rows bear their own"
        ),
        sa.Column("received_at", sa.TIMESTAMP(), nullable=False, comment="When it was fetched, UTC"),
        sa.Column(
            "status",
            sa.TEXT(),
            nullable=False,
            comment="accepted, accepted_with_warnings, partly_accepted, rejected or error",
        ),
        sa.Column(
            "rows_read", sa.BIGINT(), nullable=False, comment="Rows in it that are not empty, furniture included"
        ),
        sa.Column("rows_loaded", sa.BIGINT(), nullable=False, comment="Rows that became facts"),
        sa.Column("rows_quarantined", sa.BIGINT(), nullable=False, comment="Rows set aside"),
        sa.Column("rows_refused", sa.BIGINT(), nullable=False, comment="Rows refused with their delivery"),
        sa.Column(
            "rows_repeated",
            sa.BIGINT(),
            nullable=False,
            comment="Rows equal in every cell to another row of the delivery",
        ),
        sa.Column(
            "rows_furniture",
            sa.BIGINT(),
            nullable=False,
            comment="Rows that are titles, headers, totals, notes, signatures",
        ),
        sa.Column("run_id", sa.TEXT(), nullable=False, comment="Run that loaded it"),
        sa.Column("trace_id", sa.TEXT(), nullable=True, comment="Where status is error: what to tell the steward"),
        sa.PrimaryKeyConstraint("delivery_key"),
        comment="Files and pulls that arrived. One row per distinct content (sha256) and source",
    )
    op.create_table(
        "dim_hierarchy",
        sa.Column("entity_key", sa.BIGINT(), nullable=False, comment="Entity"),
        sa.Column("ancestor_key", sa.BIGINT(), nullable=False, comment="Entity above it"),
        sa.Column("distance", sa.INTEGER(), nullable=False, comment="Steps between them"),
        sa.Column("valid_from", sa.DATE(), nullable=False, comment="First day"),
        sa.Column("valid_to", sa.DATE(), nullable=False, comment="Last day"),
        comment="Which entity lies below which, between which days. Every entity is its own ancestor at distance 0",
    )
    op.create_table(
        "dim_indicator",
        sa.Column("indicator_code", sa.TEXT(), nullable=False, comment="Code"),
        sa.Column(
            "definition_version", sa.BIGINT(), autoincrement=False, nullable=False, comment="Version of the definition"
        ),
        sa.Column("title", sa.TEXT(), nullable=False, comment="Name, in the programme's first language"),
        sa.Column("title_en", sa.TEXT(), nullable=True, comment="Name in English where there is one"),
        sa.Column("definition", sa.TEXT(), nullable=False, comment="What is counted, over what"),
        sa.Column("kind", sa.TEXT(), nullable=False, comment="count, sum, ratio, change or published"),
        sa.Column("unit", sa.TEXT(), nullable=False, comment="Unit"),
        sa.Column("scale", sa.TEXT(), nullable=False, comment="number, percent (stored as a fraction), rank or times"),
        sa.Column("direction", sa.TEXT(), nullable=False, comment="up where more is better, down where less is, none"),
        sa.Column("legal_source", sa.TEXT(), nullable=True, comment="Legal or scientific source"),
        sa.PrimaryKeyConstraint("indicator_code", "definition_version"),
        comment="Definitions of indicators. One row per code and version",
    )
    op.create_table(
        "dim_part",
        sa.Column(
            "part_key",
            sa.BIGINT(),
            autoincrement=False,
            nullable=False,
            comment="Number of the part, in order of the ledger: a later one supersedes an earlier one of the same",
        ),
        sa.Column("delivery_key", sa.BIGINT(), nullable=False, comment="Delivery it came in"),
        sa.Column("form_code", sa.TEXT(), nullable=False, comment="Form"),
        sa.Column("unit_key", sa.BIGINT(), nullable=False, comment="Entity that reported"),
        sa.Column("period_code", sa.TEXT(), nullable=False, comment="Period"),
        sa.Column(
            "as_of_date",
            sa.DATE(),
            nullable=False,
            comment="Day whose versions it speaks of: the period's end or the unit's",
        ),
        sa.Column("content_hash", sa.TEXT(), nullable=False, comment="sha256 of its conformed content"),
        sa.Column(
            "facts_part_key",
            sa.BIGINT(),
            nullable=False,
            comment="The part that holds its facts: itself, or the vintage whose content it repeats",
        ),
        sa.Column(
            "supersedes_part_key",
            sa.BIGINT(),
            nullable=True,
            comment="The part of the same form, unit and period that was current before",
        ),
        sa.Column(
            "reason",
            sa.TEXT(),
            nullable=False,
            comment="Why this vintage exists: first, resubmission, repeat, replay, correction, override",
        ),
        sa.Column("rows_loaded", sa.BIGINT(), nullable=False, comment="Rows in facts"),
        sa.Column("rows_quarantined", sa.BIGINT(), nullable=False, comment="Rows set aside"),
        sa.Column("complete", sa.BOOLEAN(), nullable=False, comment="True where nothing of it is in quarantine"),
        sa.Column("received_at", sa.TIMESTAMP(), nullable=False, comment="When its delivery was fetched, UTC"),
        sa.PrimaryKeyConstraint("part_key"),
        comment="Parts of deliveries: form x unit x period. The unit of acceptance, supersession and vintage",
    )
    op.create_table(
        "dim_period",
        sa.Column(
            "period_code", sa.TEXT(), nullable=False, comment="Natural code, as 2024-Q1; other calendars as 2024-Q1@R15"
        ),
        sa.Column("calendar_code", sa.TEXT(), nullable=False, comment="How the year is cut: CAL is the civil calendar"),
        sa.Column("kind", sa.TEXT(), nullable=False, comment="month, quarter, half, nine_months or year"),
        sa.Column("year", sa.BIGINT(), nullable=False, comment="The year the period belongs to in its calendar"),
        sa.Column("start_date", sa.DATE(), nullable=False, comment="First day"),
        sa.Column("end_date", sa.DATE(), nullable=False, comment="Last day"),
        sa.PrimaryKeyConstraint("period_code"),
        comment="Periods that figures are of. One row per period of a calendar",
    )
    op.create_table(
        "dim_release",
        sa.Column("release_key", sa.BIGINT(), autoincrement=False, nullable=False, comment="Number of the release"),
        sa.Column("name", sa.TEXT(), nullable=False, comment="Name"),
        sa.Column("sealed_at", sa.TIMESTAMP(), nullable=False, comment="When it was sealed, UTC"),
        sa.Column("hash", sa.TEXT(), nullable=False, comment="sha256 over the hashes of its partitions"),
        sa.Column("parent_key", sa.BIGINT(), nullable=True, comment="The release before it"),
        sa.Column("ledger_sequence", sa.BIGINT(), nullable=False, comment="The last event it knows"),
        sa.Column("last_part_key", sa.BIGINT(), nullable=False, comment="The last part it knows"),
        sa.Column("programme", sa.TEXT(), nullable=False, comment="Programme"),
        sa.Column("programme_hash", sa.TEXT(), nullable=False, comment="sha256 of the programme's files"),
        sa.Column("engine_version", sa.TEXT(), nullable=False, comment="Version of chiso"),
        sa.PrimaryKeyConstraint("release_key"),
        comment="Sealed releases",
    )
    op.create_table(
        "dim_target",
        sa.Column("target_code", sa.TEXT(), nullable=False, comment="Code"),
        sa.Column("indicator_code", sa.TEXT(), nullable=False, comment="Indicator"),
        sa.Column("entity_key", sa.BIGINT(), nullable=False, comment="Place it is for"),
        sa.Column("boundary_date", sa.DATE(), nullable=False, comment="Day on whose boundaries the place is meant"),
        sa.Column("year", sa.BIGINT(), nullable=False, comment="Year"),
        sa.Column("operator", sa.TEXT(), nullable=False, comment="=, >=, >, <= or <: strict where the document is"),
        sa.Column(
            "value",
            sa.NUMERIC(precision=38, scale=12),
            nullable=False,
            comment="In the indicator's unit; rates as fractions",
        ),
        sa.Column(
            "kind", sa.TEXT(), nullable=False, comment="target, or actual: a figure somebody published of the past"
        ),
        sa.Column("words", sa.TEXT(), nullable=False, comment="What the document says"),
        sa.Column("document", sa.TEXT(), nullable=False, comment="The document"),
        sa.PrimaryKeyConstraint("target_code"),
        comment="Targets and published actuals of documents",
    )
    op.create_table(
        "fact_indicator",
        sa.Column("indicator_code", sa.TEXT(), nullable=False, comment="Indicator"),
        sa.Column("definition_version", sa.BIGINT(), nullable=False, comment="Version of its definition"),
        sa.Column("entity_key", sa.BIGINT(), nullable=False, comment="Place or organisation"),
        sa.Column("period_code", sa.TEXT(), nullable=False, comment="Period"),
        sa.Column("boundary_version", sa.TEXT(), nullable=False, comment="Boundaries it is on: as_reported, or a day"),
        sa.Column(
            "numerator", sa.NUMERIC(precision=38, scale=6), nullable=True, comment="Numerator, or the figure itself"
        ),
        sa.Column(
            "denominator",
            sa.NUMERIC(precision=38, scale=6),
            nullable=True,
            comment="Denominator; empty where there is none",
        ),
        sa.Column(
            "value",
            sa.NUMERIC(precision=38, scale=12),
            nullable=True,
            comment="Numerator over denominator, half-up to 12 places; rates are fractions",
        ),
        sa.Column("approx", sa.TEXT(), nullable=True, comment="Where the publisher said so: >, <, ~"),
        sa.Column("of_n", sa.BIGINT(), nullable=True, comment="For ranks: of how many"),
        sa.Column("reports_received", sa.BIGINT(), nullable=False, comment="Complete reports behind it"),
        sa.Column(
            "reports_expected", sa.BIGINT(), nullable=False, comment="Reports owed; coverage is received over expected"
        ),
        sa.Column(
            "status", sa.TEXT(), nullable=False, comment="ok, no_denominator, no_base or tombstone (no longer a value)"
        ),
        sa.Column("target_code", sa.TEXT(), nullable=True, comment="The next target of its place at or after its year"),
        sa.Column("target_status", sa.TEXT(), nullable=False, comment="met, met_partial, not_met, pending, no_target"),
        sa.Column("from_release", sa.BIGINT(), nullable=False, comment="First release that shows this row"),
        comment="Values of indicators as released. One row per indicator, place, period and release that changed it",
    )
    op.create_table(
        "fact_reporting",
        sa.Column("form_code", sa.TEXT(), nullable=False, comment="Form"),
        sa.Column("unit_key", sa.BIGINT(), nullable=False, comment="Entity that owes it"),
        sa.Column("period_code", sa.TEXT(), nullable=False, comment="Period"),
        sa.Column("due_at", sa.DATE(), nullable=False, comment="Last day on which it is on time"),
        sa.Column("as_of_date", sa.DATE(), nullable=False, comment="Day whose versions it speaks of"),
        sa.Column(
            "covers_branch", sa.BOOLEAN(), nullable=False, comment="True where it reports about all below the unit"
        ),
        comment="What is owed. One row per form, unit and period",
    )
    op.create_table(
        "furniture",
        sa.Column("delivery_key", sa.BIGINT(), nullable=False, comment="Delivery"),
        sa.Column(
            "kind",
            sa.TEXT(),
            nullable=False,
            comment="title, header, numbers, section, total, note, signature or blank",
        ),
        sa.Column("rule", sa.TEXT(), nullable=False, comment="Layout rule that recognised them"),
        sa.Column("rows", sa.BIGINT(), nullable=False, comment="How many"),
        comment="Rows of deliveries that are no data, counted by kind with the layout rule that said so",
    )
    op.create_table(
        "issue",
        sa.Column("delivery_key", sa.BIGINT(), nullable=False, comment="Delivery"),
        sa.Column("rule_code", sa.TEXT(), nullable=False, comment="Stable id of the rule"),
        sa.Column("severity", sa.TEXT(), nullable=False, comment="reject_delivery, reject_row or warn"),
        sa.Column("source_sheet", sa.TEXT(), nullable=False, comment="Worksheet, or page of a pull"),
        sa.Column("source_row", sa.BIGINT(), nullable=False, comment="Row, from 1; 0 for the whole"),
        sa.Column("source_column", sa.TEXT(), nullable=False, comment="Column letter, or key of a record"),
        sa.Column("field", sa.TEXT(), nullable=False, comment="Field of the form"),
        sa.Column("found", sa.TEXT(), nullable=False, comment="What is there"),
        sa.Column("allowed", sa.TEXT(), nullable=False, comment="What may be there"),
        sa.Column("advice", sa.TEXT(), nullable=False, comment="What to do"),
        comment="Findings. One row per rule and cell of a delivery",
    )
    op.create_table(
        "ledger",
        sa.Column("sequence", sa.BIGINT(), autoincrement=False, nullable=False, comment="Order of events"),
        sa.Column("happened_at", sa.TIMESTAMP(), nullable=False, comment="Wall clock, UTC; order comes from sequence"),
        sa.Column("run_id", sa.TEXT(), nullable=False, comment="Run"),
        sa.Column("event", sa.TEXT(), nullable=False, comment="append, release, migrate or dimensions"),
        sa.Column("detail", sa.TEXT(), nullable=False, comment="What of it, in a sentence"),
        sa.PrimaryKeyConstraint("sequence"),
        comment="What happened, in order. The truth about runs",
    )
    op.create_table(
        "quarantine",
        sa.Column("delivery_key", sa.BIGINT(), nullable=False, comment="Delivery"),
        sa.Column(
            "part_key",
            sa.BIGINT(),
            nullable=True,
            comment="Part it would have belonged to; empty where that cannot be told",
        ),
        sa.Column("source_sheet", sa.TEXT(), nullable=False, comment="Worksheet, or page of a pull"),
        sa.Column("source_row", sa.BIGINT(), nullable=False, comment="Row in it, from 1"),
        sa.Column("rules", sa.TEXT(), nullable=False, comment="Rules it broke, separated by ;"),
        sa.Column("content", sa.TEXT(), nullable=False, comment="The row as it was, a JSON object of field: text"),
        comment="Rows set aside, with their raw content. One row per source row",
    )
    op.create_table(
        "release_partition",
        sa.Column("release_key", sa.BIGINT(), nullable=False, comment="Release"),
        sa.Column("indicator_code", sa.TEXT(), nullable=False, comment="Indicator"),
        sa.Column("period_code", sa.TEXT(), nullable=False, comment="Period"),
        sa.Column("rows", sa.BIGINT(), nullable=False, comment="Rows in the partition"),
        sa.Column("hash", sa.TEXT(), nullable=False, comment="sha256 of the partition's rows"),
        comment="Hashes of a release: one row per partition (indicator x period) that the release changed",
    )
    op.create_table(
        "target_status",
        sa.Column("target_code", sa.TEXT(), nullable=False, comment="Target"),
        sa.Column("indicator_code", sa.TEXT(), nullable=False, comment="Indicator"),
        sa.Column("entity_key", sa.BIGINT(), nullable=False, comment="Place"),
        sa.Column("period_code", sa.TEXT(), nullable=False, comment="Period of the value it was compared with"),
        sa.Column(
            "target_status",
            sa.TEXT(),
            nullable=False,
            comment="met, met_partial, not_met, pending, no_data or not_comparable",
        ),
        sa.Column("from_release", sa.BIGINT(), nullable=False, comment="Release of the value"),
        comment="How each target stood at each period of its place up to its year, as released",
    )
