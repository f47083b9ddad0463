"""Everything that other systems are given of a release, in one folder: data package, DCAT catalogue, SDMX, hashes.

Nothing in it depends on when or where it is written: rows are sorted, times are the release's, so the same release
exported twice is the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from catalogue.errors import UsageError
from catalogue.programme import Programme
from catalogue.publication import read_publication
from reports.dcat import write_catalogue
from reports.figures import Row, shown_release
from reports.observations import observations
from reports.open_table import OpenTable, Written, write_table
from reports.open_tables import (
    FIGURES,
    INDICATORS,
    PERIODS,
    PLACES,
    TARGETS,
    cells,
    definitions,
    figure_row,
    periods_of,
    places_of,
    targets_of,
)
from reports.package import write_package
from reports.sdmx import names_of, write_data
from reports.sdmx_structure import write_structure
from warehouse.store import Warehouse

Format = Literal["all", "frictionless", "sdmx", "dcat"]
SUMS: Final = "SHA256SUMS"


def export_release(
    folder: Path, warehouse: Warehouse, programme: Programme, name: str = "", form: Format = "all"
) -> list[Written]:
    """Write the newest release, or that of a name, below a folder; returns the files, in the order of their names.

    Raises UsageError where there is no such release that readers may see, or the folder holds something else.
    """
    _must_be_ours(folder)
    publication = read_publication(programme)
    release = shown_release(warehouse, name)
    found = list(observations(warehouse, release, programme, publication))
    indicators = definitions(warehouse, ((one.indicator, one.version) for one in found))
    periods = periods_of(warehouse, (one.period for one in found))
    places = places_of(warehouse, release, {one.place_key for one in found})
    targets = targets_of(warehouse, release)
    tables: list[tuple[OpenTable, Sequence[Row]]] = [
        (INDICATORS, indicators), (PERIODS, periods), (PLACES, places), (TARGETS, targets),
    ]  # fmt: skip
    files: list[Written] = []
    # The portal's entry lists the files, so that it cannot be without those of the package.
    if form in ("all", "frictionless", "dcat"):
        figures = write_table(folder, FIGURES, map(figure_row, found))
        laid = [(FIGURES, len(found), figures)]
        laid += [(table, len(rows), write_table(folder, table, cells(table, rows))) for table, rows in tables]
        files += [file for _, _, both in laid for file in both]
        files.append(write_package(folder, programme, publication, release, laid))
    if form in ("all", "sdmx"):
        names = names_of(programme, publication, release)
        files.append(write_data(folder, programme, names, found))
        about = (indicators, places)
        files.append(write_structure(folder, programme, publication, release, names, found, about))
    if form in ("all", "dcat"):
        files.append(write_catalogue(folder, programme, publication, release, sorted_files(files), periods))
    files = sorted_files(files)
    (folder / SUMS).write_text("".join(f"{one.sha256}  {one.path}\n" for one in files), encoding="utf-8")
    return files


def sorted_files(files: Sequence[Written]) -> list[Written]:
    """Files by their path."""
    return sorted(files, key=lambda one: one.path)


def _must_be_ours(folder: Path) -> None:
    """Raises UsageError where a folder holds what no export wrote: nothing of somebody's is mixed with it."""
    if folder.exists() and any(folder.iterdir()) and not (folder / SUMS).is_file():
        raise UsageError(f"{folder} is not empty and holds no export; name an empty or a new folder")
    folder.mkdir(parents=True, exist_ok=True)
