"""Names and codes to keys: what fits first, inside the sender's branch, in the version of the period; never a guess."""

from __future__ import annotations

import random
import shutil
from datetime import date, datetime
from functools import cache
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.alias import Alias
from catalogue.loader import load_programme
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.rule import RULES
from transforms.resolve import Resolved, Resolver, standing

ROOT = Path(__file__).parents[2]
TODAY = date(2025, 6, 1)
REGION, OTHER_REGION, TOWN = 110, 120, 111
TOWNS = """
15,A,,,Alpha,,town,,10,,Beta;Gamma,
16,B,,,Beta,,town,,10,,A,
17,C,,,Twin,,town,,10,,,
22,D,,,Twin,,town,,20,,,
18,E,,,Möla,,town,,10,,,
19,F,,,Mola,,town,,10,,,
30,G,,,Village of Herne,,town,,10,,,
30,G,2024-03-01,retyped,Town of Herne,,town,,10,,,Act 9
31,H1,,,Westerhaven,,town,,10,,,
32,H2,,,Port Nr 4,,town,,10,,,
33,H3,,,Kings Port II,,town,,10,,,
34,H4,,,Greenmeadow,,town,,10,,,
35,H5,,,Greenmeadows,,town,,10,,,
36,H6,,,Farawayplace,,town,,20,,,
"""


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    """The small programme, with towns whose names are easily taken for one another."""
    folder = tmp_path_factory.mktemp("land") / "land"
    shutil.copytree(ROOT / "tests" / "land", folder)
    with (folder / "registers" / "places.csv").open("a", encoding="utf-8") as file:
        file.write(TOWNS.lstrip())
    return load_programme(folder)


@cache
def vietnam() -> Programme:
    return load_programme(ROOT / "programmes" / "vietnam")


@cache
def vietnam_resolver() -> Resolver:
    return Resolver(vietnam())


def key_of(code: str, register: str, day: date) -> int:
    found = vietnam().register_named[register].by_code(code, day)
    assert found is not None, code
    return found.key


def ask(
    resolver: Resolver, text: str, unit: int | None = REGION, period: str = "2024-01", register: str = "places"
) -> Resolved:
    return resolver.entity(text, register, Period.parse(period), unit, TODAY)


def decided(name: str, entity: int | None, unit: int | None = None) -> Alias:
    return Alias("places", name, unit, entity, "she rang them", "Ann", datetime(2024, 2, 1))


@pytest.mark.parametrize(
    ("text", "unit", "code", "rule"),
    [
        ("A", REGION, "A", None),  # a code before an alias of another
        ("Beta", REGION, "B", None),  # a name before an alias of another
        ("Gamma", REGION, "A", None),  # an alias of the register
        ("gamma ", REGION, "A", None),
        ("Twin", REGION, "C", None),  # another Twin lies elsewhere
        ("Twin", OTHER_REGION, "D", None),
        ("Twin", None, None, "cell.ambiguous"),
        ("Möla", REGION, "E", None),  # marks tell two apart that fold alike
        ("Mola", REGION, None, "cell.ambiguous"),  # without marks they may be either
        ("Village of Herne", REGION, "G", None),
        ("Town of Herne", REGION, "G", None),  # which it is called from March on
        ("Farawayplace", REGION, None, "cell.unknown_entity"),  # never outside the branch
        ("Farawayplace", None, "H6", None),
        ("Farawayplace", TOWN, None, "cell.unknown_entity"),
        ("Firsttown", TOWN, "N1", None),
    ],
)
def test_what_fits_first(land: Programme, text: str, unit: int | None, code: str | None, rule: str | None) -> None:
    found = ask(Resolver(land), text, unit)
    assert (found.code, found.rule) == (code, rule)


@pytest.mark.parametrize(
    ("text", "code", "rule"),
    [
        ("Westerhavn", "H1", "cell.close_name"),
        ("Westrehaven", None, "cell.unknown_entity"),  # two letters changed places: offered, not taken
        ("Wester haven", "H1", "cell.close_name"),
        ("Town of Hernne", "G", "cell.close_name"),
        # A number is never a slip: it is another thing.
        ("Port Nr 5", None, "cell.unknown_entity"),
        ("Port Nr 44", None, "cell.unknown_entity"),
        ("Kings Port III", None, "cell.unknown_entity"),
        # Two names are as near: no winner.
        ("Greenmeadowz", None, "cell.unknown_entity"),
        # What lies outside the branch is never near.
        ("Farawayplac", None, "cell.unknown_entity"),
        # What is a name elsewhere is no slip for one here.
        ("Southtown", None, "cell.unknown_entity"),
        ("", None, "cell.unknown_entity"),
        ("???", None, "cell.unknown_entity"),
        ("H9", None, "cell.unknown_entity"),
    ],
)
def test_what_is_close(land: Programme, text: str, code: str | None, rule: str | None) -> None:
    found = ask(Resolver(land), text, period="2024-05")
    assert (found.code, found.rule) == (code, rule)


