"""Alembic's entry: it migrates over the connection that warehouse.migrate hands it."""

from alembic import context

from warehouse.backends import BACKENDS  # makes the DuckDB dialect known to Alembic
from warehouse.schema import engine_tables

assert BACKENDS
context.configure(connection=context.config.attributes["connection"], target_metadata=engine_tables)
with context.begin_transaction():
    context.run_migrations()
