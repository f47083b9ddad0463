"""Being asked to stop: by ctrl-C, or by SIGTERM, as schedulers, containers and a machine that goes down send it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM came. Whatever cleans up after ctrl-C (transactions, a Prefect server) does so after this, too."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the ``with`` SIGTERM raises Terminated where the program stands; a second one kills, as if not asked."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except Exception as error:
        pass_on(error)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def pass_on(error: Exception) -> None:
    """Raise the stop that an error comes from, if it does: DuckDB, stopped in a query, says so by an error of its own,
    and whoever takes errors for failures of one delivery would go on with the next."""
    cause: BaseException | None = error
    while cause is not None:
        if not isinstance(cause, (Exception, SystemExit, GeneratorExit)):
            raise cause
        cause = cause.__cause__ or cause.__context__


def _stop(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise Terminated
