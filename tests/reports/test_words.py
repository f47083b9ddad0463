"""How the site says numbers, periods and days, and what a programme's folder ``report/`` may hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from catalogue.errors import ProgrammeError
from catalogue.loader import load_programme
from catalogue.report import ReportData, read_report
from reports.places import places
from reports.slug import slugs
from reports.sparkline import sparkline
from reports.words import FOLDER, Words, phrases, worded
from tests.world import LAND


@pytest.fixture(scope="module")
def said() -> dict[str, Words]:
    """The words of two languages, with the marks of numbers that their offices use."""
    programme = load_programme(LAND)
    found = {}
    for language, decimal, thousands in (("vi", ",", "."), ("en", ".", ",")):
        pack = programme.language.model_copy(
            update={"language": language, "decimal": decimal, "thousands": (thousands,)}
        )
        found[language] = worded(programme.model_copy(update={"languages": (pack,)}), ReportData(), language)
    return found


@pytest.mark.parametrize(
    ("value", "scale", "vietnamese", "english"),
    [
        ("1234.5", "number", "1.234,5", "1,234.5"),
        ("1234567", "number", "1.234.567", "1,234,567"),
        ("0.70455", "percent", "70,46%", "70.46%"),
        ("0.704549999999", "percent", "70,45%", "70.45%"),
        ("1", "percent", "100%", "100%"),
        ("-12.345", "number", "-12,35", "-12.35"),
        ("-0.001", "number", "0", "0"),
        ("0", "number", "0", "0"),
        ("7", "rank", "7/63", "7/63"),
        (None, "percent", "–", "–"),
    ],
)
def test_numbers_are_half_up_with_the_marks_of_the_language(
    said: dict[str, Words], value: str | None, scale: str, vietnamese: str, english: str
) -> None:
    exact = Decimal(value) if value is not None else None
    assert said["vi"].figure(exact, scale, of_n=63) == vietnamese
    assert said["en"].figure(exact, scale, of_n=63) == english


@pytest.mark.parametrize(
    ("code", "vietnamese", "english"),
    [
        ("2024", "2024", "2024"),
        ("2024-Q2", "quý II/2024", "Q2 2024"),
        ("2024-03", "tháng 3/2024", "Mar 2024"),
        ("2024-H1", "6 tháng đầu năm 2024", "first half of 2024"),
        ("2024-9M", "9 tháng năm 2024", "nine months of 2024"),
        ("2023-2024@SCHOOL", "2023–2024", "2023–2024"),
        ("2024-Q1@R15", "quý I/2024 (R15)", "Q1 2024 (R15)"),
        ("someday", "someday", "someday"),
    ],
)
def test_periods_are_said_as_people_call_them(said: dict[str, Words], code: str, vietnamese: str, english: str) -> None:
    assert (said["vi"].period(code), said["en"].period(code)) == (vietnamese, english)


def test_days_are_said_as_people_write_them(said: dict[str, Words]) -> None:
    assert (said["vi"].day(date(2024, 3, 1)), said["en"].day(date(2024, 3, 1))) == ("01/03/2024", "2024-03-01")


def test_every_language_words_every_phrase_with_the_same_places_to_fill() -> None:
    english = phrases("en")
    for file in FOLDER.glob("*.yml"):
        other = phrases(file.stem)
        assert other.keys() == english.keys(), file.name
        for key, text in other.items():
            assert {n for n in "012" if f"{{{n}}}" in text} == {n for n in "012" if f"{{{n}}}" in english[key]}, key


def test_names_of_files_differ_for_codes_that_differ() -> None:
    assert slugs(["SVC.RECV", "a/b", "A b", "..", "é"]) == {
        "SVC.RECV": "SVC.RECV",
        "a/b": "a_b",
        "A b": "A_b~2",
        "..": "_",
        "é": "_~2",
    }


@pytest.mark.parametrize(
    ("values", "target", "lines", "goals"),
    [
        ([], None, 0, 0),
        ([None, None], Decimal(1), 0, 0),
        ([Decimal(1)], None, 1, 0),
        ([Decimal(1), None, Decimal(3), Decimal(2)], Decimal(4), 2, 1),
        ([Decimal(5), Decimal(5)], Decimal(5), 1, 1),
    ],
)
def test_a_trend_has_a_gap_where_a_value_is_missing(
    values: list[Decimal | None], target: Decimal | None, lines: int, goals: int
) -> None:
    drawn = str(sparkline(values, target, 'a "trend" <of> things'))
    if not lines:
        assert not drawn
        return
    picture = ElementTree.fromstring(drawn)
    assert picture.get("aria-label") == 'a "trend" <of> things'
    paths = {path.get("class"): path.get("d", "") for path in picture.iter("path")}
    assert (paths["line"].count("M"), len(paths) - 1) == (lines, goals)


def test_a_place_is_named_by_its_last_day_and_keeps_what_stood_above_it() -> None:
    found = places(load_programme(LAND), ReportData(), [12, 14], date(2024, 12, 31))
    assert (found[12].name, found[12].ended) == ("Oldtown", date(2024, 8, 15))
    assert [up for _, up in found[14].parents] == [10, 20]
    assert {10, 20, 1} <= found.keys()


def test_what_is_wrong_in_the_report_folder_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "coordinates.csv").write_text("key,latitude,longitude\n1,95,100\n", encoding="utf-8")
    (tmp_path / "report" / "landmarks.yml").write_text(
        "- landmark: isles\n  title: {en: Isles}\n  points: []\n", encoding="utf-8"
    )
    with pytest.raises(ProgrammeError) as wrong:
        read_report(tmp_path)
    assert "report/coordinates.csv" in str(wrong.value)
    assert "95" in str(wrong.value)
    assert "points" in str(wrong.value)


def test_a_programme_without_a_report_folder_has_nothing_to_add(tmp_path: Path) -> None:
    assert read_report(tmp_path) == ReportData()
