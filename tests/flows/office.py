"""An installation of the small programme ``land``: its settings, its inbox, and workbooks as its offices send them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

from flows.command_line import main
from flows.house import open_house, prepare
from flows.settings import Settings

LAND = Path(__file__).parents[1] / "land"
LONG_AGO = (1_700_000_000, 1_700_000_000)
CASES = ("Topic", "Total", "Carried over", "Received", "Resolved", "On time", "Pending")

PORTAL = """
source: counter
kind: portal
title: {en: Counter of the North}
adapter: one_stop
form: COUNTS
unit: ON
address: counter
path: /counts
token: counter_token
order_by: [office, topic]
key: [office, topic]
page_size: 2
period: month
first: "2024-01"
last: "2024-02"
"""
COUNTS = """
form: COUNTS
title: {en: Counts of a portal}
fact: cases
frequency: month
respondents: {register: offices, types: [region_office], reports: branch}
fields:
  - {field: office, header: [office], title: {en: Office}, type: entity, register: offices, to: office, required: true}
  - {field: topic, header: [topic], title: {en: Topic}, type: code, codelist: topic, to: topic, required: true}
  - {field: received, header: [received], title: {en: Received}, type: count, to: received, required: true, minimum: 0}
"""
ROUTES = """
- route: mail
  title: {en: The steward by mail}
  address: route_mail
- route: hook
  title: {en: The room}
  address: route_hook
"""


class Done(NamedTuple):
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Installation:
    """A home with settings and an inbox. ``environment`` is added to that of the commands."""

    folder: Path
    addresses: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def programme(self) -> Path:
        """The installation's own copy of the programme."""
        return self.folder / "programme"

    @property
    def inbox(self) -> Path:
        """The folder that offices fill."""
        return self.folder / "inbox"

    @property
    def config(self) -> Path:
        """The settings file, written anew."""
        lines = [f'home = "{self.folder / "home"}"', f'programme = "{self.programme}"', "[addresses]"]
        lines += [f'{name} = "{address}"' for name, address in self.addresses.items()]
        path = self.folder / "chiso.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def declare(self, path: str, text: str) -> None:
        """Write a declaration."""
        (self.programme / path).write_text(text.lstrip(), encoding="utf-8")

    def send(self, unit: str, name: str, period: str, rows: Sequence[Sequence[Any]], form: str = "CASES") -> Path:
        """An office sends a workbook."""
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        for line in (["Form: " + form], ["Unit:", unit], ["Period:", period], [], list(CASES), *map(list, rows)):
            sheet.append(line)
        path = self.inbox / unit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
        os.utime(path, LONG_AGO)
        return path

    def put(self, unit: str, name: str, data: bytes) -> Path:
        """An office sends some bytes."""
        path = self.inbox / unit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, LONG_AGO)
        return path

    def chiso(self, *words: str, config: bool = True) -> Done:
        """Run the command in this process: everything but the start of Python."""
        if config:
            words = (*words, "--config", str(self.config))
        out, err = StringIO(), StringIO()
        before = {name: value for name, value in os.environ.items() if name.startswith("CHISO_")}
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["chiso", *words])
            with pytest.raises(SystemExit) as left:
                main()
        # What a command tells the processes that it begins ends with it; this process goes on.
        for name in [name for name in os.environ if name.startswith("CHISO_") and name not in before]:
            del os.environ[name]
        os.environ.update(before)
        return Done(int(str(left.value.code)), out.getvalue(), err.getvalue())

    def asked(self, query: str) -> list[dict[str, Any]]:
        """The answer of ``chiso sql``, which must succeed."""
        done = self.chiso("sql", query, "--format", "json")
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


def install(folder: Path, *, prepared: bool = False) -> Installation:
    """A fresh installation with an empty inbox; ``prepared``: its warehouse has its tables, as after a first run that
    found nothing."""
    made = Installation(folder)
    shutil.copytree(LAND, made.programme)
    made.inbox.mkdir()
    made.addresses["inbox"] = str(made.inbox)
    if prepared:
        home = folder / "home"
        home.mkdir()
        (home / "warehouse.duckdb").write_bytes(_prepared())
    return made


@cache
def _prepared() -> bytes:
    """A warehouse of the programme without deliveries: made once per process, for it takes as long as a small run."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"duckdb:///{folder}/warehouse.duckdb"
        prepare(open_house(Settings(home=Path(folder), programme=str(LAND), warehouse=file)))
        return (Path(folder) / "warehouse.duckdb").read_bytes()


def good(topic: str, carried: int = 1, received: int = 5, resolved: int = 4) -> list[Any]:
    """A row that keeps every rule of form CASES."""
    total = carried + received
    return [topic, total, carried, received, resolved, resolved, total - resolved]
