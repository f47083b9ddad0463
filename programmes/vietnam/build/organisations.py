"""Build ``registers/organisations.csv``: the offices of Bắc Giang, Phú Thọ and Long An until 2025-07-01.

Run ``python programmes/vietnam/build/organisations.py`` after ``build/localities.py``, whose file it reads. Every
People's Committee follows its locality: it is renamed, moved and ended when that is. The H-codes and the shape of
codes are those in use (Decision 20/2020/QĐ-TTg, QCVN 102:2016 before it); **the numbers inside are illustrative**.

Codes are in the old notation, low to high, and stay for life; the new notation, high to low, is an alias:

    000.00.00.H02   the provincial committee     H02
    000.00.10.H02   a department                 H02.10
    000.00.26.H02   a district committee         H02.26
    000.05.26.H02   a commune committee          H02.26.05

Keys are for life: 100000 + 1000 times the number of the H-code, plus 0 for the province, the number inside the code
for departments and districts, and 100 and more for communes in the order of their codes.

Known limits: the departments are those of 2024, without the mergers of March 2025; all end with their province. The
committees of the three communes that went on unchanged end too, as the successor's codes are not known.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET: Final = Path(__file__).parents[1] / "registers" / "organisations.csv"
LOCALITIES: Final = Path(__file__).parents[1] / "registers" / "localities.csv"
COLUMNS: Final = (
    "key", "code", "valid_from", "event", "name", "name_en", "level", "type", "parent", "link", "aliases", "document",
)  # fmt: skip

REFORM: Final = "2025-07-01"
MERGER: Final = "Nghị quyết 202/2025/QH15"
PROVINCES: Final = {"H02": "24", "H44": "25", "H39": "80"}  # H-code: code of the province before 2025-07-01
FIRST_DISTRICT: Final = 21

# Number inside the code: name, English name, other ways offices write it.
DEPARTMENTS: Final = {
    1: ("Sở Nội vụ", "Department of Home Affairs", "SNV"),
    2: ("Sở Tư pháp", "Department of Justice", "STP"),
    3: ("Sở Kế hoạch và Đầu tư", "Department of Planning and Investment", "Sở KH&ĐT;Sở KHĐT;Sở Kế hoạch & Đầu tư"),
    4: ("Sở Tài chính", "Department of Finance", "STC"),
    5: ("Sở Công Thương", "Department of Industry and Trade", "SCT"),
    6: (
        "Sở Nông nghiệp và Phát triển nông thôn",
        "Department of Agriculture and Rural Development",
        "Sở NN&PTNT;Sở NNPTNT;Sở NN và PTNT;Sở Nông nghiệp & PTNT;Sở Nông nghiệp và PTNT",
    ),
    7: ("Sở Giao thông vận tải", "Department of Transport", "Sở GTVT"),
    8: ("Sở Xây dựng", "Department of Construction", "SXD"),
    9: ("Sở Tài nguyên và Môi trường", "Department of Natural Resources and Environment", "Sở TN&MT;Sở TNMT"),
    10: (
        "Sở Thông tin và Truyền thông",
        "Department of Information and Communications",
        "Sở TT&TT;Sở TTTT;Sở TT và TT;Sở Thông tin & Truyền thông;STTTT",
    ),
    11: (
        "Sở Lao động - Thương binh và Xã hội",
        "Department of Labour, Invalids and Social Affairs",
        "Sở LĐ-TB&XH;Sở LĐTB&XH;Sở LĐTBXH;Sở Lao động, Thương binh và Xã hội",
    ),
    12: (
        "Sở Văn hóa, Thể thao và Du lịch",
        "Department of Culture, Sports and Tourism",
        "Sở VH,TT&DL;Sở VHTT&DL;Sở VHTTDL;Sở Văn hóa Thể thao và Du lịch",
    ),
    13: ("Sở Khoa học và Công nghệ", "Department of Science and Technology", "Sở KH&CN;Sở KHCN"),
    14: ("Sở Giáo dục và Đào tạo", "Department of Education and Training", "Sở GD&ĐT;Sở GDĐT;Sở GD-ĐT"),
    15: ("Sở Y tế", "Department of Health", "SYT"),
    16: ("Thanh tra tỉnh", "Provincial Inspectorate", "Thanh tra"),
    17: ("Văn phòng UBND tỉnh", "Office of the Provincial People's Committee", "VP UBND tỉnh;Văn phòng UBND"),
    18: ("Ban Quản lý các khu công nghiệp", "Industrial Zones Authority", "BQL các KCN;Ban QLKCN;Ban Quản lý các KCN"),
    19: ("Ban Dân tộc", "Ethnic Minorities Committee", "BDT"),
}
# What a province has instead, by H-code and number.
OTHERS: Final = {
    ("H39", 18): ("Ban Quản lý Khu kinh tế", "Economic Zone Authority", "BQL Khu kinh tế;Ban QLKKT"),
    ("H39", 19): ("Sở Ngoại vụ", "Department of Foreign Affairs", "SNgV"),
}
SHORT: Final = {"thành phố": "TP.", "thị xã": "TX.", "huyện": "H.", "xã": "X.", "phường": "P.", "thị trấn": "TT."}

Place = dict[str, str]
Row = dict[str, str | int]


def read_places() -> dict[str, list[Place]]:
    """The rows of ``localities.csv`` by key, each by day."""
    found: dict[str, list[Place]] = {}
    with LOCALITIES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["key"], []).append(row)
    return found


def lowered(name: str, kind: str) -> str:
    """A place's name inside that of its committee: "Huyện Lục Ngạn" as "huyện Lục Ngạn"."""
    return kind + name[len(kind) :]


