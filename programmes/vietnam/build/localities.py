"""Build ``registers/localities.csv``: every province, district and commune of the country before and since 2025-07-01.

Run ``python programmes/vietnam/build/localities.py`` after installing the development dependencies. The
units come from the package ``vietnamadminunits`` (MIT), read as data: it holds the state of early 2025, the state of
2025-07-01 (Decision 19/2025/QĐ-TTg) and which old commune went where. What is older than that and known stands in
this file, in ``FORMER`` and the functions beside it.

Keys are for life and do not depend on the order of anything:

    1               the nation
    1000 + code     a province of before 2025-07-01, also where it goes on unchanged
    1100 + code     a province created on 2025-07-01, whatever code it re-uses
    2000 + code     a district
    10000 + code    a commune of before 2025-07-01, also where it goes on unchanged
    50000 + code    a commune created on 2025-07-01, whatever code it re-uses

An entity goes on where exactly one old unit, whole, became exactly one new unit. A district never becomes a commune:
the five island districts end and five special zones are created.

Known limits. Outside Bắc Giang the state of early 2025 is taken back to the beginning of records, but for the
province that became Huế city. Communes that ended before 2025 are not listed (Bắc Giang had 209 early in 2024, 192 are
here), so the extent of a commune that took one in is that of 2025. Lục Ngạn and Bắc Giang city lost and won communes
on 2025-01-01 and stay the entities they are: their communes were moved, they were not. The types which the communes
of Bắc Giang had before their step follow from the law (a ward lies in a city or town) and from the two resolutions as
remembered; they were not compared with the gazette. Who succeeded whom is in ``build/succession.py``.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import unicodedata
from dataclasses import asdict, dataclass, fields
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TARGET: Final = Path(__file__).parents[1] / "registers" / "localities.csv"

NATION: Final = 1
REFORM: Final = "2025-07-01"
MERGER: Final = "Nghị quyết 202/2025/QH15"
TWO_LEVELS: Final = "Luật 72/2025/QH15"
NEW_CODES: Final = "Quyết định 19/2025/QĐ-TTg"
RES_938: Final = ("2024-02-01", "Nghị quyết 938/NQ-UBTVQH15")
RES_1191: Final = ("2025-01-01", "Nghị quyết 1191/NQ-UBTVQH15")
HUE: Final = ("2025-01-01", "Nghị quyết 175/2024/QH15")

# Types as they stand before a name, the longest first, and their English ones after or before it.
TYPES: Final = ("thành phố", "thị trấn", "đặc khu", "thị xã", "huyện", "phường", "quận", "tỉnh", "xã")
ENGLISH: Final = {
    "thành phố": "City",
    "thị trấn": "Township",
    "đặc khu": "Special Zone",
    "thị xã": "Town",
    "huyện": "District",
    "phường": "Ward",
    "quận": "District",
    "tỉnh": "Province",
    "xã": "Commune",
}

# Communes of Bắc Giang before a step: the step, their district then, their type then, their codes.
FORMER: Final = (
    (RES_938, "222", "Thị trấn", "07777 07795"),
    (RES_938, "222", "Xã", "07774 07783 07789 07792 07798 07801 07807"),
    (RES_1191, "213", "Xã", "07222 07441 07687 07696 07699 07705"),
    (RES_1191, "219", "Thị trấn", "07525"),
    (RES_1191, "219", "Xã", "07549 07552 07558 07561 07573 07576 07579 07582 07600 07603 07612"),
    (RES_1191, "221", "Thị trấn", "07681 07682"),
    (
        RES_1191,
        "221",
        "Xã",
        "07690 07702 07708 07711 07714 07717 07720 07723 07726 07729 07735 07738 07741 07747 07750",
    ),
)


# Where the package mixes up communes of one name in a merged province, the statistics office's table of 2025-07-01
# decides: old and new code of edges that it does not have, and of one that only it has.
NO_EDGES: Final = (
    "06079 06184 10798 11911 11890 10804 11890 10843 23053 23041 25462 27694 27691 25459 28036 28087 28252 29869 "
    "28270 29869 28437 29869 28439 29869 28924 29734 29623 29182 29734 28921 29902 29869 29908 29869 31246 31726 "
    "31268 31666 31378 31654 31379 31582 31438 31741 31474 31741 31480 31639 31483 31591 31582 31378 31606 31495 "
    "31657 31378 31666 31288 31669 31480 31714 31246 31741 31408 31744 31473"
)
MORE_EDGES: Final = (("09013", "09817"),)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the register: what was true of an entity from a day on, or that it ended on that day."""

    key: int
    code: str
    valid_from: str
    event: str
    name: str
    name_en: str = ""
    level: str = ""
    type: str = ""
    parent: int | str = ""
    link: str = ""
    aliases: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Units:
    """What the package holds: rows of both states, and how they hang together.

    ``provinces`` maps the key of a new province to the keys of the old ones in it, ``whole`` (new province, new
    commune) to the old communes that went into it as a whole, ``split`` old communes to the new ones with parts of it.
    """

    old: list[sqlite3.Row]
    new: list[sqlite3.Row]
    provinces: dict[str, list[str]]
    whole: dict[tuple[str, str], list[str]]
    split: dict[str, list[tuple[str, str]]]


