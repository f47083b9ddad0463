"""Partition: the records of an extract, a file per period, so that work grows with the periods that changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from catalogue.errors import DeliveryRefused
from transforms.bulk import scan_file
from transforms.table import File
from warehouse.staging import Staging

_SAFE: Final = re.compile(r"[\w.-]{1,40}")
_MOST: Final = 10_000


def partitions(area: Staging, file: File, column: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The texts of ``column``, in order, each with a Parquet file of its records in the order of the file.

    Equal records give equal bytes. Each file is deleted when the next is asked for. Raises DeliveryRefused where the
    file cannot be read, has no such column, or holds texts in it that name no file.
    """
    scan, kinds = scan_file(area, file)
    if column not in kinds:
        has = ", ".join(kinds)[:500]
        raise DeliveryRefused("file.period", f"there is no column {column!r} to split it by; the file has {has}")
    text = f'CAST(f."{column}" AS VARCHAR)' if kinds[column] != "JSON" else f"(f.\"{column}\" ->> '$')"
    with area.reading():
        found = [value for (value,) in area.rows(f"SELECT DISTINCT {text} FROM {scan} f ORDER BY 1")]
    wrong = [value for value in found if value is None or not _SAFE.fullmatch(value)]
    if wrong or len(found) > _MOST:
        said = f"{wrong[0]!r}, which is no period" if wrong else f"{len(found)} different texts"
        raise DeliveryRefused("file.period", f"column {column!r} holds {said}")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for value in found:
            path = folder / f"{value}.parquet"
            with area.reading():
                area.write(path, scan, f"{text} = ?", value)
            yield value, path
            path.unlink()
    finally:
        for left in folder.glob("*"):
            left.unlink()
        folder.rmdir()
