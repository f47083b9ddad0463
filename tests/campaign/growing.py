"""A world that grows: nine towns report month after month, a third of them at a time; and what goes wrong in between.

Every run finds four new files: three reports of new units and periods, and one more, in turn: a correction of last
month's report, one with a row to set aside, the same whole again, and a file that is no workbook.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tests.flows.office import Installation, good, install

TOWNS: Final = ("ON1", "ON2", "ON4", "ON5", "ON6", "OS1", "OS2", "OS4", "OS5")
FILES: Final = 4
"""Files of a run."""
_FIRST_YEAR: Final = 2012
_IN_A_RUN: Final = 3
# Towns that are never merged: what changes then is not what is measured here.
_MORE: Final = (("ON4", "N4"), ("ON5", "N5"), ("ON6", "N6"), ("OS2", "S2"), ("OS4", "S4"), ("OS5", "S5"))
_ROUTES: Final = """
- route: hook
  title: {en: The room}
  address: route_hook
"""


def installed(folder: Path) -> Installation:
    """The world's installation, with nothing in its inbox yet; its one route goes to the secret ``route_hook``."""
    office = install(folder)
    offices, places = list[str](), list[str]()
    for key, (code, place) in enumerate(_MORE):
        north = code.startswith("ON")
        places.append(f"{31 + key},{place},,,Town {place},,town,,{10 if north else 20},,,")
        parent = 110 if north else 120
        offices.append(f"{131 + key},{code},,,Office of {place},,town,town_office,{parent},{31 + key},,")
    for name, lines in (("places", places), ("offices", offices)):
        path = office.programme / "registers" / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    office.declare("routes.yml", _ROUTES)
    return office


def send(office: Installation, number: int) -> None:
    """Lay the files of a run, counted from 1, into the inbox."""
    month, turn = divmod(number - 1, len(TOWNS) // _IN_A_RUN)
    for town in TOWNS[turn * _IN_A_RUN : (turn + 1) * _IN_A_RUN]:
        office.send(town, f"{number}.xlsx", _period(month), _rows(number, 0))
    # What is set aside, and the same whole again in the next run, are of one town and month.
    four, kind = divmod(number, FILES)
    town, past = TOWNS[four * 2 % len(TOWNS)], _period(four * FILES // _IN_A_RUN - 1)
    match kind:
        case 0:
            office.send(town, f"{number}-corrected.xlsx", past, _rows(number, 1))
        case 1:
            office.send(town, f"{number}-bad.xlsx", past, [*_rows(number, 2)[:1], [*good("web")[:-1], "?"]])
        case 2:
            office.send(town, f"{number}-again.xlsx", past, _rows(number, 3))
        case _:
            office.put(town, f"{number}.pdf", f"%PDF-1.4 {number}".encode())


def _period(month: int) -> str:
    """The month so many after the first one, as an office writes it."""
    year, place = divmod(month, 12)
    return f"{place + 1:02}/{_FIRST_YEAR + year}"


def _rows(number: int, more: int) -> list[list[Any]]:
    carried, received = number % 7 + more, number % 11 + 1
    return [good("data", carried, received, carried + received - number % 2), good("web", 2, 7 + more, number % 5)]
