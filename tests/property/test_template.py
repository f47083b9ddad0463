"""A template and the check are one declaration: what a template allows is accepted, and of what is broken exactly the
broken cells are reported, each once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catalogue.form import Field
from flows.house import House
from receipts.receipt import Receipt
from tests.filling import FORMS, VIETNAM, Case, Filling, Row, case, sent
from tests.world import LAND, Worlds

pytestmark = pytest.mark.slow
EVERY_FORM = pytest.mark.parametrize(("folder", "code"), FORMS, ids=[code for _, code in FORMS])

# What a cell is broken with, by the type of its field, and the rule that must say so.
BREAKS: dict[str, list[tuple[Any, str]]] = {
    "count": [
        ("mười hai", "cell.not_number"), (-3, "cell.out_of_range"), (1.5, "cell.not_whole"),
        ("1.23457E+05", "cell.not_number"), ("#DIV/0!", "cell.formula_error"),
    ],
    "decimal": [("mười hai", "cell.not_number"), ("#REF!", "cell.formula_error")],
    "percent": [("mười hai", "cell.not_number"), ("#N/A", "cell.formula_error")],
    "date": [("31/02/2024", "cell.not_date"), ("hôm qua", "cell.not_date")],
    "code": [("Qzwx 7", "cell.unknown_code")],
    "codes": [("Qzwx 7", "cell.unknown_code")],
    "entity": [("Qzwx 7", "cell.unknown_entity")],
    "flag": [("Qzwx 7", "cell.not_flag")],
    "period": [("Qzwx 7", "cell.not_period")],
    "text": [("a" * 600, "cell.too_long")],
}  # fmt: skip
MISSING = (None, "cell.missing")


@dataclass
class Filled:
    """A template filled in, and what the pipeline makes of it."""

    case: Case
    filling: Filling
    rows: list[Row]
    receipt: Receipt


@pytest.fixture(scope="module")
def houses(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, House]:
    """A house per programme: its registers are indexed once."""
    homes = {folder: tmp_path_factory.mktemp("home") for folder in (LAND, VIETNAM)}
    return {
        folder: worlds.house(folder, f"duckdb:///{home / 'warehouse.duckdb'}", home) for folder, home in homes.items()
    }


@pytest.fixture(scope="module")
def known() -> dict[str, Filled]:
    """What was filled in already."""
    return {}


def filled(known: dict[str, Filled], houses: dict[Path, House], folder: Path, code: str) -> Filled:
    """A template of a form, filled in with what it allows; the same for all tests of this module."""
    if code not in known:
        drawn = random.Random(code)
        one = case(houses[folder], code, drawn)
        filling = Filling(one, drawn)
        rows = filling.rows()
        delivery, receipt = sent(one, filling.filled(rows))
        assert (delivery.form, delivery.unit_code, delivery.period) == (code, one.unit.code, one.period)
        known[code] = Filled(one, filling, rows, receipt)
    return known[code]


def told(receipt: Receipt) -> list[tuple[str, str]]:
    return sorted((line.cell, line.rule) for line in receipt.findings if line.severity != "warn")


@EVERY_FORM
def test_what_a_template_allows_is_accepted(
    known: dict[str, Filled], houses: dict[Path, House], folder: Path, code: str
) -> None:
    done = filled(known, houses, folder, code)
    said = [(line.cell, line.rule, line.found, line.allowed) for line in done.receipt.findings]
    assert done.receipt.status in ("accepted", "accepted_with_warnings"), said
    assert done.receipt.rows_loaded == len(done.rows), said


@EVERY_FORM
def test_exactly_the_broken_cells_are_reported_once(
    known: dict[str, Filled], houses: dict[Path, House], folder: Path, code: str
) -> None:
    """One cell of each row is broken in one of the ways; mended, the receipt is the one it was before."""
    done = filled(known, houses, folder, code)
    drawn = random.Random(f"{code} broken")
    broken, expected = [], []
    for place, row in enumerate(done.rows, start=done.filling.first):
        field, (value, rule) = drawn.choice(list(ways(done.case, row)))
        broken.append({**row, field.field: value})
        expected.append((done.filling.at(field.field, place).coordinate, rule))
    _, receipt = sent(done.case, done.filling.filled(broken))
    assert told(receipt) == sorted(expected), [(line.cell, line.rule, line.found) for line in receipt.findings]
    assert (receipt.status, receipt.rows_loaded) == ("rejected", 0)
    _, mended = sent(done.case, done.filling.filled(done.rows))
    assert mended.status == done.receipt.status
    assert mended.findings == done.receipt.findings


def ways(one: Case, row: Row) -> list[tuple[Field, tuple[Any, str]]]:
    """How the cells of a row may be broken: in a way that its field rejects the row for."""
    found = []
    for field in one.form.fields:
        if field.severity != "reject_row" or field.field not in row:
            continue
        if field.required and field.blank == "missing":
            found.append((field, MISSING))
        for value, rule in BREAKS.get(field.type, ()):
            if value == -3 and (field.minimum is None or field.minimum < 0):
                continue
            found.append((field, (value, rule)))
    return found
