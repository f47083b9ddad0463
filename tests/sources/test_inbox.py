"""The inbox finds what is new and whole, says what it leaves, and never changes what agencies sent."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from catalogue.errors import SettingsError, SourceUnavailable
from sources.inbox import look, read
from tests.sources.inboxes import NOW, SETTLED, inbox, lay, names


def test_everything_below_is_found_in_order_and_left_as_it_was(tmp_path: Path) -> None:
    files = ["b.xlsx", "a/z.xlsx", "a/b/c/d.csv", "Biểu số 01.xlsx", "a/a.xlsx"]
    laid = {name: lay(tmp_path, name, name.encode()) for name in files}
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in laid.values()}
    found = look(inbox(), str(tmp_path), NOW)
    assert names(found) == {"ready": sorted(files), "waiting": [], "known": [], "refused": []}
    assert [read(one) for one in found.ready] == [name.encode() for name in sorted(files)]
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in laid.values()} == before
    assert found.ready[0].modified == SETTLED


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("report.xlsx", True),
        ("tmp.xlsx", True),
        ("report.tmp.xlsx", True),
        ("~$report.xlsx", False),
        (".DS_Store", False),
        (".git/report.xlsx", False),
        ("report.xlsx.part", False),
        ("REPORT.TMP", False),
        ("a/b/report.crdownload", False),
    ],
)
def test_ignored_names_are_the_declared_patterns(tmp_path: Path, name: str, taken: bool) -> None:
    lay(tmp_path, name)
    assert names(look(inbox(), str(tmp_path), NOW))["ready"] == ([name] if taken else [])


@pytest.mark.parametrize(
    ("changed_ago", "settle", "ready"),
    [(0, 5, False), (4.9, 5, False), (5, 5, True), (3600, 5, True), (0, 0, True), (-2, 0, True)],
)
def test_a_file_changed_within_the_settle_time_waits(
    tmp_path: Path, changed_ago: float, settle: float, ready: bool
) -> None:
    lay(tmp_path, "a.xlsx", modified=NOW - timedelta(seconds=changed_ago))
    found = names(look(inbox(settle_seconds=settle), str(tmp_path), NOW))
    assert (found["ready"], found["waiting"]) == ((["a.xlsx"], []) if ready else ([], ["a.xlsx"]))


def test_a_file_from_a_clock_that_runs_ahead_does_not_wait_for_ever(tmp_path: Path) -> None:
    path = lay(tmp_path, "a.xlsx", modified=datetime(2099, 1, 1, tzinfo=UTC))
    laid = datetime.fromtimestamp(path.stat().st_ctime, UTC)
    assert names(look(inbox(settle_seconds=5), str(tmp_path), laid + timedelta(seconds=1)))["waiting"] == ["a.xlsx"]
    assert names(look(inbox(settle_seconds=5), str(tmp_path), laid + timedelta(seconds=6)))["ready"] == ["a.xlsx"]


def test_what_was_taken_before_is_known_until_it_changes(tmp_path: Path) -> None:
    lay(tmp_path, "a.xlsx")
    lay(tmp_path, "b.xlsx")
    seen = [one.sight for one in look(inbox(), str(tmp_path), NOW).ready]
    lay(tmp_path, "b.xlsx", b"another")
    lay(tmp_path, "c.xlsx")
    lay(tmp_path, "d.xlsx")
    again = look(inbox(), str(tmp_path), NOW, seen)
    # As long and as old as before, but its entry was changed since: read again. Its bytes say whether it is another.
    assert names(again)["known"] == ["a.xlsx"]
    lay(tmp_path, "b.xlsx", b"longer than before")
    assert names(look(inbox(), str(tmp_path), NOW, seen)) == {
        "ready": ["b.xlsx", "c.xlsx", "d.xlsx"],
        "waiting": [],
        "known": ["a.xlsx"],
        "refused": [],
    }


@pytest.mark.parametrize(
    ("folders", "name", "clues"),
    [
        ((), "000.00.01.H02/a.xlsx", {}),
        (("unit",), "000.00.01.H02/a.xlsx", {"unit": "000.00.01.H02"}),
        (("unit",), "000.00.01.H02 - Sở Nội vụ/a.xlsx", {"unit": "000.00.01.H02 - Sở Nội vụ"}),
        (("unit",), "a.xlsx", {}),
        (("unit", "period"), "H02/2024-Q1/late/a.xlsx", {"unit": "H02", "period": "2024-Q1"}),
        (("any", "unit", "form", "period"), "2024/H02/BM-01/2024-03/a.xlsx",
         {"unit": "H02", "form": "BM-01", "period": "2024-03"}),
        (("unit", "form", "period"), "H02/BM-01/a.xlsx", {"unit": "H02", "form": "BM-01"}),
    ],
)  # fmt: skip
def test_folders_are_clues_as_declared(
    tmp_path: Path, folders: tuple[str, ...], name: str, clues: dict[str, str]
) -> None:
    lay(tmp_path, name)
    (arrival,) = look(inbox(folders=folders), str(tmp_path), NOW).ready
    assert (arrival.name, arrival.folder) == (name, clues)


def test_a_file_that_changed_after_the_look_is_not_read(tmp_path: Path) -> None:
    lay(tmp_path, "grown.xlsx")
    lay(tmp_path, "touched.xlsx")
    lay(tmp_path, "gone.xlsx")
    ready = {one.name: one for one in look(inbox(), str(tmp_path), NOW).ready}
    lay(tmp_path, "grown.xlsx", b"content and more")
    lay(tmp_path, "touched.xlsx", b"CONTENT", SETTLED + timedelta(seconds=1))
    (tmp_path / "gone.xlsx").unlink()
    for name, said in {"grown.xlsx": "changed", "touched.xlsx": "changed", "gone.xlsx": "cannot be read"}.items():
        with pytest.raises(SourceUnavailable, match=f"{name}: {said}"):
            read(ready[name])


def test_links_and_pipes_are_refused_and_nothing_outside_is_read(tmp_path: Path) -> None:
    outside = lay(tmp_path, "outside/secret.xlsx", b"secret")
    post = tmp_path / "post"
    lay(post, "a/real.xlsx", b"secret")
    (post / "link.xlsx").symlink_to(outside)
    (post / "folder").symlink_to(outside.parent)
    (post / "loop").symlink_to(post)
    (post / "nowhere").symlink_to(post / "nothing")
    os.mkfifo(post / "pipe")
    found = look(inbox(), str(post), NOW)
    assert names(found)["ready"] == ["a/real.xlsx"]
    assert names(found)["refused"] == ["folder", "link.xlsx", "loop", "nowhere", "pipe"]
    outside.rename(outside.parent / "real.xlsx")
    (post / "a" / "real.xlsx").unlink()
    (post / "a").rmdir()
    (post / "a").symlink_to(outside.parent)
    with pytest.raises(SourceUnavailable, match="leads out of the inbox"):
        read(found.ready[0])


def test_the_inbox_itself_may_be_a_link(tmp_path: Path) -> None:
    lay(tmp_path, "post/a.xlsx")
    (tmp_path / "inbox").symlink_to(tmp_path / "post")
    (arrival,) = look(inbox(), str(tmp_path / "inbox"), NOW).ready
    assert read(arrival) == b"content"


def test_a_name_that_is_no_text_is_read_and_shown_as_text(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    raw = os.fsencode(str(tmp_path)) + b"/x/b\xe1o c\xe1o.xlsx"
    with open(raw, "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(b"content")
    os.utime(raw, (SETTLED.timestamp(), SETTLED.timestamp()))
    (arrival,) = look(inbox(), str(tmp_path), NOW).ready
    assert arrival.name == "x/b\N{REPLACEMENT CHARACTER}o c\N{REPLACEMENT CHARACTER}o.xlsx"
    assert read(arrival) == b"content"


@pytest.mark.parametrize("address", ["nothing", "file.txt", "nosuch://inbox"])
def test_an_inbox_that_is_no_folder_is_one_clear_message(tmp_path: Path, address: str) -> None:
    (tmp_path / "file.txt").write_text("no folder")
    with pytest.raises(SettingsError) as caught:
        look(inbox(), address if "://" in address else str(tmp_path / address), NOW)
    assert address in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_file_system_serves_as_well() -> None:
    root = f"memory://inbox-{uuid4().hex}"
    files = fsspec.filesystem("memory")
    files.pipe_file(f"{root}/H02/a.xlsx", b"content")
    files.pipe_file(f"{root}/H02/~$a.xlsx", b"lock")
    laid = files.modified(f"{root}/H02/a.xlsx")
    assert names(look(inbox(settle_seconds=5), root, laid + timedelta(seconds=1)))["waiting"] == ["H02/a.xlsx"]
    (arrival,) = look(inbox(folders=["unit"]), root, laid + timedelta(seconds=6)).ready
    assert (arrival.name, arrival.folder, read(arrival)) == ("H02/a.xlsx", {"unit": "H02"}, b"content")
