"""What cells say together, and what is warned of while the value stands: rows of texts in, staged values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalogue.loader import load_programme
from catalogue.programme import Programme
from tests.batch import arrived, form_of, stage
from tests.world import LAND
from warehouse.staging import staging_area

Fields = Mapping[str, Mapping[str, Any] | str]


def land() -> Programme:
    """The small programme, whose language has words for approximate numbers here."""
    programme = load_programme(LAND)
    language = programme.language.model_copy(update={"approximate": {"over": ">", ">": ">"}})
    return programme.model_copy(update={"languages": (language,)})


def staged(path: Path, fields: Fields, rows: Sequence[Sequence[str | None]]) -> tuple[list[Any], list[Any]]:
    """The staged values of some rows, and the findings: rule, severity, row (from 0), field, found, allowed."""
    form = form_of(fields)
    with staging_area(path / "staging.duckdb") as area:
        stage(area, land(), form, [arrived(form, rows)])
        names = ", ".join(f'"{name}"' for name in fields)
        values = area.rows(f"SELECT {names} FROM staged ORDER BY row_no")
        found = area.rows(
            "SELECT rule, severity, row_no, field, found, allowed FROM read_findings ORDER BY row_no, rule, field"
        )
    return values, found


SHARE: Fields = {"share": "percent"}
HEADED: Fields = {"share": {"type": "percent", "header": ["Share (%)"]}}


@pytest.mark.parametrize(
    ("fields", "cells", "blamed"),
    [
        (SHARE, ["0.9", "0.8", "90"], [2]),
        (SHARE, ["90", "80", "0.9"], [2]),
        (SHARE, ["0.9", "90"], [0, 1]),  # nobody can tell which is wrong
        (SHARE, ["0.9", "0.8", "1", "0"], []),  # nought and one are on either scale
        (SHARE, ["0.9", "90%", "0.8"], []),  # a mark says what it is
        (SHARE, ["0.9", "45/192"], []),
        (SHARE, ["0.9", None, "..."], []),
        (HEADED, ["90", "80", "0.9"], [2]),
        (HEADED, ["90", "0.5%", "80"], []),
        (HEADED, ["0.9", "0.8", "0.5"], []),
    ],
)
def test_a_column_of_percentages_has_one_scale(
    tmp_path: Path, fields: Fields, cells: list[str | None], blamed: list[int]
) -> None:
    _, found = staged(tmp_path, fields, [[cell] for cell in cells])
    assert [(rule, severity, row) for rule, severity, row, *_ in found] == [
        ("cell.mixed_scale", "reject_row", row) for row in blamed
    ]


def test_a_number_read_under_a_convention_stands_and_is_warned_of(tmp_path: Path) -> None:
    values, found = staged(
        tmp_path, {"n": "count", "r": "decimal"}, [["1.234,0", "1.5"], ["1O", "2"], ["over 500", "3"]]
    )
    assert values == [(1234, Decimal("1.5")), (10, Decimal(2)), (500, Decimal(3))]
    assert [(rule, severity, row, field, text) for rule, severity, row, field, text, _ in found] == [
        ("cell.number_marks", "warn", 0, "n", "1.234,0"),
        ("cell.look_alike", "warn", 1, "n", "1O"),
        ("cell.approximate", "warn", 2, "n", "over 500"),
    ]
    assert [allowed.rpartition(" (")[2] for *_, allowed in found] == ["= 1234)", "= 10)", "> 500)"]


SIGNED: Fields = {"n": {"type": "count", "approx": "sign"}, "sign": "text"}


@pytest.mark.parametrize(
    ("cells", "values", "rules"),
    [
        (["over 500", None], (500, ">"), []),
        (["over 500", ">"], (500, ">"), []),
        (["over 500", "="], (500, "="), ["cell.approximate"]),  # the two disagree
        (["500", None], (500, None), []),
        (["500", "~"], (500, "~"), []),
    ],
)
def test_a_sign_goes_to_the_field_beside(
    tmp_path: Path, cells: list[str | None], values: tuple[int, str | None], rules: list[str]
) -> None:
    found_values, found = staged(tmp_path, SIGNED, [cells])
    assert (found_values, [rule for rule, *_ in found]) == ([values], rules)


PART: Fields = {"part": {"type": "count", "whole": "every"}, "every": "count"}


@pytest.mark.parametrize(
    ("cells", "values", "rules"),
    [
        (["45/192", None], (45, 192), []),
        (["45/192", "192"], (45, 192), []),
        (["45/192", "200"], (45, 200), ["cell.whole_differs"]),
        (["45", "192"], (45, 192), []),
        (["45", None], (45, None), []),
    ],
)
def test_a_whole_goes_to_the_field_beside(
    tmp_path: Path, cells: list[str | None], values: tuple[int, int | None], rules: list[str]
) -> None:
    found_values, found = staged(tmp_path, PART, [cells])
    assert (found_values, [rule for rule, *_ in found]) == ([values], rules)
