"""What readers see of releases: embargo, provisional, final, revised, as of any moment, revisions and their causes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from catalogue.errors import ReleaseRefused, UsageError
from flows.compute import compute
from flows.house import now
from flows.publishing import moment, terms_of
from flows.releasing import verify
from tests.world import LAND, World, redeclared
from tests.worlds import Worlds
from warehouse.difference import differences, release_named
from warehouse.release import Terms

pytestmark = pytest.mark.long


def cases(resolved: int, received: int = 10) -> list[dict[str, object]]:
    return [{"topic": "data", "received": received, "resolved": resolved, "on_time": resolved, "pending": 1}]


RESOLVED = "SELECT value FROM {} WHERE indicator_code = 'RESOLVED' AND place_code = 'N' AND period_code = '2024-01' {}"


def values(world: World, view: str = "indicator", rest: str = "", **named: object) -> list[int]:
    return [int(value) for (value,) in world.sql(RESOLVED.format(view, rest), **named)]


def time_comes(world: World) -> None:
    """Every embargo is over."""
    with world.house.warehouse.connection() as connection:
        connection.exec_driver_sql("UPDATE dim_release SET embargo_until = sealed_at WHERE embargo_until IS NOT NULL")


def test_what_was_published_then_is_plain_sql_and_what_is_known_now_is_the_latest(world: World) -> None:
    for resolved in (3, 4, 5):
        world.report("CASES", "ON1", "2024-01", cases(resolved))
        world.release()
    moments = [at for (at,) in world.sql("SELECT published_at FROM release ORDER BY release_key")]
    as_of = "AND known_from <= :at AND (known_to IS NULL OR known_to > :at)"
    assert [values(world, "indicator_history", as_of, at=at) for at in moments] == [[3], [4], [5]]
    columns = "indicator_code, entity_key, period_code, value, status, target_status, coverage"
    today = f"SELECT {columns} FROM indicator_history WHERE status <> 'tombstone' {as_of} ORDER BY 1, 2, 3"
    assert world.sql(today, at=now()) == world.sql(f"SELECT {columns} FROM indicator ORDER BY 1, 2, 3")
    facts = "SELECT resolved FROM cases_history WHERE known_from <= :at AND (known_to IS NULL OR known_to > :at)"
    received = [at for (at,) in world.sql("SELECT received_at FROM dim_part ORDER BY part_key")]
    assert [world.sql(facts, at=at) for at in received] == [[(3,)], [(4,)], [(5,)]]


def test_a_revision_names_first_previous_and_new_value_and_the_delivery_that_moved_it(world: World) -> None:
    world.reports("CASES", [("ON1", "2024-01", cases(3)), ("OS1", "2024-01", cases(9))])
    world.release()
    world.report("CASES", "ON1", "2024-01", cases(4))
    world.release()
    world.reports("CASES", [("ON1", "2024-01", cases(2)), ("OS1", "2024-02", cases(1))])
    world.release("third")
    asked = """SELECT place_code, period_code, first_value, previous_value, value, change, release_name, cause,
                      deliveries, delivery_key
               FROM revision WHERE indicator_code = 'RESOLVED' AND place_code IN ('N', 'L', 'S')
               AND period_code IN ('2024-01', '2024-Q1') ORDER BY from_release, place_code, period_code"""
    told = [tuple(one if isinstance(one, str) else int(one) for one in row) for row in world.sql(asked)]
    assert told == [
        ("L", "2024-01", 12, 12, 13, 1, "release-2", "delivery", 1, 3),
        ("L", "2024-Q1", 12, 12, 13, 1, "release-2", "delivery", 1, 3),
        ("N", "2024-01", 3, 3, 4, 1, "release-2", "delivery", 1, 3),
        ("N", "2024-Q1", 3, 3, 4, 1, "release-2", "delivery", 1, 3),
        ("L", "2024-01", 12, 13, 11, -2, "third", "delivery", 1, 4),
        ("L", "2024-Q1", 12, 13, 12, -1, "third", "delivery", 2, 5),
        ("N", "2024-01", 3, 4, 2, -2, "third", "delivery", 1, 4),
        ("N", "2024-Q1", 3, 4, 2, -2, "third", "delivery", 1, 4),
        ("S", "2024-Q1", 9, 9, 10, 1, "third", "delivery", 1, 5),
    ]
    with world.house.warehouse.connection() as connection:
        first, last = release_named(connection, "release-1"), release_named(connection, "")
        found = differences(connection, first, last)
        same = differences(connection, last, last)
        with pytest.raises(UsageError, match="there is no release 'fourth'; there are: third, release-2, release-1"):
            release_named(connection, "fourth")
    assert same == []
    moved = {
        (one.place, one.period): (str(one.old), str(one.new), str(one.change), one.deliveries)
        for one in found
        if one.indicator == "RESOLVED" and one.period == "2024-01"
    }
    assert moved[("N North", "2024-01")] == ("3.000000000000", "2.000000000000", "-1.000000000000", (3, 4))
    assert moved[("L Land", "2024-01")] == ("12.000000000000", "11.000000000000", "-1.000000000000", (3, 4))
    assert ("S South", "2024-01") not in moved
    line = world.sql("SELECT detail FROM ledger WHERE event = 'release' ORDER BY sequence DESC LIMIT 1")[0][0]
    assert "against release-2:" in line
    assert "by 2 new parts" in line


def test_nobody_reads_a_release_before_its_time_and_none_overtakes_it(world: World) -> None:
    world.report("CASES", "ON1", "2024-01", cases(3))
    world.release()
    world.report("CASES", "ON1", "2024-01", cases(4))
    until = now() + timedelta(days=1)
    compute(world.house, terms=Terms("quarter", until))
    world.report("CASES", "ON1", "2024-01", cases(5))
    later = compute(world.house)
    assert later is not None
    assert later.embargo_until == until  # it shows what the one before it shows
    world.house.warehouse.publish()
    with world.house.warehouse.reader() as reader:
        read = RESOLVED.format("indicator", "")
        assert [int(value) for (value,) in reader.exec_driver_sql(read)] == [3]
    if world.house.warehouse.embedded:
        with duckdb.connect(str(world.house.warehouse.published), read_only=True) as analysts:
            told = analysts.sql(
                "SELECT max(from_release) FROM fact_indicator UNION ALL SELECT max(from_release) "
                "FROM target_status UNION ALL SELECT max(release_key) FROM dim_release"
            ).fetchall()
        assert {key for (key,) in told} <= {1, None}
    assert values(world) == [3]
    assert values(world, "indicator_history") == [3]
    assert world.sql("SELECT name FROM release") == [("release-1",)]
    assert world.sql("SELECT * FROM revision") == []
    with world.house.warehouse.connection() as connection:  # the steward
        old, new = release_named(connection, "release-1"), release_named(connection, "release-3")
        found = {
            f"{one.place}: {one.new:.0f}" for one in differences(connection, old, new) if one.indicator == "RESOLVED"
        }
    assert "N North: 5" in found
    time_comes(world)
    assert values(world) == [5]


def test_a_programme_declares_when_its_releases_are_shown(embedded: World) -> None:
    header = embedded.programme.header.model_validate(
        embedded.programme.header.model_dump()
        | {"time_zone": "Asia/Ho_Chi_Minh", "releases": {"embargo": {"days": 2, "at": "09:00"}, "final_after": 30}}
    )
    programme = redeclared(embedded.programme, header=header)
    terms = terms_of(programme, "x", moment("2025-04-30T20:00", programme))
    assert terms == Terms("x", moment("2025-05-02T09:00", programme), final_after=30)
    assert str(terms.embargo_until) == "2025-05-02 02:00:00"
    with pytest.raises(UsageError, match="write it as 2025-04-30T09:00"):
        moment("tomorrow", programme)


def test_a_change_of_a_final_figure_is_a_revision_and_told(world: World) -> None:
    world.reports("CASES", [("ON1", "2024-01", cases(3)), ("ON1", "2024-02", cases(3))])
    world.release()
    status = RESOLVED.replace("SELECT value", "SELECT release_status").replace("= '2024-01'", "LIKE '2024-0%'")
    status = status.format("indicator", "ORDER BY period_code")
    assert world.sql(status) == [("provisional",), ("provisional",)]
    world.report("CASES", "ON1", "2024-01", cases(4))
    changed = world.release()
    assert changed is not None
    assert changed.revised == 0
    sealed = compute(world.house, terms=Terms("year", final=True, always=True))
    assert sealed is not None
    assert (sealed.changed, sealed.name) == (0, "year")
    assert sealed.hash == changed.hash  # the same figures
    assert world.sql(status) == [("final",), ("final",)]

    world.reports("CASES", [("ON1", "2024-01", cases(5)), ("ON1", "2024-03", cases(1))])
    revised = world.release()
    assert revised is not None
    assert revised.revised > 0
    assert world.sql(status) == [("revised",), ("final",), ("provisional",)]
    line = world.sql("SELECT detail FROM ledger WHERE event = 'release' ORDER BY sequence DESC LIMIT 1")[0][0]
    assert f"{revised.revised} FINAL FIGURES REVISED" in line
    assert verify(world.house) == []


def test_a_figure_becomes_final_by_itself_after_the_declared_days(embedded: World) -> None:
    world = embedded
    world.report("CASES", "ON1", "2024-01", cases(3))
    world.release()
    with world.house.warehouse.connection() as connection:
        connection.exec_driver_sql("UPDATE dim_release SET sealed_at = sealed_at - INTERVAL '31 days'")
    world.report("CASES", "ON1", "2024-01", cases(4))
    revised = compute(world.house, terms=Terms(final_after=30))
    assert revised is not None
    assert revised.revised > 0


def test_a_name_is_given_once(embedded: World) -> None:
    embedded.report("CASES", "ON1", "2024-01", cases(3))
    compute(embedded.house, terms=Terms("first", always=True))
    with pytest.raises(UsageError, match="there is a release 'first' already"):
        compute(embedded.house, terms=Terms("first", always=True))


TAMPERED = (
    # what somebody did to one stored row, what is said of its partition
    (
        "UPDATE fact_indicator SET value = value + 1 WHERE {}",
        "RESOLVED 2024-01 of release-1: 5 rows were sealed, 5 are",
    ),
    ("UPDATE fact_indicator SET release_status = 'revised' WHERE {}", "one or more differ"),
    ("DELETE FROM fact_indicator WHERE {}", "5 rows were sealed, 4 are stored, so that some were added or taken away"),
    ("UPDATE fact_indicator SET period_code = '2023-12' WHERE {}", "rows are stored that were never sealed"),
    (
        "UPDATE release_partition SET hash = 'x' WHERE indicator_code = 'RESOLVED'",
        "release-1: its hash is not that",
    ),
)


def test_one_stored_row_that_was_changed_is_found_and_named(worlds: Worlds, tmp_path: Path) -> None:
    world = worlds.make("duckdb", LAND, tmp_path / "home")
    world.report("CASES", "ON1", "2024-01", cases(3))
    world.release()
    assert verify(world.house) == []
    assert verify(world.house, "release-1") == []
    one = "indicator_code = 'RESOLVED' AND period_code = '2024-01' AND entity_key = 111"
    file = world.house.home / "warehouse.duckdb"
    good = file.read_bytes()
    for tampered, said in TAMPERED:
        file.write_bytes(good)
        with world.house.warehouse.connection() as connection:
            connection.exec_driver_sql(tampered.format(one))
        told = [str(broken) for broken in verify(world.house)]
        assert any(said in line for line in told), (tampered, told)
        assert all(line.startswith(("RESOLVED", "release-1")) for line in told), told
    file.write_bytes(good)
    with world.house.warehouse.connection() as connection:
        connection.exec_driver_sql(TAMPERED[0][0].format(one))
    world.report("CASES", "ON1", "2024-01", cases(4))
    with pytest.raises(ReleaseRefused, match=r"not what was sealed: RESOLVED 2024-01 of release-1"):
        compute(world.house)


def test_what_was_not_judged_is_not_sealed(worlds: Worlds, tmp_path: Path) -> None:
    world = worlds.make("duckdb", LAND, tmp_path / "home")
    world.report("CASES", "ON1", "2024-01", cases(3))
    file = world.house.home / "warehouse.duckdb"
    good = file.read_bytes()
    for spoiled, said in (
        ("DELETE FROM check_result", "no check of the form was run"),
        ("UPDATE check_result SET verdict = 'error'", "was not held back"),
        ("UPDATE check_result SET verdict = 'error'; UPDATE dim_delivery SET status = 'error'", "was not held back"),
    ):
        file.write_bytes(good)
        with world.house.warehouse.connection() as connection:
            for statement in spoiled.split(";"):
                connection.exec_driver_sql(statement)
        with pytest.raises(ReleaseRefused, match=said):
            compute(world.house)
        assert world.one("SELECT count(*) FROM fact_indicator") == 0
