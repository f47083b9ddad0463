"""What is in transit arrives as it was sent, or somebody is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from catalogue.errors import ChisoError
from sources.archive import Archive
from sources.transit import Transit

DATA = b"prepared"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "memory url"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "archive") if request.param == "folder" else f"memory://archive-{uuid4().hex}"


@pytest.fixture
def sent(root: str, tmp_path: Path) -> Transit:
    transit, file = Transit(root), tmp_path / "file"
    file.write_bytes(DATA)
    transit.put("run/one/parts.parquet", file)
    return transit


def test_what_is_sent_arrives_and_leaves_no_copy_behind(sent: Transit, tmp_path: Path) -> None:
    with sent.local("run/one/parts.parquet", SHA, tmp_path / "here") as path:
        assert path.read_bytes() == DATA
    assert [*(tmp_path / "here").glob("*")] == []


def test_it_is_no_archived_object_and_goes_when_the_run_ends(sent: Transit, root: str, tmp_path: Path) -> None:
    archive = Archive(root)
    kept = archive.put(b"delivered")
    assert [*archive.objects()] == [kept]
    sent.clear()
    sent.clear()
    assert archive.has(kept)
    with pytest.raises(ChisoError, match="cannot be read"), sent.local("run/one/parts.parquet", SHA, tmp_path):
        pass


def _damage(place: str) -> None:
    with fsspec.open(place, "wb") as file:
        file.write(b"torn")


def _nothing(_: str) -> None:
    return


@pytest.mark.parametrize(
    ("name", "harm", "said"),
    [
        ("run/one/parts.parquet", _damage, "was damaged"),
        ("run/two/parts.parquet", _nothing, "cannot be read: .*look whether all machines see it"),
    ],
)
def test_what_did_not_arrive_is_told(
    sent: Transit, root: str, tmp_path: Path, name: str, harm: Callable[[str], None], said: str
) -> None:
    harm(f"{root}/transit/{name}")
    with pytest.raises(ChisoError, match=said), sent.local(name, SHA, tmp_path / "here"):
        pass
    assert not [*(tmp_path / "here").glob("*")]
