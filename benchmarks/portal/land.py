"""The programme of the made-up portal: what is declared by hand, with registers, languages and targets beside it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.portal.size import FIRST_YEAR, GATEWAY, PROVINCES, ROOT, Place, Size

DECLARED = Path(__file__).parent / "programme"
VERSION = (
    "key", "code", "valid_from", "event", "name", "name_en", "level", "type", "parent", "link", "aliases", "document",
)  # fmt: skip
NATION, GATEWAY_KEY, FIRST_PROVINCE, FIRST_COMMUNE, FIRST_OFFICE, FIRST_PROCEDURE = 1, 2, 11, 1001, 101001, 501001
YEARS = 5

Row = tuple[object, ...]


def make_programme(place: Place) -> None:
    """Write the programme anew."""
    shutil.rmtree(place.programme, ignore_errors=True)
    shutil.copytree(DECLARED, place.programme)
    shutil.copytree(ROOT / "programmes" / "vietnam" / "languages", place.programme / "languages")
    registers = place.programme / "registers"
    registers.mkdir()
    _write(registers / "localities.csv", _localities(place.size))
    _write(registers / "organisations.csv", _organisations(place.size))
    _write(registers / "procedures.csv", _procedures(place.size))
    (place.programme / "targets.yml").write_text("".join(map(_declared, _targets())), encoding="utf-8")
    lines = ["year,indicator,place,operator,value", *(",".join(map(str, one)) for one in _targets())]
    place.targets.write_text("\n".join(lines) + "\n", encoding="utf-8")


def commune_code(index: int) -> str:
    """The code of a commune: five digits, zeros in front."""
    return f"{(index + 1) * 4:05}"


def procedure_code(index: int) -> str:
    """The code of a procedure."""
    return f"1.{index + 1:06}"


def _write(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(VERSION)
        writer.writerows(rows)


def _version(key: int, code: str, name: str, level: str, kind: str, parent: object = "", link: object = "") -> Row:
    return (key, code, "", "created", name, "", level, kind, parent, link, "", "")


def _localities(size: Size) -> Iterator[Row]:
    yield _version(NATION, "N", "Cả nước", "nation", "quốc gia")
    for index in range(PROVINCES):
        yield _version(FIRST_PROVINCE + index, f"{index + 1:02}", f"Tỉnh {index + 1:02}", "province", "tỉnh", NATION)
    for index in range(size.communes):
        parent = FIRST_PROVINCE + index % PROVINCES
        yield _version(FIRST_COMMUNE + index, commune_code(index), f"Xã số {index + 1}", "commune", "xã", parent)


def _organisations(size: Size) -> Iterator[Row]:
    yield _version(GATEWAY_KEY, GATEWAY, "Cổng dịch vụ công", "nation", "gateway", "", NATION)
    for index in range(size.communes):
        code, name = f"O.{commune_code(index)}", f"Ủy ban nhân dân xã số {index + 1}"
        yield _version(FIRST_OFFICE + index, code, name, "commune", "office", GATEWAY_KEY, FIRST_COMMUNE + index)


def _procedures(size: Size) -> Iterator[Row]:
    for index in range(size.procedures):
        yield _version(FIRST_PROCEDURE + index, procedure_code(index), f"Thủ tục số {index + 1}", "", "")


def _targets() -> Iterator[Row]:
    """Year, indicator, place, operator, value. Each year every province has a target of its own for what is received
    online, and the nation one for what is resolved on time."""
    for year in range(FIRST_YEAR, FIRST_YEAR + YEARS):
        for index in range(PROVINCES):
            yield year, "ONLINE.RATE", f"{index + 1:02}", ">=", f"0.{320 + index + (year - FIRST_YEAR) * 2}"
        yield year, "ON.TIME.RATE", "N", ">", "0.7"


def _declared(target: Row) -> str:
    year, indicator, place, operator, value = target
    return (
        f'- target: {place}-{year}-{indicator}\n  indicator: {indicator}\n  place: "{place}"\n'
        f'  boundary: {year}-01-01\n  year: {year}\n  operator: "{operator}"\n  value: {value}\n  kind: target\n'
        f'  words: {{vi: "Mục tiêu năm {year}", en: "Target of {year}"}}\n  document: Made up for the benchmark\n'
    )
