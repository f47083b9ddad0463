"""``chiso backfill``: a status for each portal and period, and what is owed of each form; safe to repeat."""

from __future__ import annotations

import json
from functools import partial

import pytest

from flows.asked import period_of
from flows.backfill import Grid, fill
from flows.fetch import fetch_pull
from flows.house import prepare
from flows.run import Puller
from tests.flows.office import good, install
from tests.portal_office import FEBRUARY, JANUARY, Office
from tests.portal_server import answering
from tests.world import World

pytestmark = pytest.mark.long


@pytest.fixture
def office(embedded: World) -> Office:
    return Office(embedded)


def filled(office: Office, *, only_failed: bool = False, dry_run: bool = False) -> Grid:
    """Backfill two months against the portal as it is now."""
    world = office.world
    with answering(office.truth) as base:
        secrets = world.house.home / "secrets"
        secrets.mkdir(exist_ok=True)
        (secrets / "token").write_text(office.truth.token)
        settings = world.house.settings.model_copy(
            update={"addresses": {office.source.address: base}, "secrets": secrets}
        )
        object.__setattr__(world.house, "settings", settings)
        first, last = (period_of(world.programme, code) for code in ("2024-01", "2024-02"))
        waits: list[float] = []
        pull: Puller = partial(fetch_pull, wait=waits.append)
        sources = [office.source.source]
        return fill(world.house, first, last, sources, pull, only_failed=only_failed, dry_run=dry_run)


def statuses(grid: Grid) -> dict[str, str]:
    return {one.period: one.status for one in grid.cells}


def test_each_period_has_a_status_and_one_that_fails_stops_no_other(office: Office) -> None:
    dry = filled(office, dry_run=True)
    assert (statuses(dry), dry.exit_code) == ({"2024-01": "missing", "2024-02": "missing"}, 0)
    assert office.counted() == {}

    office.truth.faults = ["nothing"]  # January is no answer at all, February is well.
    first = filled(office)
    assert (statuses(first), first.exit_code) == ({"2024-01": "failed", "2024-02": "pulled"}, 1)
    assert first.cells[0].detail
    assert office.counted() == {"2024-02-01": FEBRUARY}

    second = filled(office, only_failed=True)
    assert (statuses(second), second.exit_code) == ({"2024-01": "pulled", "2024-02": "done"}, 0)
    assert office.counted() == {"2024-01-01": JANUARY, "2024-02-01": FEBRUARY}
    again = filled(office)
    assert (statuses(again), again.exit_code) == ({"2024-01": "unchanged", "2024-02": "unchanged"}, 0)

    office.truth.faults = [None, None, *["counted"] * 20]  # February never adds up.
    held = filled(office)
    assert (statuses(held), held.exit_code) == ({"2024-01": "unchanged", "2024-02": "held_back"}, 1)
    assert "pull.incomplete" in held.cells[1].detail
    assert statuses(filled(office, dry_run=True)) == {"2024-01": "done", "2024-02": "done"}
    prepare(office.world.house)


def test_what_offices_owe_is_listed_and_nothing_is_fetched_that_was_not_sent(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    office = install(tmp_path_factory.mktemp("office"), prepared=True)
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    done = office.chiso("backfill", "--from", "2024-01", "--to", "2024-02", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = {(one["form"], one["period"]): one for one in json.loads(done.stdout)["owed"]}
    january, february = found["CASES", "2024-01"], found["CASES", "2024-02"]
    assert january["received"] == 1
    assert "ON1" not in january["missing"]
    assert "ON1" in february["missing"]
    assert len(february["missing"]) == february["owed"] == january["owed"]
    narrow = ("--form", "CASES", "--unit", "ON1", "--unit", "ON2", "--dry-run", "--format", "json")
    done = office.chiso("backfill", "--from", "2024-01", "--to", "2024-01", *narrow)
    (only,) = json.loads(done.stdout)["owed"]
    assert (only["form"], only["owed"], only["received"], only["missing"]) == ("CASES", 2, 1, ["ON2"])
    table = office.chiso("backfill", "--from", "2024-01", "--to", "2024-02")
    assert "What was never sent cannot be fetched" in table.stdout
    for words, message in (
        (("--from", "2024-02", "--to", "2024-01"), "is after"),
        (("--from", "soon", "--to", "2024-01"), "no period"),
        (("--from", "2024-01", "--to", "2024-01", "--source", "nobody"), "no source of programme"),
        (("--from", "2024-01", "--to", "2024-01", "--form", "CASE"), "no such form; there are CASES"),
        (("--from", "2024-01", "--to", "2024-01", "--unit", "ON9"), "nothing in the registers bore that code"),
    ):
        refused = office.chiso("backfill", *words)
        assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
