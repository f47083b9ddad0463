"""What failed or killed runs left: for people to look at it is kept for some days, and swept away by a run after that;
copies for readers that were never finished go at once."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from flows.house import House, now
from warehouse.backends.duckdb import stewards_copy

_LEFT: Final = ("staging", "pulls")
"""Folders of the home in which a run keeps what it works on, and nothing else."""


def sweep(house: House) -> list[Path]:
    """Remove what runs left longer ago than ``keep_failed`` days; returns what is gone. What cannot be removed is left
    to the next run: it is in nobody's way. Only for who holds the lease."""
    since = now() - timedelta(days=house.settings.keep_failed)
    # As large as the warehouse, and half a copy is of use to nobody.
    copies = (house.warehouse.published, stewards_copy(house.warehouse.published))
    unfinished = [one for copy in copies for one in sorted(copy.parent.glob(f"{copy.stem}.*.tmp*"))]
    kept = [one for folder in _LEFT for one in sorted((house.home / folder).glob("*"))]
    gone = []
    for path in (*unfinished, *kept):
        with suppress(OSError):
            if path in unfinished or datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None) < since:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
                gone.append(path)
    return gone
