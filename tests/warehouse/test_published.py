"""Reading what is published: one query, for as long as it may take."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Timer

import pytest

from catalogue.errors import UsageError
from flows.stopping import stoppable
from tests.world import LAND
from tests.worlds import Worlds
from warehouse.published import ask

ENDLESS = "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b"


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_is_answered(
    worlds: Worlds, backend: str, tmp_path: Path
) -> None:
    world = worlds.make(backend, LAND, tmp_path / "home")
    world.house.warehouse.publish()
    with pytest.raises(UsageError, match=r"stopped after 0\.2 s; ask for less of it.* --seconds"):
        ask(world.house.warehouse, ENDLESS, seconds=0.2)
    assert ask(world.house.warehouse, "SELECT 1 AS n", seconds=60) == (["n"], [(1,)])
    with pytest.raises(UsageError, match="nowhere"):
        ask(world.house.warehouse, "SELECT * FROM nowhere", seconds=60)
    worlds.drop(world.house.warehouse.url)


def test_ctrl_c_ends_a_query_at_once(worlds: Worlds, backend: str, tmp_path: Path) -> None:
    world = worlds.make(backend, LAND, tmp_path / "home")
    world.house.warehouse.publish()
    with stoppable():
        usual = signal.getsignal(signal.SIGINT)
        Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            ask(world.house.warehouse, ENDLESS, seconds=30)
        assert signal.getsignal(signal.SIGINT) is usual
    assert ask(world.house.warehouse, "SELECT 1 AS n")[1] == [(1,)]
    worlds.drop(world.house.warehouse.url)
