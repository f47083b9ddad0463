"""The tables of alerts: what happened to each incident, and what was to be said to whom. Rows are appended only.

``incident`` and ``outbox``, the views over them, show how each stands now.
"""

from __future__ import annotations

from typing import Final, get_args

from sqlalchemy import BIGINT, TEXT, TIMESTAMP, Column, Table

from catalogue.incident import Change, Event
from warehouse.schema import engine_tables, key, number, text

incident_event: Final = Table(
    "incident_event",
    engine_tables,
    key("event_key", "Order of what happened to incidents"),
    number("incident_key", "The incident: the event_key with which it opened", empty=False),
    text("fingerprint", "sha256 of what is wrong, of which form, unit and period: the same as long as it lasts",
         empty=False),
    Column("happened_at", TIMESTAMP, nullable=False, comment="When it was noticed, UTC"),
    text("run_id", "Run that noticed it", empty=False),
    text("change", f"What became of the incident: {', '.join(get_args(Change))}", empty=False),
    text("event_code", f"What is wrong: {', '.join(get_args(Event))}", empty=False),
    text("form_code", "Form"),
    number("unit_key", "Entity that reports"),
    text("unit_code", "Code of that entity"),
    text("period_code", "Period"),
    text("about", "File, pull, source or route that it is about", empty=False),
    number("findings", "Findings of the delivery", empty=False),
    number("rows_aside", "Rows of it that were not loaded", empty=False),
    text("receipt", "File of the home that holds the findings, or the trace of an error of ours"),
    text("detail", "Why, in a sentence; of what a person closed: the reason, and who"),
    text("route_name", "Of an escalation: the route that was told"),
    comment="What happened to incidents. One row per incident and change",
)  # fmt: skip
outbox_message: Final = Table(
    "outbox_message",
    engine_tables,
    Column("message_id", TEXT, primary_key=True, comment="sha256 of the incidents' changes and the route"),
    text("route_name", "Route of the programme", empty=False),
    text("kind", "news (something changed) or digest (what is still open is listed, too)", empty=False),
    text("run_id", "Run that wrote it", empty=False),
    Column("created_at", TIMESTAMP, nullable=False, comment="When it was written, UTC"),
    Column("due_at", TIMESTAMP, nullable=False, comment="When it may be sent, UTC: later than written in quiet hours"),
    text("tone", "info, warning or failure: how bad the worst in it is", empty=False),
    text("subject", "Subject", empty=False),
    text("body", "Text", empty=False),
    comment="Messages to routes, written before anything is sent. One row per message",
)
outbox_incident: Final = Table(
    "outbox_incident",
    engine_tables,
    Column("message_id", TEXT, primary_key=True, comment="Message"),
    Column("incident_key", BIGINT, primary_key=True, autoincrement=False, comment="Incident"),
    comment="Which incidents a message tells of. One row per message and incident",
)
outbox_reminder: Final = Table(
    "outbox_reminder",
    engine_tables,
    Column("message_id", TEXT, primary_key=True, comment="Message"),
    Column("form_code", TEXT, primary_key=True, comment="Form"),
    Column("unit_key", BIGINT, primary_key=True, autoincrement=False, comment="Entity that owes it"),
    Column("period_code", TEXT, primary_key=True, comment="Period"),
    number("step", "Days, or working days, after the day it is due", empty=False),
    comment="Of which reports a message reminds. One row per message and report",
)
outbox_attempt: Final = Table(
    "outbox_attempt",
    engine_tables,
    text("message_id", "Message", empty=False),
    Column("tried_at", TIMESTAMP, nullable=False, comment="When, UTC"),
    text("run_id", "Run that tried", empty=False),
    text("outcome", "sent; failed (it is tried again); dropped (its route is not declared any more)", empty=False),
    text("reason", "Why it was not sent"),
    comment="Attempts to send a message. One row per attempt that reached for its channel",
)
alert_look: Final = Table(
    "alert_look",
    engine_tables,
    number("delivery_key", "The last delivery that was looked at", empty=False),
    text("run_id", "Run that looked", empty=False),
    Column("looked_at", TIMESTAMP, nullable=False, comment="When, UTC"),
    comment="How far deliveries were looked at for incidents: a killed run is made up for by the next",
)

INCIDENT: Final = """
SELECT o.incident_key,
       CASE WHEN l.change IN ('recovered', 'closed') THEN l.change WHEN e.last_escalated IS NOT NULL THEN 'escalated'
            ELSE 'open' END AS status,
       l.event_code, o.form_code, o.unit_key, o.unit_code, o.period_code, l.about, o.happened_at AS open_since,
       l.happened_at AS last_seen, e.times, e.last_escalated, l.findings, l.rows_aside, l.receipt, l.detail,
       o.fingerprint
FROM incident_event o
JOIN (SELECT incident_key, max(event_key) AS event_key,
             count(CASE WHEN change IN ('opened', 'repeated', 'worsened') THEN 1 END) AS times,
             max(CASE WHEN change = 'escalated' THEN happened_at END) AS last_escalated
      FROM incident_event GROUP BY incident_key) e ON e.incident_key = o.event_key
JOIN incident_event l ON l.event_key = e.event_key
"""
OUTBOX: Final = """
SELECT m.message_id, m.route_name, m.kind, m.run_id, m.created_at, m.due_at, m.tone, m.subject, a.sent_at,
       coalesce(a.tries, 0) AS tries, coalesce(a.is_done, FALSE) AS is_done,
       (SELECT max(f.reason) FROM outbox_attempt f WHERE f.message_id = m.message_id AND f.tried_at = a.failed_at)
       AS last_error
FROM outbox_message m
LEFT JOIN (SELECT message_id, count(*) AS tries, max(CASE WHEN outcome = 'sent' THEN tried_at END) AS sent_at,
                  max(CASE WHEN outcome = 'failed' THEN tried_at END) AS failed_at,
                  bool_or(outcome <> 'failed') AS is_done
           FROM outbox_attempt GROUP BY message_id) a ON a.message_id = m.message_id
"""
