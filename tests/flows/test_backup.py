"""``chiso backup`` and ``restore``: what comes back is what was there, on both backends; what is damaged never does."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from tests.flows.office import Installation, good, install
from tests.worlds import Worlds

pytestmark = pytest.mark.long

SECRET = "s3cret-never-saved"
SAME = {
    "facts": "SELECT * FROM cases_history ORDER BY part_key, source_row",
    "ledger": "SELECT * FROM ledger ORDER BY sequence",
    "releases": "SELECT * FROM release ORDER BY release_key",
    "figures": "SELECT * FROM indicator ORDER BY 1, 2, 3, 4, 5",
    "decisions": "SELECT * FROM name_alias ORDER BY alias_key",
}


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    (tmp_path / "old").mkdir()
    made = install(tmp_path / "old", prepared=True)
    made.environment["CHISO_SECRET_ROUTE_MAIL"] = SECRET
    made.send("ON1", "january.xlsx", "2024-01", [good("data"), good("web", 1, 9, 9)])
    made.send("ON2", "january.xlsx", "2024-01", [good("data"), good("nothing known")])
    return made


def ran(office: Installation) -> dict[str, object]:
    """Run on what was sent; then what must come back."""
    assert office.chiso("run", "--no-flow").returncode in (0, 1)
    return told(office)


def told(office: Installation) -> dict[str, object]:
    # As sets: databases order what is equal in the columns that are named, each in its own way.
    return {name: sorted(map(str, office.asked(query))) for name, query in SAME.items()}


def elsewhere(office: Installation, folder: Path) -> Installation:
    """An installation of the same programme with a home that is not there yet."""
    folder.mkdir()
    made = install(folder)
    made.addresses["inbox"] = office.addresses["inbox"]
    return made


@pytest.mark.parametrize("name", ["saved", "saved.tar.gz"])
def test_a_home_comes_back_whole_and_goes_on(office: Installation, tmp_path: Path, name: str) -> None:
    before = ran(office)
    done = office.chiso("backup", str(tmp_path / name))
    assert done.returncode == 0, done.stderr
    assert office.chiso("backup", str(tmp_path / name)).returncode == 2  # Nothing is overwritten.
    if name == "saved":
        manifest = json.loads((tmp_path / name / "manifest.json").read_text())
        assert {one.partition("/")[0] for one in manifest["files"]} == {
            "archive", "home", "programme", "settings.toml", "warehouse.duckdb"
        }  # fmt: skip
        assert not any(SECRET.encode() in path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file())
    new = elsewhere(office, tmp_path / "new")
    done = new.chiso("restore", str(tmp_path / name))
    assert done.returncode == 0, done.stderr
    assert told(new) == before
    again = new.chiso("restore", str(tmp_path / name))
    assert (again.returncode, "is not empty" in again.stderr) == (2, True)
    if name != "saved":
        return
    # Nothing in the inbox is new to it; what comes is.
    assert new.chiso("run", "--no-flow").returncode == 0
    assert told(new) == before
    office.send("ON1", "february.xlsx", "2024-02", [good("data")])
    assert new.chiso("run", "--no-flow").returncode == 0
    assert new.asked("SELECT count(*) AS n FROM dim_delivery") == [{"n": 3}]
    assert new.chiso("doctor", "--all").returncode == 0


def test_a_backup_moves_between_databases(office: Installation, worlds: Worlds, tmp_path: Path) -> None:
    urls = [worlds.empty("postgresql", tmp_path) for _ in range(2)]
    office.environment["CHISO_WAREHOUSE"] = urls[0]
    before = ran(office)
    assert office.chiso("backup", str(tmp_path / "saved")).returncode == 0
    assert "secret" not in (tmp_path / "saved" / "settings.toml").read_text().partition("\n")[2]
    for number, url in enumerate([urls[1], ""]):
        new = elsewhere(office, tmp_path / f"new{number}")
        new.environment["CHISO_WAREHOUSE"] = url
        done = new.chiso("restore", str(tmp_path / "saved"))
        assert done.returncode == 0, done.stderr
        assert told(new) == before
    for url in urls:
        worlds.drop(url)


def test_what_is_damaged_is_named_and_nothing_is_left(office: Installation, tmp_path: Path) -> None:
    ran(office)
    assert office.chiso("backup", str(tmp_path / "saved")).returncode == 0
    (thing, other) = sorted((tmp_path / "saved" / "archive").glob("??/??/*"))
    thing.chmod(0o644)
    thing.write_bytes(b"changed")
    other.unlink()
    new = elsewhere(office, tmp_path / "new")
    done = new.chiso("restore", str(tmp_path / "saved"))
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert f"{thing.name} has another content than was saved" in said
    assert f"{other.name} is missing" in said
    assert [path.name for path in (tmp_path / "new" / "home").rglob("*") if path.is_file()] in ([], ["lease.lock"])

    manifest = tmp_path / "saved" / "manifest.json"
    held = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**held, "format": 9}))
    assert "of format 9" in new.chiso("restore", str(tmp_path / "saved")).stderr
    manifest.write_text(json.dumps({**held, "files": {"../outside": {"sha256": "0" * 64, "size": 1}}}))
    assert "outside of it" in new.chiso("restore", str(tmp_path / "saved")).stderr
    (tmp_path / "half.tar").write_bytes(b"no tar")
    assert new.chiso("restore", str(tmp_path / "half.tar")).returncode == 2
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    assert new.chiso("restore", str(tmp_path / "empty.tar")).returncode == 2
    for wrong, message in ((str(tmp_path / "nowhere"), "there is no backup"), (str(office.folder), "no backup")):
        done = new.chiso("restore", wrong)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    assert "lies in the home" in office.chiso("backup", str(office.folder / "home" / "x")).stderr
