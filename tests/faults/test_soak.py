"""A soak of five runs; ``tests.campaign.soak`` does 200."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaign.growing import FILES
from tests.campaign.slopes import PLAIN, findings
from tests.campaign.soak import soak

pytestmark = pytest.mark.long


def test_five_runs_in_one_process_leave_nothing_behind(tmp_path: Path) -> None:
    runs = [*soak(tmp_path / "duckdb", 5)]
    assert [(run["run"], run["deliveries"]) for run in runs] == [*((run, FILES) for run in range(1, 6)), (5, 0)]
    warm = runs[2:]
    assert {(run["left"], run["temporary"]) for run in runs} == {(0, 0)}
    assert len({run["handles"] for run in warm}) == 1
    assert max(run["threads"] for run in warm) <= warm[0]["threads"]
    # What a run leaves in memory was, for want of shared tables, 25,000 objects a run.
    assert warm[-1]["objects"] - warm[0]["objects"] < 2_000
    assert sum(run["messages"] for run in runs) > 0
    assert {one.measure.title for one in findings(PLAIN, runs, 1)} > {"resident memory, MiB", "threads"}
