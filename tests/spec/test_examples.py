"""Every indicator's worked example, as its declaration states it, on both backends.

What is given is appended; the indicator is computed; numerator, denominator, value and status are compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from catalogue.errors import ProgrammeError
from catalogue.indicator import Indicator
from catalogue.loader import load_programme
from catalogue.period import Period
from tests.world import BACKENDS, KINDS, World
from tests.worlds import Worlds
from warehouse.staging import Staging, staging_area

PROGRAMMES = Path(__file__).parents[2] / "programmes"
FOLDERS = [KINDS, *sorted(header.parent for header in PROGRAMMES.glob("*/programme.yml"))]


def codes(folder: Path) -> list[str]:
    """The indicators of a programme; none where it cannot be loaded, which its own tests tell."""
    try:
        return [indicator.indicator for indicator in load_programme(folder).indicators]
    except ProgrammeError:
        return []


CASES = [pytest.param(folder, code, id=f"{folder.name}-{code}") for folder in FOLDERS for code in codes(folder)]


@pytest.fixture(scope="module")
def worlds_of(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path, str], World]]:
    """One world per programme and backend: each example is written in a transaction of its own and rolled back."""
    made: dict[tuple[Path, str], World] = {}

    def of(folder: Path, backend: str) -> World:
        if (folder, backend) not in made:
            made[folder, backend] = worlds.make(backend, folder, tmp_path_factory.mktemp("home"))
        return made[folder, backend]

    yield of
    for world in made.values():
        worlds.drop(world.house.warehouse.url)


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    with staging_area(tmp_path_factory.mktemp("staging") / "examples.duckdb") as area:
        yield area


def give(world: World, connection: Connection, indicator: Indicator) -> None:
    """Write what the example gives: one part per form, unit and period; of an indicator of reporting one per row."""
    if indicator.kind == "reports":
        world.write_reports(connection, indicator.example.given)
        return
    forms: dict[str, dict[tuple[str, str], list[dict[str, object]]]] = {}
    for row in indicator.example.given:
        columns = {name: value for name, value in row.items() if name not in ("form", "unit", "period")}
        parts = forms.setdefault(str(row["form"]), {})
        parts.setdefault((str(row["unit"]), str(row["period"])), []).append(columns)
    for form, found in forms.items():
        world.write(connection, form, [(unit, period, rows) for (unit, period), rows in found.items()])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("folder", "code"), CASES)
def test_the_worked_example_comes_out(
    worlds_of: Callable[[Path, str], World], area: Staging, folder: Path, code: str, backend: str
) -> None:
    world = worlds_of(folder, backend)
    indicator = world.programme.indicator[code]
    example = indicator.example
    period = Period.parse(example.period, world.programme.calendars)
    place = world.entity(example.place, period)

    with world.house.warehouse.engine().connect() as connection:
        give(world, connection, indicator)
        found = world.computed(code, connection, area).get((place.key, period.code))
        connection.rollback()

    assert found is not None, f"{code} has no figure for {place.name} in {period.code}"
    assert found.status == example.status
    assert found.value == example.value
    if example.numerator is not None:
        assert found.numerator == example.numerator
    if example.denominator is not None or indicator.kind in ("count", "sum", "published"):
        assert found.denominator == example.denominator
