"""The offices and procedures of Vietnam by day, and how offices are written."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

from catalogue.period import Period
from tests.programmes.vietnam import BEFORE, FOLDER, REFORM, bearing, built
from transforms.resolve import Resolver

if TYPE_CHECKING:
    from catalogue.programme import Programme
    from catalogue.register import Register


@pytest.mark.parametrize(
    ("h_code", "departments", "districts", "communes"),
    [("H02", 19, 10, 192), ("H44", 19, 13, 207), ("H39", 19, 15, 186)],
)
def test_offices_of_a_province(
    organisations: Register, h_code: str, departments: int, districts: int, communes: int
) -> None:
    for day in (date(2023, 12, 31), date(2025, 3, 1), BEFORE):
        found = Counter(version.type for version in organisations.on(day) if version.code.endswith(h_code))
        assert found == Counter(ubnd_tinh=1, so_ban_nganh=departments, ubnd_huyen=districts, ubnd_xa=communes)


def test_only_an_giangs_committee_is_known_after_the_reform(organisations: Register) -> None:
    assert [(version.code, version.name, version.link) for version in organisations.on(REFORM)] == [
        ("H01", "UBND tỉnh An Giang", 1191)
    ]


def test_a_committee_follows_its_place(localities: Register, organisations: Register) -> None:
    for day in (date(2023, 12, 31), date(2024, 2, 1), date(2025, 1, 1), BEFORE):
        held = {version.key: version for version in organisations.on(day)}
        for version in held.values():
            place = localities.version(version.link or 0, day)
            assert place is not None, version
            if version.type in ("ubnd_huyen", "ubnd_xa"):
                assert version.name.casefold() == f"UBND {place.name}".casefold()
                assert held[version.parent or 0].link == place.parent, version


@pytest.mark.parametrize(
    ("written", "period", "unit", "code"),
    [
        ("UBND huyện Lục Ngạn", "2024-Q1", None, "000.00.26.H02"),
        ("UBND H. Lục Ngạn", "2024-Q1", None, "000.00.26.H02"),
        ("ubnd huyen luc ngan", "2024-Q1", None, "000.00.26.H02"),
        ("H02.26", "2024-Q1", None, "000.00.26.H02"),
        ("Ủy ban nhân dân huyện Lục Ngạn", "2024-Q1", None, "000.00.26.H02"),
        ("UBND TX Chũ", "2024-Q4", None, None),
        ("UBND TX Chũ", "2025-Q1", None, "000.00.31.H02"),
        ("Huyện Việt Yên", "2023", None, "000.00.29.H02"),
        ("Sở TT&TT", "2024-Q1", "000.00.00.H02", "000.00.10.H02"),
        ("Sở TTTT tỉnh Phú Thọ", "2024-Q1", None, "000.00.10.H44"),
        # Three provinces have one.
        ("Sở TT&TT", "2024-Q1", None, None),
        ("UBND TP.Tân An", "2024-Q1", None, "000.00.21.H39"),
        ("UBND tỉnh An Giang", "2025-10", None, "H01"),
    ],
)
def test_how_offices_are_written(
    programme: Programme, written: str, period: str, unit: str | None, code: str | None
) -> None:
    when = Period.parse(period)
    inside = bearing(programme.register_named["organisations"], unit, when.end).key if unit else None
    assert Resolver(programme).entity(written, "organisations", when, inside, BEFORE).code == code


def test_procedures(programme: Programme) -> None:
    procedures = programme.register_named["procedures"]
    assert len(procedures.versions) == len({version.key for version in procedures.versions}) > 0
    assert bearing(procedures, "1.004873", BEFORE).name == "Cấp Giấy xác nhận tình trạng hôn nhân"
    assert {version.level for version in procedures.versions} <= {"", "province", "district", "commune"}


def test_the_offices_are_what_their_script_makes() -> None:
    script = built("organisations")
    made = [{column: str(row.get(column, "")) for column in script.COLUMNS} for row in script.organisations()]
    with (FOLDER / "registers" / "organisations.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == made
