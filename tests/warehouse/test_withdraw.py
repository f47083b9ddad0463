"""Withdrawals: what no longer stands is shown as withdrawn, with the reason, and never absent; nothing is edited."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text

from catalogue.errors import UsageError
from flows.compute import compute
from flows.house import now
from flows.releasing import verify
from tests.world import World
from warehouse.quarantined import standing_open
from warehouse.schema import fact_indicator
from warehouse.staging import staging_area
from warehouse.withdraw import Decision, Withdrawn, withdraw_delivery, withdraw_figure

pytestmark = pytest.mark.long

WHY = Decision("the figures were made up", "Letter 12", "B. Head")


def cases(resolved: int) -> list[dict[str, object]]:
    return [{"topic": "data", "received": 10, "resolved": resolved, "on_time": resolved, "pending": 1}]


def withdraw(world: World, key: int, *, restore: bool = False) -> Withdrawn:
    sha256 = str(world.one("SELECT sha256 FROM dim_delivery WHERE delivery_key = :key", key=key))
    with staging_area(world.house.staging_path("withdraw")) as area:
        return withdraw_delivery(
            area, world.house.warehouse.url, sha256, WHY, world.house.run_id, now(), restore=restore
        )


def figure(world: World, period: str, place: str = "N", *, active: bool = True) -> None:
    entity = world.one("SELECT DISTINCT entity_key FROM place WHERE code = :place", place=place)
    with staging_area(world.house.staging_path("withdraw")) as area:
        about = ("RESOLVED", entity, period)
        withdraw_figure(area, world.house.warehouse.url, about, WHY, world.house.run_id, now(), active=active)


def shown(world: World, place: str = "N") -> list[tuple[object, ...]]:
    rows = world.sql(
        "SELECT period_code, status, value, coverage, withdrawn_reason, withdrawn_document FROM indicator "
        "WHERE indicator_code = 'RESOLVED' AND place_code = :place AND period_kind IN ('month', 'quarter') "
        "ORDER BY period_code",
        place=place,
    )
    return [(code, status, value if value is None else int(value), *rest[1:]) for code, status, value, *rest in rows]


GONE = (None, "the figures were made up", "Letter 12")


def test_a_withdrawn_delivery_counts_no_more_and_its_figures_say_why(world: World) -> None:
    world.reports("CASES", [("ON1", "2024-01", cases(3)), ("ON2", "2024-01", cases(4)), ("ON1", "2024-02", cases(5))])
    world.release()
    withdraw(world, 3)
    sealed = world.release()
    assert sealed is not None
    assert sealed.withdrawn > 0
    assert shown(world) == [
        ("2024-01", "ok", 7, None, None),
        ("2024-02", "withdrawn", *GONE),
        ("2024-Q1", "ok", 7, None, None),  # with less behind it
    ]
    assert world.one(
        "SELECT reports_received FROM indicator WHERE indicator_code = 'RESOLVED' AND place_code = 'N' "
        "AND period_code = '2024-02'"
    ) == 1  # fmt: skip
    assert world.sql("SELECT period_code, resolved FROM cases ORDER BY 1, 2") == [("2024-01", 3), ("2024-01", 4)]
    assert world.one("SELECT count(*) FROM cases_history") == 3
    assert world.sql("SELECT status, reason FROM delivery_standing WHERE arrival_key = 3") == [
        ("withdrawn", "the figures were made up (B. Head; Letter 12)")
    ]
    assert world.sql("SELECT kind, form_code, unit_code, period_code, reason, decided_by FROM withdrawn") == [
        ("delivery", "CASES", "ON1", "2024-02", "the figures were made up", "B. Head")
    ]
    assert all(adds_up for (adds_up,) in world.sql("SELECT adds_up FROM fates"))
    assert compute(world.house) is None  # nothing changes any more
    with world.house.warehouse.connection() as connection:
        assert 3 not in [one.arrival for one in standing_open(connection, every=True)]

    world.report("CASES", "ON1", "2024-02", cases(6))  # the unit sends anew
    world.release()
    assert shown(world)[1] == ("2024-02", "ok", 6, None, None)
    causes = world.sql(
        "SELECT cause, status, reason FROM revision WHERE indicator_code = 'RESOLVED' AND place_code = 'N' "
        "AND period_code = '2024-02' ORDER BY from_release"
    )
    assert causes == [("withdrawal", "withdrawn", "the figures were made up"), ("delivery", "ok", None)]
    assert verify(world.house) == []


def test_what_was_sent_before_counts_again_where_that_is_asked_for_and_may_be_withdrawn_too(world: World) -> None:
    for resolved in (3, 9, 5):
        world.report("CASES", "ON1", "2024-01", cases(resolved))
    world.release()
    withdraw(world, 3, restore=True)
    world.release()
    assert shown(world)[0] == ("2024-01", "ok", 9, None, None)
    assert world.sql("SELECT part_key, facts_part_key, reason FROM part_current") == [(4, 2, "restored")]
    for out in (1, 3):  # superseded, and withdrawn already: what counts is of the second
        with pytest.raises(UsageError, match="nothing of this delivery counts now"):
            withdraw(world, out)

    withdraw(world, 2, restore=True)
    world.release()
    assert shown(world)[0] == ("2024-01", "ok", 3, None, None)
    withdraw(world, 1, restore=True)  # nothing stood before it
    world.release()
    assert shown(world)[0] == ("2024-01", "withdrawn", *GONE)
    assert world.sql("SELECT * FROM cases") == []
    assert world.sql("SELECT count(*) FROM withdrawn") == [(3,)]
    with pytest.raises(UsageError, match="nothing of this delivery counts now"):
        withdraw(world, 1)
    assert verify(world.house) == []


def test_a_report_of_other_places_takes_theirs_along(embedded: World) -> None:
    world = embedded
    world.report("PEOPLE", "ON", "2024-Q1", [{"place": "N1", "people": 5, "skilled": 1}])
    world.report("CASES", "OS1", "2024-01", cases(2))
    world.release()
    withdraw(world, 1)
    world.release()
    told = world.sql(
        "SELECT place_code, status FROM indicator WHERE indicator_code = 'PEOPLE' AND period_kind = 'quarter'"
    )
    assert sorted(told) == [("L", "withdrawn"), ("N", "withdrawn"), ("N1", "withdrawn")]


def test_a_released_figure_is_withdrawn_and_stands_again(world: World) -> None:
    world.reports("CASES", [("ON1", "2024-01", cases(3)), ("ON1", "2024-02", cases(4))])
    world.release()
    figure(world, "2024-01")
    world.release()
    assert shown(world)[:2] == [("2024-01", "withdrawn", *GONE), ("2024-02", "ok", 4, None, None)]
    with pytest.raises(UsageError, match="is withdrawn already"):
        figure(world, "2024-01")

    world.report("CASES", "ON1", "2024-01", cases(5))  # whatever comes: it is withdrawn until somebody says otherwise
    world.release()
    assert shown(world)[0] == ("2024-01", "withdrawn", *GONE)
    assert shown(world, "ON1")[0] == ("2024-01", "ok", 5, None, None)
    figure(world, "2024-01", active=False)
    world.release()
    assert shown(world)[0] == ("2024-01", "ok", 5, None, None)
    with pytest.raises(UsageError, match="is not withdrawn"):
        figure(world, "2024-01", active=False)
    with pytest.raises(UsageError, match="there is nothing to withdraw"):
        figure(world, "2024-07")
    assert verify(world.house) == []


def test_the_clock_plays_no_part(embedded: World) -> None:
    """A withdrawal is ordered by its number, whatever the time on the machine that received the delivery."""
    embedded.clock = datetime(2099, 1, 1)
    embedded.report("CASES", "ON1", "2024-01", cases(3))
    embedded.release()
    withdraw(embedded, 1)
    embedded.release()
    assert embedded.sql("SELECT * FROM cases") == []


def test_a_figure_may_be_withdrawn_whatever_it_is_on_other_boundaries(embedded: World) -> None:
    embedded.report("CASES", "ON1", "2024-01", cases(3))
    embedded.release()
    names = [column.name for column in fact_indicator.columns]
    elsewhere = {"boundary_version": "'2030-01-01'", "status": "'tombstone'", "from_release": "from_release + 1"}
    with embedded.house.warehouse.connection() as connection:
        connection.execute(
            text(
                f"INSERT INTO fact_indicator SELECT {', '.join(elsewhere.get(name, name) for name in names)} "
                "FROM fact_indicator WHERE indicator_code = 'RESOLVED' AND period_code = '2024-01'"
            )
        )
    figure(embedded, "2024-01")
    assert embedded.sql("SELECT kind, indicator_code, active FROM withdrawal") == [("figure", "RESOLVED", True)]
