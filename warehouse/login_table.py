"""The table of who reads as which unit: rows are appended only, the latest of a login and a unit counts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BOOLEAN, TIMESTAMP, Column, Table

from warehouse.schema import engine_tables, key, number, text

unit_login: Final = Table(
    "unit_login",
    engine_tables,
    key("binding_key", "Order of decisions"),
    text("login", "Login of the server", empty=False),
    number("entity_key", "Unit whose rows it may read, and those below it", empty=False),
    text("unit_code", "Code of that unit when it was bound", empty=False),
    Column("active", BOOLEAN, nullable=False, comment="False where the decision is taken back"),
    text("decided_by", "Who decided: the login that set it up", empty=False),
    Column("decided_at", TIMESTAMP, nullable=False, comment="When, UTC"),
    comment="Decisions of people: which units a login with the role unit reads. The latest of a login and unit counts",
)

MINE: Final = "SELECT unnest(chiso_units())"
"""A select of the entities that whoever asks a server is bound to."""
UNITS: Final = """
CREATE OR REPLACE FUNCTION {schema}.chiso_units() RETURNS BIGINT[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = {schema}, pg_temp
AS $$ SELECT coalesce(array_agg(b.entity_key), '{{}}') FROM unit_login b
      WHERE b.login = CAST(session_user AS TEXT) AND b.active
        AND NOT EXISTS (SELECT 1 FROM unit_login n
                        WHERE n.login = b.login AND n.entity_key = b.entity_key AND n.binding_key > b.binding_key) $$
"""
"""Makes the function of ``MINE``. It runs as its owner, so it goes by who logged in; and the planner, which would lay
out a select a dozen times per policy, takes it as it is."""
