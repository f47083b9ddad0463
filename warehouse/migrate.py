"""Bring a warehouse up to date: the engine's tables by Alembic's history, the programme's by Alembic's comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.ddl.impl import DefaultImpl
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, inspect

from catalogue.errors import WarehouseError
from catalogue.programme import Programme
from warehouse.backends import BACKENDS
from warehouse.comments import comment_views
from warehouse.explaining import Behind, create_explaining
from warehouse.facts import programme_tables
from warehouse.indexes import create_indexes
from warehouse.roles import guard, guarded
from warehouse.views import create_views

_MIGRATIONS = Path(__file__).parent / "migrations"


class DuckDBImpl(DefaultImpl):
    """What Alembic needs to know of DuckDB: nothing beyond the SQL standard. Here, as readers need no Alembic."""

    __dialect__ = "duckdb"
    transactional_ddl = True


def migrate(connection: Connection, programme: Programme, behind: Behind | None = None) -> list[str]:
    """Bring the warehouse to the engine's newest schema and the programme's declaration; returns the steps taken.

    ``behind`` are the selects of what is behind every figure (``transforms.explain.all_rows_behind``), for the views
    that explain them.

    Only tables and columns are ever added. Raises WarehouseError, naming each, where the declaration asks for more,
    where the warehouse is of a newer engine, or where the database would give other figures than another backend.
    """
    if not is_migrated(connection):
        BACKENDS[connection.dialect.name].fit(connection)
    else:
        must_know(connection)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    declared = programme_tables(programme)
    steps = extend(connection, declared)
    create_indexes(connection, [name for name in declared.tables if name.startswith("fact_")])
    create_views(connection, programme)
    create_explaining(connection, programme, behind or Behind())
    comment_views(connection, programme)
    if guarded(connection):
        guard(connection)
    return steps


def extend(connection: Connection, declared: MetaData) -> list[str]:
    """Add the tables and columns that are declared and the warehouse lacks; returns the steps taken."""
    context = MigrationContext.configure(
        connection, opts={"include_name": _only(set(declared.tables)), "compare_type": True}
    )
    operations, steps, refused = Operations(context), [], []
    for change in compare_metadata(context, declared):
        match change:
            case ("add_table", Table() as table):
                operations.create_table(table.name, *map(_fresh, table.columns), comment=table.comment)
                steps.append(f"added table {table.name}")
            case ("add_column", _, str(name), Column() as column):
                operations.add_column(name, _fresh(column))
                steps.append(f"added column {name}.{column.name}")
            case ("add_table_comment", Table() as table, _):
                operations.create_table_comment(table.name, table.comment)
            case [("modify_comment", _, str(name), str(column_name), *_), *_]:
                said = declared.tables[name].columns[column_name].comment
                operations.alter_column(name, column_name, comment=said)
            case _:
                refused += _refusals(change)
    if refused:
        raise WarehouseError(
            "the programme's declaration no longer fits the warehouse, and nothing was changed: "
            + "; ".join(refused)
            + ". A column's type never changes and none is dropped: declare a new column or fact under another name."
        )
    return steps


def _fresh(column: Column[Any]) -> Column[Any]:
    """The same column, of no table yet."""
    return Column(
        column.name,
        column.type,
        primary_key=column.primary_key,
        autoincrement=False,
        nullable=column.nullable,
        comment=column.comment,
    )


def _refusals(change: Any) -> list[str]:
    """What a comparison found that we never do. Columns that were once declared are left as they are."""
    if isinstance(change, list):
        return [refusal for one in change for refusal in _refusals(one)]
    if change[0] == "modify_type" and _plain(change[5]) != _plain(change[6]):
        return [f"column {change[2]}.{change[3]} is {change[5]}, declared is {change[6]}"]
    return []


def _plain(kind: Any) -> str:
    """A type by its one name: databases give back VARCHAR for TEXT, DECIMAL for NUMERIC."""
    return str(kind).replace("VARCHAR", "TEXT").replace("DECIMAL", "NUMERIC").replace(" ", "")


def _only(names: set[str]) -> Any:
    """A filter that shows Alembic the declared tables only."""

    def include(name: str | None, kind: str, _parents: Any) -> bool:
        return name in names if kind == "table" else True

    return include


def behind_head(connection: Connection) -> tuple[str, str | None]:
    """The schema that a migrated warehouse is of, and this engine's newest; None for that where the former is unknown
    to this engine, as it was written by a newer one."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    here = str(MigrationContext.configure(connection).get_current_revision())
    known = {one.revision for one in script.walk_revisions()}
    return here, script.get_current_head() if here in known else None


def must_know(connection: Connection) -> str:
    """The schema of a migrated warehouse. Raises WarehouseError where a newer engine wrote it."""
    schema, newest = behind_head(connection)
    if newest is None:
        raise WarehouseError(
            f"the warehouse was written by a newer version of chiso (schema {schema}), and nothing was changed; "
            "install that version, or name another home"
        )
    return schema


def is_migrated(connection: Connection) -> bool:
    """True where the warehouse has the engine's tables."""
    return inspect(connection).has_table("ledger")
