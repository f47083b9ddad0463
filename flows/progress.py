"""Progress in the terminal: one bar per run, moved by the steps; silent where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_current: ContextVar[tuple[Progress, TaskID] | None] = ContextVar("progress", default=None)


@contextmanager
def progress(title: str) -> Iterator[None]:
    """Show a bar while the block runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        token = _current.set((shown, shown.add_task(title, total=0)))
        try:
            yield
        finally:
            _current.reset(token)


def expect(steps: int) -> None:
    """Announce so many more steps."""
    if held := _current.get():
        shown, task = held
        shown.update(task, total=(shown.tasks[0].total or 0) + steps)


def advance(what: str) -> None:
    """Say that a step is done, and which."""
    if held := _current.get():
        shown, task = held
        shown.update(task, advance=1, description=what[:60].ljust(60))
