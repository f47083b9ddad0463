"""Alerts with memory: incidents, the outbox of messages, and how far deliveries were looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def _text(name: str, comment: str, *, empty: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.TEXT(), nullable=empty, comment=comment)


def _number(name: str, comment: str, *, empty: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BIGINT(), nullable=empty, comment=comment)


def _time(name: str, comment: str) -> sa.Column[object]:
    return sa.Column(name, sa.TIMESTAMP(), nullable=False, comment=comment)


def upgrade() -> None:
    op.create_table(
        "incident_event",
        sa.Column("event_key", sa.BIGINT(), primary_key=True, autoincrement=False,
                  comment="Order of what happened to incidents"),
        _number("incident_key", "The incident: the event_key with which it opened", empty=False),
        _text("fingerprint", "sha256 of what is wrong, of which form, unit and period: the same as long as it lasts",
              empty=False),
        _time("happened_at", "When it was noticed, UTC"),
        _text("run_id", "Run that noticed it", empty=False),
        _text("change", "What became of the incident: opened, repeated, worsened, escalated, recovered, closed",
              empty=False),
        _text("event_code", "What is wrong: rejected, partly_accepted, error, pull_failed, pull_partial, drift, "
              "overdue, release_refused, read_copy_broken, route_dead", empty=False),
        _text("form_code", "Form"),
        _number("unit_key", "Entity that reports"),
        _text("unit_code", "Code of that entity"),
        _text("period_code", "Period"),
        _text("about", "File, pull, source or route that it is about", empty=False),
        _number("findings", "Findings of the delivery", empty=False),
        _number("rows_aside", "Rows of it that were not loaded", empty=False),
        _text("receipt", "File of the home that holds the findings, or the trace of an error of ours"),
        _text("detail", "Why, in a sentence; of what a person closed: the reason, and who"),
        _text("route_name", "Of an escalation: the route that was told"),
        comment="What happened to incidents. One row per incident and change",
    )  # fmt: skip
    op.create_table(
        "outbox_message",
        sa.Column("message_id", sa.TEXT(), primary_key=True, comment="sha256 of the incidents' changes and the route"),
        _text("route_name", "Route of the programme", empty=False),
        _text("kind", "news (something changed) or digest (what is still open is listed, too)", empty=False),
        _text("run_id", "Run that wrote it", empty=False),
        _time("created_at", "When it was written, UTC"),
        _time("due_at", "When it may be sent, UTC: later than written in quiet hours"),
        _text("tone", "info, warning or failure: how bad the worst in it is", empty=False),
        _text("subject", "Subject", empty=False),
        _text("body", "Text", empty=False),
        comment="Messages to routes, written before anything is sent. One row per message",
    )
    op.create_table(
        "outbox_incident",
        sa.Column("message_id", sa.TEXT(), primary_key=True, comment="Message"),
        sa.Column("incident_key", sa.BIGINT(), primary_key=True, autoincrement=False, comment="Incident"),
        comment="Which incidents a message tells of. One row per message and incident",
    )
    op.create_table(
        "outbox_attempt",
        _text("message_id", "Message", empty=False),
        _time("tried_at", "When, UTC"),
        _text("run_id", "Run that tried", empty=False),
        _text("outcome", "sent; failed (it is tried again); dropped (its route is not declared any more)", empty=False),
        _text("reason", "Why it was not sent"),
        comment="Attempts to send a message. One row per attempt that reached for its channel",
    )
    op.create_table(
        "alert_look",
        _number("delivery_key", "The last delivery that was looked at", empty=False),
        _text("run_id", "Run that looked", empty=False),
        _time("looked_at", "When, UTC"),
        comment="How far deliveries were looked at for incidents: a killed run is made up for by the next",
    )
    # What came before was told of in its own run.
    op.execute(
        "INSERT INTO alert_look (delivery_key, run_id, looked_at) SELECT delivery_key, run_id, received_at "
        "FROM dim_delivery WHERE delivery_key = (SELECT max(delivery_key) FROM dim_delivery)"
    )