def read_units() -> Units:
    """Read the package's data files without importing the package, which would need a geometry library."""
    package = distribution("vietnamadminunits")
    with sqlite3.connect(str(package.locate_file("vietnamadminunits/data/dataset.db"))) as database:
        database.row_factory = sqlite3.Row
        old = database.execute("SELECT * FROM admin_units_legacy").fetchall()
        new = database.execute("SELECT * FROM admin_units").fetchall()
    text = Path(str(package.locate_file("vietnamadminunits/data/converter_2025.json"))).read_text(encoding="utf-8")
    converter = json.loads(text)
    whole = {
        (province, commune): olds
        for province, communes in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items()
        for commune, olds in communes.items()
    }
    split = {
        old_commune: [(province, part["newWardKey"]) for part in parts]
        for province, communes in converter["DICT_PROVINCE_WARD_DIVIDED"].items()
        for old_commune, parts in communes.items()
    }
    mend(old, new, whole, split)
    return Units(old, new, converter["DICT_PROVINCE"], whole, split)


def path_of(old: sqlite3.Row) -> str:
    """How the package names an old commune."""
    return "_".join((old["provinceKey"], old["districtKey"], old["wardKey"]))


def mend(
    old: list[sqlite3.Row],
    new: list[sqlite3.Row],
    whole: dict[tuple[str, str], list[str]],
    split: dict[str, list[tuple[str, str]]],
) -> None:
    """Take edges out and in where the package is wrong. What has one successor left went there as a whole."""
    paths = {row["wardCode"]: path_of(row) for row in old if row["ward"]}
    targets = {row["wardCode"]: (row["provinceKey"], row["wardKey"]) for row in new}
    for before, after in MORE_EDGES:
        split[paths[before]].append(targets[after])
    listed = NO_EDGES.split()
    for before, after in zip(listed[::2], listed[1::2], strict=True):
        path = paths[before]
        split[path].remove(targets[after])
        if len(split[path]) == 1:
            whole.setdefault(split.pop(path)[0], []).append(path)


def clean(name: str) -> str:
    """A name in composed letters with single spaces, its type written as usual.

    >>> clean("Thị  Xã Việt Yên")
    'Thị xã Việt Yên'
    """
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    kind = type_of(tidy)
    return kind.capitalize() + tidy[len(kind) :]


def type_of(name: str) -> str:
    """The type that stands before a name, in lower case. Raises ValueError where there is none."""
    for kind in TYPES:
        if name.lower().startswith(kind + " "):
            return kind
    raise ValueError(f"{name!r} begins with no type of unit; known are {', '.join(TYPES)}: add it to TYPES")


