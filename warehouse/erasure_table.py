"""The table of erasures: what was archived or set aside, held personal data, and is gone for good."""

from __future__ import annotations

from typing import Final

from sqlalchemy import TIMESTAMP, Column, Table

from warehouse.schema import engine_tables, key, number, text

erasure: Final = Table(
    "erasure",
    engine_tables,
    key("erasure_key", "Order of decisions"),
    text("sha256", "Bytes that are gone from the archive", empty=False),
    number("size", "How many bytes they were; empty where the archive did not hold them any more"),
    text("cells", "Cells whose quoted texts are gone, separated by ;. Empty: all of the delivery"),
    text("reason", "Why", empty=False),
    text("document", "The document that says so", empty=False),
    text("decided_by", "Who decided", empty=False),
    Column("decided_at", TIMESTAMP, nullable=False, comment="When, UTC"),
    comment="Decisions of people: archived bytes that are gone for good, with the texts quoted from them. Counts stay",
)
