"""The engine's own tables, the same for every programme and both backends. Rows are appended, never changed.

Names: ``_key`` surrogate, ``_code`` natural. Comments are the dictionary an analyst reads in the database.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, get_args

from sqlalchemy import BIGINT, BOOLEAN, DATE, INTEGER, NUMERIC, TEXT, TIMESTAMP, Column, MetaData, Table

from catalogue.indicator import IndicatorKind
from catalogue.target import TargetStatus

AMOUNT: Final[NUMERIC[Decimal]] = NUMERIC(38, 6)
"""A numerator, a denominator, or a decimal measure: exact."""
VALUE: Final[NUMERIC[Decimal]] = NUMERIC(38, 12)
"""A derived value, half-up to 12 places."""

engine_tables: Final = MetaData()


def _table(name: str, comment: str, *columns: Column[object]) -> Table:
    return Table(name, engine_tables, *columns, comment=comment)


def key(name: str, comment: str) -> Column[object]:
    """A surrogate key of the table's own rows."""
    return Column(name, BIGINT, primary_key=True, autoincrement=False, comment=comment)


def text(name: str, comment: str, *, empty: bool = True) -> Column[object]:
    """A text column."""
    return Column(name, TEXT, nullable=empty, comment=comment)


def number(name: str, comment: str, *, empty: bool = True) -> Column[object]:
    """A whole-number column."""
    return Column(name, BIGINT, nullable=empty, comment=comment)


