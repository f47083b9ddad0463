"""Deliveries judged anew: what changes where a rule, a correction or a person's decision did, and what never does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalogue.check import Check
from catalogue.correction import Correction
from catalogue.delivery import Override
from catalogue.errors import UsageError
from catalogue.loader import load_programme
from catalogue.programme import Programme
from flows.house import now
from flows.load import load
from flows.overriding import chosen
from flows.replaying import Replayed, replay
from tests.batch import delivered, workbook
from tests.world import BACKENDS, LAND, World, redeclared
from tests.worlds import Worlds
from warehouse.override import append_override
from warehouse.staging import staging_area

pytestmark = pytest.mark.long

#         topic   total carried received resolved on time pending
DATA = ("data", 500, 100, 400, 420, 400, 80)
WEB = ("Web", 10, 0, 10, 4, 4, 6)
WRONG = ("web", 11, 0, 10, 4, 4, 6)  # 11 is not 0 + 10, and not 4 + 6
LATE = ("web", 10, 0, 10, 4, 5, 6)  # more on time than resolved


def sent(world: World, unit: str, month: str, rows: Sequence[Sequence[object]], name: str = "file.xlsx") -> None:
    book = workbook(world.programme.form["CASES"], unit, month, rows)
    load(world.house, world.programme.form["CASES"], [delivered(world.house, book, unit, f"{unit}/{name}")], "batch")


@pytest.fixture(scope="module")
def reported(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, World]]:
    """Per backend a world that has one report with a row set aside, which tests take a twin of."""
    made: dict[str, World] = {}
    for backend in BACKENDS:
        made[backend] = worlds.make(backend, LAND, tmp_path_factory.mktemp("home"))
        sent(made[backend], "ON1", "01/2024", [DATA, LATE])
    yield made
    for one in made.values():
        worlds.drop(one.house.warehouse.url)


@pytest.fixture
def late(worlds: Worlds, backend: str, reported: dict[str, World], tmp_path: Path) -> Iterator[World]:
    """A world that has one report with a row set aside: more are on time than resolved."""
    made = worlds.twin(reported[backend], tmp_path / "home")
    yield made
    worlds.drop(made.house.warehouse.url)


@pytest.fixture
def embedded_late(worlds: Worlds, reported: dict[str, World], tmp_path: Path) -> World:
    """The same in a DuckDB file, for what no backend has a part in."""
    return worlds.twin(reported["duckdb"], tmp_path / "home")


def delivery(world: World, key: int) -> str:
    """The sha256 of a delivery."""
    return str(world.one("SELECT sha256 FROM dim_delivery WHERE delivery_key = :key", key=key))


def again(world: World, *keys: int, dry_run: bool = False, **asked: Any) -> list[tuple[int, str, str | None]]:
    """(delivery, became, why) of deliveries that are judged anew."""
    done: list[Replayed] = replay(
        world.house, chosen(world.house, keys, **asked), "the rule was wrong", "A. Steward", dry_run=dry_run
    )
    assert [one.failure for one in done if one.became == "failed"] == []
    return [(one.standing.delivery, one.became, one.why) for one in done]


def accept(world: World, key: int, rule: str, row: int = 0, *, active: bool = True) -> None:
    """A person's decision about a delivery."""
    decided = Override(0, delivery(world, key), rule, "", row, "counted by hand", "B. Head")
    with staging_area(world.house.staging_path("override")) as area:
        append_override(area, world.house.warehouse.url, decided, world.house.run_id, now(), active=active)


def redeclare(world: World, **values: object) -> None:
    """Declare some lists of the programme anew."""
    world.house = replace(world.house, programme=redeclared(world.programme, **values))


def checks(programme: Programme, **severity: str) -> dict[str, object]:
    """The forms, with other severities of checks of CASES; None: without the check."""
    form = programme.form["CASES"]
    kept: list[Check] = []
    for one in form.checks:
        asked = severity.get(one.check.partition(".")[2], one.severity)
        if asked != "none":
            kept.append(one.model_copy(update={"severity": asked}))
    return {"forms": [form.model_copy(update={"checks": tuple(kept)}), *programme.forms[1:]]}


def state(world: World) -> list[tuple[object, ...]]:
    """How many rows every table has that a replay might write."""
    tables = ("dim_delivery", "dim_part", "fact_cases", "quarantine", "issue", "furniture", "check_result", "ledger")
    return world.sql(" UNION ALL ".join(f"SELECT '{one}', count(*) FROM {one}" for one in tables))


