"""Reading what is published: one read-only query, with every door to files and extensions closed."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from threading import Event, Timer, current_thread, main_thread
from types import FrameType
from typing import Any, Final

from sqlalchemy import Connection, text
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
    warehouse: Warehouse, query: str, values: Mapping[str, object] | None = None, seconds: float = 0
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of one query. Raises UsageError where it is no query, the database refuses it, or it takes
    longer than ``seconds`` (0: however long it takes).

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
            with _stopped_after(connection, seconds):
                if values is None:
                    result = connection.exec_driver_sql(query)
                else:
                    result = connection.execute(text(query), dict(values))
                return list(result.keys()), [tuple(row) for row in result]
        except SQLAlchemyError as error:
            raise UsageError(refusal(error)) from error


@contextmanager
def _stopped_after(connection: Connection, seconds: float) -> Iterator[None]:
    """Interrupt what the connection is asked within the block when it takes too long, or somebody asks us to stop.

    Raises UsageError where it took too long.
    """
    raw: Any = connection.connection.driver_connection
    embedded = hasattr(raw, "interrupt")
    late = Event()

    def stop() -> None:
        late.set()
        (raw.interrupt if embedded else raw.cancel_safe)()

    timer = Timer(seconds, stop)
    timer.daemon = True
    if seconds:
        timer.start()
    try:
        with _interrupted_by_signals(raw) if embedded else nullcontext():
            yield
    except Exception as error:
        if not late.is_set():
            raise
        raise UsageError(
            f"the query was stopped after {seconds:g} s; ask for less of it, as one indicator or one period, or give "
            "it more time: --seconds"
        ) from error
    finally:
        timer.cancel()


@contextmanager
def _interrupted_by_signals(raw: Any) -> Iterator[None]:
    """Within the block ctrl-C and SIGTERM interrupt a DuckDB connection, and do what they did before when it has ended.

    A handler that raises has DuckDB (1.5) wait, with the interpreter locked, for threads that nobody told to stop: an
    endless query could only be killed then.
    """
    if current_thread() is not main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []

    def handle(number: int, frame: FrameType | None) -> None:
        came.append((number, frame))
        raw.interrupt()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for asked, frame in came[:1]:
            usual = before[signal.Signals(asked)]
            if callable(usual):
                usual(asked, frame)
            elif usual == signal.SIG_DFL:
                signal.raise_signal(asked)
