"""Being asked to stop: by ctrl-C, or by SIGTERM, as schedulers, containers and a machine that goes down send it."""

from __future__ import annotations

import signal
import threading
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_asked: list[KeyboardInterrupt] = []
"""How this process was asked to stop; empty where it was not."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came. Whatever cleans up after ctrl-C (transactions, a Prefect server) does so after this, too."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the ``with`` ctrl-C and SIGTERM raise KeyboardInterrupt (Terminated) where the program stands; whatever
    error comes of that is raised as it, too. A second SIGTERM kills."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _asked.clear()
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Exception as error:
        pass_on(error)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _asked.clear()


def pass_on(error: Exception) -> None:
    """Raise the stop that an error comes from, if it does: a library, stopped in a query or an import, may say so by an
    error of its own, and whoever takes errors for failures of one delivery would go on with the next."""
    if _asked:
        raise _asked[0] from error
    if stop := stop_behind(error):
        raise stop


def stop_behind(error: BaseException) -> BaseException | None:
    """The stop that an error comes from; None where it comes from none."""
    # Within a flow Prefect has a signal of its own raised. A wait that took too long ends by a cancellation: no stop.
    cause: BaseException | None = error
    while cause is not None and isinstance(cause, (Exception, SystemExit, GeneratorExit, CancelledError)):
        cause = cause.__cause__ or cause.__context__
    return cause


def _stop(number: int, _frame: FrameType | None) -> None:
    stopped = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
    _asked.append(stopped)
    if number == signal.SIGTERM:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise stopped
