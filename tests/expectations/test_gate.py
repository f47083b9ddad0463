"""The gate: two counts of every rule, per part. Where they differ, or a check crashes, that is an error, no verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from catalogue.form import Form
from catalogue.programme import Programme
from expectations.gate import Verdict, gate
from expectations.predicate import Rule, rules
from expectations.split import split
from tests.batch import arrived, form_of, stage
from tests.world import LAND
from tests.worlds import Worlds
from transforms.account import hold_back
from transforms.stage import Arrived
from warehouse.staging import Staging, staging_area

FORM = form_of(
    {"name": "text", "a": {"type": "count", "required": True, "maximum": 100}, "b": "count"},
    [
        {"kind": "compare", "left": [{"field": "a"}], "operator": "<=", "right": [{"field": "b"}]},
        {"kind": "unique", "fields": ["name"]},
        {"kind": "compare", "left": [{"field": "a"}], "operator": "=", "right": [{"field": "b"}]},
    ],
)
CLEAN = [("x", "1", "1"), ("y", "2", "2")]
BAD = [("x", "7", "1"), ("x", "999", "3"), ("z", None, "3"), ("w", "x", "?")]


@pytest.fixture
def programme(worlds: Worlds) -> Programme:
    return worlds.programme(LAND)


@pytest.fixture
def area(tmp_path: Path) -> Iterator[Staging]:
    with staging_area(tmp_path / "staging.duckdb") as area:
        yield area


def batch(form: Form = FORM) -> list[Arrived]:
    """Two deliveries of one part each: the first clean, the second with a row for every rule."""
    return [arrived(form, CLEAN, number=1), arrived(form, BAD, number=2, unit=(112, "ON2"))]


def altered(code: str, **change: object) -> tuple[Rule, ...]:
    return tuple(replace(rule, **change) if rule.code == code else rule for rule in rules(FORM, "en"))  # type: ignore[arg-type]


def by_rule(verdicts: list[Verdict]) -> dict[str, Verdict]:
    return {one.rule: one for one in verdicts}


def test_both_counts_agree_part_by_part(area: Staging, programme: Programme) -> None:
    stage(area, programme, FORM, batch())
    found = {one.rule: (one.verdict, one.broken, one.broken_gx) for one in gate(area, FORM, rules(FORM, "en"))}
    assert found == {
        "table.rows": ("pass", 0, 0),
        "name.readable": ("pass", 0, 0),
        "a.required": ("fail", 2, 2),
        "a.range": ("fail", 1, 1),
        "b.readable": ("fail", 1, 1),
        # 999 is above the maximum: neither more than b nor unequal to it as well.
        "C1": ("fail", 1, 1),
        "C2": ("fail", 2, 2),
        "C3": ("fail", 1, 1),
    }


@pytest.mark.parametrize("code", ["b.readable", "a.required", "a.range", "C1", "C2"])
@pytest.mark.parametrize("breaks", ["false", "s.delivery_no = 2"])
def test_a_predicate_that_counts_otherwise_is_caught_in_its_part(
    area: Staging, programme: Programme, code: str, breaks: str
) -> None:
    stage(area, programme, FORM, batch())
    verdicts = by_rule(gate(area, FORM, altered(code, breaks=breaks)))
    assert verdicts[code].verdict == "error"
    assert verdicts[code].disputed_parts == {2}
    assert "our count is" in verdicts[code].error
    assert {one.verdict for rule, one in verdicts.items() if rule != code} <= {"pass", "fail"}


def test_a_disputed_part_holds_back_its_delivery_and_no_other(area: Staging, programme: Programme) -> None:
    stage(area, programme, FORM, batch())
    form_rules = altered("C1", breaks="false")
    verdicts = gate(area, FORM, form_rules)
    split(area, form_rules, programme.language)
    held = hold_back(area, {part for one in verdicts for part in one.disputed_parts})
    assert held == {2}
    told = area.rows("SELECT delivery_no, severity FROM findings WHERE rule = 'check.error'")
    assert told == [(2, "reject_delivery")]


@pytest.mark.parametrize(
    ("code", "breaks"),
    [
        ("C3", "CAST('x' AS INTEGER) = 1"),  # crashes in Great Expectations and here
        ("C1", "s.no_such_column = 1"),  # Great Expectations has the comparison itself: crashes here only
    ],
)
def test_a_check_that_crashes_is_an_error_and_no_fail(
    area: Staging, programme: Programme, code: str, breaks: str
) -> None:
    stage(area, programme, FORM, batch())
    verdicts = by_rule(gate(area, FORM, altered(code, breaks=breaks)))
    assert (verdicts[code].verdict, verdicts[code].carried_out) == ("error", False)
    assert verdicts[code].disputed_parts == {1, 2}
    assert verdicts[code].error
    assert all(one.carried_out for rule, one in verdicts.items() if rule != code)


def test_no_rows_get_no_verdict_at_all(area: Staging, programme: Programme) -> None:
    stage(area, programme, FORM, [arrived(FORM, [])])
    assert gate(area, FORM, rules(FORM, "en")) == []


def test_more_rows_and_parts_are_compared_than_great_expectations_lists(area: Staging, programme: Programme) -> None:
    """It lists 20 rows where it is not asked for more, and never more than 200 of some kinds."""
    rows = [("x", "2", "1"), ("x", "3", "1"), ("y", None, "x"), ("z", "200", "300")]
    stage(area, programme, FORM, [arrived(FORM, rows, number=number) for number in range(1, 251)])
    found = {one.rule: (one.verdict, one.broken, one.broken_gx) for one in gate(area, FORM, rules(FORM, "en"))}
    assert found == {
        "table.rows": ("pass", 0, 0),
        "name.readable": ("pass", 0, 0),
        "a.required": ("fail", 250, 250),
        "a.range": ("fail", 250, 250),
        "b.readable": ("fail", 250, 250),
        "C1": ("fail", 500, 500),
        "C2": ("fail", 500, 500),
        "C3": ("fail", 500, 500),
    }


def test_the_gate_leaves_the_staging_file_to_its_owner(area: Staging, programme: Programme) -> None:
    """A connection that stays open keeps a deleted file on the disk for as long as the process lives."""
    stage(area, programme, FORM, batch())
    before = _open_files(area)
    gate(area, FORM, rules(FORM, "en"))
    assert _open_files(area) == before


def _open_files(area: Staging) -> int:
    links = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return sum(1 for link in links if str(link).startswith(str(area.path)))
