"""Batches judged by the workers of a real Dask cluster: scheduler and workers are processes on loopback."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from distributed import Client

from benchmarks.cluster import Cluster, cluster
from benchmarks.portal.servers import postgres
from catalogue.errors import SettingsError
from flows import cluster as on_cluster
from flows.cluster import reach
from flows.house import House, open_house, prepare
from flows.settings import Settings, read_settings
from tests.flows.office import Installation, good, install
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
# What was pending a month before is carried over: what a report is held against may come in an earlier batch.
CARRIED = """
  - check: CASES.CARRIED
    kind: compare
    severity: warn
    title: {en: Carried over = pending a month before}
    advice: {en: Look at the last report}
    left: [{field: carried}]
    right: [{field: pending, of: before}]
"""


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address where nobody listens, which is soon found out."""
    monkeypatch.setattr(on_cluster, "REACHED", 0.3)
    return f"tcp://127.0.0.1:{free_port()}"


def test_a_scheduler_that_does_not_answer_is_told_before_anything_begins(nowhere: str) -> None:
    with pytest.raises(SettingsError, match=rf"{nowhere} \(setting `dask`\) does not answer: .*; nothing was begun"):
        reach(nowhere)


# ---- a cluster of processes


Pair = tuple[Installation, Installation]
"""Two installations to which the same bytes came: one works alone, the other has a cluster."""


def pair(folder: Path, *, prepared: bool = True) -> Pair:
    """Two installations, and four months of reports."""
    made = []
    for name in ("alone", "together"):
        (folder / name).mkdir(parents=True)
        office = install(folder / name, prepared=prepared)
        form = office.programme / "forms" / "CASES.yml"
        text = form.read_text(encoding="utf-8").rstrip() + CARRIED
        form.write_text(text.replace("unit_to: office\n", "unit_to: office\nkey: [topic]\n"), encoding="utf-8")
        made.append(office)
    for month in range(1, 5):
        send((made[0], made[1]), month)
    return made[0], made[1]


