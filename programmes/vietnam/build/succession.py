"""Build ``registers/succession.csv``: which province, district and commune became which, and when.

Run ``python programmes/vietnam/build/succession.py`` after ``build/localities.py``; it needs the same package, and the
keys are those of that script. What is here:

    2024-02-01   Việt Yên becomes a town, in its boundaries
    2025-01-01   Yên Dũng goes into Bắc Giang city; parts of Lục Ngạn become the town Chũ; Huế becomes a city
    2025-07-01   63 provinces become 34, 10,035 communes 3,321, five island districts special zones

No shares: neither the resolutions nor the statistics office say how many people of a split commune live where.

Known limits. Districts have no successors on 2025-07-01, but for the five islands. Communes that merged inside Bắc
Giang before 2025 are not listed, as they are not in the register.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET: Final = Path(__file__).parents[1] / "registers" / "succession.csv"

# What the statistics office's table says otherwise, by old and new code.
MISTYPED: Final = {
    ("01651", "01648"): "the statistics office's table has the code 01615, which is Xã Hồng Quang's",
    ("02482", "02494"): "the statistics office's table has the code 02485, which is Xã Công Đa's",
    ("00556", "00562"): "the statistics office's table has the code 00553, which is Xã Cổ Bi's",
    ("27691", "27694"): "the statistics office's table has Phường 4 in province 82; Tân An is in 80",
}
ISLANDS: Final = {2318: "11948", 2471: "19742", 2498: "20333", 2536: "21548", 2755: "26732"}  # district: special zone
SPLIT_LUC_NGAN: Final = (2219, 2224)
CITY, YEN_DUNG, VIET_YEN, HUE_CITY = 2213, 2221, 2222, 1046


@dataclass(frozen=True, slots=True)
class Edge:
    """One line: all or part of a predecessor is in a successor from a day on."""

    predecessor: int
    successor: int
    relation: str
    share: str = ""
    basis: str = ""
    effective: str = ""
    document: str = ""
    correction: str = ""


def beside(name: str) -> Any:
    """Another script of this folder, as a module."""
    spec = importlib.util.spec_from_file_location(f"vietnam_{name}", Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(f"no {name}.py beside this script")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def earlier(script: Any) -> Iterator[Edge]:
    """The steps of before 2025-07-01 that are known."""

    def edge(step: tuple[str, str], predecessor: int, successor: int, relation: str) -> Edge:
        return Edge(predecessor, successor, relation, effective=step[0], document=step[1])

    yield edge(script.RES_938, VIET_YEN, VIET_YEN, "unchanged")
    yield edge(script.HUE, HUE_CITY, HUE_CITY, "unchanged")
    yield edge(script.RES_1191, CITY, CITY, "whole")
    yield edge(script.RES_1191, YEN_DUNG, CITY, "whole")
    for successor in SPLIT_LUC_NGAN:
        yield edge(script.RES_1191, SPLIT_LUC_NGAN[0], successor, "part")


def provinces(script: Any, units: Any) -> Iterator[Edge]:
    """Every old province, and the one that it became."""
    codes = {row["provinceKey"]: int(row["provinceCode"]) for row in units.old}
    keys = script.province_keys(units)
    for new, olds in units.provinces.items():
        for old in olds:
            relation = "unchanged" if len(olds) == 1 else "whole"
            since = {"effective": script.REFORM, "document": script.MERGER}
            yield Edge(1000 + codes[old], keys[new], relation, **since)


def communes(script: Any, units: Any) -> Iterator[Edge]:
    """Every old commune, and those with all or part of it."""
    old_codes = {script.path_of(row): row["wardCode"] for row in units.old if row["ward"]}
    new_codes = {(row["provinceKey"], row["wardKey"]): row["wardCode"] for row in units.new}
    going_on = script.one_to_one(units)
    whole = [(old, new, "whole") for new, olds in units.whole.items() for old in olds if old in old_codes]
    parts = [(old, new, "part") for old, news in units.split.items() for new in news]
    for path, target, relation in whole + parts:
        old, new = old_codes[path], new_codes[target]
        same = path in going_on
        yield Edge(
            10_000 + int(old),
            (10_000 + int(old)) if same else (50_000 + int(new)),
            "unchanged" if same else relation,
            effective=script.REFORM,
            document=script.NEW_CODES,
            correction=MISTYPED.get((old, new), ""),
        )
    for district, code in ISLANDS.items():
        since = {"effective": script.REFORM, "document": script.NEW_CODES}
        yield Edge(district, 50_000 + int(code), "unchanged", **since)


def succession() -> list[Edge]:
    """Every edge, by day, predecessor and successor."""
    script = beside("localities")
    units = script.read_units()
    edges = [*earlier(script), *provinces(script, units), *communes(script, units)]
    return sorted(edges, key=lambda edge: (edge.effective, edge.predecessor, edge.successor))


def write(edges: list[Edge], path: Path) -> None:
    """Write edges as the CSV that the loader reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Edge)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(edge) for edge in edges)


def main() -> None:
    """Build the file and say what is in it."""
    edges = succession()
    write(edges, TARGET)
    split = len({edge.predecessor for edge in edges if edge.relation == "part"})
    print(f"{TARGET.name}: {len(edges)} edges, {split} entities split")


if __name__ == "__main__":
    main()
