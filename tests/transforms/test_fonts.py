"""Cells in fonts of before Unicode: what people see in them is what is read, where only the font can tell."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font

from catalogue.language import Language
from catalogue.loader import load_programme
from transforms.workbook import open_book


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


@pytest.mark.parametrize(
    ("typed", "font", "read"),
    [
        ("Sè", ".VnTime", "Số"),
        ("Sè", "Times New Roman", "Sè"),
        ("Hoà", "VNI-Times", "Hồ"),
        ("Së Th«ng tin", ".VnTimeH", "SỞ THÔNG TIN"),
        ("Sở Nội vụ", ".VnTime", "Sở Nội vụ"),
        (7, ".VnTime", "7"),
    ],
)
def test_what_is_shown_in_a_font_is_what_is_read(typed: str | int, font: str, read: str, vietnamese: Language) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["B2"], sheet["B3"] = typed, typed
    sheet["B2"].font = Font(name=font)
    held = io.BytesIO()
    book.save(held)
    second, third = open_book(held.getvalue(), "a.xlsx", vietnamese).sheets[0].lines
    assert second.texts[1] == read
    assert third.texts[1] == str(typed)
    assert open_book(held.getvalue(), "a.xlsx").sheets[0].lines[0].texts[1] == str(typed)
