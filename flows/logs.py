"""Structured logs: with ``log = "json"`` a run writes what it does on standard error, one JSON object a line.

A line has when, run id and step, and of what it is about codes, counts and seconds; never a value, a name or a text of
anybody's file. Without the setting nothing is written, and whoever is at the terminal sees the outcome.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from catalogue.delivery import Delivery
from catalogue.errors import ChisoError
from flows.house import House, now
from flows.stopping import stop_behind
from receipts.receipt import Receipt

Step = Literal["run", "fetch", "pull", "load", "release", "alerts"]
_SHOWN: Final = 12
"""As many digits of a sha256 name a delivery."""


@dataclass(frozen=True, slots=True)
class _Log:
    run_id: str
    began: float


# One run is at work in a process; its tasks may be in threads of their own.
_at_work: list[_Log] = []


@contextmanager
def logged(house: House) -> Iterator[None]:
    """Write lines while the block runs, where the installation asks for them; its own begin and end are the first and
    the last. Within a run that writes already nothing happens."""
    if house.settings.log != "json" or _at_work:
        yield
        return
    _at_work.append(_Log(house.run_id, time.monotonic()))
    line("run", "began")
    status = "failed"
    try:
        yield
        status = "ended"
    finally:
        line("run", status, seconds=time.monotonic() - _at_work[0].began)
        _at_work.clear()


class About(NamedTuple):
    """What a line is about, by codes; a delivery by its sha256. What is empty is not written."""

    source: str = ""
    delivery: str = ""
    form: str | None = None
    unit: str | None = None
    period: str | None = None


NOTHING: Final = About()


def line(
    step: Step,
    status: str,
    about: About = NOTHING,
    *,
    codes: Sequence[str] = (),
    counts: Mapping[str, int] | None = None,
    seconds: float | None = None,
) -> None:
    """Write one line about a step, where a run writes any. ``codes`` are rules, classes of errors, names of traces."""
    if not _at_work:
        return
    told: dict[str, object] = {
        "at": now().isoformat(timespec="milliseconds") + "Z",
        "run": _at_work[0].run_id,
        "step": step,
        "status": status,
    }
    told |= {name: value for name, value in about._asdict().items() if value}
    if about.delivery:
        told["delivery"] = about.delivery[:_SHOWN]
    if codes:
        told["codes"] = list(codes)
    if counts:
        told["counts"] = dict(counts)
    if seconds is not None:
        told["seconds"] = round(seconds, 3)
    print(json.dumps(told, ensure_ascii=False), file=sys.stderr, flush=True)


@contextmanager
def batch(form: str | None, deliveries: int) -> Iterator[None]:
    """Say of a batch that is loaded in the block how long that took. What became of it say ``loaded``, ``failed``."""
    began, counts, status = time.monotonic(), {"deliveries": deliveries}, "batch"
    codes: list[str] = []
    try:
        yield
    except Exception as error:
        status, codes = "batch_failed", [code_of(error)]
        raise
    finally:
        line("load", status, About(form=form), codes=codes, counts=counts, seconds=time.monotonic() - began)


def loaded(receipts: Sequence[Receipt]) -> None:
    """Say what became of each delivery of a batch."""
    for one in receipts if _at_work else ():
        line(
            "load",
            one.status,
            About(one.source, one.sha256, one.form, one.unit, one.period),
            codes=sorted({tally.rule for tally in one.tallies}),
            counts={
                "rows_read": one.rows_read,
                "rows_loaded": one.rows_loaded,
                "rows_quarantined": one.rows_quarantined,
                "rows_refused": one.rows_refused,
                "rows_repeated": one.rows_repeated,
                "rows_furniture": one.rows_furniture,
                "findings": one.findings_total,
            },
        )


def failed(one: Delivery, error: Exception, trace: str) -> None:
    """Say that a delivery could not be loaded, and where its trace is."""
    about = About(one.source, one.sha256, one.form, one.unit_code, one.period.code if one.period else None)
    line("load", "error", about, codes=[code_of(error), trace])


def without_traces() -> None:
    """Have Prefect tell an error of ours, and a stop, by what it says. It says what to do; where it was raised helps
    nobody, and buries it."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(_untraced)


def _untraced(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and (isinstance(error, ChisoError) or stop_behind(error)):
        record.exc_info = None
    return True


def code_of(error: Exception) -> str:
    """An error by its class: what it says may quote somebody's file."""
    return type(error).__name__ if isinstance(error, ChisoError) else f"unexpected {type(error).__name__}"
