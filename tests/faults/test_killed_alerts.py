"""A fixed sample of the campaign of killed alerts (``tests.campaign.kill_alerts`` kills before everything they do)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaign.kill_alerts import STEPS, chosen

ROOT = Path(__file__).parents[2]


def test_points_before_what_is_noted_and_written_come_first() -> None:
    noted = "INSERT INTO warehouse.outbox_attempt (message_id"
    points = [("alerts", what) for what in ("BEGIN", "SELECT 1", "COMMIT", "BEGIN", noted, "COMMIT", "BEGIN", noted)]
    assert chosen(points, 4) == [5, 3, 6, 8]
    assert sorted(chosen(points, 0)) == [*range(1, 9)]


@pytest.mark.long
def test_alerts_that_are_killed_lose_no_message_and_repeat_only_what_was_not_noted(tmp_path: Path) -> None:
    # A process of its own: it forks, and this one has threads.
    command = [sys.executable, "-W", "ignore", "-m", "tests.campaign.kill_alerts", "--kills", "2"]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "killed")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    lines = (tmp_path / "killed" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    # The first kill of each step comes after a channel took a message and before that is noted.
    assert [(one["step"], one["killed"], one["repeated"]) for one in found] == [
        (step, True, repeated) for step in STEPS for repeated in (1, 0)
    ]
    assert {(one["lost"], one["doubled"]) for one in found} == {(0, 0)}
