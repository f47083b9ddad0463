"""Which form a file is, and what it says of unit and period, in the order a source declares."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from catalogue.delivery import Cell
from catalogue.language import Language
from catalogue.loader import load_programme
from catalogue.programme import Programme
from catalogue.source import Clue
from transforms.identify import identify
from transforms.workbook import Book, open_book


@pytest.fixture(scope="module")
def programme() -> Programme:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam")


@pytest.fixture(scope="module")
def vietnamese(programme: Programme) -> Language:
    return programme.language


def book(*rows: tuple[str | None, ...]) -> Book:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.worksheets[0].append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return open_book(buffer.getvalue(), "a.xlsx")


def headed(programme: Programme, code: str, without: int = 0) -> tuple[str, ...]:
    """The labels of a form's required columns, the last ones left out."""
    labels = [field.header[-1] for field in programme.form[code].fields if field.required]
    return tuple(labels[: len(labels) - without])


STAMPS = [
    ("Biểu số: BM-01", "BM-01"),
    ("Biểu số: bm 02", "BM-02"),
    ("Mã biểu BM-03 (ban hành kèm theo Quyết định số 12/QĐ-UBND)", "BM-03"),
    ("BM-04", "BM-04"),
    ("Biểu số: BM-012", None),
    ("Biểu số: XY-01", None),
    ("Báo cáo BM-01 và BM-02", None),
]


@pytest.mark.parametrize(("stamp", "code"), STAMPS)
def test_a_form_by_its_stamp(stamp: str, code: str | None, programme: Programme, vietnamese: Language) -> None:
    found = identify(book(("UBND TỈNH", None, stamp)), programme.forms, ("stamp",), {}, vietnamese)
    assert (found.form.form if found.form else None) == code
    assert found.by == ({"form": "stamp"} if code else {})


def test_every_form_is_known_by_its_layout(programme: Programme, vietnamese: Language) -> None:
    for form in programme.forms:
        found = identify(book(headed(programme, form.form)), programme.forms, ("layout",), {}, vietnamese)
        assert found.form is form, form.form
        assert found.by == {"form": "layout"}


def test_a_layout_with_too_few_columns_tells_nothing(programme: Programme, vietnamese: Language) -> None:
    half = book(headed(programme, "BM-01", without=len(headed(programme, "BM-01")) // 2))
    assert identify(half, programme.forms, ("layout",), {}, vietnamese).form is None


def test_two_forms_that_match_equally_well_are_not_guessed_between(programme: Programme, vietnamese: Language) -> None:
    form = programme.form["BM-01"]
    twin = form.model_copy(update={"form": "BM-01b"})
    found = identify(book(headed(programme, "BM-01")), (form, twin), ("layout",), {}, vietnamese)
    assert found.form is None


ORDERS: list[tuple[tuple[Clue, ...], dict[str, str], tuple[str, str, str], dict[str, Clue]]] = [
    (
        ("stamp", "folder", "layout"),
        {},
        ("BM-02", "Sở Y tế", "Quý I/2024"),
        dict.fromkeys(("form", "unit", "period"), "stamp"),
    ),
    (
        ("folder", "stamp", "layout"),
        {"form": "BM-03", "unit": "H02", "period": "2024-Q2"},
        ("BM-03", "H02", "2024-Q2"),
        dict.fromkeys(("form", "unit", "period"), "folder"),
    ),
    (
        ("folder", "stamp", "layout"),
        {"unit": "H02"},
        ("BM-02", "H02", "Quý I/2024"),
        {"form": "stamp", "unit": "folder", "period": "stamp"},
    ),
    (
        ("layout", "stamp", "folder"),
        {"form": "BM-03"},
        ("BM-01", "Sở Y tế", "Quý I/2024"),
        {"form": "layout", "unit": "stamp", "period": "stamp"},
    ),
]


@pytest.mark.parametrize(("order", "folder", "told", "by"), ORDERS)
def test_the_first_clue_in_the_declared_order_tells(
    order: tuple[Clue, ...],
    folder: dict[str, str],
    told: tuple[str, str, str],
    by: dict[str, Clue],
    programme: Programme,
    vietnamese: Language,
) -> None:
    file = book(
        ("Biểu số: BM-02",), ("Đơn vị báo cáo:", "Sở Y tế"), ("Kỳ báo cáo: Quý I/2024",), headed(programme, "BM-01")
    )
    found = identify(file, programme.forms, order, folder, vietnamese)
    assert found.form is not None
    assert found.unit_text is not None
    assert found.period_text is not None
    assert (found.form.form, found.unit_text[0], found.period_text[0]) == told
    assert found.by == by


def test_where_the_file_says_it_is_kept_beside_what_the_folder_says(programme: Programme, vietnamese: Language) -> None:
    file = book(("Biểu số: BM-02",), ("Đơn vị báo cáo:", "Sở Y tế"))
    found = identify(file, programme.forms, ("folder", "stamp"), {"unit": "H02"}, vietnamese)
    assert found.unit_text == ("H02", Cell())
    assert found.clues.unit == ("Sở Y tế", Cell("Sheet", 2, "B"))


def test_a_file_that_says_nothing(programme: Programme, vietnamese: Language) -> None:
    found = identify(book(("x",)), programme.forms, ("stamp", "folder", "layout"), {}, vietnamese)
    assert (found.form, found.unit_text, found.period_text, found.by) == (None, None, None, {})
