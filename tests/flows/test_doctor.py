"""``chiso doctor``: each thing that may be wrong is found by its name, with what to do; nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.lease import leased
from tests.flows.office import COUNTS, PORTAL, Installation, good, install

TOKEN = "not-to-be-shown"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = install(tmp_path_factory.mktemp("office"), prepared=True)
    made.send("ON1", "january.xlsx", "2024-01", [good("data"), good("web", 1, 9, 9)])
    assert made.chiso("run", "--no-flow").returncode == 0
    return made


def looked(office: Installation, *words: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Exit code; state and words by what was looked at, the worst of each."""
    done = office.chiso("doctor", "--format", "json", *words)
    found: dict[str, tuple[str, str]] = {}
    for one in json.loads(done.stdout):
        if found.get(one["what"], ("ok", ""))[0] == "ok":
            found[one["what"]] = one["state"], f"{one['found']} | {one['todo']}"
    return done.returncode, found


def test_all_is_well(office: Installation) -> None:
    code, found = looked(office, "--all")
    assert code == 0, found
    assert {what: state for what, (state, _) in found.items() if state != "ok"} == {}
    assert {"settings", "home", "programme", "warehouse", "archive", "read copy", "versions", "prefect"} <= {*found}
    assert "1 objects read through" in found["archive"][1]
    table = office.chiso("doctor")
    assert (table.returncode, "what to do" in table.stdout) == (0, True)


def test_an_object_that_was_changed_or_lost_is_named(office: Installation) -> None:
    (path,) = [one for one in (office.folder / "home" / "archive").glob("??/??/*") if one.is_file()]
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data + b"!")
    code, found = looked(office, "--all")
    assert (code, found["archive"][0]) == (1, "wrong")
    assert f"archive object {path.name} is corrupted" in found["archive"][1]
    path.unlink()
    code, found = looked(office, "--all")
    assert (code, f"object {path.name} is missing" in found["archive"][1]) == (1, True)
    path.write_bytes(data)
    assert looked(office, "--all")[0] == 0


def test_what_is_held_is_said_and_not_taken_for_broken(office: Installation) -> None:
    with leased(office.folder / "home", "a run of a test"):
        code, found = looked(office)
    assert (code, found["lease"][0], "a run of a test" in found["lease"][1]) == (0, "warning", True)
    assert "lease" not in looked(office)[1]


def test_each_thing_that_is_wrong_has_its_line(tmp_path: Path) -> None:
    office = install(tmp_path)
    office.declare("forms/COUNTS.yml", COUNTS)
    office.declare("sources/counter.yml", PORTAL)
    office.addresses |= {"inbox": str(tmp_path / "nowhere"), "counter": f"https://me:{TOKEN}@portal", "conter": "x"}
    office.environment["CHISO_SECRET_COUNTER_TOKEN"] = TOKEN
    done = office.chiso("doctor", "--format", "json")
    states = {one["what"]: one["state"] for one in json.loads(done.stdout)}
    assert done.returncode == 1
    assert TOKEN not in done.stdout + done.stderr
    assert states["home"] == states["warehouse"] == states["read copy"] == "warning"  # Not made yet.
    assert states["source counter"] == "wrong"
    assert states["address conter"] == "warning"
    assert "wrong" in {state for what, state in states.items() if what.startswith("source ")}
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").write_text("no folder")
    assert looked(office)[1]["home"][0] == "wrong"
    (tmp_path / "home").unlink()

    office.addresses["counter"] = "https://portal.example"
    del office.environment["CHISO_SECRET_COUNTER_TOKEN"]
    assert looked(office)[1]["source counter"] == (
        "wrong",
        "its token is not set | secret 'counter_token' is not set; set CHISO_SECRET_COUNTER_TOKEN, or put it into a "
        'file counter_token in the folder secrets, which the settings have to name (secrets = "FOLDER")',
    )
    for address, secrets, said in (
        ("sftp://files.example/inbox", {}, "set the secret inbox_user"),
        ("sftp:///inbox", {}, "write sftp://server/folder"),
        ("s3://bucket/inbox", {"CHISO_SECRET_INBOX_USER": "key"}, "set the other"),
        ("s3://bucket/inbox?zone=x", {}, "nothing else"),
        ("gopher://files.example/inbox", {}, "a URL of sftp or s3"),
        (f"sftp://me:{TOKEN}@files.example/inbox", {}, "take it out"),
    ):
        office.addresses["inbox"] = address
        office.environment |= secrets
        state, words = looked(office)[1]["source inbox"]
        assert (state, said in words, TOKEN in words) == ("wrong", True, False), words
    office.environment["CHISO_SECRET_INBOX_USER"] = "chiso"
    office.addresses["inbox"] = "sftp://files.example/inbox"
    assert looked(office)[1]["source inbox"][0] == "ok"
    (office.programme / "sources" / "counter.yml").write_text("source: [")
    assert looked(office)[1]["programme"][0] == "wrong"
    (tmp_path / "chiso.toml").write_text("home = [")
    done = office.chiso("doctor", "--config", str(tmp_path / "chiso.toml"), config=False)
    assert (done.returncode, "is no TOML" in done.stdout) == (1, True)
