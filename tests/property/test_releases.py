"""Every sealed release returns the same bytes, whatever is sent late, corrected or withdrawn after it.

And what was known as of now is what counts.
"""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.errors import UsageError
from flows.house import now
from flows.releasing import verify
from tests.world import LAND, World
from tests.worlds import Worlds
from warehouse.staging import staging_area
from warehouse.withdraw import Decision, withdraw_delivery, withdraw_figure

WHY = Decision("it was wrong", "Letter 1", "B. Head")
SEEN = (
    "SELECT * EXCLUDE (to_release, known_to, release_status) FROM indicator_history WHERE from_release <= :key "
    "AND (to_release IS NULL OR to_release > :key) ORDER BY indicator_code, entity_key, period_code, boundary_version"
)

report = st.tuples(
    st.just("report"), st.sampled_from(["ON1", "OS1"]), st.sampled_from(["2023-08", "2024-08"]), st.integers(0, 3)
)
withdrawal = st.tuples(st.just("withdraw"), st.booleans(), st.integers(1, 6))
figure = st.tuples(st.just("figure"), st.booleans(), st.sampled_from(["2023-08", "2024-Q3"]))
steps = st.lists(st.lists(st.one_of(report, report, withdrawal, figure), min_size=1, max_size=3), max_size=2)


@pytest.fixture(scope="module")
def told(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world to which every example adds: what was sealed in one must stand in all that come after it."""
    made = worlds.make("duckdb", LAND, tmp_path_factory.mktemp("home"))
    made.reports("CASES", [("ON1", "2023-08", rows(1)), ("OS1", "2024-08", rows(2))])
    made.release()
    return made


def rows(resolved: int) -> list[dict[str, object]]:
    return [{"topic": "data", "carried": 1, "received": 3, "resolved": resolved, "on_time": 0, "pending": 4 - resolved}]


def take(world: World, step: tuple[object, ...]) -> None:
    """One thing that happens; what the warehouse refuses, as it changes nothing, has not happened."""
    with staging_area(world.house.staging_path("step")) as area:
        url, run = world.house.warehouse.url, world.house.run_id
        match step:
            case ("report", str(unit), str(period), int(resolved)):
                world.report("CASES", unit, period, rows(resolved))
            case ("withdraw", bool(restore), int(back)):
                hashes = world.sql(
                    "SELECT DISTINCT sha256, min(delivery_key) FROM dim_delivery GROUP BY 1 ORDER BY 2 DESC"
                )
                sha256 = hashes[min(back, len(hashes)) - 1][0]
                withdraw_delivery(area, url, sha256, WHY, run, now(), restore=restore)
            case ("figure", bool(active), str(period)):
                withdraw_figure(area, url, ("RESOLVED", 10, period), WHY, run, now(), active=active)


def seen(world: World, key: int) -> str:
    return hashlib.sha256(repr(world.sql(SEEN, key=key)).encode()).hexdigest()


def of_now(world: World, view: str, columns: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Rows of a view, and of its history as of now."""
    begun = "known_from <= :at AND (known_to IS NULL OR known_to > :at)"
    history = f"SELECT {columns} FROM {view}_history WHERE {begun} ORDER BY ALL"
    return world.sql(f"SELECT {columns} FROM {view} ORDER BY ALL"), world.sql(history, at=now())


SEALED: dict[int, tuple[str, str]] = {}


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=steps)
def test_every_sealed_release_returns_the_same_bytes(told: World, history: list[list[tuple[object, ...]]]) -> None:
    for some in history:
        for step in some:
            try:
                take(told, step)
            except UsageError:
                continue
        told.release()
        for key, digest in told.sql("SELECT release_key, hash FROM dim_release"):
            SEALED.setdefault(key, (seen(told, key), digest))
    for key, digest in told.sql("SELECT release_key, hash FROM dim_release"):
        assert (seen(told, key), digest) == SEALED.get(key, (seen(told, key), digest)), f"release {key} is another"
    assert verify(told.house) == []
    current, known = of_now(told, "cases", "office_code, period_code, topic_code, received, resolved")
    assert current == known
    columns = "indicator_code, entity_key, period_code, value, numerator, status"
    current, known = of_now(told, "indicator", columns)
    assert current == [one for one in known if one[-1] != "tombstone"]
