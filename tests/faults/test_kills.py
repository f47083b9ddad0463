"""A fixed sample of the campaign of killed runs (``tests.campaign.kills`` tries 200 points on each database)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaign.kills import chosen

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]


def test_points_are_one_of_each_step_then_those_of_the_append_then_spread() -> None:
    points = [("stage", "a")] * 10 + [("append", "b")] * 6 + [("release", "c")] * 4
    assert chosen(points, 3) == [1, 11, 17]
    assert {*chosen(points, 9)} >= {11, 13, 15}
    assert sorted(chosen(points, 100)) == [*range(1, 21)]


@pytest.mark.parametrize("backend", ["duckdb", "postgresql"])
def test_a_run_that_is_killed_and_run_again_is_one_that_was_not(backend: str, tmp_path: Path) -> None:
    # A process of its own: it forks, and this one has threads.
    command = [sys.executable, "-W", "ignore", "-m", "tests.campaign.kills", "--backends", backend, "--kills", "3"]
    done = subprocess.run(
        [*command, "--every", "8", "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    found = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["killed"], one["lost"], one["doubled"]) for one in found] == [(True, {}, {})] * 3
    assert "append" in {one["step"] for one in found}
