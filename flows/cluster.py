"""The Dask cluster of an installation: whether it is there, and how Prefect runs a flow on it."""
# ruff: noqa: PLC0415 - Dask is loaded only where an installation has a cluster

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from catalogue.errors import SettingsError
from flows.stopping import pass_on

if TYPE_CHECKING:
    from distributed import Client
    from prefect_dask.task_runners import DaskTaskRunner

REACHED: Final = 10.0
"""Seconds within which a scheduler has to answer, and to have a worker."""


def reach(address: str) -> None:
    """Ask a scheduler for its workers, before anything begins. Raises SettingsError where it does not answer, has none,
    or what it needs is not installed."""
    with _quiet():
        try:
            client = task_runner(address).client
        except SettingsError:
            raise
        except Exception as error:
            pass_on(error)
            raise SettingsError(
                f"the Dask scheduler at {address} (setting `dask`) does not answer: {said(error)}; nothing was begun. "
                "Start it (dask scheduler), mend the address, or run without it: CHISO_DASK="
            ) from error
        try:
            client.wait_for_workers(1, timeout=REACHED)
        except Exception as error:
            pass_on(error)
            raise SettingsError(
                f"the Dask scheduler at {address} (setting `dask`) has no worker; nothing was begun. Start some (dask "
                f"worker {address} --nthreads 1), or run without it: CHISO_DASK="
            ) from error
        finally:
            client.close()  # type: ignore[no-untyped-call]


def task_runner(address: str) -> DaskTaskRunner:
    """Prefect's task runner on a cluster. Raises SettingsError where it is not installed."""
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise SettingsError(
            "the setting `dask` needs the extra of that name: pip install 'chiso[dask]', on every machine"
        ) from error
    return DaskTaskRunner(address=address, client_kwargs={"timeout": REACHED})


def client_of_flow() -> Client:
    """The client of the cluster that the flow at work runs on."""
    from prefect.context import FlowRunContext

    held = FlowRunContext.get()
    runner: DaskTaskRunner = held.task_runner  # type: ignore[union-attr, assignment]  # as ``task_runner`` made it
    return runner.client


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the traces that Dask writes about connections: what went wrong is told once, by us."""
    loud = logging.getLogger("distributed")
    before = loud.level
    loud.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        loud.setLevel(before)


def said(error: Exception) -> str:
    """What an error says, in one line."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
