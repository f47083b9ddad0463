"""Which province, district and commune became which: the traps of the reform, and what the offices' tables say."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalogue.boundaries import Boundaries, boundaries
from tests.programmes.vietnam import BEFORE, FOLDER, REALDATA, REFORM, bearing, built
from transforms.listing import Columns, Unit, differences, read_units
from transforms.text import fold
from transforms.workbook import open_book

if TYPE_CHECKING:
    from catalogue.programme import Programme
    from catalogue.register import Register

# Three codes of old communes in the statistics office's table are another commune's; by what is written there.
MISTYPED = {("Xã Mỹ Hưng", "01615"): "01651", ("Xã Phú Thịnh", "02485"): "02482", ("Xã Đặng Xá", "00553"): "00556"}


@pytest.fixture(scope="module")
def reform(programme: Programme) -> Boundaries:
    return boundaries(programme, REFORM)


def became(programme: Programme, code: str) -> set[tuple[str, str]]:
    """(code, relation) of what a unit of before the reform went into."""
    register = programme.register_named["localities"]
    key = bearing(register, code, BEFORE).key
    edges = [edge for edge in programme.succession if edge.predecessor == key and edge.effective == REFORM]
    named = {version.key: version.code for version in register.on(REFORM)}
    return {(named[edge.successor], edge.relation) for edge in edges}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # The same code with a new name, and with the same name in larger boundaries.
        ("07210", {("07210", "whole")}),
        ("07777", {("07777", "whole")}),
        ("07228", {("07228", "whole")}),
        ("07366", {("07228", "whole")}),
        # The same name under another code: the new Trà Vong has the code of Mỏ Công, and parts of both.
        ("25513", {("25510", "part"), ("25549", "part")}),
        ("25510", {("25510", "part"), ("25549", "part")}),
        ("25546", {("25516", "part"), ("25549", "part")}),
        # Long An's Tân Thành is no part of the new Tân Thành, which is in old Tây Ninh.
        ("28042", {("28036", "part"), ("28051", "part")}),
        # One that went into three.
        ("27772", {("27757", "part"), ("27763", "part"), ("27775", "part")}),
        # One that went on as it is.
        ("07663", {("07663", "unchanged")}),
        ("08311", {("08311", "unchanged")}),
        ("08545", {("08545", "unchanged")}),
        # The official slip: Phường 4 of Tân An lies in Long An, and went into Phường Long An.
        ("27691", {("27694", "whole")}),
        # Provinces: codes 24, 25 and 80 are new places; an island district is a commune now.
        ("24", {("24", "whole")}),
        ("27", {("24", "whole")}),
        ("26", {("25", "whole")}),
        ("72", {("80", "whole")}),
        ("01", {("01", "unchanged")}),
        ("318", {("11948", "unchanged")}),
        # Districts have no successor.
        ("213", set()),
    ],
)
def test_what_became_of_a_unit(programme: Programme, code: str, expected: set[tuple[str, str]]) -> None:
    assert became(programme, code) == expected


def test_communes_below_a_merged_code_are_of_two_districts(localities: Register, reform: Boundaries) -> None:
    new = bearing(localities, "07228", REFORM)
    olds = {move.source for move in reform.into(new.key, BEFORE, BEFORE)}
    versions = [version for key in olds if (version := localities.version(key, BEFORE))]
    assert {version.code for version in versions} == {"07216", "07222", "07228", "07687", "07366"}
    assert len({version.parent for version in versions}) == 2


def test_old_bac_giang_and_old_phu_tho_restate_exactly(localities: Register, reform: Boundaries) -> None:
    """Every commune, and so the province, lies whole in one of today; of Long An eleven were split."""
    split = {}
    for code, communes in (("24", 192), ("25", 207), ("80", 186)):
        province = bearing(localities, code, BEFORE)
        held = {version.key: version for version in localities.on(BEFORE)}
        below = [
            one for one in held.values() if one.level == "commune" and held[one.parent or 0].parent == province.key
        ]
        assert len(below) == communes
        split[code] = sum(
            any(move.share is None for target in reform.targets(one.key, BEFORE, BEFORE)
                for move in reform.into(target, BEFORE, BEFORE) if move.source == one.key)
            for one in below
        )  # fmt: skip
        (target,) = reform.targets(province.key, BEFORE, BEFORE)
        assert all(move.share == 1 for move in reform.into(target, BEFORE, BEFORE))
    assert split == {"24": 0, "25": 0, "80": 11}


def test_steps_before_the_reform(programme: Programme, localities: Register) -> None:
    early = boundaries(programme, date(2025, 1, 1))
    day = date(2024, 6, 30)

    def lies_in(code: str) -> set[tuple[str, bool]]:
        key = bearing(localities, code, day).key
        targets = early.targets(key, day, day) or {key}
        exact = {one: all(move.share == 1 for move in early.into(one, day, day)) for one in targets}
        named = {version.key: version.code for version in localities.on(early.day)}
        return {(named[one], whole) for one, whole in exact.items()}

    assert lies_in("222") == {("222", True)}  # Việt Yên became a town, in its boundaries
    assert lies_in("221") == {("213", True)}  # Yên Dũng went into Bắc Giang city
    assert lies_in("219") == {("219", False), ("224", False)}  # Chũ was made of parts of Lục Ngạn: nobody says how much
    assert lies_in("24") == {("24", True)}  # and the province is what it was


def test_a_list_that_is_only_written_otherwise_changes_nothing(programme: Programme, localities: Register) -> None:
    language = programme.language
    old_style = str.maketrans({"ò": "o\u0300"})
    units = []
    for row, version in enumerate(localities.on(REFORM), start=2):
        parent = localities.version(version.parent or 0, REFORM)
        name = f"  {version.name.upper()} ".replace(" ", "  ").replace("HÒA", "HOÀ").replace("THỦY", "THUỶ")
        name = unicodedata.normalize("NFD", name) if row % 2 else name.translate(old_style)
        units.append(Unit(row, version.code, name, parent.code if parent else "", version.level))
    assert len(units) == 34 + 3_321 + 1
    assert differences(localities, REFORM, units, language) == []


def test_what_a_list_really_changes_is_told_by_kind(programme: Programme, localities: Register) -> None:
    rows = [
        [version.code, version.name, getattr(localities.version(version.parent or 0, REFORM), "code", "")]
        for version in localities.on(REFORM)
    ]
    place = {row[0]: number for number, row in enumerate(rows)}
    rows[place["07210"]][1] = "Phường Bắc Giang Mới"
    rows[place["07663"]][1] = "Phường Tuấn Đạo"
    rows[place["08311"]][2] = "24"
    rows[place["08545"]][0] = "99999"
    rows += [["98888", "Xã Thu Cú", "25"], ["07228", "Phường Đa Mai", "24"], ["", "Xã Không Mã", "24"]]
    rows = [row for row in rows if row[0] != "07777"]
    text = "\n".join(";".join(row) for row in [["Mã", "Tên", "Cấp trên"], *rows])
    columns = Columns(("Mã",), ("Tên",), ("Cấp trên",))
    units = read_units(open_book(text.encode("utf-8-sig"), "units.csv"), columns, programme.language)
    found = [
        (one.what, one.code, one.said.partition(":")[0])
        for one in differences(localities, REFORM, units, programme.language)
    ]
    assert found == [
        ("error", "", "no code"),
        ("error", "07228", f"the code of row {place['07228'] + 2}, Phường Đa Mai; the last one was compared"),
        ("created", "98888", "near to what the list lacks"),
        ("recoded", "99999", "08545 Xã Thu Cúc until now"),
        ("renamed", "07210", "Phường Bắc Giang until now"),
        ("retyped", "07663", "Xã Tuấn Đạo until now"),
        ("moved", "08311", "below 24 Tỉnh Bắc Ninh; until now below 25 Tỉnh Phú Thọ"),
        ("gone", "07777", "in the register, not in the list"),
    ]


def test_the_file_is_what_the_script_makes(tmp_path: Path) -> None:
    pytest.importorskip("vietnamadminunits", reason="a development dependency")
    script = built("succession")
    script.write(script.succession(), tmp_path / "succession.csv")
    assert (tmp_path / "succession.csv").read_bytes() == (FOLDER / "registers" / "succession.csv").read_bytes()


# What others published


def rows_of(file: str) -> list[list[str]]:
    if not REALDATA.is_dir():
        pytest.skip(f"no real data in {REALDATA}; set CHISO_REALDATA")
    with (REALDATA / file).open(encoding="utf-8", newline="") as source:
        return list(csv.reader(source))


@pytest.mark.realdata
def test_the_statistics_offices_table_says_the_same_but_for_its_slips(
    programme: Programme, localities: Register, reform: Boundaries
) -> None:
    table = [[cell.strip() for cell in row] for row in rows_of("conversion_2025-07-01.csv")[2:] if row[2]]
    found = Counter(version.level for version in localities.on(REFORM))
    assert (found["province"], found["district"], found["commune"]) == (34, 0, 3_321)
    assert len({row[2] for row in table}) == 3_321
    # As typed, 441 codes have more than one successor. Two old communes are in it under others' codes only.
    typed = defaultdict(set)
    for row in table:
        typed[row[4]].add(row[2])
    assert sum(len(news) > 1 for old, news in typed.items() if old) == 441
    listed = {version.code for version in localities.on(BEFORE) if version.level == "commune"}
    assert listed - typed.keys() == {"01651", "02482"}
    # A name that is not the code's own tells the slips, the third one included; spellings aside.
    named = {version.code: fold(version.name, programme.language) for version in localities.on(BEFORE)}
    wrong = {
        (row[3], row[4])
        for row in table
        if (row[3], row[4]) in MISTYPED and named[row[4]] != fold(row[3], programme.language)
    }  # fmt: skip
    assert wrong == MISTYPED.keys()
    theirs = {(MISTYPED.get((row[3], row[4]), row[4]), row[2]) for row in table if row[4]}
    before = {version.key: version.code for version in localities.on(BEFORE) if version.level == "commune"}
    after = {version.key: version.code for version in localities.on(REFORM)}
    ours = {
        (before[edge.predecessor], after[edge.successor])
        for edge in programme.succession
        if edge.effective == REFORM and edge.predecessor in before
    }
    assert ours == theirs
    assert len(ours) == 10_565
    # None of the communes that were split is restated: nobody says which share of it lies where.
    split = {edge.predecessor for edge in programme.succession if edge.relation == "part" and edge.effective == REFORM}
    assert len(split) == 440
    for key in split:
        for target in reform.targets(key, BEFORE, BEFORE):
            assert any(move.share is None for move in reform.into(target, BEFORE, BEFORE))
    # What the table says otherwise is told beside the edge.
    assert sum(bool(edge.correction) for edge in programme.succession) == len(MISTYPED) + 1


@pytest.mark.realdata
def test_another_list_of_edges_says_the_same_of_three_provinces(programme: Programme, localities: Register) -> None:
    head, *rows = rows_of("succession_2025_24_25_80.csv")
    place = {name: number for number, name in enumerate(head)}
    theirs = {(row[place["old_ward_code"]], row[place["new_ward_code"]], row[place["relation"]]) for row in rows}
    below = {version.key: version for version in localities.on(REFORM)}
    before = {version.key: version.code for version in localities.on(BEFORE)}
    named = {key: version.code for key, version in below.items()}
    ours = {
        (before[edge.predecessor], named[edge.successor], edge.relation)
        for edge in programme.succession
        if edge.effective == REFORM
        and below[edge.successor].level == "commune"
        and named[below[edge.successor].parent or 0] in ("24", "25", "80")
    }
    assert ours == theirs
    assert Counter(relation for *_, relation in ours) == {"whole": 1_045, "part": 49, "unchanged": 3}


@pytest.mark.realdata
def test_another_list_of_units_differs_in_two_names(programme: Programme, localities: Register) -> None:
    rows_of("units_2025-07-01.csv")
    book = open_book((REALDATA / "units_2025-07-01.csv").read_bytes(), "units_2025-07-01.csv")
    units = read_units(book, Columns(), programme.language)
    found = differences(localities, REFORM, units, programme.language)
    assert [(one.what, one.code) for one in found] == [("recoded", "06978"), ("renamed", "00745")]
