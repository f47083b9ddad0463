"""Staging: what cells become in the columns of the batch's staging area."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.loader import load_programme
from tests.batch import arrived, form_of, stage
from tests.world import LAND
from warehouse.staging import staging_area


@pytest.mark.parametrize(
    ("written", "kept", "rule"),
    [
        ("0.5", "0.500000", None),
        # As spreadsheets write binary fractions: longer than anybody meant, half-up to six places.
        ("30471077.680892996", "30471077.680893", None),
        ("0.0000005", "0.000001", None),
        ("-0.0000005", "-0.000001", None),
        ("0.00000049", "0.000000", None),
        ("999999999999.9999994", "999999999999.999999", None),
        ("10000000000000000000000000000000", None, "cell.out_of_range"),
    ],
)
def test_a_decimal_is_kept_to_six_places(tmp_path: Path, written: str, kept: str | None, rule: str | None) -> None:
    form = form_of({"amount": "decimal"})
    with staging_area(tmp_path / "staging.duckdb") as area:
        stage(area, load_programme(LAND), form, [arrived(form, [[written]])])
        value, why = area.rows('SELECT "amount", "amount__rule" FROM staged')[0]
    assert (value, why) == (None if kept is None else Decimal(kept), rule)
