"""What was read of a file when it was fetched is there once when it is loaded, as far as there is room for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from catalogue.delivery import Cell, Delivery
from catalogue.form import Form
from flows.reading import MOST_ROWS, Kept, pack
from tests.transforms.drawing import COURSES
from transforms.table import Clues, Piece, Row, Table

DELIVERY = Delivery("a" * 64, "a.xlsx", "inbox", datetime(2024, 2, 1), 1)
ROW = Row("Sheet1", 2, ("Excel", "12", None), "tn-")
TABLE = Table(
    fields=("name", "held", "note"),
    columns={("Sheet1", "name"): "A"},
    rows=(ROW,),
    furniture=(Piece("Sheet1", 1, "header", "layout.header", "Tên"),),
    clues=Clues(unit=("Sở Y tế", Cell("Sheet1", 1, "B"))),
)
PACKED = pack(TABLE) or b""


def test_a_table_comes_back_as_it_was_and_only_once() -> None:
    kept = Kept()
    kept.keep(DELIVERY, COURSES, PACKED)
    assert kept.take(DELIVERY, COURSES) == TABLE
    assert kept.take(DELIVERY, COURSES) is None


@pytest.mark.parametrize(
    ("asked", "form"),
    [
        (replace(DELIVERY, sha256="b" * 64), COURSES),
        (DELIVERY, COURSES.model_copy(update={"version": COURSES.version + 1})),
        (DELIVERY, None),
    ],
    ids=["other bytes", "other version of the form", "no form"],
)
def test_nothing_is_given_for_what_was_not_read_like_this(asked: Delivery, form: Form | None) -> None:
    kept = Kept()
    kept.keep(DELIVERY, COURSES, PACKED)
    assert kept.take(asked, form) is None


def test_what_does_not_fit_is_read_again() -> None:
    kept = Kept(10)
    kept.keep(DELIVERY, COURSES, PACKED)
    assert kept.take(DELIVERY, COURSES) is None


def test_a_table_longer_than_is_worth_keeping_is_not_packed() -> None:
    assert pack(replace(TABLE, rows=(ROW,) * (MOST_ROWS + 1))) is None


def test_room_comes_back_with_what_is_taken() -> None:
    kept = Kept(1000)
    for number in range(50):
        one = replace(DELIVERY, sha256=f"{number:064}")
        kept.keep(one, COURSES, PACKED)
        assert kept.take(one, COURSES) == TABLE
