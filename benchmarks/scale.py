"""Workbooks of communes from inbox to release: the run alone, and with workers of a Dask cluster on this machine.

    python -m benchmarks.scale [--communes 600] [--batch 75] [--folder build/scale]

Every way runs in a process of its own, without Prefect, and must leave the same warehouse. Work is measured after
imports; the workers have theirs done, too. ``cpu`` is what the run's own process used, also by its steps: what is left
of it with workers is what they cannot take over, however many they are.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.cluster import cluster
from benchmarks.submissions import ROOT, make_inbox

WAYS: Final = (0, 1, 2)
"""As many workers; 0: none, the run judges."""


def main(words: Sequence[str] | None = None) -> None:
    """Make the inbox where it is missing, run every way, compare what they leave, print the figures."""
    options = _options(words)
    folder: Path = options.folder.resolve()
    if options.way is not None:
        print(json.dumps(_measured(folder, options.way, options.dask)))
        return
    make_inbox(folder, options.communes)
    print(f"{options.communes} workbooks, batches of {options.batch}, {os.cpu_count()} cores")
    heads = "".join(f"{head:>9}" for head in ("work s", "x alone", "cpu s", "x alone"))
    print(f"workers  {heads}{'fetch':>8}{'judge':>8}{'append':>8}{'given away':>12}", flush=True)
    first: dict[str, Any] = {}
    for way in options.ways:
        one = _alone(folder, way, options)
        first = first or one
        both = "".join(f"{one[what]:9.1f}{one[what] / first[what]:9.2f}" for what in ("work", "cpu"))
        steps = "".join(f"{one['steps'].get(step, 0.0):8.1f}" for step in ("fetch", "judge", "append"))
        print(f"{way:<9}{both}{steps}{one['given']:12}", flush=True)
        if one["hashes"] != first["hashes"]:
            raise SystemExit(f"with {way} workers the warehouse is not what the first way left")
    print("all left the same")


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--communes", type=int, default=600)
    parser.add_argument("--batch", type=int, default=75)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "scale")
    parser.add_argument("--ways", type=int, nargs="+", choices=WAYS, default=WAYS, help="as many workers each")
    parser.add_argument("--way", type=int, choices=WAYS, help="run this way alone, in this process")
    parser.add_argument("--dask", default="", help="the cluster of this way")
    return parser.parse_args(words)


def _alone(folder: Path, way: int, options: argparse.Namespace) -> dict[str, Any]:
    """One way, in a process of its own, beside its workers."""
    home = folder / f"home-{way}"
    shutil.rmtree(home, ignore_errors=True)
    config = folder / f"chiso-{way}.toml"
    config.write_text(
        f'home = "{home}"\nprogramme = "{folder / "programme"}"\nlanguage = "vi"\nbatch = {options.batch}\n'
        f'[addresses]\ninbox = "{folder / "inbox"}"\n'
    )
    command = [sys.executable, "-m", "benchmarks.scale", "--folder", str(folder), "--way", str(way)]
    environment = {"CHISO_CONFIG": str(config), "PYTHONPATH": str(ROOT)}
    names = [f"worker-{number}" for number in range(way)]
    if not names:
        return _run(command, environment)
    with cluster(folder / f"machines-{way}", environment, *names) as machines:
        return _run([*command, "--dask", machines.address], environment)


def _run(command: Sequence[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **environment}
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measured(folder: Path, way: int, address: str) -> dict[str, Any]:
    """Seconds of the whole, of CPU, of the steps' CPU; batches that were given away, and hashes of what was left."""
    from functools import partial

    import alembic.autogenerate
    import jinja2
    import openpyxl

    from flows import distributing, load, run
    from flows.compute import compute
    from flows.house import open_house, prepare
    from flows.settings import read_settings
    from warehouse.export import CLOCKED, VOLATILE, export
    from warehouse.prepared import Written, lay_prepared
    from warehouse.staging import Staging

    _ = alembic.autogenerate, jinja2, openpyxl  # Imported now, so that no work pays for it.
    steps: dict[str, float] = {}
    given: list[str] = []
    for module, name, step in (
        (run, "fetch_inbox", "fetch"), (load, "judge", "judge"), (load, "write", "append"),
        (distributing, "write", "append"),
    ):  # fmt: skip
        setattr(module, name, _timed(getattr(module, name), step, steps))

    def counted(area: Staging, files: Mapping[str, Path], written: Mapping[str, Written]) -> None:
        given.append("")
        lay_prepared(area, files, written)

    setattr(distributing, lay_prepared.__name__, counted)
    house = open_house(read_settings())
    prepare(house)
    client = _client(address, way) if address else None
    began, used = time.perf_counter(), time.process_time()
    if client:
        distribution = distributing.Distribution(house, client)
        outcome = run.run_submissions(house, distribution.load, announce=distribution.announce)
    else:
        outcome = run.run_submissions(house, partial(load.load))
    sealed = compute(house)
    house.warehouse.publish()
    work, cpu = time.perf_counter() - began, time.process_time() - used
    if outcome.failed or sealed is None:
        raise SystemExit(f"failed: {outcome.failed[:3]}")
    if client:
        client.close()
    with house.warehouse.connection() as connection:
        hashes = export(connection, folder / f"written-{way}", tables=True, without=VOLATILE | CLOCKED)
    return {"work": work, "cpu": cpu, "steps": steps, "given": len(given), "hashes": hashes}


def _client(address: str, workers: int) -> Any:
    """A client of a cluster whose workers are there and have imported what judging needs."""
    from distributed import Client

    client = Client(address, set_as_default=False)
    client.wait_for_workers(workers, timeout=120)
    client.run(_import)
    return client


def _import() -> None:
    import flows.charge

    _ = flows.charge


def _timed(done: Callable[..., Any], step: str, steps: dict[str, float]) -> Callable[..., Any]:
    def timed(*words: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return done(*words, **named)
        finally:
            steps[step] = steps.get(step, 0.0) + time.process_time() - began

    return timed


if __name__ == "__main__":
    main()
