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
from tests.filling import FORMS, VIETNAM, Case, Filling, Row, case, judged
from tests.world import LAND
from tests.worlds import Worlds

pytestmark = pytest.mark.long

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


@dataclass(frozen=True)
class Sent:
    """A template filled in by what it allows, with a broken cell in each row, and mended: what became of each.

    ``rows``    how many rows were filled in
    ``broken``  (cell, rule) of each broken cell
    """

    rows: int
    broken: list[tuple[str, str]]
    receipts: tuple[Receipt, Receipt, Receipt]


@pytest.fixture(scope="module")
def houses(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, House]:
    """A house per programme: its registers are indexed once."""
    homes = {folder: tmp_path_factory.mktemp("home") for folder in (LAND, VIETNAM)}
    return {
        folder: worlds.house(folder, f"duckdb:///{home / 'warehouse.duckdb'}", home) for folder, home in homes.items()
    }


@pytest.fixture(scope="module", params=FORMS, ids=[code for _, code in FORMS])
def sent(request: pytest.FixtureRequest, houses: dict[Path, House]) -> Sent:
    """The three workbooks of a form, in one batch: one template, one run of the gate."""
    folder, code = request.param
    drawn = random.Random(code)
    one = case(houses[folder], code, drawn)
    filling = Filling(one, drawn)
    rows = filling.rows()
    right = filling.filled(rows)
    spoiled, broken = [], []
    for place, row in enumerate(rows, start=filling.first):
        field, (value, rule) = drawn.choice(ways(one, row))
        spoiled.append({**row, field.field: value})
        broken.append((filling.at(field.field, place).coordinate, rule))
    files = judged(one, [right, filling.filled(spoiled), filling.filled(rows)])
    for delivery, _ in files:
        assert (delivery.form, delivery.unit_code, delivery.period) == (code, one.unit.code, one.period)
    first, second, third = (receipt for _, receipt in files)
    return Sent(len(rows), sorted(broken), (first, second, third))


def told(receipt: Receipt) -> list[tuple[str, str]]:
    return sorted((line.cell, line.rule) for line in receipt.findings if line.severity != "warn")


def test_what_a_template_allows_is_accepted(sent: Sent) -> None:
    right, _, _ = sent.receipts
    said = [(line.cell, line.rule, line.found, line.allowed) for line in right.findings]
    assert right.status in ("accepted", "accepted_with_warnings"), said
    assert right.rows_loaded == sent.rows, said


def test_exactly_the_broken_cells_are_reported_once(sent: Sent) -> None:
    """One cell of each row is broken in one of the ways; mended, the receipt is the one it was before."""
    right, broken, mended = sent.receipts
    assert told(broken) == sent.broken, [(line.cell, line.rule, line.found) for line in broken.findings]
    assert (broken.status, broken.rows_loaded) == ("rejected", 0)
    assert (mended.status, mended.findings) == (right.status, right.findings)


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
