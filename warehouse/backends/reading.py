"""What a query may be that somebody writes by hand, judged by the tree that DuckDB itself makes of it: one query, and
no function that reaches past the tables.

``enable_external_access = false`` and ``lock_configuration = true`` keep files, extensions and settings shut. They
leave functions open that switch something of the process itself: asked for its log in a file, DuckDB ends the process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import duckdb

from catalogue.errors import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Named are those that are allowed, so that what a later DuckDB brings is refused until somebody has looked at it.
_RELATIONS: Final = frozenset(
    {
        *("generate_series", "json_each", "json_tree", "pg_timezone_names", "range", "repeat", "unnest"),
        *("duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_schemas", "duckdb_settings"),
        *("duckdb_tables", "duckdb_types", "duckdb_views", "pragma_table_info", "pragma_version"),
    }
)
"""The functions that may stand where a table stands."""
_WRITING: Final = frozenset({"write_log"})
"""Functions that give a value and do something besides."""
EXPLAIN: Final = re.compile(
    r"^(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*EXPLAIN\b(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*(?:ANALYZE\b|\([^)]*\))?",
    re.IGNORECASE | re.DOTALL,
)
"""What stands before a query whose plan is asked for; ANALYZE carries it out, whatever it is."""


def close_doors(connection: DuckDBPyConnection) -> None:
    """Shut files, the network, extensions and settings for as long as the connection lives."""
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def must_only_read(connection: DuckDBPyConnection, query: str) -> None:
    """Raises UsageError where a text is not exactly one query, or calls what is not allowed."""
    if "\0" in query:
        raise UsageError("the query holds a character NUL, which no database reads; take it out")
    tree = _tree(connection, EXPLAIN.sub("", query, count=1))
    if tree.get("error"):
        kind, said = str(tree.get("error_type")), str(tree.get("error_message"))
        if kind != "not implemented":
            # The parser's own message tells where; it is that of the whole text.
            try:
                connection.extract_statements(query)
            except duckdb.Error as error:
                raise UsageError(refusal(error)) from error
            raise UsageError(f"the database refuses the query: {said}")
        raise UsageError(
            f"only queries are allowed here, as SELECT ... FROM indicator; found {query.strip()[:60]!r} "
            "(a PIVOT names its columns: PIVOT ... ON ... IN (...))"
        )
    if len(tree["statements"]) != 1:
        raise UsageError("one query at a time: found several, separated by ';'; ask them one after the other")
    for name in _tables(tree["statements"]):
        # Functions of DuckDB's own may be named like tables, without brackets.
        if name.startswith(("duckdb_", "pragma_")) and name not in _RELATIONS:
            raise UsageError(f"{name} is not allowed here, as it tells of the process and not of the warehouse")
    for name, is_relation in _called(tree["statements"]):
        if name not in _RELATIONS if is_relation else name in _WRITING:
            allowed = f"; allowed in place of a table are {', '.join(sorted(_RELATIONS))}" if is_relation else ""
            raise UsageError(f"the function {name} is not allowed here, as it does more than read tables{allowed}")


def _tree(connection: DuckDBPyConnection, query: str) -> dict[str, Any]:
    # Written out: the first values that are given beside a query cost most of a second.
    literal = query.replace("'", "''")
    (said,) = connection.execute(f"SELECT json_serialize_sql('{literal}')").fetchone() or ("{}",)
    tree: dict[str, Any] = json.loads(said)
    return tree


def _called(node: object) -> Iterator[tuple[str, bool]]:
    """Every function that a tree calls, in lower case, and whether it stands where a table stands."""
    if isinstance(node, list):
        for one in node:
            yield from _called(one)
    elif isinstance(node, dict):
        relation = node.get("function") if node.get("type") == "TABLE_FUNCTION" else None
        if isinstance(relation, dict):
            yield str(relation.get("function_name")).lower(), True
            yield from _called({name: one for name, one in relation.items() if name != "function_name"})
            return
        if "function_name" in node:
            yield str(node["function_name"]).lower(), False
        for one in node.values():
            yield from _called(one)


def _tables(node: object) -> Iterator[str]:
    """Every table that a tree names, in lower case."""
    if isinstance(node, list):
        for one in node:
            yield from _tables(one)
    elif isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield str(node.get("table_name")).lower()
        for one in node.values():
            yield from _tables(one)


def refusal(error: BaseException) -> str:
    """What a database says of a query, in one line; the line that points with a caret would point nowhere."""
    lines = [" ".join(line.split()) for line in str(getattr(error, "orig", None) or error).splitlines()]
    return f"the database refuses the query: {' '.join([line for line in lines if line.strip('^~ ')][:6])}"
