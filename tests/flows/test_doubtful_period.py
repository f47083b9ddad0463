"""A file whose period can be read, but not without doubt: it is loaded, and its receipt says how it was read."""

from __future__ import annotations

import pytest

from flows.load import load
from tests.batch import delivered, workbook
from tests.world import World

CASES = [["data", 500, 100, 400, 420, 400, 80]]


@pytest.mark.parametrize(
    ("written", "code", "rules"),
    [
        ("2/2024", "2024-02", []),
        ("2/2O24", "2024-02", ["period.look_alike"]),
        ("01/02/2024 - 29/02/2024", "2024-02", []),
        ("3/2024 (01/02/2024 - 29/02/2024)", "2024-02", ["period.label"]),
    ],
)
def test_how_a_period_was_read_is_said(embedded: World, written: str, code: str, rules: list[str]) -> None:
    form = embedded.programme.form["CASES"]
    delivery = delivered(embedded.house, workbook(form, "ON1", written, CASES), "ON1")
    assert delivery.period is not None
    assert delivery.period.code == code
    assert [(found.rule, found.severity, found.cell.column) for found in delivery.refusal] == [
        (rule, "warn", "B") for rule in rules
    ]
    receipt = load(embedded.house, form, [delivery], "batch").receipts[0]
    assert receipt.status == ("accepted_with_warnings" if rules else "accepted")
