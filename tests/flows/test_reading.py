"""What was read of a file when it was fetched is there once when it is loaded, as far as there is room for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from catalogue.delivery import Cell, Delivery
from catalogue.form import Form
from flows.reading import MOST_ROWS, Kept
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


def test_a_table_comes_back_as_it_was_and_only_once() -> None:
    kept = Kept()
    kept.keep(DELIVERY, COURSES, TABLE)
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
    kept.keep(DELIVERY, COURSES, TABLE)
    assert kept.take(asked, form) is None


@pytest.mark.parametrize(
    ("most", "rows"), [(10, 1), (1 << 20, MOST_ROWS + 1)], ids=["no room", "longer than is worth keeping"]
)
def test_what_does_not_fit_is_read_again(most: int, rows: int) -> None:
    kept = Kept(most)
    kept.keep(DELIVERY, COURSES, replace(TABLE, rows=(ROW,) * rows))
    assert kept.take(DELIVERY, COURSES) is None


def test_room_comes_back_with_what_is_taken() -> None:
    kept = Kept(1000)
    for number in range(50):
        one = replace(DELIVERY, sha256=f"{number:064}")
        kept.keep(one, COURSES, TABLE)
        assert kept.take(one, COURSES) == TABLE
