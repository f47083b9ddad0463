"""Inboxes on a real OpenSSH server and in a real object store, and what is said where these refuse us or are gone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from catalogue.errors import SettingsError, SourceUnavailable
from sources.address import Unreachable, open_address
from sources.archive import Archive
from sources.inbox import Look, look, read
from tests.servers import S3Server, SshServer, free_port, s3_server, ssh_server
from tests.sources.inboxes import NOW, SETTLED, lay, names
from tests.sources.inboxes import inbox as declared

inbox = partial(declared, folders=["unit"])
LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


# SFTP


def test_a_folder_on_an_sftp_server_is_looked_through_and_left_as_it_was(ssh: SshServer, tmp_path: Path) -> None:
    laid = {
        "H02/Biểu số 01.xlsx": lay(tmp_path, "H02/Biểu số 01.xlsx", b"one"),
        "H03/deep/down/b.csv": lay(tmp_path, "H03/deep/down/b.csv", b"two"),
        "H02/late.xlsx": lay(tmp_path, "H02/late.xlsx", b"late", SETTLED + timedelta(seconds=1)),
    }
    lay(tmp_path, "H02/~$a.xlsx")
    lay(tmp_path, "H02/half.csv.filepart")
    (tmp_path / "H02" / "passwd").symlink_to("/etc/passwd")
    (tmp_path / "away").symlink_to("/etc")
    before = {path: path.stat().st_mtime_ns for path in laid.values()}
    found = look(inbox(), ssh.address(tmp_path), NOW, secrets=ssh.secrets)
    assert names(found) == {"ready": list(laid), "waiting": [], "known": [], "refused": ["H02/passwd", "away"]}
    assert [(one.folder["unit"], one.modified, read(one)) for one in found.ready] == [
        ("H02", SETTLED, b"one"),
        ("H03", SETTLED, b"two"),
        ("H02", SETTLED + timedelta(seconds=1), b"late"),
    ]
    assert {path: path.stat().st_mtime_ns for path in laid.values()} == before


def test_what_was_taken_from_a_server_is_known_until_it_changes(ssh: SshServer, tmp_path: Path) -> None:
    lay(tmp_path, "H02/a.xlsx")
    lay(tmp_path, "H02/b.xlsx")
    seen = [one.sight for one in look(inbox(), ssh.address(tmp_path), NOW, secrets=ssh.secrets).ready]
    lay(tmp_path, "H02/b.xlsx", modified=SETTLED + timedelta(minutes=1))
    found = names(look(inbox(), ssh.address(tmp_path), NOW, seen, secrets=ssh.secrets))
    assert (found["ready"], found["known"]) == (["H02/b.xlsx"], ["H02/a.xlsx"])


def test_a_file_that_is_being_sent_waits_until_it_stays_the_same(ssh: SshServer, tmp_path: Path) -> None:
    def at(moment: datetime, since: dict[tuple[str, int, datetime, str], datetime]) -> Look:
        return look(inbox(settle_seconds=30), ssh.address(tmp_path), moment, since=since, secrets=ssh.secrets)

    lay(tmp_path, "H02/a.xlsx", b"half", NOW)
    lay(tmp_path, "H02/clock ahead.xlsx", b"whole", LATER)
    first = at(NOW + timedelta(seconds=1), {})
    assert names(first)["waiting"] == ["H02/a.xlsx", "H02/clock ahead.xlsx"]
    since = {one.sight: NOW + timedelta(seconds=1) for one in first.waiting}
    lay(tmp_path, "H02/a.xlsx", b"half and more", NOW + timedelta(seconds=31))
    second = at(NOW + timedelta(seconds=32), since)
    assert (names(second)["ready"], names(second)["waiting"]) == (["H02/clock ahead.xlsx"], ["H02/a.xlsx"])
    assert names(at(NOW + timedelta(seconds=61), {}))["ready"] == ["H02/a.xlsx"]


def test_a_file_that_changed_after_the_look_is_not_read_from_a_server(ssh: SshServer, tmp_path: Path) -> None:
    lay(tmp_path, "H02/grown.xlsx")
    lay(tmp_path, "H02/gone.xlsx")
    ready = {one.name: one for one in look(inbox(), ssh.address(tmp_path), NOW, secrets=ssh.secrets).ready}
    lay(tmp_path, "H02/grown.xlsx", b"content and more")
    (tmp_path / "H02/gone.xlsx").unlink()
    for name, said in {"H02/grown.xlsx": "changed", "H02/gone.xlsx": "cannot be read"}.items():
        with pytest.raises(SourceUnavailable, match=f"{name}: {said}"):
            read(ready[name])


def test_a_name_that_is_no_text_hides_nothing_on_a_server(ssh: SshServer, tmp_path: Path) -> None:
    lay(tmp_path, "H02/a.xlsx")
    raw = os.fsencode(str(tmp_path)) + b"/H02/b\xe1o.csv"
    with open(raw, "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(b"1;2")
    os.utime(raw, (SETTLED.timestamp(), SETTLED.timestamp()))
    found = look(inbox(), ssh.address(tmp_path), NOW, secrets=ssh.secrets)
    assert names(found)["ready"] == ["H02/a.xlsx", "H02/b\N{REPLACEMENT CHARACTER}o.csv"]
    assert [read(one) for one in found.ready] == [b"content", b"1;2"]


@pytest.mark.parametrize(
    ("without", "wrong", "said"),
    [
        ("user", {}, "set the secret inbox_user,"),
        ("key", {"password": "guessed"}, "refuses the login"),
        ("host_key", {}, "host key is not the one we know"),
        ("", {"host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINeUpS3yUFhDgZDXqn/ewbYhsM5KLAPo2SHTuSMSUHcE"},
         "host key is not the one we know"),
        ("", {"key": "geheim"}, "is no private key"),
        ("", {"host_key": "geheim"}, "is no private key"),
    ],
)  # fmt: skip
def test_a_server_that_refuses_us_or_is_not_the_one_we_know_is_one_message_without_secrets(
    ssh: SshServer, tmp_path: Path, without: str, wrong: dict[str, str], said: str
) -> None:
    secrets = {kind: value for kind, value in ssh.secrets.items() if kind != without} | wrong
    with pytest.raises(SettingsError, match=said) as caught:
        look(inbox(), ssh.address(tmp_path), NOW, secrets=secrets)
    assert "\n" not in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("geheim", "guessed", ssh.secrets["key"].splitlines()[1]))


def test_a_folder_that_is_not_on_the_server_is_one_message(ssh: SshServer, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is no folder"):
        look(inbox(), ssh.address(tmp_path / "nothing"), NOW, secrets=ssh.secrets)


def test_a_server_that_dies_between_two_files_is_told_from_a_file_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    lay(tmp_path, "post/H02/a.xlsx")
    with ssh_server(tmp_path / "keys") as server:
        (arrival,) = look(inbox(), server.address(tmp_path / "post"), NOW, secrets=server.secrets).ready
        server.stop()
        with pytest.raises(Unreachable, match=r"no longer answers.*a\.xlsx and what follows"):
            read(arrival)
        with pytest.raises(SourceUnavailable, match="does not answer"):
            look(inbox(), server.address(tmp_path / "post"), NOW, secrets=server.secrets)


# S3


def test_a_folder_of_an_object_store_is_looked_through_and_left_as_it_was(s3: S3Server) -> None:
    root = uuid4().hex
    files, base = s3.files, f"{s3.bucket}/{root}"
    files.pipe_file(f"{base}/H02/Biểu số 01.xlsx", b"one")
    files.pipe_file(f"{base}/H03/deep/down/b.csv", b"two")
    files.pipe_file(f"{base}-beside/H02/not ours.csv", b"no")
    for name in ("H02/~$a.xlsx", ".git/a.xlsx", "H04/", ""):
        files.call_s3("put_object", Bucket=s3.bucket, Key=f"{root}/{name}", Body=b"")
    files.call_s3("put_object", Bucket=s3.bucket, Key=f"{root}/H02//nameless.csv", Body=b"1")
    before = files.call_s3("list_objects_v2", Bucket=s3.bucket)["Contents"]
    found = look(inbox(), s3.address(root), LATER, secrets=s3.secrets)
    ready = {one.name: (one.folder, read(one)) for one in found.ready}
    assert ready == {"H02/Biểu số 01.xlsx": ({"unit": "H02"}, b"one"), "H03/deep/down/b.csv": ({"unit": "H03"}, b"two")}
    assert [name for name, _ in found.refused] == ["H02//nameless.csv"]
    assert files.call_s3("list_objects_v2", Bucket=s3.bucket)["Contents"] == before


def test_an_object_is_known_by_its_etag(s3: S3Server) -> None:
    root = uuid4().hex
    s3.files.pipe_file(f"{s3.bucket}/{root}/H02/a.csv", b"one")
    s3.files.pipe_file(f"{s3.bucket}/{root}/H02/b.csv", b"two")
    seen = [one.sight for one in look(inbox(), s3.address(root), LATER, secrets=s3.secrets).ready]
    s3.files.pipe_file(f"{s3.bucket}/{root}/H02/b.csv", b"TWO")
    again = look(inbox(), s3.address(root), LATER, seen, secrets=s3.secrets)
    assert (names(again)["ready"], names(again)["known"]) == (["H02/b.csv"], ["H02/a.csv"])


def test_an_object_is_whole_at_once_and_does_not_wait(s3: S3Server) -> None:
    root = uuid4().hex
    s3.files.pipe_file(f"{s3.bucket}/{root}/H02/a.csv", b"one")
    found = look(inbox(settle_seconds=3600), s3.address(root), datetime.now(UTC), secrets=s3.secrets)
    assert names(found)["ready"] == ["H02/a.csv"]


def test_an_object_that_changed_after_the_look_is_not_read(s3: S3Server) -> None:
    root = uuid4().hex
    s3.files.pipe_file(f"{s3.bucket}/{root}/H02/a.csv", b"one")
    (arrival,) = look(inbox(), s3.address(root), LATER, secrets=s3.secrets).ready
    s3.files.pipe_file(f"{s3.bucket}/{root}/H02/a.csv", b"TWO")
    with pytest.raises(SourceUnavailable, match="changed after it was looked at"):
        read(arrival)
    s3.files.rm_file(f"{s3.bucket}/{root}/H02/a.csv")
    with pytest.raises(SourceUnavailable, match="cannot be read"):
        read(arrival)


def test_a_folder_in_which_nothing_lies_yet_is_empty_but_a_bucket_must_be_there(s3: S3Server) -> None:
    assert look(inbox(), s3.address("nothing yet"), LATER, secrets=s3.secrets) == Look((), ())
    with pytest.raises(SettingsError, match="is no folder"):
        look(inbox(), s3.address("x").replace(s3.bucket, "no-such-bucket"), LATER, secrets=s3.secrets)


def test_a_store_that_is_gone_is_one_message() -> None:
    with s3_server() as server:
        server.files.pipe_file(f"{server.bucket}/post/H02/a.csv", b"one")
        (arrival,) = look(inbox(), server.address("post"), LATER, secrets=server.secrets).ready
        server.stop()
        with pytest.raises(Unreachable, match=r"no longer answers.*a\.csv and what follows"):
            read(arrival)
        with pytest.raises(SourceUnavailable, match="does not answer") as caught:
            look(inbox(), server.address("post"), LATER, secrets=server.secrets)
        assert server.secrets["password"] not in str(caught.value)


def test_the_archive_may_be_in_an_object_store(s3: S3Server) -> None:
    archive = Archive(s3.address("archive"), s3.secrets)
    sha256 = archive.put("Sở Nội vụ".encode())
    assert archive.put("Sở Nội vụ".encode()) == sha256
    assert archive.get(sha256).decode() == "Sở Nội vụ"
    assert s3.files.find(f"{s3.bucket}/archive") == [f"{s3.bucket}/archive/{sha256[:2]}/{sha256[2:4]}/{sha256}"]


# Addresses


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sftp://clerk:geheim@127.0.0.1/post", "bears a password"),
        ("s3://key:geheim@bucket/post", "bears a password"),
        ("ftp://clerk:geheim@127.0.0.1/post", "bears a password"),
        ("s3://bucket/post?endpoint=http://key:geheim@127.0.0.1", "bears a password"),
        ("s3://bucket/post?secret=geheim", "nothing else"),
        ("s3:///post", "write s3://bucket/folder"),
        ("sftp:///post", "names no server"),
        ("sftp://127.0.0.1:ssh/post", "cannot be understood"),
    ],
)
def test_an_address_that_cannot_be_used_or_bears_a_secret_is_refused_and_not_repeated(address: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        open_address(address)
    assert "geheim" not in str(caught.value)


def test_of_two_secrets_of_a_store_one_is_not_enough() -> None:
    with pytest.raises(SettingsError, match="only one is set"):
        open_address("s3://bucket/post", {"user": "key"})


def test_a_server_that_is_not_there_is_one_message() -> None:
    with pytest.raises(SourceUnavailable, match="does not answer") as caught:
        open_address(f"sftp://clerk@127.0.0.1:{free_port()}/post")
    assert "\n" not in str(caught.value)
