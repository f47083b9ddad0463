"""Real published data, found through CHISO_REALDATA, and what ``chiso run`` makes of files of it in an inbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.settings import read_settings
from warehouse.published import ask
from warehouse.store import Warehouse

ROOT = Path(__file__).parents[2]
DATA = ROOT / os.environ.get("CHISO_REALDATA", "../shared/data")

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Installation:
    """A home with one inbox, and what is published there."""

    home: Path
    config: Path
    inbox: Path

    def lay(self, name: str, file: Path) -> None:
        """Lay a file into the inbox under a name. It is a copy: what others wrote is read only."""
        target = self.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        # Long ago enough not to be taken for one that is still being copied.
        os.utime(target, (1_700_000_000, 1_700_000_000))

    def run(self) -> str:
        """``chiso run`` without Prefect, which calls the same steps; what it prints. Its exit code must be 0: all."""
        return self._chiso("run", "--no-flow")

    def check(self, file: Path, unit: str) -> dict[str, Any]:
        """``chiso check``: the receipt that a file would get."""
        receipt: dict[str, Any] = json.loads(self._chiso("check", str(file), "--unit", unit, "--json"))
        return receipt

    def _chiso(self, *words: str) -> str:
        """A command of the console script, in a process of its own; what it prints."""
        console = Path(sys.executable).with_name("chiso")
        outside = {name: value for name, value in os.environ.items() if not name.startswith("CHISO_")}
        done = subprocess.run(
            [console, *words, "--config", self.config],
            capture_output=True,
            check=False,
            encoding="utf-8",
            env=outside,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, query: str, values: Mapping[str, object] | None = None) -> Rows:
        """The rows of a query to the published warehouse."""
        settings = read_settings(self.config)
        home = settings.home.resolve()
        warehouse = Warehouse(f"duckdb:///{home / 'warehouse.duckdb'}", home / "published.duckdb")
        return ask(warehouse, query, values)[1]


Install = Callable[[str, str], Installation]


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Makes an installation of a programme, shipped or a folder, with an inbox at an address of its own."""

    def make(programme: str, address: str) -> Installation:
        home = tmp_path_factory.mktemp(Path(programme).name)
        inbox, config = home / "inbox", home / "chiso.toml"
        inbox.mkdir()
        folder = ROOT / "programmes" / programme
        config.write_text(
            f'home = "{home / "home"}"\nprogramme = "{folder}"\n[addresses]\n{address} = "{inbox}"\n', encoding="utf-8"
        )
        return Installation(home, config, inbox)

    return make


@pytest.fixture(scope="module")
def realdata() -> Path:
    """The folder of real data; without it the test is skipped, saying so."""
    if not DATA.is_dir():
        pytest.skip(f"no real data in {DATA}; set CHISO_REALDATA")
    return DATA
