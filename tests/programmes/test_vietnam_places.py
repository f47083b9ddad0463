"""The places of Vietnam by day: which code is whose, what went on through the reform, what other sources say."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.programmes.vietnam import BEFORE, FOLDER, REALDATA, REFORM, bearing, built
from transforms.text import fold

if TYPE_CHECKING:
    from pathlib import Path

    from catalogue.programme import Programme
    from catalogue.register import Register

BAC_GIANG, BAC_NINH, LONG_AN = 1024, 1124, 1080


@pytest.mark.parametrize(
    ("day", "provinces", "districts", "communes"),
    [
        (date(2023, 12, 31), 63, 696, 10_035),
        (date(2025, 3, 1), 63, 696, 10_035),
        (BEFORE, 63, 696, 10_035),
        (REFORM, 34, 0, 3_321),
        (date(2026, 1, 1), 34, 0, 3_321),
    ],
)
def test_units_per_level(localities: Register, day: date, provinces: int, districts: int, communes: int) -> None:
    found = Counter(version.level for version in localities.on(day))
    assert found == Counter(nation=1, province=provinces, district=districts, commune=communes)


def test_kinds_of_communes_since_the_reform(localities: Register) -> None:
    found = Counter(version.type for version in localities.on(REFORM) if version.level == "commune")
    assert found == {"xã": 2_621, "phường": 687, "đặc khu": 13}


@pytest.mark.parametrize(
    ("code", "day", "name", "key"),
    [
        ("VN", REFORM, "Việt Nam", 1),
        ("24", BEFORE, "Tỉnh Bắc Giang", BAC_GIANG),
        ("24", REFORM, "Tỉnh Bắc Ninh", BAC_NINH),
        ("27", BEFORE, "Tỉnh Bắc Ninh", 1027),
        ("25", BEFORE, "Tỉnh Phú Thọ", 1025),
        ("25", REFORM, "Tỉnh Phú Thọ", 1125),
        ("80", BEFORE, "Tỉnh Long An", LONG_AN),
        ("80", REFORM, "Tỉnh Tây Ninh", 1180),
        ("01", BEFORE, "Thành phố Hà Nội", 1001),
        ("01", REFORM, "Thành phố Hà Nội", 1001),
        ("46", date(2024, 12, 31), "Tỉnh Thừa Thiên Huế", 1046),
        ("46", REFORM, "Thành phố Huế", 1046),
        ("222", date(2024, 1, 31), "Huyện Việt Yên", 2222),
        ("222", date(2024, 2, 1), "Thị xã Việt Yên", 2222),
        # Same code, another place.
        ("07210", BEFORE, "Phường Hoàng Văn Thụ", 17210),
        ("07210", REFORM, "Phường Bắc Giang", 57210),
        ("07777", REFORM, "Phường Việt Yên", 57777),
        # Same code and name, a larger place.
        ("07228", BEFORE, "Phường Đa Mai", 17228),
        ("07228", REFORM, "Phường Đa Mai", 57228),
        # Same name, another code.
        ("25513", BEFORE, "Xã Trà Vong", 35513),
        ("25510", REFORM, "Xã Trà Vong", 75510),
        # The statistics office's table puts it into Tiền Giang.
        ("27691", BEFORE, "Phường 4", 37691),
    ],
)
def test_code_and_day_find_the_place(localities: Register, code: str, day: date, name: str, key: int) -> None:
    version = bearing(localities, code, day)
    assert (version.name, version.key) == (name, key)


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("17", REFORM),
        ("26", REFORM),
        ("27", REFORM),
        ("72", REFORM),
        ("213", REFORM),
        ("221", date(2025, 1, 1)),
        ("224", date(2024, 12, 31)),
    ],
)
def test_codes_that_nobody_bears(localities: Register, code: str, day: date) -> None:
    assert localities.by_code(code, day) is None


@pytest.mark.parametrize("code", ["07663", "08311", "08545"])
def test_a_commune_that_goes_on_keeps_its_key(localities: Register, code: str) -> None:
    before, after = bearing(localities, code, BEFORE), bearing(localities, code, REFORM)
    assert before.key == after.key
    assert before.name == after.name
    assert after.event == "moved"
    assert after.parent == {"07": BAC_NINH, "08": 1125}[code[:2]]


def test_how_many_go_on_and_how_the_others_ended(localities: Register) -> None:
    kept = {version.key for version in localities.on(BEFORE)} & {version.key for version in localities.on(REFORM)}
    assert Counter(version.level for version in localities.on(REFORM) if version.key in kept) == {
        "nation": 1,
        "province": 11,
        "commune": 132,
    }
    ended = Counter(
        (version.level, version.event)
        for version in localities.versions
        if version.ends and version.valid_from == REFORM
    )
    assert ended == {
        ("province", "merged"): 52,
        ("district", "abolished"): 696,
        ("commune", "merged"): 9_463,
        ("commune", "split"): 440,
    }


@pytest.mark.parametrize(
    "day",
    [date(1990, 1, 1), date(2023, 12, 31), date(2024, 2, 1), date(2024, 12, 31), date(2025, 1, 1), BEFORE, REFORM],
)
def test_every_parent_exists_on_the_day(localities: Register, day: date) -> None:
    above = {"province": ("nation",), "district": ("province",), "commune": ("district", "province")}
    held = {version.key: version for version in localities.on(day)}
    for version in held.values():
        if version.level == "nation":
            assert version.parent is None
        else:
            assert version.parent in held, version
            assert held[version.parent].level in above[version.level], version


def test_phuong_4_of_tan_an_belongs_to_long_an(localities: Register) -> None:
    district = localities.version(bearing(localities, "27691", BEFORE).parent or 0, BEFORE)
    assert district is not None
    assert district.name == "Thành phố Tân An"
    assert district.parent == LONG_AN


@pytest.mark.parametrize(
    ("day", "names"),
    [
        (date(2023, 12, 31), {"Huyện Việt Yên", "Huyện Yên Dũng"}),
        (date(2024, 2, 1), {"Thị xã Việt Yên", "Huyện Yên Dũng"}),
        (date(2025, 1, 1), {"Thị xã Việt Yên", "Thị xã Chũ"}),
    ],
)
def test_districts_of_bac_giang(localities: Register, day: date, names: set[str]) -> None:
    always = {"Thành phố Bắc Giang"} | {
        f"Huyện {name}" for name in ("Yên Thế", "Tân Yên", "Lạng Giang", "Lục Nam", "Lục Ngạn", "Sơn Động", "Hiệp Hòa")
    }
    found = {version.name for version in localities.on(day) if version.parent == BAC_GIANG}
    assert found == always | names


@pytest.mark.parametrize(
    ("code", "day", "name", "district"),
    [
        ("07525", date(2024, 12, 31), "Thị trấn Chũ", "219"),
        ("07525", date(2025, 1, 1), "Phường Chũ", "224"),
        ("07681", date(2024, 12, 31), "Thị trấn Nham Biền", "221"),
        ("07681", date(2025, 1, 1), "Phường Nham Biền", "213"),
        ("07777", date(2024, 1, 31), "Thị trấn Bích Động", "222"),
        ("07777", date(2024, 2, 1), "Phường Bích Động", "222"),
    ],
)
def test_communes_of_bac_giang_before_their_step(
    localities: Register, code: str, day: date, name: str, district: str
) -> None:
    version = bearing(localities, code, day)
    assert version.name == name
    assert version.parent == bearing(localities, district, day).key


def test_names_are_clean(localities: Register) -> None:
    for version in localities.versions:
        assert version.name == " ".join(unicodedata.normalize("NFC", version.name).split())
        assert version.level == "nation" or version.name.startswith(version.type.capitalize() + " "), version


def test_the_file_is_what_the_script_makes(tmp_path: Path) -> None:
    pytest.importorskip("vietnamadminunits", reason="a development dependency")
    script = built("localities")
    script.write(script.localities(script.read_units()), tmp_path / "localities.csv")
    assert (tmp_path / "localities.csv").read_bytes() == (FOLDER / "registers" / "localities.csv").read_bytes()


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "day"), [("units_2025-03-01.csv", date(2025, 3, 1)), ("units_2025-07-01.csv", REFORM)]
)
def test_places_agree_with_another_source(programme: Programme, localities: Register, file: str, day: date) -> None:
    if not REALDATA.is_dir():
        pytest.skip(f"no real data in {REALDATA}; set CHISO_REALDATA")
    with (REALDATA / file).open(encoding="utf-8", newline="") as source:
        theirs = {(row["level"].replace("ward", "commune"), row["code"]): row for row in csv.DictReader(source)}
    ours = {(version.level, version.code): version for version in localities.on(day) if version.level != "nation"}
    # Their list has Ba Chẽ under 06978; the statistics office's own table says 06970.
    mistyped = {("commune", "06970"), ("commune", "06978")}
    assert ours.keys() ^ theirs.keys() == (mistyped if day == REFORM else set())
    parents = {version.key: version.code for version in localities.on(day)}
    words = {
        place: set(fold(row["full_name"], programme.language).replace("-", " ").split())
        for place, row in theirs.items()
    }
    others = []
    for place in ours.keys() & theirs.keys():
        version = ours[place]
        if version.level != "province":
            assert parents[version.parent or 0] == theirs[place]["parent_code"], version
        if set(fold(version.name, programme.language).replace("-", " ").split()) != words[place]:
            others.append(version.name)
    # Names of minorities are written in several ways; one in a hundred differs, in its spelling only.
    assert len(others) < len(ours) / 100


@pytest.mark.realdata
def test_what_goes_on_agrees_with_the_statistics_office(localities: Register) -> None:
    if not REALDATA.is_dir():
        pytest.skip(f"no real data in {REALDATA}; set CHISO_REALDATA")
    with (REALDATA / "conversion_2025-07-01.csv").open(encoding="utf-8", newline="") as source:
        edges = {(row[4], row[2]) for row in list(csv.reader(source))[2:] if row[2]}
    olds, news = Counter(old for old, _ in edges), Counter(new for _, new in edges)
    single = {old for old, new in edges if olds[old] == news[new] == 1 and old.isdigit() and len(old) == len("07663")}
    kept = {version.key for version in localities.on(BEFORE)} & {version.key for version in localities.on(REFORM)}
    ours = {version.code for version in localities.on(BEFORE) if version.key in kept and version.level == "commune"}
    assert ours == single
