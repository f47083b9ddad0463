"""``chiso status --watch``: who is at work, and what came last."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from flows.lease import leased
from flows.settings import read_settings
from flows.watching import seen, watch
from tests.flows.office import Installation, good, install


def shown(office: Installation) -> str:
    console = Console(width=160, file=StringIO(), record=True)
    console.print(seen(read_settings(office.config), 5))
    return console.export_text()


def test_it_tells_who_is_at_work_and_what_came(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    assert "nothing was published yet" in shown(office)
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    assert "nobody is at work" in shown(office)
    with leased(tmp_path / "home", "run of a test"):
        said = shown(office)
    assert "(run of a test, since " in said
    assert "accepted" in said
    assert "2024-01" in said
    assert watch(read_settings(office.config), 5, 0.01, times=2) == 0
    refused = office.chiso("status", "--watch", "0")
    assert (refused.returncode, "above 0" in refused.stderr) == (2, True)