def send(offices: Pair, month: int) -> None:
    """What came in a month: good reports, one that does not follow from the one before, a row that is set aside, a file
    that is no workbook."""
    one, other = offices
    one.send("ON1", f"{month}.xlsx", f"{month:02}/2024", [good("data", month), good("web", 2, 7, 3)])
    one.send("ON2", f"{month}.xlsx", f"{month:02}/2024", [good("data"), [*good("web")[:-1], "?"]])
    one.send("OS1", f"{month}.xlsx", f"{month:02}/2024", [good("data", 2, month, month)])
    one.put("ON1", f"{month}.pdf", b"%PDF-1.4 " + bytes(month))
    shutil.copytree(one.inbox, other.inbox, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The two that most of the tests send to, one month after the other."""
    return pair(tmp_path_factory.mktemp("offices"))


def house_of(office: Installation) -> House:
    """A house for one more run. Two deliveries are a batch: what is carried over comes in another one."""
    server = office.environment.get("CHISO_WAREHOUSE", "")
    settings = read_settings(office.config, {"batch": 2, "warehouse": server})
    house = open_house(settings)
    prepare(house)
    return house


def alone(office: Installation) -> None:
    """A run without a cluster."""
    from flows.plain import run_plainly  # noqa: PLC0415 the gate is dear, and only for the long tests

    outcome, _, _ = run_plainly(house_of(office).settings)
    assert not outcome.failed


def together(office: Installation, client: Client) -> None:
    """A run whose batches are judged by a cluster; as ``flows.plain``, which has none."""
    from flows.compute import compute  # noqa: PLC0415
    from flows.distributing import Distribution  # noqa: PLC0415
    from flows.run import run_submissions  # noqa: PLC0415
    from flows.tell import finish  # noqa: PLC0415

    house = house_of(office)
    distribution = Distribution(house, client)
    outcome = run_submissions(house, distribution.load, announce=distribution.announce)
    assert not outcome.failed
    finish(house, outcome, partial(compute, house), house.warehouse.publish)
    distribution.close(house)
    assert not list((house.home / "archive").rglob("*.parquet"))
    assert not list((house.home / "staging").glob("*"))


def differences(offices: Pair) -> list[str]:
    """Where the tables and views of two installations differ, but for clocks and ids of runs."""
    from tests.campaign.both_backends import apart, written  # noqa: PLC0415

    return list(apart({office.folder / "written": written(house_of(office), office.folder / "written")
                       for office in offices}))  # fmt: skip


@pytest.fixture(scope="module")
def machines(offices: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers of the installation that has a cluster."""
    environment = {"CHISO_CONFIG": str(offices[1].config), "PYTHONPATH": str(ROOT)}
    with cluster(tmp_path_factory.mktemp("machines"), environment, "first", "second") as found:
        yield found


@pytest.fixture
def client(machines: Cluster) -> Iterator[Client]:
    """A client of the cluster, once its workers are there."""
    with Client(machines.address, set_as_default=False) as found:
        found.wait_for_workers(2, timeout=300)
        yield found


def judged_by(told: pytest.LogCaptureFixture) -> dict[str, int]:
    """How many batches were judged by whom."""
    lines = [record.getMessage() for record in told.records if record.name == "chiso.distributing"]
    return {who: sum(line.endswith(who) for line in lines) for who in ("by a worker", "by the run itself")}


@pytest.mark.long
def test_what_workers_judge_is_appended_where_it_holds_and_judged_anew_where_not(
    offices: Pair, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "chiso.distributing")
    alone(offices[0])
    together(offices[1], client)

    # Two batches of each unit: the first is nobody's follower, the second had to know what the first brought.
    assert judged_by(caplog) == {"by a worker": 3, "by the run itself": 3}
    assert differences(offices) == []

    caplog.clear()
    send(offices, 5)
    alone(offices[0])
    together(offices[1], client)

    # Of one month each unit sends one report: what workers see in the published copy holds for all of them.
    assert judged_by(caplog) == {"by a worker": 2, "by the run itself": 0}
    assert differences(offices) == []


@pytest.mark.long
def test_a_worker_killed_in_the_middle_of_a_batch_costs_nothing(tmp_path: Path) -> None:
    offices = pair(tmp_path / "offices")
    environment = {"CHISO_CONFIG": str(offices[1].config), "PYTHONPATH": str(ROOT)}
    with (
        cluster(tmp_path / "machines", environment, "first", "second") as machines,
        Client(machines.address, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, timeout=300)
        processes = client.run(os.getpid)
        victims: list[int] = []

        def kill() -> None:
            while not victims:
                victims.extend(processes[place] for place, keys in client.processing().items() if keys)
            os.kill(victims[0], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        together(offices[1], client)
        killer.join()
        ended = [one.wait() for one in machines.workers.values() if one.pid == victims[0]]
        assert ended == [-signal.SIGKILL]
    alone(offices[0])
    assert differences(offices) == []


@pytest.mark.long
def test_on_postgresql_workers_ask_the_database_itself(tmp_path: Path) -> None:
    # Both begin with nothing: a warehouse that was prepared has one event more in its ledger.
    offices = pair(tmp_path / "offices", prepared=False)
    with postgres() as server:
        offices[1].environment["CHISO_WAREHOUSE"] = server.empty("together")
        environment = {"CHISO_CONFIG": str(offices[1].config), "PYTHONPATH": str(ROOT), **offices[1].environment}
        with (
            cluster(tmp_path / "machines", environment, "first") as machines,
            Client(machines.address, set_as_default=False) as client,
        ):
            client.wait_for_workers(1, timeout=300)
            together(offices[1], client)
        alone(offices[0])
        assert differences(offices) == []


@pytest.mark.long
def test_a_run_under_prefect_uses_the_cluster_of_the_settings(offices: Pair, machines: Cluster, client: Client) -> None:
    office = offices[1]
    send(offices, 6)
    alone(offices[0])
    # In a process of its own: Prefect reads its settings when it is first imported, which it has been here.
    command = [sys.executable, "-c", "from flows.command_line import main; main()", "run"]
    environment = {"CHISO_CONFIG": str(office.config), "CHISO_DASK": machines.address, "CHISO_BATCH": "2"}
    done = subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (1, "")
    assert differences(offices) == []


@pytest.mark.long
def test_a_run_whose_scheduler_is_gone_says_so_and_begins_nothing(offices: Pair, nowhere: str) -> None:
    office = offices[1]
    office.environment |= {"CHISO_DASK": nowhere}

    done = office.chiso("run")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"chiso: the Dask scheduler at {nowhere} (setting `dask`) does not answer")
    assert Settings.model_fields["dask"].default == ""
