"""A release as SDMX: the ids by which its figures are known, and its data as SDMX-CSV 2.0.

The key of an observation is FREQ, INDICATOR, REF_AREA (a place or organisation by its key for life: official codes may
change hands) and TIME_PERIOD. A period of another calendar than January to December is written by its first day and
length, as 2022-09-01/P1Y.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from catalogue.errors import UsageError
from catalogue.period import CALENDAR, Period, PeriodKind
from catalogue.programme import Programme
from catalogue.publication import Publication
from reports.figures import Shown
from reports.observations import Observation
from reports.open_table import Written, described, written

FREQUENCIES: Final[dict[PeriodKind, tuple[str, str]]] = {
    "year": ("A", "Annual"),
    "half": ("S", "Half-yearly"),
    "quarter": ("Q", "Quarterly"),
    "month": ("M", "Monthly"),
    "nine_months": ("_O", "Other: the first nine months of a year"),
}
"""Kind of period -> SDMX's frequency and its name."""
_LENGTHS: Final[dict[PeriodKind, str]] = {
    "year": "P1Y", "half": "P6M", "quarter": "P3M", "month": "P1M", "nine_months": "P9M",
}  # fmt: skip
OBS_STATUSES: Final = {
    "A": "Normal value",
    "E": "Estimated value",
    "M": "Missing value; data cannot exist",
    "O": "Missing value",
    "P": "Provisional value",
    "Q": "Missing value; suppressed",
}
CONF_STATUSES: Final = {
    "C": "Confidential statistical information",
    "D": "Secondary confidentiality set by the sender, not for publication",
    "F": "Free (free for publication)",
}
SCALES: Final = {
    "number": "A number",
    "percent": "A fraction of 1, shown as a percentage",
    "rank": "A rank",
    "times": "A multiple of the year before",
}
REVISIONS: Final = {
    "provisional": "May still change",
    "final": "Had not changed when it became final",
    "revised": "Changed what was final",
}


@dataclass(frozen=True)
class Names:
    """The ids of a release's structures: agency, version, and those of the dataflow and what it is made of."""

    agency: str
    version: str
    dataflow: str = "DF_INDICATORS"
    structure: str = "DSD_INDICATORS"
    concepts: str = "CS_INDICATORS"

    def urn(self, package: str, kind: str, name: str, item: str = "") -> str:
        """The URN of a structure, or of an item of it."""
        tail = f".{item}" if item else ""
        return f"urn:sdmx:org.sdmx.infomodel.{package}.{kind}={self.agency}:{name}({self.version}){tail}"


def names_of(programme: Programme, publication: Publication, release: Shown) -> Names:
    """The ids of a release: each release adds codes, so each is a minor version of the programme's structures."""
    agency = publication.agency or identifier(programme.name).upper()
    return Names(agency, f"{programme.header.version}.{release.key}.0")


def identifier(code: str) -> str:
    """A code as SDMX may have it as an id: letters, digits, hyphens, underscores.

    >>> identifier("SVC.ONLINE.RATE"), identifier("per 100 people")
    ('SVC_ONLINE_RATE', 'per_100_people')
    """
    return re.sub(r"[^A-Za-z0-9_$@-]", "_", code)


def identifiers(codes: Iterable[str]) -> dict[str, str]:
    """Code -> id, by code. Raises UsageError where two codes would have one id."""
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    for code in sorted(set(codes)):
        one = identifier(code)
        if taken.setdefault(one, code) != code:
            raise UsageError(
                f"SDMX knows only letters, digits, - and _ in ids: {taken[one]!r} and {code!r} are both {one!r} there; "
                "rename one of them, or export without sdmx"
            )
        found[code] = one
    return found


def area(key: int) -> str:
    """The id of a place: its key for life, behind a letter, which a code that others stand below begins with."""
    return f"K{key}"


def time_period(code: str, programme: Programme) -> str:
    """A period as SDMX writes it: 2024, 2024-S1, 2024-Q1, 2024-01, else its first day and its length."""
    period = Period.parse(code, programme.calendars)
    if period.calendar == CALENDAR and period.kind != "nine_months":
        return period.code.replace("-H", "-S")
    return f"{period.start.isoformat()}/{_LENGTHS[period.kind]}"


COLUMNS: Final = (
    "STRUCTURE", "STRUCTURE_ID", "ACTION", "FREQ", "INDICATOR", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "UNIT_MEASURE",
    "SCALE", "OBS_STATUS", "CONF_STATUS", "REVISION", "NUMERATOR", "DENOMINATOR", "COVERAGE", "AREA_CODE",
)  # fmt: skip


def write_data(folder: Path, programme: Programme, names: Names, found: Sequence[Observation]) -> Written:
    """Write ``sdmx/data.csv`` (SDMX-CSV 2.0) below a folder."""
    path = folder / "sdmx" / "data.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    indicators = identifiers(one.indicator for one in found)
    units = identifiers(one.unit for one in found)
    times = {code: time_period(code, programme) for code in {one.period for one in found}}
    flow = f"{names.agency}:{names.dataflow}({names.version})"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in found:
            row = (
                "dataflow", flow, "I", FREQUENCIES[_kind(one)][0], indicators[one.indicator], area(one.place_key),
                times[one.period], one.value, units[one.unit], one.scale, one.obs_status, one.conf_status,
                one.release_status, one.numerator, one.denominator, one.coverage, one.place_code,
            )  # fmt: skip
            writer.writerow(map(written, row))
    return described(folder, path, "application/vnd.sdmx.data+csv;version=2.0.0")


def _kind(one: Observation) -> PeriodKind:
    """The kind of a figure's period, which the warehouse keeps as a text."""
    return next(kind for kind in FREQUENCIES if kind == one.period_kind)
