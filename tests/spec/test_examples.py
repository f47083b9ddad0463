"""Every indicator's worked example, as its declaration states it, on both backends.

What is given is appended; the indicator is computed; numerator, denominator, value and status are compared exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.errors import ProgrammeError
from catalogue.indicator import Indicator
from catalogue.loader import load_programme
from catalogue.period import Period
from tests.world import LAND, World, Worlds

PROGRAMMES = Path(__file__).parents[2] / "programmes"
FOLDERS = [LAND, *sorted(header.parent for header in PROGRAMMES.glob("*/programme.yml"))]


def codes(folder: Path) -> list[str]:
    """The indicators of a programme; none where it cannot be loaded, which its own tests tell."""
    try:
        return [indicator.indicator for indicator in load_programme(folder).indicators]
    except ProgrammeError:
        return []


CASES = [pytest.param(folder, code, id=f"{folder.name}-{code}") for folder in FOLDERS for code in codes(folder)]


@pytest.fixture
def example_world(
    request: pytest.FixtureRequest, worlds: Worlds, backend: str, folder: Path, tmp_path: Path
) -> Iterator[World]:
    made = worlds.make(backend, folder, tmp_path / "home")
    yield made
    worlds.drop(made.house.warehouse.url)


def given(world: World, indicator: Indicator) -> None:
    """Report what the example gives: one report per form, unit and period."""
    reports: dict[str, dict[tuple[str, str], list[dict[str, object]]]] = {}
    for row in indicator.example.given:
        columns = {name: value for name, value in row.items() if name not in ("form", "unit", "period")}
        unit, period = str(row["unit"]), str(row["period"])
        reports.setdefault(str(row["form"]), {}).setdefault((unit, period), []).append(columns)
    for form, parts in reports.items():
        world.reports(form, [(unit, period, rows) for (unit, period), rows in parts.items()])


@pytest.mark.parametrize(("folder", "code"), CASES)
def test_the_worked_example_comes_out(example_world: World, code: str) -> None:
    indicator = example_world.programme.indicator[code]
    example = indicator.example
    period = Period.parse(example.period, example_world.programme.calendars)
    given(example_world, indicator)

    place = example_world.entity(example.place, period)
    found = example_world.computed(code).get((place.key, period.code))

    assert found is not None, f"{code} has no figure for {place.name} in {period.code}"
    assert found.status == example.status
    assert found.value == example.value
    if example.numerator is not None:
        assert found.numerator == example.numerator
    if example.denominator is not None or indicator.kind in ("count", "sum", "published"):
        assert found.denominator == example.denominator