def short(name: str) -> str:
    """A name without its type.

    >>> short("Huyện Lục Ngạn")
    'Lục Ngạn'
    """
    return name[len(type_of(name)) + 1 :]


def plain(text: str) -> str:
    """Letters without marks, as English texts write Vietnamese names.

    >>> plain("Đắk Lắk")
    'Dak Lak'
    """
    marked = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def english(name: str) -> str:
    """The English name of a unit: numbered ones bear their type in front.

    >>> english("Huyện Lục Ngạn"), english("Phường 4")
    ('Luc Ngan District', 'Ward 4')
    """
    kind, bare = ENGLISH[type_of(name)], plain(short(name))
    return f"{kind} {bare}" if bare.isdigit() else f"{bare} {kind}"


def unit(key: int, code: str, since: tuple[str, str], event: str, name: str, **more: int | str) -> Row:
    """A row that states what is true of a unit from a day on; ``since`` is the day and the document."""
    valid_from, document = since
    texts = {"name_en": english(name), "type": type_of(name), "document": document, **more}
    return Row(key=key, code=code, valid_from=valid_from, event=event, name=name, **texts)  # type: ignore[arg-type]


def end(row: Row, event: str, since: tuple[str, str]) -> Row:
    """The row that ends the unit of ``row``."""
    return Row(row.key, row.code, since[0], event, row.name, level=row.level, type=row.type, document=since[1])


ALWAYS: Final = ("", "")


def old_provinces(units: Units) -> Iterator[Row]:
    """The 63 provinces of before 2025-07-01; those that were merged end on that day."""
    going_on = {olds[0] for olds in units.provinces.values() if len(olds) == 1}
    for key, code, text in sorted({(row["provinceKey"], row["provinceCode"], row["province"]) for row in units.old}):
        name, number = clean(text), 1000 + int(code)
        more: dict[str, int | str] = {"level": "province", "parent": NATION, "aliases": short(name)}
        if code == "46":
            yield unit(number, code, ALWAYS, "created", "Tỉnh Thừa Thiên Huế", **{**more, "aliases": "Thừa Thiên Huế"})
            yield unit(number, code, HUE, "retyped", name, **more)
            continue
        if code == "79":
            more["aliases"] = f"{short(name)};TP.HCM;TPHCM;TP HCM"
        row = unit(number, code, ALWAYS, "created", name, **more)
        yield row
        if key not in going_on:
            yield end(row, "merged", (REFORM, MERGER))


def province_keys(units: Units) -> dict[str, int]:
    """The durable key of each province since 2025-07-01, by the package's key."""
    codes = {row["provinceKey"]: int(row["provinceCode"]) for row in units.new}
    return {key: (1000 if len(units.provinces[key]) == 1 else 1100) + code for key, code in codes.items()}


def new_provinces(units: Units) -> Iterator[Row]:
    """The provinces that were created on 2025-07-01 by merging; the 11 others go on under their rows."""
    keys = province_keys(units)
    for key, code, text in sorted({(row["provinceKey"], row["provinceCode"], row["province"]) for row in units.new}):
        if len(units.provinces[key]) == 1:
            continue
        name = clean(text)
        aliases = f"{short(name)};TP.HCM;TPHCM;TP HCM" if code == "79" else short(name)
        since = (REFORM, MERGER)
        yield unit(keys[key], code, since, "created", name, level="province", parent=NATION, aliases=aliases)


