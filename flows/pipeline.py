"""The Prefect flows. They add names, order, retries and something to look at; what they do is in ``flows.run``.

Parameters are names of sources, paths and ids, never data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any, Final, ParamSpec

from prefect import Flow, flow, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.events import emit_event
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.task_runners import TaskRunner
from prefect.tasks import Task

from alerts.incident import Step
from catalogue.delivery import Delivery
from catalogue.errors import ChisoError
from catalogue.form import Form
from catalogue.period import Period
from catalogue.source import Portal
from flows.compute import compute
from flows.fetch import Answered, fetch_pull
from flows.house import House, now, open_house, prepare
from flows.lease import leased
from flows.load import Loaded, load
from flows.logs import logged, without_traces
from flows.metrics import write_metrics
from flows.orchestrate import must_reach
from flows.run import Announcer, Loader, Outcome, must_know, run_portals, run_submissions
from flows.settings import read_settings
from flows.tell import finish
from warehouse.release import Release

P = ParamSpec("P")
PATIENCE: Final = 3600.0
"""Seconds that a scheduled run waits for another one to end: a person's, or that of another schedule."""
# The house is opened once per run and never travels through Prefect: its parameters are stored and shown to people.
_open_house: ContextVar[House | None] = ContextVar("house", default=None)


@contextmanager
def using(house: House) -> Iterator[None]:
    """Run the flows on a house that is open already."""
    token = _open_house.set(house)
    try:
        yield
    finally:
        _open_house.reset(token)


def _open(config: str | None, run_id: str | None = None) -> House:
    held = _open_house.get()
    if held is None:
        held = open_house(read_settings(Path(config) if config else None), run_id)
        prepare(held)
        _open_house.set(held)
    return held


def _is_transient(_task: Task[..., object], _run: TaskRun, state: State[object]) -> bool:
    """Retry only what trying again may help."""
    try:
        state.result()
    except ChisoError as error:
        return error.retriable
    except Exception:
        return False
    return False


@task(name="fetch", task_run_name="fetch {name}", retries=2, retry_delay_seconds=2, retry_condition_fn=_is_transient,
      cache_policy=NO_CACHE, persist_result=False)  # fmt: skip
def fetch_task(name: str, period: str) -> Delivery | None:
    """Fetch one delivery of a portal."""
    portal, before = _pulling.get()[name]
    house = _open(None)
    return fetch_pull(house, portal, Period.parse(period, house.programme.calendars), before)


@task(name="load", task_run_name="load {name}", retries=2, retry_delay_seconds=2, retry_condition_fn=_is_transient,
      cache_policy=NO_CACHE, persist_result=False)  # fmt: skip
def load_task(name: str) -> Loaded:
    """Load one batch."""
    form, deliveries = _loading.get()[name]
    return _loader.get()(_open(None), form, deliveries, name)


_pulling: ContextVar[dict[str, tuple[Portal, Answered]]] = ContextVar("pulling", default={})  # noqa: B039 set per flow
_loader: ContextVar[Loader] = ContextVar("loader", default=load)
_loading: ContextVar[dict[str, tuple[Form | None, Sequence[Delivery]]]] = ContextVar("loading", default={})  # noqa: B039


def _pull(_house: House, portal: Portal, period: Period, before: Answered) -> Delivery | None:
    name = f"{portal.source}/{period.code}"
    _pulling.set({name: (portal, before)})
    return fetch_task(name, period.code)


def _load(_house: House, form: Form | None, deliveries: Sequence[Delivery], name: str) -> Loaded:
    _loading.set({name: (form, deliveries)})
    return load_task(name)


@contextmanager
def _distributed(house: House) -> Iterator[Announcer | None]:
    """Within the ``with`` batches are judged by a cluster, where the installation has one."""
    if not house.settings.dask:
        yield None
        return
    from flows.cluster import client_of_flow  # noqa: PLC0415 only for those who have a cluster
    from flows.distributing import Distribution  # noqa: PLC0415

    distribution = Distribution(house, client_of_flow())
    token = _loader.set(distribution.load)
    try:
        yield distribution.announce
    finally:
        _loader.reset(token)
        distribution.close(house)


def _on_cluster(house: House, taking: Flow[P, Outcome]) -> Flow[P, Outcome]:
    """A flow, with the task runner of the installation's cluster, where it has one."""
    if not house.settings.dask:
        return taking
    from flows.cluster import task_runner  # noqa: PLC0415 only for those who have a cluster

    runner: TaskRunner[PrefectFuture[Any]] = task_runner(house.settings.dask)  # type: ignore[assignment]
    return taking.with_options(task_runner=runner)