def parts(world: World) -> list[tuple[object, ...]]:
    return world.sql(
        "SELECT delivery_key, reason, supersedes_part_key, rows_loaded, rows_quarantined, complete "
        "FROM dim_part ORDER BY part_key"
    )


def test_where_nothing_differs_nothing_is_written(embedded: World) -> None:
    sent(embedded, "ON1", "01/2024", [DATA, WRONG])
    sent(embedded, "ON2", "01/2024", [DATA])
    before = state(embedded)
    assert again(embedded) == [(1, "same", None)]
    assert again(embedded, every=True) == [(1, "same", None), (2, "same", None)]
    assert state(embedded) == before


def test_a_rule_that_was_wrong_is_dropped_and_its_rows_are_loaded(late: World) -> None:
    assert late.sql("SELECT delivery_key, source_row, rules FROM quarantine_open") == [(1, 8, "CASES.PART")]
    redeclare(late, **checks(late.programme, PART="none"))

    before = state(late)
    assert again(late, dry_run=True) == [(1, "changed", "replay")]
    assert state(late) == before

    assert again(late) == [(1, "changed", "replay")]
    assert parts(late) == [(1, "first", None, 1, 1, False), (2, "replay", 1, 2, 0, True)]
    assert late.sql("SELECT delivery_key, replay_of_key, reason, status FROM dim_delivery ORDER BY 1") == [
        (1, None, None, "partly_accepted"),
        (2, 1, "the rule was wrong (A. Steward)", "accepted"),
    ]
    assert late.one("SELECT count(DISTINCT sha256) FROM dim_delivery") == 1
    assert late.sql("SELECT topic_code, received FROM cases ORDER BY 1") == [("data", 400), ("web", 10)]
    # What was known before is still there, with the time until which it was.
    assert late.sql("SELECT part_key, count(*), max(known_to) IS NULL FROM cases_history GROUP BY 1 ORDER BY 1") == [
        (1, 1, False),
        (2, 2, True),
    ]
    assert late.sql("SELECT * FROM quarantine_open") == []
    assert all(adds_up for (adds_up,) in late.sql("SELECT adds_up FROM fates"))
    assert again(late, 1) == [(2, "same", None)]


def test_the_same_bytes_in_an_inbox_after_a_replay_still_change_nothing(embedded_late: World) -> None:
    redeclare(embedded_late, **checks(embedded_late.programme, PART="warn"))
    assert again(embedded_late) == [(1, "changed", "replay")]
    before = state(embedded_late)[:6]
    second = delivered(
        embedded_late.house, embedded_late.house.archive.get(delivery(embedded_late, 1)), "ON1", "ON1/again.xlsx"
    )
    load(embedded_late.house, embedded_late.programme.form["CASES"], [second], "batch")
    assert state(embedded_late)[:6] == before


def test_a_stricter_rule_takes_effect_where_it_is_asked_for(embedded: World) -> None:
    redeclare(embedded, **checks(embedded.programme, PART="none"))
    sent(embedded, "ON1", "01/2024", [DATA, LATE])
    redeclare(embedded, **checks(load_land(embedded), PART="reject_row"))
    assert again(embedded) == []  # nothing is open
    assert again(embedded, every=True) == [(1, "changed", "replay")]
    assert parts(embedded)[1:] == [(2, "replay", 1, 1, 1, False)]
    assert embedded.sql("SELECT delivery_key, rules FROM quarantine_open") == [(2, "CASES.PART")]


def load_land(world: World) -> Programme:
    """The programme as its files declare it."""
    return load_programme(world.programme.folder)


def test_a_resubmission_closes_what_was_open_and_a_replay_never_supersedes_it(late: World) -> None:
    sent(late, "ON1", "01/2024", [DATA, WEB], "second.xlsx")
    assert late.sql("SELECT * FROM quarantine_open") == []
    redeclare(late, **checks(late.programme, PART="none"))
    before = state(late)
    assert again(late, 1) == [(1, "superseded", None)]
    assert state(late) == before
    assert again(late) == []


