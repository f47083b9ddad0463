"""A campaign: the demo world, run once on a DuckDB file and once on PostgreSQL, must leave the same in both.

    python -m tests.campaign.both_backends [--folder build/both_backends] [--rows 1200000]

With ``--rows`` it is a month of a country's portal counts, as the benchmarks make it, instead of the demo world. Every
table and view is written out and compared byte for byte: facts, figures, what is set aside, ledger, releases. Of two
runs, columns that no two runs share are left out; then the one warehouse moves into an empty database of the other
kind, and all that is published is compared again, clocks and all. ``tests/flows/test_both_backends.py`` does it with a
world of a few deliveries.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.portal.make import make
from benchmarks.portal.servers import postgres
from benchmarks.portal.size import Place, Size
from catalogue.loader import load_programme
from catalogue.source import Portal
from demo.world import make_world
from flows.demo import TOKEN, served
from flows.house import House, open_house
from flows.keeping import move_in
from flows.plain import run_plainly
from flows.settings import SHIPPED, Settings
from warehouse.export import CLOCKED, VOLATILE, export

ROOT = Path(__file__).parents[2]
LONG_AGO = 1_700_000_000
SHOWN = 5
Written = Mapping[str, tuple[int, str]]


def written(house: House, folder: Path) -> Written:
    """What a run left: every table and view, without the columns that no two runs share."""
    with house.warehouse.connection() as connection:
        return export(connection, folder, tables=True, without=VOLATILE | CLOCKED)


def published(house: House, folder: Path) -> Written:
    """What readers of a warehouse can export."""
    with house.warehouse.reader() as connection:
        return export(connection, folder)


def apart(found: Mapping[Path, Written]) -> Iterator[str]:
    """Where two exports, by their folders, differ: for each file that does, how many rows both have, and some lines."""
    (ours, one), (theirs, other) = found.items()
    for name in sorted({*one, *other}):
        if one.get(name) == other.get(name):
            continue
        yield f"{name}: {one.get(name, 'not there')} beside {other.get(name, 'not there')}"
        if name in one and name in other:
            here, there = (
                {*(folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()} for folder in (ours, theirs)
            )
            yield from (f"    < {line}" for line in sorted(here - there)[:SHOWN])
            yield from (f"    > {line}" for line in sorted(there - here)[:SHOWN])


def main() -> int:
    """Run it; 1 where the two differ anywhere."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "both_backends")
    parser.add_argument("--rows", type=int, default=0, help="a month of so many portal counts; 0: the demo world")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    world = _counts(folder / "world", options.rows) if options.rows else _demo(folder / "world")
    wrong, houses = list[str](), dict[str, House]()
    with postgres() as server, world as settings_in:
        for backend, url in (("duckdb", ""), ("postgresql", server.empty("demo"))):
            began = time.perf_counter()
            outcome, sealed, houses[backend] = run_plainly(settings_in(folder / backend, url))
            wrong += [f"{backend}: {name} failed: {why}" for name, why in outcome.failed]
            seconds = time.perf_counter() - began
            print(f"{backend}: {len(outcome.receipts)} deliveries, release {sealed and sealed.name}, {seconds:.0f} s")
        wrong += _compared(folder / "runs", houses, written)
        moved = settings_in(folder / "moved", server.empty("moved"))
        move_in(moved, str(folder / "duckdb" / "warehouse.duckdb"))
        wrong += _compared(folder / "moves", {"duckdb": houses["duckdb"], "postgresql": open_house(moved)}, published)
    print(*wrong, sep="\n")
    return 1 if wrong else 0


SettingsIn = Callable[[Path, str], Settings]
"""Settings of an installation in a home, with the warehouse at an address."""


@contextmanager
def _counts(folder: Path, rows: int) -> Iterator[SettingsIn]:
    """A month of a country's portal counts, a thousandth of which is dirty."""
    place = Place(folder, Size(rows=rows))
    make(place, 1)
    yield lambda home, url: Settings(
        home=home, programme=str(place.programme), addresses={"extracts": str(place.folder / "inbox")}, warehouse=url
    )


@contextmanager
def _demo(folder: Path) -> Iterator[SettingsIn]:
    """The demo world, its portals answering while the block runs."""
    programme = load_programme(SHIPPED / "vietnam")
    make_world(programme, programme.folder / "world", folder, seed=20)
    for path in folder.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    with served(programme, folder) as addresses:
        yield lambda home, url: _settings(home, addresses, url)


def _settings(home: Path, addresses: Mapping[str, str], url: str) -> Settings:
    secrets = home / "secrets"
    secrets.mkdir(parents=True)
    for source in load_programme(SHIPPED / "vietnam").sources:
        if isinstance(source, Portal) and source.token:
            (secrets / source.token).write_text(TOKEN)
    return Settings(
        home=home,
        programme="vietnam",
        warehouse=url,
        secrets=secrets,
        addresses={**addresses, "outbox": str(home / "outbox")},
    )


def _compared(folder: Path, houses: Mapping[str, House], how: Callable[[House, Path], Written]) -> list[str]:
    found = {folder / backend: how(house, folder / backend) for backend, house in houses.items()}
    differs = list(apart(found))
    first = next(iter(found.values()))
    rows = sum(count for count, _ in first.values())
    print(
        f"{folder.name}: {len(first)} tables and views, {rows:,} rows, {'differ' if differs else 'equal'}", flush=True
    )
    return differs


if __name__ == "__main__":
    sys.exit(main())