@flow(name="submissions", flow_run_name="submissions", persist_result=False, validate_parameters=False)
def submissions(config: str | None = None, sources: Sequence[str] = ()) -> Outcome:
    """Take in what agencies sent."""
    house = _open(config)
    with _distributed(house) as announce:
        outcome = run_submissions(house, _load, sources, announce)
    _table(house, "submissions", outcome)
    return outcome


@flow(name="portals", flow_run_name="portals", persist_result=False, validate_parameters=False)
def portals(config: str | None = None, sources: Sequence[str] = ()) -> Outcome:
    """Pull what portals count."""
    house = _open(config)
    with _distributed(house) as announce:
        outcome = run_portals(house, _load, _pull, sources, announce)
    _table(house, "portals", outcome)
    return outcome


@flow(name="indicators", flow_run_name="indicators", persist_result=False, validate_parameters=False)
def indicators(config: str | None = None, name: str = "") -> Release | None:
    """Compute what changed and seal it."""
    return compute(_open(config), name)


@flow(name="release", flow_run_name="release", persist_result=False, validate_parameters=False)
def release(config: str | None = None) -> str:
    """Swap the read copy; returns where readers look."""
    house = _open(config)
    house.warehouse.publish()
    return house.warehouse.reading_url


def _named() -> str:
    """A run by its id, which is in the ledger; one that a schedule began by what it looks at."""
    given = flow_run.parameters
    return f"pipeline {given.get('run_id') or ', '.join(given.get('sources') or ()) or 'everything'}"


@flow(name="pipeline", flow_run_name=_named, persist_result=False, validate_parameters=False)
def pipeline(
    config: str | None = None, run_id: str | None = None, sources: Sequence[str] = ()
) -> tuple[Outcome, Release | None]:
    """Everything, in order: submissions, portals, indicators, release, and at most one message per route."""
    without_traces()
    # This flow's own heartbeat says that the process is alive; the end of each other one would be waited for.
    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        _housed(config, run_id, sources) as house,
        logged(house),
    ):
        began = now()
        outcome = _on_cluster(house, submissions)(config, sources)
        outcome.add(_on_cluster(house, portals)(config, sources))
        sealed = finish(house, outcome, partial(indicators, config), partial(release, config), emit_incidents)
        write_metrics(house, outcome, began, now())
    return outcome, sealed


@contextmanager
def _housed(config: str | None, run_id: str | None, sources: Sequence[str]) -> Iterator[House]:
    """The house of a run, and its lease: of whoever began the run, else opened here, as of a run that a schedule began.
    Whether another run is at work is asked of the lease, never of Prefect's states."""
    held = _open_house.get()
    if held is not None:
        yield held
        return
    house = open_house(read_settings(Path(config) if config else None), run_id)
    must_know(house.programme, sources)
    must_reach(house.settings)
    with leased(house.home, f"scheduled run {house.run_id}", PATIENCE), using(house):
        prepare(house)
        yield house


def emit_incidents(steps: Sequence[Step]) -> None:
    """Emit an event per incident that opened, got worse, was escalated or is over, for Prefect's automations: codes,
    never values. Best effort, as the warehouse and the outbox know."""
    for step in steps:
        about = step.incident.notice
        payload = {"event": about.status, "form": about.form, "unit": about.unit, "period": about.period}
        with suppress(Exception):
            emit_event(
                f"chiso.incident.{step.change}",
                resource={"prefect.resource.id": f"chiso.incident.{step.incident.key}"},
                payload={name: code or "" for name, code in payload.items()},
            )


def _table(house: House, name: str, outcome: Outcome) -> None:
    """Outcomes per form and agency, as a table in Prefect's interface: codes, counts, and where the receipt lies; never
    values."""
    rows = [
        {
            "form": one.form or "",
            "unit": one.unit or "",
            "period": one.period or "",
            "status": one.status,
            "rows": one.rows_read,
            "loaded": one.rows_loaded,
            "quarantined": one.rows_quarantined,
            "findings": one.findings_total,
            "receipt": f"[receipt]({(house.home / 'receipts' / f'{one.sha256[:16]}.html').as_uri()})",
        }
        for one in sorted(outcome.receipts, key=lambda one: (one.status == "accepted", one.form or "", one.unit or ""))
    ]
    create_table_artifact(key=f"outcomes-{name}", table=rows[:1000], description=f"{len(rows)} deliveries")
