"""Build ``report/coordinates.csv``: where each province, district and commune is drawn on maps.

Run ``python programmes/vietnam/build/coordinates.py`` after installing the development dependencies. The points come
from the package ``vietnamadminunits`` (MIT), read as data; keys are those of ``build/localities.py``. The package puts
the former units of the island districts Hoàng Sa and Trường Sa on the coast of the mainland: they take the points of
the special zones that succeeded them.
"""

from __future__ import annotations

import csv
import sqlite3
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[1]
TARGET: Final = FOLDER / "report" / "coordinates.csv"
# Island districts of before 2025-07-01: the special zone of today in which they lie.
ISLANDS: Final = {"498": "20333", "576": "22736"}

Place = tuple[float, float]


def read_points() -> tuple[dict[str, Place], dict[str, Place]]:
    """The points of before 2025-07-01 and of today, by code (two digits: a province; three: a district)."""
    package = distribution("vietnamadminunits")
    old: dict[str, Place] = {}
    new: dict[str, Place] = {}
    with sqlite3.connect(str(package.locate_file("vietnamadminunits/data/dataset.db"))) as database:
        for code, latitude, longitude in database.execute("SELECT wardCode, wardLat, wardLon FROM admin_units"):
            new[code] = (latitude, longitude)
        for code, latitude, longitude in database.execute(
            "SELECT DISTINCT provinceCode, provinceLat, provinceLon FROM admin_units"
        ):
            new[code] = (latitude, longitude)
        for row in database.execute(
            "SELECT provinceCode, provinceLat, provinceLon, districtCode, districtLat, districtLon, wardCode, wardLat, "
            "wardLon FROM admin_units_legacy"
        ):
            island = new.get(ISLANDS.get(row[3] or "", ""))
            for start in (0, 3, 6):
                code, latitude, longitude = row[start : start + 3]
                if code and latitude is not None and longitude is not None:
                    old[code] = island if island and start else (latitude, longitude)
            if island and row[3]:
                old[row[3]] = island
    return old, new


def keys() -> dict[int, str]:
    """The keys of the register, with the last code that each bore."""
    with (FOLDER / "registers" / "localities.csv").open(encoding="utf-8", newline="") as file:
        return {int(row["key"]): row["code"] for row in csv.DictReader(file)}


def main() -> None:
    """Write the file."""
    old, new = read_points()
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("key", "latitude", "longitude"))
        written = 0
        for key, code in sorted(keys().items()):
            created = key >= 50000 or 1100 <= key < 2000
            point = new.get(code) if created else old.get(code) or new.get(code)
            if point:
                writer.writerow((key, f"{point[0]:.4f}", f"{point[1]:.4f}"))
                written += 1
    print(f"{TARGET.name}: {written} of {len(keys())} entities have a point")


if __name__ == "__main__":
    main()
