"""What tells whether a soak is flat, and how it is written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaign.reliability import TESTED, write
from tests.campaign.slopes import Measure, findings, theil_sen, told

ROOT = Path(__file__).parents[2]
RUNS = range(1, 31)


@pytest.mark.parametrize(
    ("value", "slope", "verdict"),
    [
        (lambda run: 100.0, 0.0, "flat"),
        (lambda run: 100.0 + run % 4, 0.0, "flat"),  # It comes and goes.
        (lambda run: 100.0 + 900.0 * (run % 7 == 0), 0.0, "flat"),  # A few runs are far away.
        (lambda run: 100.0 - run, -1.0, "flat"),
        (lambda run: 100.0 + run * 0.1, 0.1, "flat"),  # By 3 in 30 runs, where 5 may be.
        (lambda run: 100.0 + run, 1.0, "**grows**"),
        (lambda run: 100.0 + run + 900.0 * (run % 7 == 0), 1.0, "**grows**"),
        (lambda run: 100.0 + (run * 3 % 17) ** 2, 0.5, "**unclear**"),  # It leaps too far to tell.
    ],
)
def test_a_line_through_most_points_tells_what_grows(value: Callable[[int], float], slope: float, verdict: str) -> None:
    line = theil_sen([(float(run), value(run)) for run in RUNS])
    assert line.slope == pytest.approx(slope, abs=0.02)
    assert line.low <= line.slope <= line.high
    measure = Measure("size", lambda run: run["size"], most=5)
    (found,) = findings([measure], [{"run": run, "size": value(run)} for run in RUNS], 1)
    assert (found.verdict, found.flat) == (verdict, verdict == "flat")
    assert (found.number, found.first) == (30, value(1))


def test_runs_that_are_not_warm_and_runs_without_the_measure_do_not_count() -> None:
    runs = [{"run": run, "deliveries": run % 2, "size": 1000 - run if run < 10 else 5} for run in RUNS]
    measure = Measure("size", lambda run: run["size"] if run["deliveries"] else None, share=0.1)
    (found,) = findings([measure], runs, 10)
    assert (found.number, found.first, found.last, found.leads, found.flat) == (10, 5, 5, 0, True)
    assert told([found])[-1] == "| size | 5 | 5 | 0 (0 to 0) | 0 (0 %) | +0.5 | flat |"
    assert findings([measure], runs[:2], 1) == []


def test_the_page_keeps_the_sections_that_are_not_written_anew(tmp_path: Path) -> None:
    page, kill = tmp_path / "reliability.md", {"backend": "duckdb", "step": "append", "of": 7, "killed": True}
    soaks = [
        {"soak": "2026-01-01T00:00:00+00:00", "kind": "serve", "run": run, "deliveries": 4, "seconds": 60.0,
         "home": 2**20, "runner": {"memory": 50 + run, "handles": 9, "threads": 3}, "children": 1, "left": 0,
         "prefect": 2048 * run, "server": {"memory": 90, "handles": 20, "threads": 5}}
        for run in range(1, 13)
    ]  # fmt: skip
    write(page, kills=[{**kill, "lost": {"cases": 2}, "doubled": {}, "failed": 0}])
    write(page, soaks=soaks)
    text = page.read_text(encoding="utf-8")
    titles = ("## Kills", "## Soak", "## Other faults")
    assert [text.count(title) for title in titles] == [1, 1, 1]
    assert "| duckdb | 1 | 2 | 0 | 0 | 7 |" in text
    assert "12 runs, 48 deliveries, 0 runs without anything new, 12 minutes" in text
    assert "Prefect's own files add 2 KiB with each run." in text
    assert "| chiso serve: resident memory, MiB | 54.0 | 62.0 | 1.0000 (1.0000 to 1.0000) | +8.0 (+13.8 %) |" in text
    assert text.count("**grows**") == 1
    again = page.read_text(encoding="utf-8")
    write(page)
    assert page.read_text(encoding="utf-8") == again


@pytest.mark.parametrize("test", [test for _, _, test in TESTED])
def test_the_tests_that_the_page_names_are_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
