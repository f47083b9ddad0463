"""A fixed sample of the campaign of portals with faults (``tests.campaign.portal_faults`` runs 200)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaign.portal_faults import run_sequence
from tests.worlds import Worlds

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", range(6))
def test_the_warehouse_is_what_the_portal_counts_or_says_that_it_is_not(
    worlds: Worlds, seed: int, tmp_path: Path
) -> None:
    assert run_sequence(tmp_path, worlds, seed) == []
