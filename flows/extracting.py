"""Extracting: a file of records taken into the archive without being held, whole or split by its periods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from catalogue.errors import DeliveryRefused, SourceUnavailable
from catalogue.source import Extract
from flows.house import House, now
from sources import inbox as inboxes
from transforms.partition import partitions
from transforms.recognise import Parcel
from transforms.table import FILES, File
from warehouse.staging import staging_area


def parcels_of(house: House, extract: Extract, arrival: inboxes.Arrival) -> Iterator[Parcel]:
    """What a file brings: itself, or, where the extract is split, a file for the records of each period.

    A month that is the same as in an earlier file has the same bytes, so that it is known and costs nothing more.
    Raises SourceUnavailable where the file changes meanwhile, or cannot be split.
    """
    sha256 = house.archive.put_chunks(inboxes.pieces(arrival))
    kind = FILES.get(PurePosixPath(arrival.name).suffix.lower())
    if extract.split_by is None or kind is None:
        yield Parcel(arrival.name, sha256, arrival.size, now(), arrival.folder)
        return
    folder = house.home / "staging"
    with house.archive.local(sha256, folder) as path, staging_area(house.staging_path(f"split-{sha256[:12]}")) as area:
        try:
            for period, part in partitions(area, File(path, kind), extract.split_by, folder / f"split-{sha256}"):
                name = f"{arrival.name}/{period}.parquet"
                yield Parcel(name, house.archive.put_file(part), part.stat().st_size, now(), arrival.folder)
        except DeliveryRefused as refused:
            raise SourceUnavailable(f"{arrival.name}: {refused}; mend the file, or what is declared of it") from refused
