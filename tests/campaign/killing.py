"""Where a run can be killed: before every statement that it sends to a database, and before every change of a file.

``armed(number)`` makes the process that calls it count these points and kill itself at the one of that number; nothing
of the engine knows of it.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Engine

from warehouse import staging

ROOT: Final = Path(__file__).parents[2]
# The steps of a run, by the file whose code came to the point; the innermost that is named here counts.
STEPS: Final = (
    ("warehouse/append.py", "append"),
    ("expectations/", "gate"),
    ("transforms/conform.py", "conform"),
    ("transforms/correct.py", "correct"),
    ("transforms/account.py", "account"),
    ("transforms/stage.py", "stage"),
    ("transforms/past.py", "stage"),
    ("flows/answering.py", "receipt"),
    ("flows/fetch.py", "fetch"),
    ("flows/reconciling.py", "reconcile"),
    ("warehouse/release.py", "release"),
    ("flows/releasing.py", "release"),
    ("flows/compute.py", "compute"),
    ("flows/remembering.py", "alerts"),
    ("flows/tell.py", "alerts"),
    ("warehouse/backends/duckdb.py", "publish"),
    ("flows/lease.py", "lease"),
    ("flows/progress.py", "journal"),
    ("flows/load.py", "load"),
    ("flows/house.py", "prepare"),
)
# The transaction itself begins and ends in ``Staging.writing``: that is the step of whoever opened it.
_CHANGES: Final = frozenset({"os.rename", "os.remove", "os.link", "os.chmod", "os.mkdir", "os.truncate"})
Point = tuple[str, str]
"""The step, and what was about to happen."""


def armed(home: Path, number: int, points: Path | None = None) -> None:
    """Kill this process at the point ``number`` (from 1; 0: never), or write down every point at its end (``points``).

    Only changes of files below ``home`` count.
    """
    seen = list[Point]()

    def reached(what: str) -> None:
        seen.append((_step() if points else "", what))
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    _watch_staging(reached)
    event.listen(Engine, "before_cursor_execute", lambda _c, _cur, said, *_: reached(_short(said)))
    event.listen(Engine, "commit", lambda _c: reached("COMMIT"))

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        written = name == "open" and isinstance(arguments[1], str) and {*arguments[1]} & {*"wxa+"}
        if not written and name not in _CHANGES:
            return
        path = arguments[0]
        if isinstance(path, str | Path) and str(path).startswith(str(home)) and path != str(points):
            reached(f"{name} {_folder(str(path), home)}")

    sys.addaudithook(hook)
    if points:
        atexit.register(lambda: points.write_text(json.dumps(seen), encoding="utf-8"))


class _Counted:
    """A connection of a staging area whose statements count."""

    def __init__(self, held: Any, reached: Callable[[str], None]) -> None:
        self._held, self._reached = held, reached

    def execute(self, statement: str, *values: Any) -> Any:
        """Execute a statement, having said so."""
        self._reached(_short(statement))
        return self._held.execute(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._held, name)


def _watch_staging(reached: Callable[[str], None]) -> None:
    begin = staging.Staging.__init__

    def watched(area: staging.Staging, path: Path) -> None:
        begin(area, path)
        area.connection = _Counted(area.connection, reached)  # type: ignore[assignment]

    staging.Staging.__init__ = watched  # type: ignore[method-assign, assignment]


def _step() -> str:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(str(ROOT)):
            for part, step in STEPS:
                if name.startswith(f"{ROOT}/{part}"):
                    return step
        frame = frame.f_back
    return "run"


def _short(statement: str) -> str:
    return " ".join(statement.split())[:60]


def _folder(path: str, home: Path) -> str:
    return Path(path).relative_to(home).parts[0] if path != str(home) else "."