def test_what_was_spoiled_stays_open_until_it_is_sent_again(embedded: World) -> None:
    sent(embedded, "ON1", "01/2024", [DATA])
    sent(embedded, "ON1", "01/2024", [LATE], "spoiled.xlsx")  # no good row: the first stays
    assert embedded.sql("SELECT delivery_key, unit_code, period_code, source_row FROM quarantine_open") == [
        (2, "ON1", "2024-01", 7)
    ]
    redeclare(embedded, **checks(embedded.programme, PART="none"))
    # It came later than what counts: judged well, it supersedes it.
    assert again(embedded) == [(2, "changed", "replay")]
    assert parts(embedded)[1:] == [(3, "replay", 1, 1, 0, True)]
    assert embedded.sql("SELECT * FROM quarantine_open") == []


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_order_of_arrival_counts_whatever_is_judged_first(embedded: World, order: tuple[int, int]) -> None:
    world = embedded
    sent(world, "ON1", "01/2024", [LATE])
    sent(world, "ON1", "01/2024", [(*LATE[:3], 9, 4, 5, 6)], "second.xlsx")
    redeclare(world, **checks(world.programme, PART="none", IN="none", OUT="none"))
    for key in order:
        again(world, key)
    assert world.sql("SELECT received FROM cases") == [(9,)]


def test_a_known_error_that_is_declared_later_is_mended(world: World) -> None:
    sent(world, "ON1", "01/2024", [DATA, WRONG])
    correction = Correction.model_validate(
        {"correction": "K1", "form": "CASES", "unit": "ON1", "where": {"topic": "web"}, "field": "total",
         "expect": "11", "replace": "10", "reason": "a slip", "provider": "the office"}
    )  # fmt: skip
    redeclare(world, corrections=(correction,))
    assert again(world) == [(1, "changed", "correction")]
    assert parts(world)[1:] == [(2, "correction", 1, 2, 0, True)]
    assert world.sql("SELECT topic_code, total, correction_reason FROM cases ORDER BY 1") == [
        ("data", 500, None),
        ("web", 10, "K1: 10 (a slip; the office)"),
    ]
    assert world.sql("SELECT correction_code, rows_mended, rows_stale FROM correction_use") == [("K1", 1, 0)]

    # The office sends it again with the figure mended: the guard says so, and the figure stands on no correction.
    sent(world, "ON1", "01/2024", [DATA, ("web", 10, 0, 10, 4, 4, 6)], "second.xlsx")
    assert world.sql("SELECT correction_code, rows_mended, rows_stale FROM correction_use") == [("K1", 0, 1)]
    assert world.sql("SELECT DISTINCT correction_reason FROM cases") == [(None,)]
    assert parts(world)[2][1] == "resubmission"


def test_an_accepted_break_loads_the_row_and_shows_the_reason(late: World) -> None:
    accept(late, 1, "CASES.PART", 8)
    assert again(late) == [(1, "changed", "override")]
    assert parts(late)[1:] == [(2, "override", 1, 2, 0, True)]
    assert late.sql("SELECT source_row, override_reason FROM cases ORDER BY 1") == [
        (7, None),
        (8, "counted by hand (B. Head)"),
    ]
    assert late.sql("SELECT source_row, override_reason FROM cases_history ORDER BY part_key, 1") == [
        (7, None),
        (7, None),
        (8, "counted by hand (B. Head)"),
    ]
    assert late.sql(
        "SELECT rule_code, severity, source_row, found, allowed FROM issue WHERE delivery_key = 2 ORDER BY 1"
    )[1] == ("override.applied", "warn", 8, "CASES.PART: on_time = 5; resolved = 4", "counted by hand (B. Head)")
    assert late.one("SELECT status FROM dim_delivery WHERE delivery_key = 2") == "accepted_with_warnings"
    assert late.sql("SELECT fact, period_code, source_row FROM overridden") == [("cases", "2024-01", 8)]

    accept(late, 1, "CASES.PART", 8, active=False)
    assert again(late, 2) == [(2, "changed", "override")]
    assert parts(late)[2:] == [(3, "override", 2, 1, 1, False)]
    assert late.sql("SELECT * FROM overridden") == []


