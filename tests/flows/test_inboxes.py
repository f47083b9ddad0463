"""From an inbox to receipts: zips, two files for the same, stores on other machines, and what is not read twice."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.flows.office import LONG_AGO, Installation, good, install
from tests.servers import free_port, s3_server, ssh_server

pytestmark = pytest.mark.long

BECAME = (
    "SELECT d.name, d.status, i.rule_code FROM dim_delivery d LEFT JOIN issue i USING (delivery_key) "
    "ORDER BY d.delivery_key, i.rule_code"
)


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    return install(tmp_path, prepared=True)


def packed(files: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def filled(office: Installation, unit: str, period: str, received: int = 5) -> bytes:
    """A workbook that was never laid into the inbox."""
    path = office.send(unit, "made.xlsx", period, [good("data", received=received)])
    data = path.read_bytes()
    path.unlink()
    return data


def limit(office: Installation) -> None:
    """Take no file above a megabyte."""
    source = (office.programme / "sources" / "inbox.yml").read_text()
    office.declare("sources/inbox.yml", f"{source}file_megabytes: 1\n")


def became(office: Installation) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in office.asked(BECAME)]


def archived(office: Installation) -> set[str]:
    return {path.name for path in (office.folder / "home" / "archive").rglob("*") if path.is_file()}


def test_the_files_of_a_zip_are_deliveries_of_its_folders_unit(office: Installation) -> None:
    january, february = filled(office, "ON1", "2024-01"), filled(office, "ON1", "2024-02")
    foreign = filled(office, "OS1", "2024-01")
    data = packed(
        {"2024/february.xlsx": february, "january.xlsx": january, "foreign.xlsx": foreign, "scan.pdf": b"%PDF"}
    )
    office.put("ON1", "quarter.zip", data)
    assert office.chiso("run", "--no-flow").returncode == 1
    assert became(office) == [
        ("ON1/quarter.zip/2024/february.xlsx", "accepted", None),
        ("ON1/quarter.zip/foreign.xlsx", "rejected", "file.foreign_unit"),
        ("ON1/quarter.zip/january.xlsx", "accepted", None),
        ("ON1/quarter.zip/scan.pdf", "rejected", "file.unreadable"),
    ]
    assert archived(office) == {hashlib.sha256(one).hexdigest() for one in (data, january, february, foreign, b"%PDF")}
    assert (office.inbox / "ON1" / "quarter.zip").read_bytes() == data
    again = office.chiso("run", "--no-flow")
    assert (again.returncode, "Nothing new." in again.stdout) == (0, True)


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"january.xlsx": b"", "../../etc/passwd": b"x"}, "zip.name"),
        ({"january.xlsx": b"", "zeros.csv": bytes(1_100_000)}, "zip.too_much"),
    ],
)
def test_a_zip_that_is_refused_gets_one_receipt_and_nothing_else_is_touched(
    office: Installation, files: dict[str, bytes], rule: str
) -> None:
    january = filled(office, "ON1", "2024-01")
    limit(office)
    data = packed({name: content or january for name, content in files.items()})
    office.put("ON1", "bad.zip", data)
    office.send("OS1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 1
    assert sorted(became(office)) == [
        ("ON1/bad.zip", "rejected", rule),
        ("OS1/january.xlsx", "accepted", None),
    ]
    receipts = [json.loads(one.read_text()) for one in (office.folder / "home" / "receipts").glob("*.json")]
    (refused,) = (one for one in receipts if one["status"] == "rejected")
    assert refused["name"] == "ON1/bad.zip"
    assert "ON1/bad.zip" in refused["findings"][0]["found"]
    assert hashlib.sha256(january).hexdigest() not in archived(office)
    assert [path.name for path in (office.inbox / "ON1").iterdir()] == ["bad.zip"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("b.xlsx", 0), ("a.xlsx", 60)),  # the later by its time, whatever its name
        (("a.xlsx", 0), ("b.xlsx", 0)),  # as old as each other: the later by name
    ],
)
def test_of_two_files_for_the_same_at_once_the_later_counts_and_both_receipts_say_so(
    office: Installation, first: tuple[str, int], second: tuple[str, int]
) -> None:
    for (name, seconds), received in ((second, 7), (first, 5)):
        path = office.send("ON1", name, "2024-01", [good("data", received=received)])
        os.utime(path, (LONG_AGO[0] + seconds, LONG_AGO[0] + seconds))
    office.send("ON1", "february.xlsx", "2024-02", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    assert sorted(became(office)) == sorted(
        [
            (f"ON1/{first[0]}", "accepted_with_warnings", "file.twice"),
            (f"ON1/{second[0]}", "accepted_with_warnings", "file.twice"),
            ("ON1/february.xlsx", "accepted", None),
        ]
    )
    assert office.asked("SELECT received FROM cases WHERE period_code = '2024-01'") == [{"received": 7}]
    parts = office.asked(
        "SELECT d.name, p.reason FROM dim_part p JOIN dim_delivery d USING (delivery_key) "
        "WHERE p.period_code = '2024-01' ORDER BY p.part_key"
    )
    assert parts == [
        {"name": f"ON1/{first[0]}", "reason": "first"},
        {"name": f"ON1/{second[0]}", "reason": "resubmission"},
    ]
    named = office.asked("SELECT found FROM issue WHERE rule_code = 'file.twice' ORDER BY found")
    assert [row["found"] for row in named] == ["ON1/a.xlsx", "ON1/b.xlsx"]


def test_a_file_that_was_taken_is_not_read_again_and_forgetting_costs_nothing_but_reading(office: Installation) -> None:
    path = office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    before = path.stat().st_atime_ns
    again = office.chiso("run", "--no-flow")
    assert (again.returncode, "1 files and pulls are known" in again.stdout) == (0, True)
    assert path.stat().st_atime_ns == before
    memory = office.folder / "home" / "inboxes" / "inbox.json"
    memory.write_text("{")
    again = office.chiso("run", "--no-flow")
    assert (again.returncode, "1 files and pulls are known" in again.stdout) == (0, True)
    office.send("ON1", "january.xlsx", "2024-01", [good("data", received=9)])
    assert office.chiso("run", "--no-flow").returncode == 0
    assert office.asked("SELECT received FROM cases") == [{"received": 9}]


def test_what_was_read_by_a_run_that_did_not_append_is_read_again(office: Installation) -> None:
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    assert office.chiso("run", "--no-flow").returncode == 0
    for name in ("warehouse.duckdb", "published.duckdb", "steward.duckdb"):
        (office.folder / "home" / name).unlink()
    again = office.chiso("run", "--no-flow")
    assert (again.returncode, "known" in again.stdout) == (0, False)
    assert office.asked("SELECT count(*) AS n FROM cases") == [{"n": 1}]


def test_a_file_that_is_too_large_is_named_and_not_read(office: Installation) -> None:
    limit(office)
    office.put("ON1", "film.xlsx", bytes(1_100_000))
    office.send("ON1", "january.xlsx", "2024-01", [good("data")])
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 1
    assert "ON1/film.xlsx: is 1 MB, more than the 1 MB" in " ".join(done.stdout.split())
    assert became(office) == [("ON1/january.xlsx", "accepted", None)]


SECOND = """
source: other
kind: inbox
title: {en: The other inbox}
address: other
folders: [unit]
forms: [CASES]
"""


def use(office: Installation, address: str, secrets: Mapping[str, str]) -> None:
    """Point the inbox to a server, with its secrets."""
    office.addresses["inbox"] = address
    for kind, value in secrets.items():
        office.environment[f"CHISO_SECRET_INBOX_{kind.upper()}"] = value


def written(office: Installation) -> str:
    """Everything that a run wrote as text."""
    home = office.folder / "home"
    return "".join(path.read_text(errors="replace") for path in home.rglob("*") if path.suffix in (".json", ".txt"))


def test_an_inbox_on_an_sftp_server(office: Installation, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    office.put("ON1", "quarter.zip", packed({"january.xlsx": filled(office, "ON1", "2024-01")}))
    office.send("OS1", "january.xlsx", "2024-01", [good("data")])
    office.declare("sources/other.yml", SECOND)
    office.addresses["other"] = str(tmp_path / "beside")
    (tmp_path / "beside").mkdir()
    with ssh_server(tmp_path / "keys") as server:
        use(office, server.address(office.inbox), server.secrets)
        done = office.chiso("run", "--no-flow")
        assert (done.returncode, done.stderr.strip()) == (0, "")
        assert sorted(became(office)) == [
            ("ON1/quarter.zip/january.xlsx", "accepted", None),
            ("OS1/january.xlsx", "accepted", None),
        ]
        again = office.chiso("run", "--no-flow")
        assert (again.returncode, "Nothing new." in again.stdout) == (0, True)
        secret = server.secrets["key"].splitlines()[1]
    # The server is down: one message for it, and the other inbox is taken in.
    sent = office.send("ON1", "february.xlsx", "2024-02", [good("data")])
    (tmp_path / "beside" / "ON1").mkdir()
    sent.rename(tmp_path / "beside" / "ON1" / "february.xlsx")
    down = office.chiso("run", "--no-flow")
    failed = [line.split(":")[0] for line in down.stdout.splitlines() if line.startswith("failed ")]
    assert (down.returncode, failed) == (1, ["failed inbox"]), down.stdout
    assert "does not answer" in " ".join(down.stdout.split())
    assert ("ON1/february.xlsx", "accepted", None) in became(office)
    assert not any(secret in text for text in (written(office), done.stdout, down.stdout))


def test_an_inbox_in_an_object_store(office: Installation) -> None:
    with s3_server() as server:
        use(office, server.address("inbox"), server.secrets)
        assert office.chiso("run", "--no-flow").returncode == 0
        base = f"{server.bucket}/inbox/ON1"
        server.files.pipe_file(f"{base}/january.xlsx", filled(office, "ON1", "2024-01"))
        server.files.pipe_file(f"{base}/february.zip", packed({"f.xlsx": filled(office, "ON1", "2024-02")}))
        assert office.chiso("run", "--no-flow").returncode == 0
        assert sorted(became(office)) == [
            ("ON1/february.zip/f.xlsx", "accepted", None),
            ("ON1/january.xlsx", "accepted", None),
        ]
        again = office.chiso("run", "--no-flow")
        assert (again.returncode, "Nothing new." in again.stdout) == (0, True)
        assert server.secrets["password"] not in written(office)


def test_an_address_that_bears_a_password_is_refused_and_not_repeated(office: Installation) -> None:
    office.addresses["inbox"] = f"sftp://clerk:geheim@127.0.0.1:{free_port()}/inbox"
    done = office.chiso("run", "--no-flow")
    assert done.returncode == 2
    assert "bears a password" in " ".join(done.stdout.split())
    assert "geheim" not in done.stdout + done.stderr + written(office)
