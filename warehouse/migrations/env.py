"""Alembic's entry: it migrates over the connection that warehouse.migrate hands it."""

from alembic import context

import warehouse.migrate  # noqa: F401 makes the DuckDB dialect known to Alembic
from warehouse.tables import engine_tables

context.configure(connection=context.config.attributes["connection"], target_metadata=engine_tables)
with context.begin_transaction():
    context.run_migrations()
