"""The archive keeps what arrived, once, and says so when an object is not what its name says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from catalogue.errors import ChisoError, SettingsError
from sources.archive import Archive

DATA = "Sở Nội vụ".encode()
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "file url", "memory url"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    roots = {
        "folder": str(tmp_path / "archive"),
        "file url": (tmp_path / "archive").as_uri(),
        "memory url": f"memory://archive-{uuid4().hex}",
    }
    return Archive(roots[request.param])


def objects(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_what_is_put_is_got(archive: Archive) -> None:
    assert not archive.has(SHA)
    assert archive.put(DATA) == SHA
    assert archive.has(SHA)
    assert archive.get(SHA) == DATA
    assert archive.put(DATA) == SHA
    assert archive.get(archive.put(b"")) == b""


def test_an_object_lies_under_its_sha256_read_only_and_nothing_else_is_left(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    archive.put(DATA)
    written = tmp_path / SHA[:2] / SHA[2:4] / SHA
    before = written.stat()
    archive.put(DATA)
    assert objects(tmp_path) == [f"{SHA[:2]}/{SHA[2:4]}/{SHA}"]
    assert written.stat().st_mode & 0o777 == 0o444
    assert (written.stat().st_ino, written.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_many_at_once_leave_one_whole_object(tmp_path: Path) -> None:
    data = b"x" * 1_000_000
    threads = [Thread(target=Archive(str(tmp_path)).put, args=(data,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sha256 = hashlib.sha256(data).hexdigest()
    assert objects(tmp_path) == [f"{sha256[:2]}/{sha256[2:4]}/{sha256}"]
    assert Archive(str(tmp_path)).get(sha256) == data


@pytest.mark.parametrize("broken", [b"", DATA[:-1], DATA + b"\0", b"something else"])
def test_a_corrupted_object_is_named_and_never_overwritten(tmp_path: Path, broken: bytes) -> None:
    archive = Archive(str(tmp_path))
    archive.put(DATA)
    written = tmp_path / SHA[:2] / SHA[2:4] / SHA
    written.chmod(0o644)
    written.write_bytes(broken)
    with pytest.raises(ChisoError, match=f"{SHA} is corrupted"):
        archive.get(SHA)
    with pytest.raises(ChisoError, match=f"{SHA} is corrupted"):
        archive.put(DATA)
    assert written.read_bytes() == broken


def test_a_missing_object_is_named(archive: Archive) -> None:
    with pytest.raises(ChisoError, match=f"{SHA} is missing"):
        archive.get(SHA)


@pytest.mark.parametrize("name", ["", "abc", "../../../etc/passwd", SHA.upper(), SHA + "\n", SHA + "0"])
def test_only_a_sha256_names_an_object(archive: Archive, name: str) -> None:
    for use in (archive.get, archive.has):
        with pytest.raises(ChisoError, match="names no archive object"):
            use(name)


def test_a_root_that_cannot_be_written_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the archive should be")
    with pytest.raises(SettingsError, match=f"object {SHA} .* cannot be written"):
        Archive(str(tmp_path / "taken")).put(DATA)
    with pytest.raises(SettingsError, match="nosuch://archive"):
        Archive("nosuch://archive")


def test_a_file_is_put_and_lent_without_being_held(archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(DATA * 200_000)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert archive.put_file(file) == sha256
    assert archive.put_chunks([DATA] * 200_000) == sha256
    with archive.local(sha256, tmp_path / "lent") as path:
        assert path.read_bytes() == file.read_bytes()
    assert not list((tmp_path / "lent").glob("*"))
    with pytest.raises(ChisoError, match="missing"), archive.local(SHA, tmp_path):
        pass


def test_chunks_that_break_off_leave_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield DATA
        raise ChisoError("the server is gone")

    with pytest.raises(ChisoError, match="gone"):
        Archive(str(tmp_path)).put_chunks(broken())
    assert objects(tmp_path) == []
