"""Every calendar rolls up by the rule of each measure, on its own days; what the days do not make up is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from catalogue.period import Period
from tests.world import BACKENDS, LAND, World, redeclared
from tests.worlds import Worlds

CALENDARS = ("CAL", "R15", "DEC", "FISCAL_APR")
CODES = ("CARRIED", "RECEIVED", "PENDING")
KINDS = ("month", "quarter", "half", "nine_months", "year")
# Eleven months of an office: the seventh is missing. In month n: n carried over, 10 n received, 100 n pending.
TOLD = tuple(index for index in range(1, 12) if index != 7)


def month(index: int) -> list[dict[str, object]]:
    return [{"topic": "data", "carried": index, "received": 10 * index, "pending": 100 * index}]


@pytest.fixture(scope="module", params=[(backend, code) for backend in BACKENDS for code in CALENDARS], ids="-".join)
def land(worlds: Worlds, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    backend, calendar = request.param
    world = worlds.make(backend, LAND, tmp_path_factory.mktemp("calendars"))
    changed = {"calendar": calendar, "periods": KINDS}
    wanted = [one.model_copy(update=changed) for one in world.programme.indicators if one.indicator in CODES]
    form = world.programme.form["CASES"].model_copy(update={"calendar": calendar})
    others = [one for one in world.programme.forms if one.form != "CASES"]
    programme = redeclared(world.programme, indicators=tuple(wanted), targets=(), forms=(*others, form))
    world.house = replace(world.house, programme=programme)
    tail = "" if calendar == "CAL" else f"@{calendar}"
    year = "2023-2024" if calendar == "FISCAL_APR" else "2024"
    world.reports("CASES", [("ON1", f"{year}-{index:02}{tail}", month(index)) for index in TOLD])
    # A report of the civil February is no part of another calendar's quarter, whatever its label.
    world.reports("COURSES", [("ON1", "2024-Q1", [])])
    world.release()
    yield world
    worlds.drop(world.house.warehouse.url)


@pytest.mark.parametrize(
    ("span", "carried", "received", "pending", "coverage"),
    [
        ("-02", "2", "20", "200", "1/1"),
        ("-Q1", "1", "60", "300", "3/3"),  # the first, the sum, the last
        ("-Q3", "8", "170", "900", "2/3"),  # the seventh month is missing, and the quarter says so
        ("-H1", "1", "210", "600", "6/6"),
        ("-9M", "1", "380", "900", "8/9"),
        ("", "1", "590", "1100", "10/12"),
    ],
)
def test_periods_are_made_of_the_months_of_their_calendar(
    land: World, span: str, carried: str, received: str, pending: str, coverage: str
) -> None:
    calendar = land.programme.form["CASES"].calendar
    year = "2023-2024" if calendar == "FISCAL_APR" else "2024"
    code = f"{year}{span}" + ("" if calendar == "CAL" else f"@{calendar}")
    assert [land.value(one, "ON1", code) for one in CODES] == [carried, received, pending]
    found = land.figure("RECEIVED", "ON1", code)
    assert found is not None
    assert found.coverage == coverage


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2024-Q1@R15", date(2023, 12, 15), date(2024, 3, 14)),  # Decree 09/2019, Decision 01/2023 of Khánh Hòa
        ("2024-H1@R15", date(2023, 12, 15), date(2024, 6, 14)),
        ("2024-9M@R15", date(2023, 12, 15), date(2024, 9, 14)),
        ("2024@R15", date(2023, 12, 15), date(2024, 12, 14)),
        ("2020-Q1@DEC", date(2019, 12, 1), date(2020, 2, 29)),  # Lâm Đồng
        ("2024-Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2023-2024@SCHOOL", date(2023, 9, 1), date(2024, 8, 31)),
    ],
)
def test_the_same_label_is_other_days_in_another_calendar(code: str, first: date, last: date) -> None:
    period = Period.parse(code)
    assert (period.start, period.end) == (first, last)


def test_a_period_of_another_calendar_is_no_figure_of_this_one(land: World) -> None:
    """The civil quarter is not answered with the quarter of the decree, nor the other way round."""
    own = land.programme.form["CASES"].calendar
    codes = {code for (code,) in land.sql("SELECT DISTINCT period_code FROM indicator")}
    assert {Period.parse(code).calendar.code for code in codes} == {own}
