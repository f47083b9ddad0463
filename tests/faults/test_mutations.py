"""A fixed sample of the campaign of damaged workbooks (``tests.campaign.mutations`` runs thousands)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaign.mutations import run_slice, workbooks

pytestmark = pytest.mark.long
SAMPLE = 24


def test_damaged_workbooks_crash_nothing_and_no_row_is_unaccounted_for(tmp_path: Path) -> None:
    result = run_slice(tmp_path / "slice", workbooks(tmp_path), first=0, count=SAMPLE)
    assert result.crashed == []
    assert result.unaccounted == []
    outcomes = [status for found in result.outcomes.values() for status in found]
    assert sum(sum(found.values()) for found in result.outcomes.values()) == SAMPLE
    assert "lost" not in outcomes
    assert {"accepted", "rejected"} <= set(outcomes)
