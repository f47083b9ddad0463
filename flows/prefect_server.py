"""Prefect's server, mended where it does not get on with the SQLAlchemy that is installed beside it.

Started by ``chiso serve --server`` and ``chiso run`` in a process of its own, which ends with theirs. Prefect 3.8.8
plans runs by one insert of many rows that name ``state``, which SQLAlchemy before 2.1 passed over, as it is no column,
and 2.1 refuses: its scheduler then plans nothing (docs/adr/0030). Whoever runs a server of their own is not concerned.
"""
# ruff: noqa: PLC0415 - Prefect's server is loaded in its own process only

from __future__ import annotations

import os
import signal
import sys
from collections.abc import MutableMapping
from threading import Thread
from typing import TYPE_CHECKING, Any

from flows.orchestrate import keep_quiet

if TYPE_CHECKING:
    from fastapi import FastAPI


def attached() -> FastAPI:
    """The application of a process that is not to outlive the one that started it: that one holds the other end of its
    standard input, and whatever kills it closes that."""
    Thread(target=_end_with_parent, daemon=True).start()
    return create_app()


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def create_app() -> FastAPI:
    """The application that uvicorn serves: all of Prefect's server, its scheduler included."""
    keep_quiet()
    from prefect.server.api.server import create_app as prefects
    from prefect.server.database.orm_models import FlowRun, TaskRun

    for model in (FlowRun, TaskRun):
        pass_over(model, "state")
    return prefects(final=True)


def pass_over(model: Any, name: str) -> None:
    """Let inserts of many rows pass over a property of a model that is no column, as SQLAlchemy 2.0 did."""
    from sqlalchemy import inspect
    from sqlalchemy.ext.hybrid import hybrid_property

    found = inspect(model).all_orm_descriptors[name]
    if isinstance(found, hybrid_property) and getattr(found, "bulk_dml_setter", True) is None:
        found.inplace.bulk_dml(_nothing)


def _nothing(cls: Any, mapping: MutableMapping[str, Any], value: Any) -> None:
    """The value is written elsewhere, by Prefect itself."""
