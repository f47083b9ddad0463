"""The limit: ``limit.sql``, month by month, each month one transaction; into PostgreSQL by DuckDB's extension alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.portal.case import Case, Sums, Way, sha256_of

STATEMENTS = Path(__file__).with_name("limit.sql")
SHIPPED = ("fact", "quarantine", "indicator", "target_status")


def sections() -> dict[str, list[str]]:
    """The statements of ``limit.sql`` by section."""
    parts = re.split(r"^-- name: (.+)$", STATEMENTS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        name.strip(): [one for one in body.split(";\n") if one.strip()]
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def embedded(case: Case) -> Way:
    """Into a DuckDB file."""
    import duckdb
    import pandas
    import pyarrow

    _ = pandas, pyarrow  # DuckDB imports them when it is first given a parameter: not work of ours.
    script, path = sections(), case.home / "limit.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)

    def work() -> None:
        with duckdb.connect(str(path)) as connection:
            _take(connection, case, script)

    def sums() -> Sums:
        with duckdb.connect(str(path), read_only=True) as connection:
            return _sums(connection, script)

    return work, sums


def postgresql(case: Case) -> Way:
    """The same, and what came of it copied into PostgreSQL: the least that a warehouse there can cost."""
    import duckdb

    from warehouse.backends.postgresql import PostgreSQL

    take, sums = embedded(case)

    def work() -> None:
        take()
        with duckdb.connect(str(case.home / "limit.duckdb")) as connection:
            PostgreSQL.attach(connection, case.url)
            connection.execute("BEGIN")
            for table in SHIPPED:
                connection.execute(f"DROP TABLE IF EXISTS warehouse.{table}")
                connection.execute(f"CREATE TABLE warehouse.{table} AS SELECT * FROM {table}")
            connection.execute("COMMIT")

    return work, sums


def _take(connection: Any, case: Case, script: dict[str, list[str]]) -> None:
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET VARIABLE programme = ?", [str(case.place.programme)])
    connection.execute("SET VARIABLE targets = ?", [str(case.place.targets)])
    if not connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'loaded'").fetchone()[0]:
        _run(connection, script["begin"])
    known = dict(connection.execute("SELECT month, sha256 FROM loaded").fetchall())
    for month, path in case.files():
        sha256 = sha256_of(path)
        if known.get(month) == sha256:
            continue
        for name, value in {"file": str(path), "sha256": sha256, "month": month}.items():
            connection.execute(f"SET VARIABLE {name} = ?", [value])
        connection.execute("BEGIN")
        for section in (f"extract {case.place.size.form}", "load", "indicators"):
            _run(connection, script[section])
        known[month] = sha256
        for now in (month, _years(month, 1)):
            if now in known:
                connection.execute("SET VARIABLE now = ?", [now])
                connection.execute("SET VARIABLE before = ?", [_years(now, -1)])
                _run(connection, script["growth"])
        connection.execute("COMMIT")


def _run(connection: Any, statements: list[str]) -> None:
    for statement in statements:
        connection.execute(statement)


def _years(month: str, years: int) -> str:
    return f"{int(month[:4]) + years}{month[4:]}"


def _sums(connection: Any, script: dict[str, list[str]]) -> Sums:
    rows = connection.execute(script["sums"][0]).fetchall()
    facts, aside = connection.execute(
        "SELECT (SELECT count(*) FROM fact), (SELECT count(*) FROM quarantine)"
    ).fetchone()
    rules = "SELECT rule, count(*) FROM (SELECT unnest(string_split(rules, ';')) AS rule FROM quarantine) GROUP BY rule"
    return Sums(
        {name: [float(value) for value in values] for name, *values in rows},
        facts,
        aside,
        dict(_by_name(connection, rules)),
        dict(_by_name(connection, "SELECT status, count(*) FROM target_status GROUP BY status")),
    )


def _by_name(connection: Any, query: str) -> Iterator[tuple[str, int]]:
    return ((str(name), int(number)) for name, number in sorted(connection.execute(query).fetchall()))