def ended(rows: list[Row], day: str, document: str) -> list[Row]:
    """Rows of an organisation, with the one that ends it."""
    last = rows[-1]
    kept = {column: last[column] for column in ("key", "code", "name", "level", "type")}
    return [*rows, {**kept, "valid_from": day, "event": "abolished", "document": document}]


def province_rows(h_code: str, places: dict[str, list[Place]]) -> Iterator[Row]:
    """The committee and the departments of a province."""
    place = places[str(1000 + int(PROVINCES[h_code]))][0]
    key, named = 100_000 + 1000 * int(h_code[1:]), lowered(place["name"], place["type"])
    bare = place["aliases"]
    committee: Row = {
        "key": key,
        "code": f"000.00.00.{h_code}",
        "event": "created",
        "name": f"UBND {named}",
        "name_en": f"People's Committee of {place['name_en']}",
        "level": "province",
        "type": "ubnd_tinh",
        "link": place["key"],
        "aliases": f"{h_code};Ủy ban nhân dân {named};UBND {bare};Tỉnh {bare}",
    }
    yield from ended([committee], REFORM, MERGER)
    for number, department in DEPARTMENTS.items():
        name, name_en, others = OTHERS.get((h_code, number), department)
        full = f"{name} {bare}" if name.endswith("tỉnh") else f"{name} {named}"
        spellings = (f"{h_code}.{number:02}", name, f"{name} {bare}", *others.split(";"))
        row: Row = {
            "key": key + number,
            "code": f"000.00.{number:02}.{h_code}",
            "event": "created",
            "name": full,
            "name_en": f"{name_en} of {place['name_en']}",
            "level": "province",
            "type": "so_ban_nganh",
            "parent": key,
            "link": place["key"],
            "aliases": ";".join(dict.fromkeys(other for other in spellings if other != full)),
        }
        yield from ended([row], REFORM, MERGER)


@dataclass(frozen=True, slots=True)
class Office:
    """What stays the same of a local committee for life."""

    key: int
    code: str
    alias: str
    type: str


