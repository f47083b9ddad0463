"""A small story of a portal, told to a warehouse of either kind: both say the same, byte for byte. The demo world's is
``tests.campaign.both_backends``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flows.compute import compute
from tests.campaign.both_backends import Written, apart, written
from tests.portal_office import Office
from tests.world import BACKENDS, LAND
from tests.worlds import Worlds

pytestmark = pytest.mark.long


def told(worlds: Worlds, backend: str, folder: Path) -> Written:
    """Two months are pulled, one with a row set aside; one is restated, the other is cut short; two releases."""
    world = worlds.make(backend, LAND, folder / backend / "home")
    world.house = replace(world.house, run_id="the run")
    office = Office(world, drift={"share": "0.1", "least": 5})
    truth = office.truth
    truth.months["2024-02-01"]["ON2", "nothing known"] = 9
    assert [one.status for one in office.run().receipts] == ["accepted", "partly_accepted"]
    assert compute(world.house) is not None
    truth.months["2024-01-01"]["ON1", "data"] = 90
    truth.faults = [None, None, *["counted"] * 20]
    assert [one.status for one in office.run().receipts] == ["accepted_with_warnings", "rejected"]
    assert compute(world.house) is not None
    found = written(world.house, folder / backend / "written")
    worlds.drop(world.house.warehouse.url)
    return found


def test_a_portals_story_is_the_same_in_both_databases(worlds: Worlds, tmp_path: Path) -> None:
    found = {tmp_path / backend / "written": told(worlds, backend, tmp_path) for backend in BACKENDS}
    assert list(apart(found)) == []
    filled = {name for name, (rows, _) in next(iter(found.values())).items() if rows}
    assert filled >= {"fact_cases", "fact_indicator", "quarantine", "issue", "ledger", "drift", "dim_release", "cases"}
