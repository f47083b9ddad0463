"""The dictionary in the database: each column of a view says what the column that it shows is.

On a server only, where analysts see views and no tables; in a file they see the tables, and a comment costs more there.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from catalogue.programme import Programme
from warehouse.facts import programme_tables
from warehouse.tables import engine_tables


def comment_views(connection: Connection, programme: Programme) -> None:
    """Give the columns of views the comments of the tables' columns of the same name.

    The views of a fact or register take those of their own table first. A name that means different things in
    different tables says nothing elsewhere.
    """
    if connection.dialect.name == "duckdb":
        return
    declared = programme_tables(programme).tables
    said: dict[str, set[str]] = {}
    for table in (*engine_tables.tables.values(), *declared.values()):
        for column in table.columns:
            said.setdefault(column.name, set()).add(column.comment or "")
    common = {name: next(iter(words)) for name, words in said.items() if len(words) == 1}
    columns = connection.execute(
        text("""SELECT v.table_name, c.column_name FROM information_schema.views v
                JOIN information_schema.columns c USING (table_schema, table_name)
                WHERE v.table_schema = current_schema() ORDER BY 1, c.ordinal_position""")
    )
    statements = []
    for view, name in columns:
        fact = view.removesuffix("_history").removesuffix("_frozen")
        own = declared.get(f"fact_{fact}", declared.get(f"dim_{view}"))
        words = own.columns[name].comment if own is not None and name in own.columns else common.get(name)
        if words:
            statements.append(f'COMMENT ON COLUMN "{view}"."{name}" IS \'{words.replace(chr(39), chr(39) * 2)}\'')
    # Hundreds, in one journey.
    connection.exec_driver_sql("; ".join(statements))