def districts(units: Units) -> Iterator[Row]:
    """The districts, all of which end on 2025-07-01, with the steps inside Bắc Giang before that day."""
    provinces = {plain(short(clean(row["province"]))) for row in units.old}
    listed = {(row["districtCode"], row["provinceCode"], row["district"]) for row in units.old}
    for code, province, text in sorted(listed):
        name, number = clean(text), 2000 + int(code)
        bare = short(name)
        # A bare name that is a province's too, marks aside, would be ambiguous; a bare number would match any number.
        aliases = "" if plain(bare) in provinces or bare.isdigit() else bare
        more: dict[str, int | str] = {"level": "district", "parent": 1000 + int(province), "aliases": aliases}
        if code == "222":
            yield unit(number, code, ALWAYS, "created", "Huyện Việt Yên", **more)
            row = unit(number, code, RES_938, "retyped", name, **more)
        elif code == "224":
            row = unit(number, code, RES_1191, "created", name, **more)
        else:
            row = unit(number, code, ALWAYS, "created", name, **more)
        yield row
        yield end(row, "abolished", (REFORM, TWO_LEVELS))
    row = unit(2221, "221", ALWAYS, "created", "Huyện Yên Dũng", level="district", parent=1024, aliases="Yên Dũng")
    yield row
    yield end(row, "merged", RES_1191)


def communes(units: Units) -> Iterator[Row]:
    """The communes of both states. Those that go on get a version with their new parent, the other old ones end."""
    provinces, going_on = province_keys(units), one_to_one(units)
    former = {code: (step, district, kind) for step, district, kind, codes in FORMER for code in codes.split()}
    kept = set()
    for old in units.old:
        if not old["ward"]:  # an island district without communes
            continue
        name, code = clean(old["ward"]), old["wardCode"]
        number, parent = 10_000 + int(code), 2000 + int(old["districtCode"])
        since, event = ALWAYS, "created"
        if code in former:
            since, district, kind = former[code]
            earlier = f"{kind} {short(name)}"
            yield unit(number, code, ALWAYS, event, earlier, level="commune", parent=2000 + int(district))
            event = "retyped" if earlier != name else "moved"
        row = unit(number, code, since, event, name, level="commune", parent=parent)
        yield row
        path = path_of(old)
        if path in going_on:
            new = going_on[path]
            kept.add(new["wardCode"])
            parent, renamed = provinces[new["provinceKey"]], clean(new["ward"])
            event = step_of(name, renamed)
            yield unit(number, new["wardCode"], (REFORM, NEW_CODES), event, renamed, level="commune", parent=parent)
        else:
            yield end(row, "split" if path in units.split else "merged", (REFORM, NEW_CODES))
    for new in units.new:
        if new["wardCode"] not in kept:
            number, parent = 50_000 + int(new["wardCode"]), provinces[new["provinceKey"]]
            name, since = clean(new["ward"]), (REFORM, NEW_CODES)
            yield unit(number, new["wardCode"], since, "created", name, level="commune", parent=parent)


def one_to_one(units: Units) -> dict[str, sqlite3.Row]:
    """Old communes that, whole and alone, became a new one: their path in the package, and the new commune."""
    with_parts = {target for targets in units.split.values() for target in targets}
    found = {}
    for new in units.new:
        target = (new["provinceKey"], new["wardKey"])
        olds = units.whole.get(target, [])
        if len(olds) == 1 and target not in with_parts:
            found[olds[0]] = new
    return found


def step_of(before: str, after: str) -> str:
    """What befell a unit that goes on: retyped, renamed, or only moved below another parent. Case does not count."""
    if type_of(before) != type_of(after):
        return "retyped"
    return "renamed" if short(before).casefold() != short(after).casefold() else "moved"


def localities(units: Units) -> list[Row]:
    """Every row of the register, by key and day."""
    names = "Cả nước;Toàn quốc;Vietnam"
    nation = Row(NATION, "VN", "", "created", "Việt Nam", "Viet Nam", "nation", "quốc gia", aliases=names)
    rows = [nation, *old_provinces(units), *new_provinces(units), *districts(units), *communes(units)]
    return sorted(rows, key=lambda row: (row.key, row.valid_from))


def write(rows: Iterable[Row], path: Path) -> None:
    """Write rows as the CSV that the loader reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def main() -> None:
    """Build the file and say what is in it."""
    rows = localities(read_units())
    write(rows, TARGET)
    print(f"{TARGET.name}: {len(rows)} rows of {len({row.key for row in rows})} entities")


if __name__ == "__main__":
    main()
