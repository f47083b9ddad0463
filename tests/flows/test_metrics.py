"""``metrics.prom``: what a run leaves for whoever watches machines. Counts and codes, never a name or a figure."""

from __future__ import annotations

import re
from pathlib import Path

from tests.flows.office import good, install

LINE = re.compile(r'(?P<name>[a-z_]+)(\{(?P<labels>[a-z]+="[^"]*"(,[a-z]+="[^"]*")*)\})? (?P<value>[0-9.e+]+)')


def read(home: Path) -> dict[str, float]:
    """Every sample, by name and labels."""
    found = {}
    for line in (home / "metrics.prom").read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            match = LINE.fullmatch(line)
            assert match, line
            found[f"{match['name']} {match['labels'] or ''}".strip()] = float(match["value"])
    return found


def test_a_run_leaves_its_figures(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    office.send("ON1", "january.xlsx", "2024-01", [good("data"), good("nothing known")])
    assert office.chiso("run", "--no-flow").returncode == 1
    told = read(tmp_path / "home")
    assert told['chiso_deliveries form="CASES",status="partly_accepted"'] == 1
    assert told['chiso_rows fate="loaded"'] == told['chiso_rows fate="quarantined"'] == 1
    assert told['chiso_findings rule="cell.unknown_code",severity="reject_row"'] == 1
    assert told['chiso_run_deliveries status="partly_accepted"'] == 1
    assert told["chiso_run_exit_code"] == 1
    assert told["chiso_run_seconds"] > 0
    assert told['chiso_source_last_delivery source="inbox"'] <= told["chiso_run_ended"]
    assert "january" not in (tmp_path / "home" / "metrics.prom").read_text()

    assert office.chiso("run", "--no-flow").returncode == 0
    again = read(tmp_path / "home")
    assert again["chiso_run_exit_code"] == 0
    assert 'chiso_run_deliveries status="partly_accepted"' not in again
    assert again['chiso_deliveries form="CASES",status="partly_accepted"'] == 1
