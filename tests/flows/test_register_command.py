"""``chiso register diff``: what a list of units really changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flows.office import Installation, install

LIST = "code,name,parent\nL,LAND,\nN,north,L\nS,South,L\nN1,Firsttown,N\nN3,New  town,N\nR,Roamer,N\nS1,Southtown,S\n"


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    return install(tmp_path)


def told(office: Installation, text: str, *words: str) -> tuple[int, list[tuple[str, str]]]:
    file = office.folder / "units.csv"
    file.write_text(text, encoding="utf-8")
    done = office.chiso("register", "diff", str(file), "--on", "2024-12-31", "--format", "json", *words)
    return done.returncode, [(one["change"], one["code"]) for one in json.loads(done.stdout)]


def test_a_list_beside_the_register(office: Installation) -> None:
    assert told(office, LIST) == (1, [("renamed", "N3"), ("moved", "R")])
    assert told(office, LIST.replace("New  town", " NEWTOWN ").replace("Roamer,N", "Roamer,S")) == (0, [])
    assert told(office, LIST.replace("code", "Nr."), "--code", "Nr.")[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--register", "towns"), "no register 'towns'; there are places, offices"),
        (("--code", "Nr."), "no row is headed Nr., and full_name or name; found code, name, parent"),
    ],
)
def test_what_is_asked_wrongly_is_told(office: Installation, words: tuple[str, ...], said: str) -> None:
    file = office.folder / "units.csv"
    file.write_text(LIST, encoding="utf-8")
    done = office.chiso("register", "diff", str(file), *words)
    assert done.returncode == 2
    assert said in done.stderr
