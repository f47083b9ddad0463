"""The made-up extracts of the portal: seeded, of any size, the same on every machine.

    python -m benchmarks.portal.make [--rows 1200000] [--months 12] [--format parquet|csv|json] [--folder build/portal]

A month is a sample of commune x procedure x channel, sorted by it. Of every thousand rows one is dirty, in six ways. A
file that is there is left as it is; a folder of another size is made anew.
"""

from __future__ import annotations

import argparse
import calendar
import json
import os
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.portal.land import commune_code, make_programme, procedure_code
from benchmarks.portal.size import CHANNELS, DIRTY, HALF, Place, add_options, month, place_of

LONG_AGO: Final = (1_700_000_000, 1_700_000_000)
LATER: Final = (1_710_000_000, 1_710_000_000)
RESTATED: Final = 0.01
"""Share of a month's rows that its restated file tells differently."""
UNKNOWN: Final = 1_000
GROUP: Final = 122_880
"""Rows of a Parquet row group: what DuckDB takes at a time."""

Columns = dict[str, Any]


def main(words: Sequence[str] | None = None) -> None:
    """Make what is missing, and say where it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_options(parser)
    parser.add_argument("--months", type=int, default=12)
    options = parser.parse_args(words)
    place = place_of(options)
    make(place, options.months)
    print(f"{options.months} months of {place.size.rows} rows in {place.folder}")


def make(place: Place, months: int) -> None:
    """The programme, the extracts of the first months, one month restated and one of which half is bad."""
    mark = place.folder / "size.json"
    if not mark.exists() or json.loads(mark.read_text(encoding="utf-8")) != place.said:
        shutil.rmtree(place.folder, ignore_errors=True)
        place.folder.mkdir(parents=True)
        mark.write_text(json.dumps(place.said), encoding="utf-8")
    make_programme(place)
    for index in range(months):
        _keep(place, index, place.extract(index), DIRTY, restated=False)
    _keep(place, 0, place.extract(0, "restated"), DIRTY, restated=True)
    _keep(place, 0, place.extract(0, "half"), HALF, restated=False)


def _keep(place: Place, index: int, path: Path, dirty: float, *, restated: bool) -> None:
    """Write a file, unless it is there; under another name first, so that a file that is there is whole."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    write(table(place, index, dirty, restated=restated), part, place.size.form)
    os.utime(part, LATER if restated else LONG_AGO)
    part.replace(path)


def table(place: Place, index: int, dirty: float, *, restated: bool) -> pa.Table:
    """The rows of a month."""
    size = place.size
    chance = np.random.default_rng([size.seed, index])
    cells = size.communes * size.procedures * len(CHANNELS)
    cell = np.sort(chance.choice(cells, size.rows, replace=False, shuffle=False))
    commune, rest = np.divmod(cell, size.procedures * len(CHANNELS))
    procedure, channel = np.divmod(rest, len(CHANNELS))
    carried, received = chance.integers(0, 4, size.rows), chance.integers(0, 13, size.rows)
    total = carried + received
    resolved = (total * np.sqrt(chance.random(size.rows)) + 0.5).astype(np.int64)
    on_time = (resolved * np.sqrt(chance.random(size.rows)) + 0.5).astype(np.int64)
    columns: Columns = {
        "commune": commune, "office": commune.copy(), "procedure": procedure, "channel": channel,
        "carried_over": carried, "received": received, "resolved": resolved, "on_time": on_time,
        "pending": total - resolved, "missing": np.zeros(size.rows, dtype=bool),
    }  # fmt: skip
    if restated:
        again = chance.random(size.rows) < RESTATED
        columns["received"] = received + again
        columns["pending"] = columns["pending"] + again
    _spoil(columns, chance, dirty, size.procedures)
    return _arrow(columns, place, index)


def _spoil(columns: Columns, chance: np.random.Generator, share: float, procedures: int) -> None:
    """Spoil rows at odd places, in six ways: the row before each is sound, so that doubling its key spoils two."""
    rows = len(columns["commune"])
    bad = np.sort(chance.choice(rows // 2, min(rows // 2, round(rows * share)), replace=False)) * 2 + 1
    ways = [bad[way::6] for way in range(6)]
    # Codes that no register has; many, so that two such rows are never the same, which would be a repetition.
    columns["procedure"][ways[0]] = procedures + np.arange(len(ways[0])) % UNKNOWN
    columns["channel"][ways[1]] = len(CHANNELS) + np.arange(len(ways[1])) % UNKNOWN
    columns["missing"][ways[2]] = True
    columns["received"][ways[3]] = -1 - columns["received"][ways[3]]
    columns["on_time"][ways[4]] = columns["resolved"][ways[4]] + 1
    twin = ways[5]
    for name in ("commune", "office", "procedure", "channel", "carried_over", "received", "resolved", "on_time"):
        columns[name][twin] = columns[name][twin - 1]
    columns["received"][twin] += 1
    columns["pending"][twin] = columns["pending"][twin - 1] + 1


def _arrow(columns: Columns, place: Place, index: int) -> pa.Table:
    size, code = place.size, month(index)
    year, number = int(code[:4]), int(code[5:])
    day = f"{code}-{calendar.monthrange(year, number)[1]:02}"
    communes = [commune_code(one) for one in range(size.communes)]
    procedures = [procedure_code(one) for one in range(size.procedures)]
    procedures += [f"9.{one:06}" for one in range(UNKNOWN)]
    words = {
        "commune": communes, "office": [f"O.{one}" for one in communes], "procedure": procedures,
        "channel": [*CHANNELS, *(f"fax {one}" for one in range(UNKNOWN))],
    }  # fmt: skip
    found: dict[str, Any] = {
        "month": _repeated(pa.array([code]), size.rows),
        "counted_on": _repeated(pa.array([date.fromisoformat(day)], pa.date32()), size.rows),
    }
    for name, values in words.items():
        found[name] = pa.DictionaryArray.from_arrays(pa.array(columns[name].astype(np.int32)), pa.array(values))
    for name in ("carried_over", "received", "resolved", "on_time", "pending"):
        missing = columns["missing"] if name == "resolved" else None
        found[name] = pa.array(columns[name].astype(np.int64), mask=missing)
    return pa.table({name: one.cast(one.type.value_type) if pa.types.is_dictionary(one.type) else one
                     for name, one in found.items()})  # fmt: skip


def _repeated(value: Any, rows: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), value)


def write(rows: pa.Table, path: Path, form: str) -> None:
    """Write rows as Parquet, CSV with a header line, or JSON lines."""
    if form == "parquet":
        pq.write_table(rows, path, row_group_size=GROUP, compression="zstd")
        return
    import duckdb

    with duckdb.connect() as connection:
        connection.register("rows", rows)
        said = "FORMAT csv, HEADER" if form == "csv" else "FORMAT json"
        connection.execute(f"COPY rows TO '{path}' ({said})")


if __name__ == "__main__":
    main()
