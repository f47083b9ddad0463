"""Reading what is published: one read-only query, with every door to files and extensions closed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from catalogue.errors import UsageError
from warehouse.backends.reading import EXPLAIN, close_doors, must_only_read, refusal
from warehouse.store import Warehouse

# What may hold a semicolon that separates nothing: texts, quoted names, comments.
_QUOTED: Final = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)
# A query may begin with comments.
_READS: Final = re.compile(
    r"^(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*(\(|SELECT\b|WITH\b|FROM\b|DESCRIBE\b|SHOW\b|SUMMARIZE\b|TABLE\b|VALUES\b)",
    re.IGNORECASE | re.DOTALL,
)


def ask(
    warehouse: Warehouse, query: str, values: Mapping[str, object] | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of one query. Raises UsageError where it is no query, or the database refuses it.

    Without ``values`` the query is taken literally: a colon in it is a colon.
    """
    if ";" in _QUOTED.sub("", query).strip().rstrip(";"):
        raise UsageError("one query at a time: found several, separated by ';'; ask them one after the other")
    explained = EXPLAIN.sub("", query, count=1)
    if not _READS.match(explained):
        raise UsageError(f"only queries are allowed here, as SELECT ... FROM indicator; found {query.strip()[:60]!r}")
    with warehouse.reader() as connection:
        if warehouse.embedded:
            raw: Any = connection.connection.driver_connection
            close_doors(raw)
            if values is None:
                must_only_read(raw, query)
        try:
            if values is None:
                result = connection.exec_driver_sql(query)
            else:
                result = connection.execute(text(query), dict(values))
            return list(result.keys()), [tuple(row) for row in result]
        except SQLAlchemyError as error:
            raise UsageError(refusal(error)) from error
