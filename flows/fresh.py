"""A fresh home for a demo: an empty folder, and never anybody else's."""

from __future__ import annotations

import shutil
from pathlib import Path

from catalogue.errors import UsageError


def clear(home: Path) -> None:
    """Empty a demo's home. Raises UsageError where the folder holds something that no demo made."""
    if home.exists() and any(home.iterdir()):
        if not (home / "world" / "truth.json").is_file():
            raise UsageError(f"{home} holds something that is no demo; name another folder with --home")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
