"""Every table of the engine. Whoever asks for all of them asks here: one is known only once its module was loaded."""

from __future__ import annotations

from warehouse import alert_tables, erasure_table, login_table
from warehouse.schema import engine_tables

__all__ = ["alert_tables", "engine_tables", "erasure_table", "login_table"]
