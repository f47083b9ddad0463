"""Where our time goes: seconds by step, by function, and by statement of the databases.

    python -m benchmarks.portal.profile [--rows 1200000] [--months 1] [--backend duckdb|postgresql] [--top 25]

Statements are told apart by their text without numbers and literals, and by the function that put them.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import re
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.portal.make import make
from benchmarks.portal.servers import postgres
from benchmarks.portal.size import ROOT, add_options, place_of

# The steps of the journey: module and function.
STEPS: Final = (
    "flows/house.py:open_house", "flows/house.py:prepare", "flows/fetch.py:fetch_inbox", "flows/load.py:stage",
    "flows/arriving.py:arrived", "transforms/stage.py:lay", "transforms/correct.py:correct",
    "transforms/stage.py:type_cells", "expectations/soundness.py:set_unfit", "transforms/past.py:lay_past",
    "expectations/gate.py:gate", "expectations/split.py:split", "transforms/conform.py:conform",
    "transforms/drift.py:tell_drift", "transforms/account.py:account", "receipts/receipt.py:receipts",
    "warehouse/append.py:append", "flows/compute.py:compute", "warehouse/release.py:seal",
    "warehouse/store.py:publish", "flows/answering.py:answer",
)  # fmt: skip
ROOMS: Final = ("catalogue", "sources", "transforms", "expectations", "warehouse", "receipts", "alerts", "flows")


class Statements:
    """Seconds and calls of every statement."""

    def __init__(self) -> None:
        self.seconds: dict[tuple[str, str], float] = defaultdict(float)
        self.calls: dict[tuple[str, str], int] = defaultdict(int)

    def add(self, statement: str, seconds: float) -> None:
        """Count one statement in."""
        plain = re.sub(r"'[^']*'|\b\d+\b", "?", " ".join(statement.split()))
        key = (_caller(), plain[:110])
        self.seconds[key] += seconds
        self.calls[key] += 1


def _caller() -> str:
    """The function of ours that put the statement, below the rooms' own connections."""
    frame = sys._getframe(2)  # noqa: SLF001 a profiler looks at frames
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if file.startswith(str(ROOT)) and ".venv" not in file and Path(file).name not in ("staging.py", "profile.py"):
            return f"{Path(file).relative_to(ROOT)}:{frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"


class Watched:
    """A DuckDB connection whose statements are timed."""

    def __init__(self, connection: Any, statements: Statements) -> None:
        self._connection, self._statements = connection, statements

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: Any, *parameters: Any) -> Any:
        """The same, timed."""
        began = time.perf_counter()
        try:
            return self._connection.execute(statement, *parameters)
        finally:
            self._statements.add(str(statement), time.perf_counter() - began)


@contextmanager
def watching(statements: Statements) -> Iterator[None]:
    """Time the statements of staging areas, and all that goes through SQLAlchemy."""
    from sqlalchemy import Engine, event

    from warehouse.staging import Staging

    opened: Callable[..., None] = Staging.__init__

    def init(self: Any, *words: Any, **named: Any) -> None:
        opened(self, *words, **named)
        self.connection = Watched(self.connection, statements)

    def before(connection: Any, *_: Any) -> None:
        connection.info.setdefault("began", []).append(time.perf_counter())

    def after(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.add(statement, time.perf_counter() - connection.info["began"].pop())

    Staging.__init__ = init  # type: ignore[method-assign]
    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        Staging.__init__ = opened  # type: ignore[method-assign]
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def main(words: Sequence[str] | None = None) -> None:
    """Run the pipeline under the profiler, and print three tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_options(parser)
    parser.add_argument("--months", type=int, default=1)
    parser.add_argument("--backend", choices=("duckdb", "postgresql"), default="duckdb")
    parser.add_argument("--top", type=int, default=25)
    options = parser.parse_args(words)
    place = place_of(options)
    make(place, options.months)
    home, statements, profile = place.folder / "profiled", Statements(), cProfile.Profile()
    shutil.rmtree(home, ignore_errors=True)
    for file in place.extracts(options.months):
        target = home / "inbox" / file.relative_to(place.folder / "inbox")
        target.parent.mkdir(parents=True)
        target.hardlink_to(file)
    with ExitStack() as stack:
        url = stack.enter_context(postgres()).empty("profiled") if options.backend == "postgresql" else ""
        import alembic.autogenerate
        import great_expectations
        import pandas
        import pyarrow

        from expectations import gate
        from flows.plain import run_plainly
        from flows.settings import Settings

        _ = alembic.autogenerate, great_expectations, pandas, pyarrow, gate
        settings = Settings(
            home=home / "home",
            programme=str(place.programme),
            addresses={"extracts": str(home / "inbox")},
            warehouse=url,
        )
        with watching(statements):
            outcome, _, _ = profile.runcall(run_plainly, settings)
    if outcome.failed:
        raise SystemExit(str(outcome.failed))
    _print(pstats.Stats(profile), statements, options.top)
    shutil.rmtree(home, ignore_errors=True)


def _print(stats: Any, statements: Statements, top: int) -> None:
    total = stats.total_tt
    by_name: dict[str, float] = {}
    ours: list[tuple[float, float, int, str]] = []
    for (file, _, function), (_, calls, own, cumulative, _) in stats.stats.items():
        path = Path(file)
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in ROOMS:
            name = f"{path.relative_to(ROOT)}:{function}"
            by_name[name] = max(cumulative, by_name.get(name, 0.0))
            ours.append((cumulative, own, calls, name))
    print(f"{total:.1f} s in all, under the profiler\n\n| step | s | share |\n|---|---|---|")
    for step in STEPS:
        if step in by_name:
            print(f"| {step} | {by_name[step]:.2f} | {by_name[step] / total:.0%} |")
    print("\n| function of ours | s with all it calls | of its own | calls |\n|---|---|---|---|")
    for cumulative, own, calls, name in sorted(ours, reverse=True)[:top]:
        print(f"| {name} | {cumulative:.2f} | {own:.2f} | {calls} |")
    told = sum(statements.seconds.values())
    print(f"\n{told:.1f} s in statements\n\n| statement | put by | s | calls |\n|---|---|---|---|")
    for key, seconds in sorted(statements.seconds.items(), key=lambda item: -item[1])[:top]:
        caller, statement = key
        print(f"| `{statement.replace('|', '¦')}` | {caller} | {seconds:.2f} | {statements.calls[key]} |")


if __name__ == "__main__":
    main()
