"""A home of an earlier version opens, migrates and keeps every sealed hash; one of a newer version is refused.

``homes/0006.duckdb.xz`` is the warehouse that commit b3c3a69 (schema 0006) made of ``tests/land``: two runs, four
workbooks of two offices, two releases.
"""

from __future__ import annotations

import lzma
from pathlib import Path

import duckdb
import pytest

from tests.flows.office import good, install

HOMES = Path(__file__).parent / "homes"
SEALED = [
    {"name": "release-1", "hash": "6ca816776c8df215241a32b1d1cf77d1da0c5283a953ed822186a02ba910aa57"},
    {"name": "release-2", "hash": "76ef59782b74ef247e79b9f8a61bdab3b31849e9c4ee3e3731f9e75592089d95"},
]
RELEASES = "SELECT name, hash FROM release WHERE release_key <= 2 ORDER BY release_key"
FACTS = "SELECT period_code, topic_code, received FROM cases ORDER BY 1, 2, 3"


@pytest.mark.long
def test_a_home_of_an_earlier_version_goes_on_and_keeps_what_it_sealed(tmp_path: Path) -> None:
    office = install(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    (home / "warehouse.duckdb").write_bytes(lzma.decompress((HOMES / "0006.duckdb.xz").read_bytes()))
    office.send("OS1", "march.xlsx", "2024-03", [good("data")])
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 0, done.stdout + done.stderr
    assert office.asked(RELEASES) == SEALED
    verified = office.chiso("release", "verify")
    assert (verified.returncode, "as they were sealed" in verified.stdout) == (0, True), verified.stdout
    assert [tuple(row.values()) for row in office.asked(FACTS)] == [
        ("2024-01", "data", 5), ("2024-01", "data", 5), ("2024-01", "web", 9), ("2024-02", "data", 5),
        ("2024-03", "data", 5),
    ]  # fmt: skip
    assert office.asked("SELECT count(*) AS n FROM release")[0]["n"] == 3


def test_a_home_of_a_newer_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    office = install(tmp_path, prepared=True)
    with duckdb.connect(str(tmp_path / "home" / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE ledger SET detail = 'of a newer engine' WHERE event = 'dimensions'")
    before = (tmp_path / "home" / "warehouse.duckdb").read_bytes()
    done = office.chiso("warehouse", "setup")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "was written by a newer version of chiso (schema 9999)" in done.stderr
    assert (tmp_path / "home" / "warehouse.duckdb").read_bytes() == before