dim_period = _table(
    "dim_period",
    "Periods that figures are of. One row per period of a calendar",
    Column("period_code", TEXT, primary_key=True, comment="Natural code, as 2024-Q1; other calendars as 2024-Q1@R15"),
    text("calendar_code", "How the year is cut: CAL is the civil calendar", empty=False),
    text("kind", "month, quarter, half, nine_months or year", empty=False),
    number("year", "The year the period belongs to in its calendar", empty=False),
    Column("start_date", DATE, nullable=False, comment="First day"),
    Column("end_date", DATE, nullable=False, comment="Last day"),
)
dim_delivery = _table(
    "dim_delivery",
    "Files and pulls that arrived, one row per distinct content (sha256) and source; and one per replay of them",
    key("delivery_key", "Number of the delivery, in order of arrival"),
    text("sha256", "Hash of the bytes; the archive holds them under it", empty=False),
    text("name", "File name relative to the inbox, or the name of the pull", empty=False),
    text("source_code", "Inbox or portal it came from", empty=False),
    text("form_code", "Form it was recognised as"),
    number("form_version", "Version of the form's declaration it was read with"),
    number("unit_key", "Entity that reported"),
    text("unit_code", "Code of that entity as resolved"),
    text("period_code", "Period it reports on; empty where rows bear their own"),
    Column("received_at", TIMESTAMP, nullable=False, comment="When it was fetched, UTC"),
    text("status", "accepted, accepted_with_warnings, partly_accepted, rejected, error or withdrawn", empty=False),
    number("rows_read", "Rows in it that are not empty, furniture included", empty=False),
    number("rows_loaded", "Rows that became facts", empty=False),
    number("rows_quarantined", "Rows set aside", empty=False),
    number("rows_refused", "Rows refused with their delivery", empty=False),
    number("rows_repeated", "Rows equal in every cell to another row of the delivery", empty=False),
    number("rows_furniture", "Rows that are titles, headers, totals, notes, signatures", empty=False),
    text("run_id", "Run that loaded it", empty=False),
    text("trace_id", "Where status is error: what to tell the steward"),
    number("replay_of_key", "The delivery of the same bytes that this one judges anew; empty for what arrived"),
    text("reason", "Why it was judged anew, and by whom"),
    number("submission_no", "Which submission of its form, unit and period the file says it is, from 1"),
)
dim_part = _table(
    "dim_part",
    "Parts of deliveries: form x unit x period. The unit of acceptance, supersession and vintage",
    key("part_key", "Number of the part, in order of the ledger: a later one supersedes an earlier one of the same"),
    number("delivery_key", "Delivery it came in", empty=False),
    text("form_code", "Form", empty=False),
    number("unit_key", "Entity that reported", empty=False),
    text("period_code", "Period", empty=False),
    Column(
        "as_of_date", DATE, nullable=False, comment="Day whose versions it speaks of: the period's end or the unit's"
    ),
    text("content_hash", "sha256 of its conformed content", empty=False),
    number(
        "facts_part_key", "The part that holds its facts: itself, or the vintage whose content it repeats", empty=False
    ),
    number("supersedes_part_key", "The part of the same form, unit and period that was current before"),
    text(
        "reason",
        "Why this vintage exists: first, resubmission, repeat, replay, correction, override; withdrawn (nothing "
        "stands), restored (what was there before stands again)",
        empty=False,
    ),
    number("rows_loaded", "Rows in facts", empty=False),
    number("rows_quarantined", "Rows set aside", empty=False),
    Column("complete", BOOLEAN, nullable=False, comment="True where nothing of it is in quarantine"),
    Column("received_at", TIMESTAMP, nullable=False, comment="When its delivery was fetched, UTC"),
)
furniture = _table(
    "furniture",
    "Rows of deliveries that are no data, counted by kind with the layout rule that said so",
    number("delivery_key", "Delivery", empty=False),
    text("kind", "title, header, numbers, section, total, note, signature or blank", empty=False),
    text("rule", "Layout rule that recognised them", empty=False),
    number("rows", "How many", empty=False),
)
quarantine = _table(
    "quarantine",
    "Rows set aside, with their raw content. One row per source row",
    number("delivery_key", "Delivery", empty=False),
    number("part_key", "Part it would have belonged to; empty where that cannot be told"),
    text("source_sheet", "Worksheet, or page of a pull", empty=False),
    number("source_row", "Row in it, from 1", empty=False),
    text("rules", "Rules it broke, separated by ;", empty=False),
    text("content", "The row as it was, a JSON object of field: text", empty=False),
)
issue = _table(
    "issue",
    "Findings. One row per rule and cell of a delivery",
    number("delivery_key", "Delivery", empty=False),
    text("rule_code", "Stable id of the rule", empty=False),
    text("severity", "reject_delivery, reject_row or warn", empty=False),
    text("source_sheet", "Worksheet, or page of a pull", empty=False),
    number("source_row", "Row, from 1; 0 for the whole", empty=False),
    text("source_column", "Column letter, or key of a record", empty=False),
    text("field", "Field of the form", empty=False),
    text("found", "What is there", empty=False),
    text("allowed", "What may be there", empty=False),
    text("advice", "What to do", empty=False),
)
delivery_signature = _table(
    "delivery_signature",
    "Signatures as deliveries were judged by them. One row per delivery whose form wanted or required one",
    number("delivery_key", "Delivery", empty=False),
    text("policy", "wanted or required: what the form asked for when it arrived", empty=False),
    text("rule_code", "Rule by which it does not hold; empty where it does"),
    text("found", "What was found then"),
    text("name", "File name of the signature; empty where there is none"),
    text("signature_sha256", "Hash of the signature's own bytes; the archive holds them under it"),
    text("signed_sha256", "Hash of the bytes that it signs: the file's, or those of the bundle it came in"),
    text("signer", "Subjects of the certificates that signed"),
    text("serial_number", "Their serial numbers, in hexadecimal"),
    text("issuer", "The authorities that issued them"),
    text("entry", "Entries of the trust list that vouch for them"),
    number("unit_key", "Entity for which they were to sign"),
    Column("claimed_at", TIMESTAMP, comment="When the signers say they signed, UTC; nobody vouches for it"),
    Column("judged_as_of", TIMESTAMP, nullable=False, comment="Moment as of which it was verified: its arrival, UTC"),
)
sheet_layout = _table(
    "sheet_layout",
    "How the columns of each sheet of a delivery were recognised. One row per delivery and sheet",
    number("delivery_key", "Delivery", empty=False),
    text("source_sheet", "Worksheet, or page of a pull", empty=False),
    text("layout_hash", "sha256 of its fields and columns: layout_column", empty=False),
)
layout_column = _table(
    "layout_column",
    "In which column each field of a form stands. One row per layout and field; sheets that are alike share it",
    text("layout_hash", "sha256 of the fields and columns", empty=False),
    text("field", "Field of the form", empty=False),
    text("source_column", "Column letter, or key of a record", empty=False),
)
name_alias = _table(
    "name_alias",
    "Decisions of people: what a name means that no rule could resolve. The latest of a name and unit counts",
    key("alias_key", "Order of decisions"),
    text("register_name", "Register the entity is in", empty=False),
    text("name", "The name as it was written", empty=False),
    number("unit_key", "Unit in whose deliveries it means that; empty: in everybody's"),
    number("entity_key", "What it means; empty: the decision is taken back"),
    text("reason", "Why", empty=False),
    text("decided_by", "Who decided", empty=False),
    Column("decided_at", TIMESTAMP, nullable=False, comment="When, UTC"),
)
rule_override = _table(
    "rule_override",
    "Decisions of people: a broken rule that is accepted with a written reason. The latest of a place counts",
    key("override_key", "Order of decisions"),
    text("sha256", "Bytes of the delivery it is about", empty=False),
    text("rule_code", "Rule that may be broken there", empty=False),
    text("source_sheet", "Worksheet; empty: everywhere in the delivery", empty=False),
    number("source_row", "Row in it, from 1; 0: every row", empty=False),
    Column("active", BOOLEAN, nullable=False, comment="False where the decision is taken back"),
    text("reason", "Why (giải trình)", empty=False),
    text("decided_by", "Who decided", empty=False),
    Column("decided_at", TIMESTAMP, nullable=False, comment="When, UTC"),
)
check_result = _table(
    "check_result",
    "Verdicts of the gate. One row per check, form and batch",
    text("run_id", "Run", empty=False),
    text("form_code", "Form", empty=False),
    text("check_code", "Check", empty=False),
    text("verdict", "pass, fail or error; an error is never a pass", empty=False),
    number("rows_seen", "Rows that the check was put to", empty=False),
    number("rows_failed", "Rows that failed by our own predicate", empty=False),
    number("rows_failed_gx", "Rows that failed by Great Expectations' count; empty where it could not be carried out"),
)
ledger = _table(
    "ledger",
    "What happened, in order. The truth about runs",
    key("sequence", "Order of events"),
    Column("happened_at", TIMESTAMP, nullable=False, comment="Wall clock, UTC; order comes from sequence"),
    text("run_id", "Run", empty=False),
    text("event", "append, release, withdraw, migrate, move, dimensions, alias or override", empty=False),
    text("detail", "What of it, in a sentence", empty=False),
)
dim_hierarchy = _table(
    "dim_hierarchy",
    "Which entity lies below which, between which days. Every entity is its own ancestor at distance 0",
    number("entity_key", "Entity", empty=False),
    number("ancestor_key", "Entity above it", empty=False),
    Column("distance", INTEGER, nullable=False, comment="Steps between them"),
    Column("valid_from", DATE, nullable=False, comment="First day"),
    Column("valid_to", DATE, nullable=False, comment="Last day"),
)
dim_succession = _table(
    "dim_succession",
    "Who succeeded whom. One row per predecessor, successor and day",
    number("predecessor_key", "Entity that went into the successor", empty=False),
    number("successor_key", "Entity with all or part of it", empty=False),
    text("relation", "unchanged, whole or part", empty=False),
    Column("share", VALUE, comment="How much of it, where a document says so"),
    text("basis", "What the share is of"),
    Column("effective_date", DATE, nullable=False, comment="First day of the successor"),
    text("document", "Document that says so"),
    text("correction", "What the source says otherwise, and why it is wrong"),
)
dim_boundary = _table(
    "dim_boundary",
    "Where entities lie on the boundaries of a declared day, as far as they are not wholly themselves",
    text("boundary_version", "Day of the boundaries", empty=False),
    number("source_key", "Entity as reported", empty=False),
    number("target_key", "Entity that it lies in; empty: in none"),
    Column("valid_from", DATE, nullable=False, comment="First day of which this holds"),
    Column("valid_to", DATE, nullable=False, comment="Last day of which this holds"),
    Column("share", VALUE, comment="How much of it; empty: nobody says"),
    number("piece_key", "Where figures of it are added up", empty=False),
)
dim_indicator = _table(
    "dim_indicator",
    "Definitions of indicators. One row per code and version",
    Column("indicator_code", TEXT, primary_key=True, comment="Code"),
    Column("definition_version", BIGINT, primary_key=True, autoincrement=False, comment="Version of the definition"),
    text("title", "Name, in the programme's first language", empty=False),
    text("title_en", "Name in English where there is one"),
    text("definition", "What is counted, over what", empty=False),
    text("kind", f"How it is worked out: {', '.join(get_args(IndicatorKind))}", empty=False),
    text("unit", "Unit", empty=False),
    text("scale", "number, percent (stored as a fraction), rank or times", empty=False),
    text("direction", "up where more is better, down where less is, none", empty=False),
    text("legal_source", "Legal or scientific source"),
)
dim_target = _table(
    "dim_target",
    "Targets and published actuals of documents",
    Column("target_code", TEXT, primary_key=True, comment="Code"),
    text("indicator_code", "Indicator", empty=False),
    number("entity_key", "Place it is for", empty=False),
    Column("boundary_date", DATE, nullable=False, comment="Day on whose boundaries the place is meant"),
    number("year", "Year", empty=False),
    text("operator", "=, >=, >, <= or <: strict where the document is", empty=False),
    Column("value", VALUE, nullable=False, comment="In the indicator's unit; rates as fractions"),
    text("kind", "target, or actual: a figure somebody published of the past", empty=False),
    text("words", "What the document says", empty=False),
    text("document", "The document", empty=False),
)
fact_reporting = _table(
    "fact_reporting",
    "What is owed. One row per form, unit and period",
    text("form_code", "Form", empty=False),
    number("unit_key", "Entity that owes it", empty=False),
    text("period_code", "Period", empty=False),
    Column("due_at", DATE, nullable=False, comment="Last day on which it is on time"),
    Column("as_of_date", DATE, nullable=False, comment="Day whose versions it speaks of"),
    Column("covers_branch", BOOLEAN, nullable=False, comment="True where it reports about all below the unit"),
)
obligation_change = _table(
    "obligation_change",
    "What became of what was owed: people waive reports, registers and forms change. The latest of a report counts",
    key("change_key", "Order of changes"),
    text("form_code", "Form", empty=False),
    number("unit_key", "Entity that owed it", empty=False),
    text("period_code", "Period", empty=False),
    text("change", "waived; superseded (by the form and register as they are now it is not owed); owed (again)",
         empty=False),
    text("reason", "Why", empty=False),
    text("decided_by", "Who decided; empty: what is declared"),
    Column("decided_at", TIMESTAMP, nullable=False, comment="When, UTC"),
)  # fmt: skip
AS_REPORTED: Final = "as_reported"
fact_indicator = _table(
    "fact_indicator",
    "Values of indicators as released. One row per indicator, place, period and release that changed it",
    text("indicator_code", "Indicator", empty=False),
    number("definition_version", "Version of its definition", empty=False),
    number("entity_key", "Place or organisation", empty=False),
    text("period_code", "Period", empty=False),
    text("boundary_version", "Boundaries it is on: as_reported, or a day", empty=False),
    Column("numerator", AMOUNT, comment="Numerator, or the figure itself"),
    Column("denominator", AMOUNT, comment="Denominator; empty where there is none"),
    Column("value", VALUE, comment="Numerator over denominator, half-up to 12 places; rates are fractions"),
    text("approx", "Where the publisher said so: >, <, ~"),
    number("of_n", "For ranks: of how many"),
    number("reports_received", "Complete reports behind it", empty=False),
    number("reports_expected", "Reports owed; coverage is received over expected", empty=False),
    text(
        "status",
        "ok; no_denominator (nothing to divide by); no_base (no figure of the year before); incomplete (an index lacks "
        "a component); low_coverage (too few reports to publish it); estimated (restated by stated shares); "
        "not_comparable; withdrawn; tombstone (no longer a value)",
        empty=False,
    ),
    text("target_code", "The next target of its place at or after its year"),
    text("target_status", ", ".join(get_args(TargetStatus)), empty=False),
    number("from_release", "First release that shows this row", empty=False),
    text("release_status", "revised: it changed what was final; provisional, which becomes final, else"),
    number("withdrawal_key", "Where status is withdrawn: the decision"),
    text(
        "reason",
        "Where status is not_comparable: split (nobody says how much went where), part (such figures are of whole "
        "places only), kind (they are never put together), unknown (of what went into the place nothing is known), "
        "predecessor (a figure that went into it does not stand), two_values (two published ones differ)",
    ),
    number("reports_on_time", "Reports owed that first came in time"),
)
dim_release = _table(
    "dim_release",
    "Sealed releases",
    key("release_key", "Number of the release"),
    text("name", "Name", empty=False),
    Column("sealed_at", TIMESTAMP, nullable=False, comment="When it was sealed, UTC"),
    text("hash", "sha256 over the hashes of its partitions", empty=False),
    number("parent_key", "The release before it"),
    number("ledger_sequence", "The last event it knows", empty=False),
    number("last_part_key", "The last part it knows", empty=False),
    text("programme", "Programme", empty=False),
    text("programme_hash", "sha256 of the programme's files", empty=False),
    text("engine_version", "Version of chiso", empty=False),
    Column("embargo_until", TIMESTAMP, comment="Before that, UTC, readers do not see it; empty: it is shown at once"),
    Column("is_final", BOOLEAN, comment="True where all that it shows is final from then on"),
    number("last_withdrawal_key", "The last withdrawal it knows"),
    number("last_change_key", "The last change of an obligation it knows"),
)
release_feed = _table(
    "release_feed",
    "Which forms an indicator stands on, as of the release that said so first",
    text("indicator_code", "Indicator", empty=False),
    text("form_code", "Form", empty=False),
    Column("is_wide", BOOLEAN, nullable=False, comment="True where a report tells of other places than its unit's own"),
    number("from_release", "First release in which the indicator stood on the form", empty=False),
)
withdrawal = _table(
    "withdrawal",
    "Decisions of people: a delivery, or a released figure, no longer stands. The latest of each counts",
    key("withdrawal_key", "Order of decisions"),
    text("kind", "delivery or figure", empty=False),
    text("sha256", "Bytes of the delivery"),
    text("indicator_code", "Indicator of the figure"),
    number("entity_key", "Its place or organisation"),
    text("period_code", "Its period"),
    Column("active", BOOLEAN, nullable=False, comment="False where the decision is taken back"),
    text("reason", "Why", empty=False),
    text("document", "The document that says so", empty=False),
    text("decided_by", "Who decided", empty=False),
    Column("decided_at", TIMESTAMP, nullable=False, comment="When, UTC"),
)
release_partition = _table(
    "release_partition",
    "Hashes of a release: one row per partition (indicator x period) that the release changed",
    number("release_key", "Release", empty=False),
    text("indicator_code", "Indicator", empty=False),
    text("period_code", "Period", empty=False),
    number("rows", "Rows in the partition", empty=False),
    text("hash", "sha256 of the partition's rows", empty=False),
    text(
        "target_hash",
        "sha256 of how targets stood in the partition; empty where it was sealed before that was part of it",
    ),
)
target_status = _table(
    "target_status",
    "How each target stood at each period of its place up to its year, as released",
    text("target_code", "Target", empty=False),
    text("indicator_code", "Indicator", empty=False),
    number("entity_key", "Place", empty=False),
    text("period_code", "Period of the value it was compared with", empty=False),
    text("target_status", "met, met_partial, not_met, pending, no_data or not_comparable", empty=False),
    number("from_release", "Release of the value", empty=False),
)