def test_another_reason_is_another_vintage(embedded_late: World) -> None:
    accept(embedded_late, 1, "CASES.PART")
    again(embedded_late)
    decided = Override(0, delivery(embedded_late, 1), "CASES.PART", "", 8, "recounted", "C. Head")
    with staging_area(embedded_late.house.staging_path("override")) as area:
        append_override(
            area, embedded_late.house.warehouse.url, decided, embedded_late.house.run_id, now(), active=True
        )
    assert again(embedded_late, 1) == [(2, "changed", "override")]
    assert embedded_late.sql("SELECT override_reason FROM cases WHERE source_row = 8") == [("recounted (C. Head)",)]
    assert embedded_late.sql("SELECT override_reason FROM cases_history WHERE source_row = 8 ORDER BY part_key") == [
        ("counted by hand (B. Head)",),
        ("recounted (C. Head)",),
    ]


def test_an_override_of_one_rule_does_not_load_a_row_that_breaks_another(embedded: World) -> None:
    sent(embedded, "ON1", "01/2024", [DATA, WRONG])
    accept(embedded, 1, "CASES.IN")
    assert again(embedded) == [(1, "changed", "override")]
    assert embedded.sql("SELECT rules FROM quarantine_open") == [("CASES.OUT",)]
    accept(embedded, 1, "CASES.OUT")
    assert again(embedded) == [(2, "changed", "override")]
    assert embedded.sql("SELECT * FROM quarantine_open") == []


def test_a_figure_that_changes_is_released_anew(embedded_late: World) -> None:
    embedded_late.release()
    assert embedded_late.value("RECEIVED", "ON1", "2024-01") == "400"
    accept(embedded_late, 1, "CASES.PART")
    again(embedded_late)
    embedded_late.release()
    assert embedded_late.value("RECEIVED", "ON1", "2024-01") == "410"


def test_what_does_not_exist_is_said(embedded: World) -> None:
    with pytest.raises(UsageError, match="there is no delivery 7, 8; `chiso quarantine list`"):
        chosen(embedded.house, [7, 8])


def test_a_delivery_whose_bytes_are_gone_is_named_and_the_others_go_on(embedded_late: World) -> None:
    sent(embedded_late, "ON2", "01/2024", [DATA, LATE])
    redeclare(embedded_late, **checks(embedded_late.programme, PART="none"))
    kept = next(path for path in embedded_late.house.home.rglob(delivery(embedded_late, 1)) if path.is_file())
    kept.unlink()
    done = replay(embedded_late.house, chosen(embedded_late.house, []), "why", "who")
    assert [(one.standing.delivery, one.became) for one in done] == [(1, "failed"), (2, "changed")]
    assert "is missing" in done[0].failure


def bounded(world: World, maximum: int | None) -> None:
    """Declare form PUB with a largest value, or without."""
    form = world.programme.form["PUB"]
    fields = tuple(
        one.model_copy(update={"maximum": None if maximum is None else Decimal(maximum)})
        if one.field == "value"
        else one
        for one in form.fields
    )
    others = [one for one in world.programme.forms if one.form != "PUB"]
    redeclare(world, forms=[*others, form.model_copy(update={"fields": fields})])


def test_of_several_periods_only_those_that_nobody_sent_again_are_judged_anew(embedded: World) -> None:
    bounded(embedded, 50)
    first = [("RANK", place, year, value, "=", 63) for year in (2023, 2024) for place, value in (("N", 4), ("N1", 99))]
    for place, rows in enumerate((first, [("RANK", "N", 2024, 2, "=", 63)])):
        book = workbook(embedded.programme.form["PUB"], "ON", "", rows)
        delivery = delivered(embedded.house, book, "ON", f"ON/{place}.xlsx")
        load(embedded.house, embedded.programme.form["PUB"], [delivery], "batch")
    assert embedded.sql("SELECT delivery_key, period_code, rules FROM quarantine_open") == [
        (1, "2023", "cell.out_of_range")
    ]
    bounded(embedded, None)
    assert again(embedded) == [(1, "changed", "replay")]
    assert embedded.sql(
        "SELECT delivery_key, period_code, reason, supersedes_part_key FROM dim_part ORDER BY 1, 2"
    ) == [
        (1, "2023", "first", None),
        (1, "2024", "first", None),
        (2, "2024", "resubmission", 2),
        (3, "2023", "replay", 1),
    ]
    assert embedded.sql("SELECT place_code, value FROM published WHERE period_code = '2024'") == [("N", 2)]
    assert all(adds_up for (adds_up,) in embedded.sql("SELECT adds_up FROM fates"))
    assert embedded.sql("SELECT * FROM quarantine_open") == []
    assert again(embedded, 3) == [(3, "same", None)]
