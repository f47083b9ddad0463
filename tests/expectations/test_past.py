"""Checks that remember: against the unit's own past, what others report, and targets; by both counts of the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from catalogue.form import Form
from expectations.gate import Verdict, gate
from expectations.predicate import rules
from expectations.soundness import set_unfit
from expectations.split import split
from flows.past import past_of
from tests.batch import arrived, form_of, stage
from tests.world import World
from transforms.past import lay_past
from transforms.stage import Arrived
from warehouse.staging import staging_area

pytestmark = pytest.mark.long

FIELDS: dict[str, Any] = {
    "topic": {"type": "code", "codelist": "topic", "to": "topic", "required": True},
    "carried": {"type": "count", "to": "carried", "minimum": 0},
    "received": {"type": "count", "to": "received", "minimum": 0},
    "pending": {"type": "count", "to": "pending", "minimum": 0},
}
OFFICES = {"ON1": 111, "ON2": 112, "ON3": 113, "OS1": 121}

FALLS = {"kind": "falls", "fields": ["pending"]}
FALLS_A_LITTLE = {"kind": "falls", "fields": ["pending"], "share": "0.05", "severity": "warn"}
JUMP = {"kind": "jump", "fields": ["received", "pending"], "share": "0.5", "least": 30, "severity": "warn"}
CARRIED: dict[str, Any] = {
    "kind": "compare",
    "left": [{"field": "carried"}],
    "right": [{"field": "pending", "of": "before"}],
    "severity": "warn",
}
SINCE = {
    "kind": "compare",
    "left": [{"field": "received"}],
    "operator": ">=",
    "right": [{"field": "received", "of": "last"}],
}
REPEATS = {"kind": "repeats", "fields": ["carried", "received", "pending"], "severity": "warn"}
GROWS = {"kind": "grows", "fields": ["received"], "times": 4, "severity": "warn"}
MADE_UP: dict[str, Any] = {
    "kind": "backfilled",
    "left": [{"field": "received"}],
    "right": [{"field": "pending"}],
    "target": "SKILL",
    "least": 100,
    "severity": "warn",
}
SHARED = {"kind": "shared", "fields": ["topic", "received"], "severity": "warn"}
SHARED_OPEN = {**SHARED, "when": [{"field": "pending", "more_than": 0}]}

BALANCE: dict[str, Any] = {
    "kind": "compare",
    "over": "quarter",
    "left": [{"field": "carried", "of": "first"}, {"field": "received", "of": "all"}],
    "right": [{"field": "pending"}],
    "severity": "warn",
}

Row = tuple[str | None, ...]
Report = tuple[str, str, Sequence[Row]]


class Case(NamedTuple):
    """A check, what was reported before (unit, period, rows), what arrives, what is found: (delivery, cell, found)."""

    check: Mapping[str, Any]
    before: Sequence[Report]
    arrives: Sequence[Report]
    found: Sequence[tuple[int, str, str]]


def one(unit: str, period: str, *figures: int | None, topic: str = "data") -> Report:
    """A report of one row: carried, received, pending."""
    return unit, period, [(topic, *(None if figure is None else str(figure) for figure in figures))]


JUNE, JULY = "2024-06", "2024-07"
CASES: dict[str, Case] = {
    "falls": Case(FALLS, [one("ON1", JUNE, 0, 0, 90)], [one("ON1", JULY, 0, 0, 89)],
                  [(1, "D1", "pending = 89; pending(t-1) = 90")]),
    "does_not_fall": Case(FALLS, [one("ON1", JUNE, 0, 0, 90)], [one("ON1", JULY, 0, 0, 90)], []),
    "falls_since_the_last_that_is_known": Case(FALLS, [one("ON1", "2023-11", 0, 0, 90)], [one("ON1", JULY, 0, 0, 8)],
                                               [(1, "D1", "pending = 8; pending(t-1) = 90")]),
    "another_row": Case(FALLS, [one("ON1", JUNE, 0, 0, 90)], [one("ON1", JULY, 0, 0, 8, topic="web")], []),
    "another_unit": Case(FALLS, [one("ON1", JUNE, 0, 0, 90)], [one("OS1", JULY, 0, 0, 8)], []),
    "a_later_period_is_no_past": Case(FALLS, [one("ON1", "2024-08", 0, 0, 90)], [one("ON1", JULY, 0, 0, 8)], []),
    "the_vintage_that_counts": Case(FALLS, [one("ON1", JUNE, 0, 0, 90), one("ON1", JUNE, 0, 0, 7)],
                                    [one("ON1", JULY, 0, 0, 8)], []),
    "no_figure_now": Case(FALLS, [one("ON1", JUNE, 0, 0, 90)], [one("ON1", JULY, 0, 0, None)], []),
    "wrong_in_itself": Case(FALLS, [one("ON1", JUNE, 0, 0, 90)], [one("ON1", JULY, 0, 0, -8)], []),
    "falls_by_more_than_a_share": Case(FALLS_A_LITTLE, [one("ON1", JUNE, 0, 0, 100), one("ON2", JUNE, 0, 0, 100)],
                                       [one("ON1", JULY, 0, 0, 95), one("ON2", JULY, 0, 0, 94)],
                                       [(2, "D1", "pending = 94; pending(t-1) = 100")]),
    "jumps_up_and_down_by_more_than_half_and_30": Case(
        JUMP, [one("ON1", JUNE, 0, 60, 200), one("ON2", JUNE, 0, 40, 61)],
        [one("ON1", JULY, 0, 91, 99), one("ON2", JULY, 0, 70, 31)],
        [(1, "C1", "received = 91; received(t-1) = 60"), (1, "D1", "pending = 99; pending(t-1) = 200")]),
    "no_jump_from_long_ago": Case(JUMP, [one("ON1", "2024-05", 0, 60, 200)], [one("ON1", JULY, 0, 91, 99)], []),
    "from_nothing_to_much": Case(JUMP, [one("ON1", JUNE, 0, 0, 0)], [one("ON1", JULY, 0, 31, 30)],
                                 [(1, "C1", "received = 31; received(t-1) = 0")]),
    "carried_over_is_what_was_pending": Case(
        CARRIED, [one("ON1", JUNE, 0, 0, 8), one("ON2", JUNE, 0, 0, 8)],
        [one("ON1", JULY, 8, 0, 0), one("ON2", JULY, 7, 0, 0)],
        [(2, "B1", "carried = 7; pending = 0; pending(t-1) = 8")]),
    "not_the_period_directly_before": Case(CARRIED, [one("ON1", "2024-05", 0, 0, 8)], [one("ON1", JULY, 7, 0, 0)], []),
    "an_office_beside_it_ended_in_between": Case(CARRIED, [one("ON1", JULY, 0, 0, 8), one("OS1", JULY, 0, 0, 8)],
                                                 [one("ON1", "2024-08", 9, 0, 0), one("OS1", "2024-08", 9, 0, 0)],
                                                 [(2, "B1", "carried = 9; pending = 0; pending(t-1) = 8")]),
    "compared_with_the_last": Case(SINCE, [one("ON1", "2024-03", 0, 5, 0)], [one("ON1", JULY, 0, 4, 0)],
                                   [(1, "C1", "received = 4; received(t-1) = 5")]),
    # A row with a figure below zero is set aside, and nothing falls below it.
    "what_is_set_aside_is_no_past": Case(
        FALLS, [], [one("ON1", JULY, 0, 0, 8), one("ON1", JUNE, -1, 0, 90)], []),
    "the_same_batch_is_known_too": Case(FALLS, [], [one("ON1", JULY, 0, 0, 8), one("ON1", JUNE, 0, 0, 90)],
                                        [(1, "D1", "pending = 8; pending(t-1) = 90")]),
    "last_periods_file": Case(
        REPEATS,
        [("ON1", JUNE, [("data", "1", "2", "3"), ("web", "0", "5", "5")]), one("ON2", JUNE, 0, 0, 0)],
        [("ON1", JULY, [("web", "0", "5", "5"), ("data", "1", "2", "3")]), one("ON2", JULY, 0, 0, 0)],
        [(1, "B1", "carried = 0; received = 5; pending = 5")]),
    "one_cell_differs": Case(REPEATS, [one("ON1", JUNE, 1, 2, 3)], [one("ON1", JULY, 1, 2, 4)], []),
    "one_row_more": Case(REPEATS, [("ON1", JUNE, [("data", "1", "2", "3"), ("web", "0", "5", "5")])],
                         [one("ON1", JULY, 1, 2, 3)], []),
    "cumulated_since_january": Case(
        GROWS, [one("ON1", f"2024-0{month}", 0, 10 * month, 0) for month in (4, 5, 6)], [one("ON1", JULY, 0, 61, 0)],
        [(1, "C1", "received = 61; received(t-1) = 60")]),
    "once_it_did_not_rise": Case(
        GROWS, [one("ON1", "2024-04", 0, 50, 0), one("ON1", "2024-05", 0, 50, 0), one("ON1", JUNE, 0, 60, 0)],
        [one("ON1", JULY, 0, 61, 0)], []),
    "a_new_year_begins_anew": Case(
        GROWS, [one("ON1", "2023-12", 0, 5, 0), one("ON1", "2024-01", 0, 6, 0), one("ON1", "2024-02", 0, 7, 0)],
        [one("ON1", "2024-03", 0, 8, 0)], []),
    # The target of the North, 90 %: 0.9 x 1005 is 904.5, half-up 905. That of the South is 100 %, which comes about.
    "filled_in_backwards": Case(
        MADE_UP, [], [one("ON1", JULY, 0, 905, 1005), one("ON2", JULY, 0, 904, 1005), one("OS1", JULY, 0, 500, 500)],
        [(1, "C1", "received = 905; pending = 1005")]),
    "too_few_to_tell": Case(MADE_UP, [], [one("ON1", JULY, 0, 9, 10)], []),
    "two_units_report_the_same": Case(
        SHARED, [one("OS1", JULY, 0, 5, 0), one("ON2", JUNE, 0, 6, 0)],
        [one("ON1", JULY, 0, 5, 1), one("ON2", JULY, 0, 6, 1)], [(1, "A1", "topic = data; received = 5")]),
    "two_units_of_one_batch": Case(
        SHARED, [], [one("ON1", JULY, 0, 5, 1), one("ON2", JULY, 0, 5, 2)],
        [(1, "A1", "topic = data; received = 5"), (2, "A1", "topic = data; received = 5")]),
    "the_condition_holds_for_both": Case(
        SHARED_OPEN, [one("OS1", JULY, 0, 5, 0), one("OS1", JULY, 0, 5, 0)], [one("ON1", JULY, 0, 5, 1)], []),
    # 10 carried into January, 5 received each month, nothing resolved: 25 are left.
    "what_a_quarter_took_in_is_left_at_its_end": Case(
        BALANCE,
        [one(unit, f"2024-0{month}", 5 + 5 * month, 5, 10 + 5 * month) for unit in ("ON1", "ON2") for month in (1, 2)],
        [one("ON1", "2024-03", 20, 5, 25), one("ON2", "2024-03", 20, 5, 26)],
        [(2, "B1", "carried = 20; received = 5; pending = 26; carried(t-2) = 10; received(t-2…t-1) = 10")]),
    "a_quarter_of_one_batch": Case(
        BALANCE, [], [one("ON1", f"2024-0{month}", 10, 5, 10) for month in (3, 1, 2)],
        [(1, "B1", "carried = 10; received = 5; pending = 10; carried(t-2) = 10; received(t-2…t-1) = 10")]),
    "the_quarter_is_not_over": Case(BALANCE, [one("ON1", "2024-01", 9, 9, 9)], [one("ON1", "2024-02", 9, 9, 9)], []),
    "a_month_of_the_quarter_is_missing": Case(
        BALANCE, [one("ON1", "2023-12", 9, 9, 9), one("ON1", "2024-02", 9, 9, 9)],
        [one("ON1", "2024-03", 9, 9, 9)], []),
    "a_row_of_the_quarter_is_missing": Case(
        BALANCE, [one("ON1", "2024-01", 9, 9, 9, topic="web"), one("ON1", "2024-02", 9, 9, 9)],
        [one("ON1", "2024-03", 9, 9, 9)], []),
    "a_figure_of_the_quarter_is_missing": Case(
        BALANCE, [one("ON1", "2024-01", 9, 9, 9), one("ON1", "2024-02", 9, None, 9)],
        [one("ON1", "2024-03", 9, 9, 9)], []),
    "an_office_beside_it_ended_in_the_quarter": Case(
        BALANCE, [one(unit, month, 9, 9, 9) for unit in ("ON1", "OS1") for month in (JULY, "2024-08")],
        [one("ON1", "2024-09", 9, 9, 9), one("OS1", "2024-09", 9, 9, 9)],
        [(2, "B1", "carried = 9; received = 9; pending = 9; carried(t-2) = 9; received(t-2…t-1) = 18")]),
    "a_unit_sends_again": Case(SHARED, [one("ON1", JULY, 0, 5, 1)], [one("ON1", JULY, 0, 5, 1)], []),
}  # fmt: skip


def form_with(*checks: Mapping[str, Any]) -> Form:
    return form_of(FIELDS, checks).model_copy(update={"form": "CASES", "key": ("topic",), "unit_to": "office"})


def report(world: World, reports: Sequence[Report]) -> None:
    """Append what was reported before."""
    for unit, period, rows in reports:
        columns = [
            {
                name: value if name == "topic" else None if value is None else int(value)
                for name, value in zip(FIELDS, row, strict=True)
            }
            for row in rows
        ]
        world.report("CASES", unit, period, columns)


def batch_of(form: Form, reports: Sequence[Report]) -> list[Arrived]:
    return [
        arrived(form, rows, number=number, unit=(OFFICES[unit], unit), period=period)
        for number, (unit, period, rows) in enumerate(reports, start=1)
    ]


def judged(
    world: World, folder: Path, form: Form, batch: Sequence[Arrived], *, published: bool = False
) -> tuple[dict[str, Verdict], list[tuple[int, str, str]]]:
    """Verdicts by rule, and the findings of checks: (delivery, cell, found)."""
    with staging_area(folder / "staging.duckdb") as area:
        stage(area, world.programme, form, batch)
        form_rules = rules(form, "en")
        set_unfit(area, form_rules)
        lay_past(area, world.programme, form, past_of(world.house.warehouse, published=published))
        verdicts = {verdict.rule: verdict for verdict in gate(area, form, form_rules)}
        split(area, form_rules, world.programme.language)
        found = area.rows(
            "SELECT delivery_no, letter || source_row, found FROM findings WHERE rule LIKE 'C%' "
            "ORDER BY delivery_no, letter, source_row"
        )
        return verdicts, found


@pytest.mark.parametrize("name", CASES)
def test_what_was_reported_before_is_held_against_what_arrives(embedded: World, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    form = form_with(case.check)
    report(embedded, case.before)

    verdicts, found = judged(embedded, tmp_path, form, batch_of(form, case.arrives))

    assert found == list(case.found)
    assert {verdict.rule: verdict.error for verdict in verdicts.values() if verdict.verdict == "error"} == {}
    counted = [(one.broken, one.broken_gx) for rule, one in verdicts.items() if rule.startswith("C1")]
    assert [ours for ours, theirs in counted] == [theirs for ours, theirs in counted]
    assert sum(ours for ours, _ in counted) == len(case.found)


def test_a_check_without_a_past_has_no_verdict(embedded: World, tmp_path: Path) -> None:
    form = form_with(FALLS)
    verdicts, _ = judged(embedded, tmp_path, form, batch_of(form, [one("ON1", JULY, 1, 2, 3)]))
    assert "C1.pending" not in verdicts
    assert verdicts["pending.readable"].verdict == "pass"


def test_both_backends_remember_the_same(world: World, tmp_path: Path) -> None:
    form = form_with(FALLS, CARRIED, SHARED)
    report(world, [one("ON1", JUNE, 0, 0, 90), one("OS1", JULY, 0, 5, 0)])
    _, found = judged(world, tmp_path, form, batch_of(form, [one("ON1", JULY, 8, 5, 8)]))
    assert found == [
        (1, "A1", "topic = data; received = 5"),
        (1, "B1", "carried = 8; pending = 8; pending(t-1) = 90"),
        (1, "D1", "pending = 8; pending(t-1) = 90"),
    ]


def test_fields_that_are_kept_added_up_are_remembered_added_up(world: World, tmp_path: Path) -> None:
    """Both feed one measure: of earlier months the warehouse has their sum; the same batch has each."""
    fields = {**FIELDS, "posted": FIELDS["received"]}
    left = [*BALANCE["left"], {"field": "posted", "of": "all"}]
    declared = form_of(fields, [{**BALANCE, "left": left}])
    form = declared.model_copy(update={"form": "CASES", "key": ("topic",), "unit_to": "office"})
    report(world, [one("ON1", "2024-01", 10, 5, 15)])
    arrives: list[Report] = [
        ("ON1", "2024-02", [("data", "15", "3", "20", "2")]),
        ("ON1", "2024-03", [("data", "20", "1", "26", "4")]),
    ]

    _, found = judged(world, tmp_path, form, batch_of(form, arrives))

    told = "carried = 20; received = 1; posted = 4; pending = 26; carried(t-2) = 10"
    assert found == [(2, "B1", f"{told}; received(t-2…t-1) = 8; posted(t-2…t-1) = 2")]


def test_a_check_of_a_file_reads_the_published_copy(embedded: World, tmp_path: Path) -> None:
    form = form_with(FALLS)
    arrives = batch_of(form, [one("ON1", JULY, 0, 0, 8)])
    report(embedded, [one("ON1", JUNE, 0, 0, 90)])
    assert judged(embedded, tmp_path, form, arrives, published=True)[1] == []
    embedded.house.warehouse.publish()
    found = judged(embedded, tmp_path, form, arrives, published=True)[1]
    assert found == [(1, "D1", "pending = 8; pending(t-1) = 90")]
