"""The rules between declarations: one thing of a right programme is broken, and the message says it all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalogue import loader, rules
from catalogue.errors import ProgrammeError
from catalogue.loader import load_programme
from catalogue.problem import Problem
from tests.catalogue.breaches import CASES, FORM, OFFICES, Case

Broken = Callable[[str, str, str], Path]


@pytest.mark.parametrize("case", CASES, ids=[f"{index:03}-{case.rule}" for index, case in enumerate(CASES)])
def test_a_breach_is_told_with_its_place_and_its_remedy(case: Case, broken: Broken) -> None:
    folder = broken(case.file, case.old, case.new)
    with pytest.raises(ProgrammeError) as caught:
        load_programme(folder)
    told = [finding for finding in caught.value.findings if all(part in finding for part in case.said)]
    assert len(told) == 1, f"{case.said} is not told once, but:\n{caught.value}"
    assert told[0].startswith((f"{case.file}, line ", case.said[0]))


@pytest.mark.parametrize("case", CASES, ids=[f"{index:03}-{case.rule}" for index, case in enumerate(CASES)])
def test_the_breach_is_found_by_the_rule_of_that_name(
    case: Case, broken: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = broken(case.file, case.old, case.new)
    monkeypatch.setattr(loader, "RULES", [rule for rule in rules.RULES if rule.__name__ == case.rule])
    with pytest.raises(ProgrammeError):
        load_programme(folder)


def test_every_rule_is_broken_by_a_case() -> None:
    assert {rule.__name__ for rule in rules.RULES} == {case.rule for case in CASES}


def test_breaches_of_many_rules_are_told_at_once(tiny: Path) -> None:
    for file, old, new in (
        (FORM, "label: name", "label: names"),
        ("targets.yml", "indicator: PASSED", "indicator: PAST"),
        (OFFICES, "office,,2", "office,,99"),
    ):
        text = (tiny / file).read_text(encoding="utf-8")
        (tiny / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ProgrammeError) as caught:
        load_programme(tiny)
    assert {finding.partition(",")[0] for finding in caught.value.findings} == {FORM, "targets.yml", OFFICES}


def test_a_problem_says_itself_without_a_file() -> None:
    problem = Problem(("form", "F-01", "fields", 2, "to"), "x", "y", "do z")
    assert str(problem) == "form F-01 (fields.to): found x; allowed: y; do z"