def committee_rows(office: Office, parents: dict[str, int], places: dict[str, list[Place]], locality: str) -> list[Row]:
    """The rows of the committee of a district or commune: one per version of its locality, and its end.

    ``parents`` gives the committee of each locality above. Raises ValueError where the locality never ends.
    """
    rows: list[Row] = []
    for place in places[locality]:
        if place["event"] in ("merged", "split", "abolished") or place["valid_from"] >= REFORM:
            return ended(rows, place["valid_from"], place["document"])
        named, kind = lowered(place["name"], place["type"]), place["type"]
        spellings = [office.alias, f"UBND {SHORT[kind]}{place['name'][len(kind) :]}", place["name"]]
        if place["level"] == "commune":
            above = [row for row in places[place["parent"]] if row["valid_from"] <= place["valid_from"]][-1]
            spellings.append(f"UBND {named}, {lowered(above['name'], above['type'])}")
        rows.append(
            {
                "key": office.key,
                "code": office.code,
                "valid_from": place["valid_from"],
                "event": place["event"],
                "name": f"UBND {named}",
                "name_en": f"People's Committee of {place['name_en']}",
                "level": place["level"],
                "type": office.type,
                "parent": parents[place["parent"]],
                "link": place["key"],
                "aliases": ";".join(spellings),
                "document": place["document"],
            }
        )
    raise ValueError(f"locality {locality} has no row that ends it by {REFORM}: run build/localities.py again")


def local_rows(h_code: str, places: dict[str, list[Place]]) -> Iterator[Row]:
    """The committees of the districts and communes of a province, those of a district before its communes'."""
    base, province = 100_000 + 1000 * int(h_code[1:]), str(1000 + int(PROVINCES[h_code]))
    districts = [rows for rows in places.values() if rows[0]["level"] == "district" and rows[0]["parent"] == province]
    parents, numbers = {province: base}, {}
    for number, rows in enumerate(sorted(districts, key=lambda rows: rows[0]["code"]), FIRST_DISTRICT):
        key = rows[0]["key"]
        parents[key], numbers[key] = base + number, number
        office = Office(base + number, f"000.00.{number:02}.{h_code}", f"{h_code}.{number:02}", "ubnd_huyen")
        yield from committee_rows(office, parents, places, key)
    inside = [rows for rows in places.values() if rows[0]["level"] == "commune" and rows[0]["parent"] in numbers]
    counted = dict.fromkeys(numbers, 0)
    for ordinal, rows in enumerate(sorted(inside, key=lambda rows: rows[0]["code"])):
        district = rows[0]["parent"]
        counted[district] += 1
        low, high = f"{counted[district]:02}", f"{numbers[district]:02}"
        office = Office(base + 100 + ordinal, f"000.{low}.{high}.{h_code}", f"{h_code}.{high}.{low}", "ubnd_xa")
        yield from committee_rows(office, parents, places, rows[0]["key"])


def organisations() -> list[Row]:
    """Every row of the register, by key and day. An Giang's committee is there for the national portal's workbook."""
    places = read_places()
    an_giang: Row = {
        "key": 101_000,
        "code": "H01",
        "valid_from": REFORM,
        "event": "created",
        "name": "UBND tỉnh An Giang",
        "name_en": "People's Committee of An Giang Province",
        "level": "province",
        "type": "ubnd_tinh",
        "link": 1191,
        "aliases": "000.00.00.H01;Ủy ban nhân dân tỉnh An Giang;UBND An Giang;Tỉnh An Giang",
        "document": MERGER,
    }
    rows = [an_giang]
    for h_code in PROVINCES:
        rows += [*province_rows(h_code, places), *local_rows(h_code, places)]
    return sorted(rows, key=lambda row: (int(row["key"]), str(row.get("valid_from", ""))))


def main() -> None:
    """Build the file and say what is in it."""
    rows = organisations()
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{TARGET.name}: {len(rows)} rows of {len({row['key'] for row in rows})} entities")


if __name__ == "__main__":
    main()
