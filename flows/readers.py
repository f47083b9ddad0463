"""Where files are read: in this process, or, where many came, in as many processes beside it as there are cores.

A reader knows the programme and what people decided that names mean; it is given bytes and gives back a reading. It
touches no file, no warehouse and no network: a reader that dies costs nothing, what it had is read here instead.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Final

from catalogue.alias import Alias
from catalogue.programme import Programme
from catalogue.source import Inbox
from flows.reading import Reading, read_parcel
from transforms.recognise import Parcel
from transforms.resolve import Resolver

if TYPE_CHECKING:
    from flows.house import House

MANY: Final = 1_000
"""From so many files on, readers save more than starting them costs: each loads the programme and its names anew."""
AHEAD: Final = 64
"""As many files as may wait to be read, or to be collected."""

Read = Callable[[Inbox, Parcel, bytes], "Future[Reading]"]
"""Has a file read. What goes wrong is in the future: the file's own fault, or that of readers that died."""

_own: list[tuple[Programme, Resolver]] = []
"""What a reader, which is a process of its own, knows."""


@contextmanager
def readers(house: House, files: int) -> Iterator[Read]:
    """Readers for about so many files; for few it is this process that reads."""
    most = house.settings.readers or os.cpu_count() or 1
    if files < MANY or most == 1:
        yield lambda inbox, parcel, data: _read_here(house.programme, house.resolver, inbox, parcel, data)
        return
    # Spawned: this process may have threads, and what a fork takes of them is not safe to go on with.
    context = get_context("spawn")
    # Where one dies while another is being started, the pool forgets to stop that one, and would wait for it for ever.
    lifeline, held = context.Pipe(duplex=False)
    knows = (house.programme, house.aliases(), lifeline)
    pool = ProcessPoolExecutor(most, mp_context=context, initializer=_begin, initargs=knows)
    try:
        yield lambda inbox, parcel, data: _have_read(pool, inbox, parcel, data)
    finally:
        held.close()
        pool.shutdown(cancel_futures=True)
        lifeline.close()


def _read_here(programme: Programme, resolver: Resolver, inbox: Inbox, parcel: Parcel, data: bytes) -> Future[Reading]:
    found: Future[Reading] = Future()
    try:
        found.set_result(read_parcel(programme, resolver, inbox, parcel, data))
    except Exception as error:
        found.set_exception(error)
    return found


def _have_read(pool: ProcessPoolExecutor, inbox: Inbox, parcel: Parcel, data: bytes) -> Future[Reading]:
    try:
        return pool.submit(_read, inbox, parcel, data)
    except Exception as error:
        broken: Future[Reading] = Future()
        broken.set_exception(error)
        return broken


def _begin(programme: Programme, aliases: Sequence[Alias], lifeline: Connection) -> None:
    """Make this process a reader: it leaves ctrl-C to the run that it reads for, and ends when that does, or when that
    lets go of the lifeline."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_run, args=(lifeline,), daemon=True).start()
    _own.append((programme, Resolver(programme, aliases)))


def _end_with_the_run(lifeline: Connection) -> None:
    run = parent_process()
    if run is not None:
        wait([run.sentinel, lifeline])
        os._exit(0)


def _read(inbox: Inbox, parcel: Parcel, data: bytes) -> Reading:
    programme, resolver = _own[0]
    return read_parcel(programme, resolver, inbox, parcel, data)
