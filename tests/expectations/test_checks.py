"""Each kind of check: which rows it breaks, by our predicate, by Great Expectations' own count, and in quarantine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from catalogue.form import Form
from expectations.gate import Verdict, gate
from expectations.predicate import rules
from expectations.split import split
from tests.batch import arrived, form_of, stage
from tests.world import LAND
from tests.worlds import Worlds
from warehouse.staging import staging_area

AB: dict[str, Mapping[str, Any] | str] = {"a": "count", "b": "count"}
ABC: dict[str, Mapping[str, Any] | str] = {"a": "count", "b": "count", "c": "decimal"}


def compare(left: Sequence[Mapping[str, Any]], operator: str, right: Sequence[Mapping[str, Any]], **more: Any) -> Any:
    return {"kind": "compare", "left": left, "operator": operator, "right": right, **more}


A, B, C = {"field": "a"}, {"field": "b"}, {"field": "c"}

# name: (fields, check, [(row, breaks it), ...])
KINDS: dict[str, tuple[Mapping[str, Any], Any, list[tuple[tuple[str | None, ...], bool]]]] = {
    "equal": (
        AB,
        compare([A], "=", [B]),
        [(("1", "1"), False), (("1", "2"), True), (("0", "0"), False), ((None, "2"), False), (("1", None), False)],
    ),
    "sum": (
        ABC,
        compare([A], "=", [B, C]),
        [(("5", "2", "3"), False), (("5", "2", "3.5"), True), (("5", "5", None), False), (("0", "1", "-1"), False)],
    ),
    "sum_where_a_blank_is_zero": (
        ABC,
        compare([A], "=", [B, {"field": "c", "absent": "zero"}]),
        [(("5", "5", None), False), (("5", "4", None), True), ((None, "4", None), False)],
    ),
    "factor": (
        AB,
        compare([A], "<=", [{"field": "b", "times": "0.95"}]),
        [(("95", "100"), False), (("96", "100"), True), (("0", "0"), False)],
    ),
    "constant": (
        AB,
        compare([A, B], "<=", [{"constant": "100"}]),
        [(("60", "40"), False), (("60", "41"), True), ((None, "200"), False)],
    ),
    "tolerance": (
        ABC,
        compare([A], "=", [C], tolerance="0.5"),
        [
            (("1", None, "1.5"), False),
            (("1", None, "1.6"), True),
            (("1", None, "0.5"), False),
            (("1", None, "0.4"), True),
        ],
    ),
    "at_most_within_tolerance": (
        ABC,
        compare([A], "<=", [C], tolerance="1"),
        [(("2", None, "1"), False), (("3", None, "1.9"), True), (("0", None, "9"), False)],
    ),
    "at_most": (AB, compare([A], "<=", [B]), [(("1", "1"), False), (("2", "1"), True), ((None, "0"), False)]),
    "less": (AB, compare([A], "<", [B]), [(("1", "1"), True), (("0", "1"), False), (("1", None), False)]),
    "at_least": (AB, compare([A], ">=", [B]), [(("1", "1"), False), (("0", "1"), True), (("2", "1"), False)]),
    "more": (AB, compare([A], ">", [B]), [(("1", "1"), True), (("2", "1"), False), (("0", "1"), True)]),
    "days": (
        {"a": "date", "b": "date"},
        compare([A], "<=", [B]),
        [
            (("01/02/2024", "01/02/2024"), False),
            (("02/02/2024", "01/02/2024"), True),
            (("02/02/2024", None), False),
        ],
    ),
    "quotient_rounded_half_up": (
        ABC,
        {"kind": "ratio", "left": [A], "right": [B], "decimals": 4, "operator": "=", "against": "c"},
        [
            (("2", "3", "0.6667"), False),
            (("2", "3", "0.6666"), True),
            (("1", "20000", "0.0001"), False),  # 0.00005 is rounded up
            (("1", "20001", "0"), False),
            (("1", "0", "1"), False),  # there is no quotient to be wrong
            (("1", None, "1"), False),
            # 0.12344999999999995 is 0.12345 to twelve places: rounded once it is 0.1234, twice it would be 0.1235
            (("12344999999999995", "100000000000000000", "0.1234"), False),
            (("12344999999999995", "100000000000000000", "0.1235"), True),
            # more than fits a BIGINT once it is scaled
            (("9000000000000000", "10000000000000000", "0.9"), False),
        ],
    ),
    "quotient_at_least": (
        ABC,
        {"kind": "ratio", "left": [A], "right": [B], "operator": ">=", "against": "c"},
        [(("1", "2", "0.5"), False), (("1", "2", "0.500001"), True), (("1", "3", "0.333333"), False)],
    ),
    "quotient_within_tolerance": (
        ABC,
        {"kind": "ratio", "left": [A], "right": [B], "decimals": 2, "against": "c", "tolerance": "0.01"},
        [(("1", "3", "0.34"), False), (("1", "3", "0.32"), False), (("1", "3", "0.35"), True), (("2", "3", "0"), True)],
    ),
    "quotient_at_most_within_tolerance": (
        ABC,
        {"kind": "ratio", "left": [A], "right": [B], "operator": "<=", "against": "c", "tolerance": "0.1"},
        [(("1", "2", "0.4"), False), (("1", "2", "0.399999"), True), (("1", "2", "9"), False)],
    ),
    "since_a_day": (
        {"a": "date"},
        {"kind": "compare", "left": [A], "operator": ">=", "right": [{"day": "2021-01-01"}]},
        [(("01/01/2021",), False), (("31/12/2020",), True), ((None,), False)],
    ),
    "never_under_its_conditions": (
        {"a": "flag", "b": "count"},
        {
            "kind": "compare",
            "left": [{"constant": 1}],
            "right": [{"constant": 0}],
            "when": [{"field": "a", "is_true": True}, {"field": "b", "more_than": 3}],
        },
        [(("yes", "4"), True), (("yes", "3"), False), (("no", "4"), False)],
    ),
    "unique": (
        {"a": "text", "b": "count"},
        {"kind": "unique", "fields": ["a"]},
        [(("x", "1"), True), (("x", "2"), True), (("y", "1"), False), ((None, "1"), False), ((None, "2"), False)],
    ),
    "unique_together": (
        {"a": "text", "b": "text", "c": "count"},
        {"kind": "unique", "fields": ["a", "b"]},
        [
            (("x", "p", "1"), False),
            (("x", "q", "1"), True),
            (("x", "q", "2"), True),
            (("x", None, "1"), False),
            (("x", None, "2"), False),
        ],
    ),
    "within_period": (
        {"a": "date", "b": "date"},
        {"kind": "within_period", "fields": ["a", "b"]},
        [
            (("01/01/2024", "31/01/2024"), False),
            (("31/12/2023", "31/01/2024"), True),
            (("01/01/2024", "01/02/2024"), True),
            ((None, "01/02/2024"), True),
            ((None, None), False),
        ],
    ),
    "not_after_the_period": (
        {"a": "date"},
        {"kind": "within_period", "fields": ["a"], "edge": "end"},
        [(("01/02/2024",), True), (("31/01/2024",), False), (("31/12/2020",), False)],
    ),
    "not_before_the_period": (
        {"a": "date"},
        {"kind": "within_period", "fields": ["a"], "edge": "start"},
        [(("01/02/2024",), False), (("31/12/2023",), True)],
    ),
    "not_older_than_months": (
        {"a": "date"},
        {"kind": "within_period", "fields": ["a"], "edge": "start", "months": 3},
        [(("31/10/2023",), False), (("30/10/2023",), True), (("01/01/2030",), False), ((None,), False)],
    ),
    "pattern": (
        {"a": "text"},
        {"kind": "pattern", "fields": ["a"], "pattern": r"[A-Z]{2}\d{1,3}('s)?"},
        [(("AB1",), False), (("AB1234",), True), (("xAB1",), True), (("AB12's",), False), ((None,), False)],
    ),
    "when_one_of": (
        {"a": "count", "b": "count", "c": "text"},
        compare([A], "<=", [B], when=[{"field": "c", "one_of": ["it's", "x"]}]),
        [(("2", "1", "it's"), True), (("2", "1", "y"), False), (("2", "1", None), False), (("1", "2", "x"), False)],
    ),
    "when_true": (
        {"a": "count", "b": "count", "c": "flag"},
        compare([A], "<=", [B], when=[{"field": "c", "is_true": True}]),
        [(("2", "1", "yes"), True), (("2", "1", "no"), False), (("2", "1", None), False)],
    ),
    "when_false": (
        {"a": "count", "b": "count", "c": "flag"},
        compare([A], "<=", [B], when=[{"field": "c", "is_true": False}]),
        [(("2", "1", "yes"), False), (("2", "1", "no"), True), (("2", "1", None), False)],
    ),
    "when_more_than": (
        ABC,
        compare([A], "<=", [B], when=[{"field": "c", "more_than": "10.5"}]),
        [(("2", "1", "10.6"), True), (("2", "1", "10.5"), False), (("2", "1", None), False)],
    ),
    "when_present": (
        ABC,
        compare([A], "<=", [B], when=[{"field": "c", "present": True}]),
        [(("2", "1", "0"), True), (("2", "1", None), False)],
    ),
    "when_absent": (
        ABC,
        compare([A], "<=", [B], when=[{"field": "c", "present": False}]),
        [(("2", "1", "0"), False), (("2", "1", None), True)],
    ),
}


def judged(
    worlds: Worlds,
    folder: Path,
    form: Form,
    rows: Sequence[tuple[str | None, ...]],
    totals: Sequence[tuple[str | None, ...]] = (),
) -> tuple[dict[str, Verdict], set[int], list[tuple[Any, ...]]]:
    """Verdicts by rule, the rows that are set aside (by number in the sheet), and the findings (rule, cell, found)."""
    programme = worlds.programme(LAND)
    with staging_area(folder / "staging.duckdb") as area:
        stage(area, programme, form, [arrived(form, rows, totals=totals)])
        form_rules = rules(form, "en")
        verdicts = {one.rule: one for one in gate(area, form, form_rules)}
        split(area, form_rules, programme.language)
        aside = {
            row for (row,) in area.rows("SELECT source_row FROM staged WHERE row_no IN (SELECT row_no FROM set_aside)")
        }
        found = area.rows("SELECT rule, letter || source_row, found FROM findings ORDER BY source_row, letter, rule")
        return verdicts, aside, found


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_breaks_exactly_these_rows(worlds: Worlds, tmp_path: Path, kind: str) -> None:
    fields, check, table = KINDS[kind]
    form = form_of(fields, [check])
    rows = [(*cells, *[None] * (len(fields) - len(cells))) for cells, _ in table]
    broken = {place for place, (_, breaks) in enumerate(table, 1) if breaks}

    verdicts, aside, found = judged(worlds, tmp_path, form, rows)

    verdict = verdicts["C1"]
    assert aside == broken
    assert (verdict.verdict, verdict.error, verdict.rows) == ("fail" if broken else "pass", "", len(rows))
    assert (verdict.broken, verdict.broken_gx) == (len(broken), len(broken))
    assert [rule for rule, _, _ in found] == ["C1"] * len(broken)
    assert all(one.verdict == "pass" for rule, one in verdicts.items() if rule != "C1")


def test_a_difference_that_is_explained_is_a_warning(worlds: Worlds, tmp_path: Path) -> None:
    form = form_of(ABC, [compare([A], "=", [B], explained=[C])])
    #        holds            explained        by too little    by nothing       cannot be read
    rows = [("5", "5", "3"), ("5", "2", "3"), ("5", "2", "2"), ("5", "2", None), ("5", "2", "x")]

    verdicts, aside, found = judged(worlds, tmp_path, form, rows)

    assert aside == {3, 4, 5}  # the last by its own cell
    assert [(rule, cell) for rule, cell, _ in found if rule == "C1"] == [("C1", "A2"), ("C1", "A3"), ("C1", "A4")]
    told = {rule: (one.verdict, one.broken, one.broken_gx) for rule, one in verdicts.items() if "C1" in rule}
    assert told == {"C1": ("fail", 2, 2), "C1.explained": ("fail", 1, 1)}


def test_a_total_row_equals_the_sum_of_its_rows(worlds: Worlds, tmp_path: Path) -> None:
    form = form_of(AB, [{"kind": "total", "fields": ["a", "b"], "severity": "warn"}])
    rows = [("1", "10"), ("2", "20")]
    right, wrong = ("3", "30"), ("3", "31")

    assert judged(worlds, tmp_path, form, rows, [right])[0]["C1"].verdict == "pass"

    verdicts, aside, found = judged(worlds, tmp_path, form, rows, [wrong])
    assert (verdicts["C1"].verdict, verdicts["C1"].broken, verdicts["C1"].broken_gx) == ("fail", 1, 1)
    assert aside == set()
    assert found == [("C1", "A3", "a = 3; b = 31")]


def test_a_total_row_may_differ_by_what_rounding_makes_of_it(worlds: Worlds, tmp_path: Path) -> None:
    form = form_of(AB, [{"kind": "total", "fields": ["a"], "severity": "warn", "tolerance": "1"}])
    rows = [("1", "10"), ("2", "20")]
    for total, found in (("2", []), ("4", []), ("5", [("C1", "A3", "5")])):
        assert judged(worlds, tmp_path, form, rows, [(total, None)])[2] == found


NOT_BELOW_ZERO: dict[str, Any] = {"type": "count", "minimum": 0}


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        ({"a": NOT_BELOW_ZERO, "b": "count"}, compare([A], ">=", [B])),
        ({"a": NOT_BELOW_ZERO, "b": "count"}, compare([A], "=", [B], when=[{"field": "b", "more_than": 0}])),
        ({"a": NOT_BELOW_ZERO, "b": "count"}, compare([B], "=", [{"field": "a", "absent": "zero"}])),
        (
            {"a": NOT_BELOW_ZERO, "b": "count", "c": "decimal"},
            {"kind": "ratio", "left": [B], "right": [A], "operator": "=", "against": "c"},
        ),
        (
            {"a": NOT_BELOW_ZERO, "b": "count"},
            compare([B], "=", [{"constant": 0}], when=[{"field": "a", "present": True}]),
        ),
        ({"a": NOT_BELOW_ZERO, "b": "count"}, {"kind": "unique", "fields": ["a"]}),
    ],
)
@pytest.mark.parametrize("cell", ["-3", "abc", "1,5x"])
def test_a_cell_that_is_wrong_in_itself_is_told_once(
    worlds: Worlds, tmp_path: Path, fields: Mapping[str, Any], check: Any, cell: str
) -> None:
    form = form_of(fields, [check])
    rest = ("9",) if "c" in fields else ()
    verdicts, aside, found = judged(worlds, tmp_path, form, [(cell, "7", *rest), (cell, "8", *rest)])
    assert [(rule.partition(".")[0], at) for rule, at, _ in found] == [("cell", "A1"), ("cell", "A2")]
    assert aside == {1, 2}
    assert "C1" not in verdicts, "a check that judges no row has no verdict"


def test_a_row_that_is_there_twice_names_the_others(worlds: Worlds, tmp_path: Path) -> None:
    """Of many the first three: the clerk sees at once which cells to compare."""
    form = form_of({"a": "text", "b": "count"}, [{"kind": "unique", "fields": ["a"]}])
    rows = [("x", "1"), ("y", "2"), ("x", "3"), *(("z", str(place)) for place in range(5))]
    _, _, found = judged(worlds, tmp_path, form, rows)
    told = {at: text for _, at, text in found}
    assert (told["A1"], told["A3"]) == ("x (= A3)", "x (= A1)")
    assert (told["A4"], told["A8"]) == ("z (= A5, A6, A7)", "z (= A4, A5, A6)")
    assert "A2" not in told


def test_a_total_over_a_wrong_cell_is_not_judged(worlds: Worlds, tmp_path: Path) -> None:
    form = form_of({"a": NOT_BELOW_ZERO, "b": "count"}, [{"kind": "total", "fields": ["a"], "severity": "warn"}])
    _, _, found = judged(worlds, tmp_path, form, [("-3", "1"), ("5", "2")], [("8", None)])
    assert found == [("cell.out_of_range", "A1", "-3")]


def test_a_report_without_any_figure_is_refused(worlds: Worlds, tmp_path: Path) -> None:
    form = form_of({"t": "text", "a": {"type": "count", "to": "total"}, "b": {"type": "count", "to": "resolved"}})
    verdicts, _, found = judged(worlds, tmp_path, form, [("x", None, None), ("y", None, "...")])
    assert found == [("table.blank", "B1", "")]
    assert (verdicts["table.blank"].broken, verdicts["table.blank"].broken_gx) == (1, 1)
    assert judged(worlds, tmp_path, form, [("x", None, None), ("y", None, "0")])[2] == []


@pytest.mark.parametrize(
    ("about", "rows", "rule", "broken"),
    [
        ({"type": "count"}, ["1", "x", "1.5", None], "a.readable", {2, 3}),
        ({"type": "count", "required": True}, ["1", None, "...", "x"], "a.required", {2, 3, 4}),
        (
            {"type": "count", "required": True, "missing": {"NA": "not_applicable"}},
            ["1", None, "NA"],
            "a.required",
            {2},
        ),
        ({"type": "count", "minimum": 0}, ["-1", "0", None], "a.range", {1}),
        ({"type": "count", "maximum": 5}, ["5", "6", None], "a.range", {2}),
        (
            {"type": "decimal", "minimum": "0.1", "maximum": "0.7"},
            ["0.1", "0.7", "0.09", "0.700001"],
            "a.range",
            {3, 4},
        ),
        ({"type": "code", "codelist": "topic"}, ["data", "Web", "nothing", None], "a.readable", {3}),
        ({"type": "date"}, ["31/01/2024", "32/01/2024"], "a.readable", {2}),
    ],
)
def test_a_field_keeps_to_its_type_and_bounds(
    worlds: Worlds, tmp_path: Path, about: Mapping[str, Any], rows: Sequence[str | None], rule: str, broken: set[int]
) -> None:
    # A second column keeps rows with a blank from being blank altogether, and equal ones apart.
    form = form_of({"a": about, "b": "count"})
    verdicts, aside, _ = judged(worlds, tmp_path, form, [(cell, str(place)) for place, cell in enumerate(rows)])
    assert aside == broken
    assert (verdicts[rule].broken, verdicts[rule].broken_gx) == (len(broken), len(broken))
    assert {one.verdict for one in verdicts.values()} <= {"pass", "fail"}


def test_a_blank_is_missing_and_not_unreadable_as_well(worlds: Worlds, tmp_path: Path) -> None:
    form = form_of({"a": {"type": "count", "required": True}, "b": "count"})
    _, _, found = judged(worlds, tmp_path, form, [(None, "1"), ("x", "2")])
    assert found == [("cell.missing", "A1", ""), ("cell.not_number", "A2", "x")]


def test_a_warning_sets_nothing_aside(worlds: Worlds, tmp_path: Path) -> None:
    form = form_of(AB, [compare([A], "<=", [B], severity="warn")])
    verdicts, aside, found = judged(worlds, tmp_path, form, [("2", "1"), ("1", "2")])
    assert (verdicts["C1"].verdict, aside) == ("fail", set())
    assert found == [("C1", "A1", "a = 2; b = 1")]