def test_a_close_name_is_a_warning_that_names_what_was_taken(land: Programme) -> None:
    assert RULES["cell.close_name"][0] == "warn"
    assert ask(Resolver(land), "Westerhavn") == Resolved(31, "H1", "cell.close_name", "H1 Westerhaven")


def test_without_a_branch_nothing_is_close(land: Programme) -> None:
    assert ask(Resolver(land), "Westerhavn", None) == Resolved(rule="cell.unknown_entity")


def test_candidates_are_listed_with_their_codes(land: Programme) -> None:
    resolver = Resolver(land)
    assert ask(resolver, "Mola").candidates == "E Möla, F Mola"
    assert ask(resolver, "Greenmeadowz").candidates.startswith("H4 Greenmeadow, H5 Greenmeadows")
    # An entity of another time comes first, with its days.
    assert ask(resolver, "Oldtown", period="2024-09").candidates.startswith("N2 Oldtown [ - 2024-08-15]")


def test_at_most_five_candidates_are_listed() -> None:
    bac_giang = key_of("24", "localities", date(2024, 1, 31))
    found = ask(vietnam_resolver(), "Xã Tân Phúcc", bac_giang, "2024-01", "localities")
    assert found.rule == "cell.unknown_entity"
    assert 1 <= len(found.candidates.removesuffix(", ...").split(", ")) <= 5


@pytest.mark.parametrize(
    ("aliases", "text", "unit", "code", "rule"),
    [
        ([decided("The Harbour", 31)], "the harbour", REGION, "H1", None),
        ([decided("The Harbour", 31)], "The Harbour", None, "H1", None),
        # The unit's own decision comes before everybody's, whichever is later.
        ([decided("The Harbour", 32, REGION), decided("The Harbour", 31)], "The Harbour", REGION, "H2", None),
        ([decided("The Harbour", 32, REGION)], "The Harbour", OTHER_REGION, None, "cell.unknown_entity"),
        # The latest counts.
        ([decided("The Harbour", 31), decided("THE HARBOUR", 32)], "The Harbour", REGION, "H2", None),
        # What is taken back counts no more; for a unit, everybody's counts again.
        ([decided("A Harbour", 31), decided("A Harbour", None)], "A Harbour", REGION, None, "cell.unknown_entity"),
        (
            [decided("The Harbour", 31), decided("The Harbour", 32, REGION), decided("The Harbour", None, REGION)],
            "The Harbour", REGION, "H1", None,
        ),
        # It settles what is ambiguous, and comes before what is close,
        ([decided("Mola", 18)], "Mola", REGION, "E", None),
        ([decided("Westerhavn", 34)], "Westerhavn", REGION, "H4", None),
        # but never before the register,
        ([decided("Gamma", 16)], "Gamma", REGION, "A", None),
        # nor beyond the branch or the period.
        ([decided("The Harbour", 36)], "The Harbour", REGION, None, "cell.unknown_entity"),
        ([decided("The New One", 13)], "The New One", REGION, None, "cell.unknown_entity"),
    ],
)  # fmt: skip
def test_what_people_decided(
    land: Programme, aliases: list[Alias], text: str, unit: int | None, code: str | None, rule: str | None
) -> None:
    found = ask(Resolver(land, aliases), text, unit)
    assert (found.code, found.rule) == (code, rule)


def test_of_several_decisions_the_latest_stands(land: Programme) -> None:
    every = [decided("A", 15), decided("B", 16), decided("a", 17), decided("B", None)]
    assert list(standing(every, land.language).values()) == [every[2]]


@pytest.mark.parametrize(
    ("text", "register", "unit", "period", "code"),
    [
        # Without diacritics: unique inside the branch, or not.
        ("Huyen Luc Ngan", "localities", "24", "2024-Q1", "219"),
        ("xa tan son", "localities", "219", "2024-Q1", "07531"),
        ("xa tan trung", "localities", None, "2024-Q1", None),
        # Abbreviations.
        ("TX. Việt Yên", "localities", "24", "2024-Q2", "222"),
        ("TP.Bắc Giang", "localities", "24", "2024-Q2", "213"),
        ("P. Thọ Xương", "localities", "24", "2024-Q2", "07201"),
        ("UBND H.Lục Ngạn", "organisations", "000.00.00.H02", "2024-Q2", "000.00.26.H02"),
        # A change of rank: the same entity, under the name of either time.
        ("Huyện Việt Yên", "localities", "24", "2023-Q4", "222"),
        ("Huyện Việt Yên", "localities", "24", "2024-Q2", "222"),
        ("Thị xã Việt Yên", "localities", "24", "2023-Q4", "222"),
        # Old names end with what they name, new ones begin with it.
        ("Huyện Lục Ngạn", "localities", "24", "2025-Q2", "219"),
        ("Huyện Lục Ngạn", "localities", "24@2025-07-01", "2025-Q3", None),
        ("Xã Lục Ngạn", "localities", "24@2025-07-01", "2025-Q3", "07582"),
        ("Xã Lục Ngạn", "localities", "24", "2025-Q2", None),
        # The code 24 changed hands.
        ("24", "localities", None, "2025-Q2", "24"),
        ("24", "localities", None, "2025-Q3", "24"),
    ],
)
def test_how_names_are_written(text: str, register: str, unit: str | None, period: str, code: str | None) -> None:
    span = Period.parse(period)
    bearer, _, day = (unit or "").partition("@")
    within = key_of(bearer, register, date.fromisoformat(day) if day else date(2024, 6, 1)) if bearer else None
    found = ask(vietnam_resolver(), text, within, period, register)
    assert found.code == code
    if code:
        assert found.key == key_of(code, register, span.end)


