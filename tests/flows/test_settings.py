"""What a settings file names is found from wherever chiso is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.settings import SHIPPED, read_settings

FILE = """
home = "home"
programme = "{programme}"
archive = "s3://bucket/archive"
secrets = "secrets"
[addresses]
inbox = "inbox"
sent = "/srv/sent"
portal = "https://portal.example.org"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file beside a programme of its own, in a folder that is not the current one."""
    folder = tmp_path / "installed"
    (folder / "mine").mkdir(parents=True)
    made = folder / "chiso.toml"
    made.write_text(FILE.format(programme="mine"), encoding="utf-8")
    return made


def test_folders_lie_beside_the_file_that_names_them(file: Path) -> None:
    found, folder = read_settings(file), file.parent
    assert (found.home, found.secrets, found.archive) == (folder / "home", folder / "secrets", "s3://bucket/archive")
    assert found.programme_folder() == folder / "mine"
    assert found.addresses == {
        "inbox": str(folder / "inbox"),
        "sent": "/srv/sent",
        "portal": "https://portal.example.org",
    }


def test_a_shipped_programme_is_known_by_its_name(file: Path) -> None:
    file.write_text(FILE.format(programme="canada"), encoding="utf-8")
    assert read_settings(file).programme_folder() == SHIPPED / "canada"


def test_in_the_folder_of_the_file_paths_are_as_they_are_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    found = read_settings(file)
    assert (found.home, found.programme_folder(), found.addresses["inbox"]) == (Path("home"), Path("mine"), "inbox")


def test_the_environment_is_meant_from_where_chiso_is_called(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHISO_HOME", "elsewhere")
    assert read_settings(file).home == Path("elsewhere")
