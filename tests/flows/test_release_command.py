"""``chiso release ...`` and ``chiso withdraw``, as they are typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.flows.office import Installation, good, install

SAID = ("--reason", "the wrong file", "--document", "Letter 3", "--by", "A. Steward")


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    """An installation with an empty inbox."""
    return install(tmp_path, prepared=True)


def shown(office: Installation) -> list[tuple[str, str, str | None]]:
    rows = office.asked(
        "SELECT place_code, status, withdrawn_reason FROM indicator WHERE indicator_code = 'RECEIVED' "
        "AND period_code = '2024-01' ORDER BY place_code"
    )
    return [(row["place_code"], row["status"], row["withdrawn_reason"]) for row in rows]


@pytest.mark.long
def test_releases_are_made_listed_compared_withdrawn_and_verified(office: Installation) -> None:
    office.send("ON1", "january.xlsx", "01/2024", [good("Data"), good("Web")])
    assert office.chiso("run", "--no-flow").returncode == 0
    made = office.chiso("release", "make", "January", "--final")
    assert made.returncode == 0, made.stderr
    listed = json.loads(office.chiso("release", "list", "--format", "json").stdout)
    assert [(one["no"], one["name"], one["final"]) for one in listed] == [(2, "January", "yes"), (1, "release-1", "")]
    assert "there is a release 'January' already" in office.chiso("release", "make", "January").stderr
    assert "digits alone are its number" in office.chiso("release", "make", "2024").stderr
    assert (
        "is past; name a time to come" in office.chiso("release", "make", "x", "--embargo", "2020-01-01T09:00").stderr
    )

    done = office.chiso("withdraw", "ON1/january.xlsx", *SAID)
    assert done.returncode == 0, done.stderr
    assert "ON1/january.xlsx is withdrawn: 1 parts of it counted until now." in done.stdout
    assert "final figures were revised" in done.stdout
    assert shown(office) == [(place, "withdrawn", "the wrong file") for place in ("L", "N", "N1", "ON", "ON1")]
    assert "nothing of this delivery counts now" in office.chiso("withdraw", "1", *SAID).stderr
    again = office.chiso("quarantine", "replay", "1", "--reason", "it was right", "--by", "B. Head")
    assert again.returncode == 0, again.stderr
    assert {status for _, status, _ in shown(office)} == {"ok"}

    gone = office.chiso("release", "withdraw", "RECEIVED", "N", "2024-01", *SAID)
    assert gone.returncode == 0, gone.stderr
    assert shown(office)[1] == ("N", "withdrawn", "the wrong file")
    explained = " ".join(office.chiso("explain", "RECEIVED", "--place", "N", "--period", "2024-01").stdout.split())
    assert re.search(r"It was withdrawn by .+ UTC: the wrong file \(.+\)\.", explained), explained
    told = json.loads(office.chiso("release", "diff", "January", "--format", "json").stdout)
    differing = {
        (one["place"], one["old"], one["new"], one["status"]) for one in told if one["indicator"] == "RECEIVED"
    }
    assert differing == {("N North", "10", None, "ok -> withdrawn (revised)")}
    whole = office.chiso("release", "verify")
    assert (whole.returncode, whole.stdout.strip()) == (0, "every release: all partitions are as they were sealed")
    assert office.chiso("release", "verify", "nothing").returncode == 2