@pytest.mark.parametrize(
    ("text", "register", "unit", "code"),
    [
        ("Huyện Lục Ngạnn", "localities", "24", "219"),
        ("Huyên Luc Ngann", "localities", "24", "219"),
        ("Sở Thông tin Truyền thông", "organisations", "000.00.00.H02", "000.00.10.H02"),
        ("Sở Thông tn và Truyền thông", "organisations", "000.00.00.H02", "000.00.10.H02"),
        ("UBND xã Tân Sonn", "organisations", "000.00.26.H02", "000.03.26.H02"),
        # A name of another province is no slip for one of this.
        ("Huyện Lâm Thao", "localities", "24", None),
        ("Phường Thọ Xươngg", "localities", "24", "07201"),
        ("000.00.27.H2", "organisations", "000.00.00.H02", None),
    ],
)
def test_slips_in_real_names(text: str, register: str, unit: str, code: str | None) -> None:
    found = ask(vietnam_resolver(), text, key_of(unit, register, date(2024, 3, 31)), "2024-Q1", register)
    assert (found.code, found.rule) == (code, "cell.close_name" if code else "cell.unknown_entity")


# Whatever is written, and whoever sends it, for whatever time.

UNITS = ("24", "25", "219", "222", "07525")
PERIODS = ("2023", "2024-Q1", "2024-01", "2025", "2025-H1", "2025-Q3")


@st.composite
def slips(draw: st.DrawFn) -> str:
    """A name of the register, of any time and place, as a tired hand may write it."""
    spans = vietnam().register_named["localities"].spans
    name = spans[draw(st.integers(0, len(spans) - 1))].version.name
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(name)))
        name = name[:place] + draw(st.sampled_from(["", "n", "4", " ", "ế", "I"])) + name[place + 1 :]
    return name


@given(text=slips(), unit=st.sampled_from(UNITS), period=st.sampled_from(PERIODS), on=st.sampled_from([2024, 2026]))
def test_nothing_outside_the_branch_is_ever_found(text: str, unit: str, period: str, on: int) -> None:
    sender = vietnam().register_named["localities"].by_code(unit, date(on, 1, 31))
    if sender is not None:
        found = ask(vietnam_resolver(), text, sender.key, period, "localities")
        assert found.key is None or is_inside(vietnam(), found, sender.key, Period.parse(period))


@given(
    text=st.sampled_from(["The Harbour", "Mola", "Twin", "Westerhavn", "Oldtown"]),
    entity=st.sampled_from([1, 10, 12, 13, 18, 22, 31, 36, 111, 999]),
    decided_for=st.sampled_from([None, REGION, TOWN, OTHER_REGION]),
    unit=st.sampled_from([REGION, TOWN, OTHER_REGION, 113]),
    period=st.sampled_from(PERIODS),
)
def test_no_decision_reaches_beyond_the_branch(
    land: Programme, text: str, entity: int, decided_for: int | None, unit: int, period: str
) -> None:
    found = ask(Resolver(land, [decided(text, entity, decided_for)]), text, unit, period)
    assert found.key is None or is_inside(land, found, unit, Period.parse(period))


def is_inside(programme: Programme, found: Resolved, unit: int, period: Period) -> bool:
    """True where what was found is in the branch at the end or start of the period, under the code it bears then."""
    for day in (period.end, period.start):
        version = programme.version(found.key or 0, day)
        if version and not programme.branch(unit, day).isdisjoint(programme.ancestors(version.key, day)):
            return version.code == found.code
    return False


@pytest.mark.slow
def test_fifty_thousand_cells_of_three_thousand_misspelt_names_take_seconds() -> None:
    chosen, sender = random.Random(7), key_of("24", "localities", date(2024, 1, 31))
    names = [version.name for version in vietnam().register_named["localities"].on(date(2024, 1, 31))]
    texts = []
    for name in chosen.sample(names, 3000):
        place = chosen.randrange(len(name))
        texts.append(name[:place] + chosen.choice("aeghn") + name[place + 1 :])
    vietnam_resolver()
    began = perf_counter()
    for number in range(50_000):
        ask(vietnam_resolver(), texts[number % 3000], sender, "2024-01", "localities")
    assert perf_counter() - began < 20  # 1.5 s on a quiet machine
