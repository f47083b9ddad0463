"""What an open data package of a release holds: figures, what they are of, their periods, places and targets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from catalogue.programme import Programme
from reports.figures import Row, Shown, rows, targets
from reports.observations import CONF_STATUS, OBS_STATUS, Observation
from reports.open_table import Column, OpenTable
from warehouse.store import Warehouse

STATUSES: Final = tuple(dict.fromkeys(status for status, _ in OBS_STATUS))
_CODES: Final = tuple(dict.fromkeys(OBS_STATUS.values()))

FIGURES: Final = OpenTable(
    "figures",
    "One figure of an indicator for a place and period, as the release shows it",
    (
        Column("indicator_code", "string", "Indicator: indicators.csv", required=True),
        Column("definition_version", "integer", "Version of its definition", required=True),
        Column("place_key", "integer", "Place or organisation, for life: places.csv", required=True),
        Column("place_code", "string", "Official code of the place in the period"),
        Column("period_code", "string", "Period: periods.csv", required=True),
        Column("value", "number", "The figure; a rate is a fraction, 0.25 is 25 %. Empty: status says why"),
        Column("numerator", "number", "What is counted"),
        Column("denominator", "number", "Out of how many"),
        Column("approx", "string", "A sign where it was published as above, below or about"),
        Column("of_n", "integer", "Of a rank: among how many"),
        Column("reports_received", "integer", "Reports behind it that came"),
        Column("reports_expected", "integer", "Reports behind it that were owed"),
        Column("coverage", "number", "Reports that came, of those owed"),
        Column("status", "string", "Why a value is there or not", required=True, allowed=STATUSES),
        Column(
            "release_status",
            "string",
            "Whether it may still change, or has changed what was final",
            required=True,
            allowed=("provisional", "final", "revised"),
        ),
        Column("obs_status", "string", "The same in SDMX's codes", required=True, allowed=_CODES),
        Column("conf_status", "string", "SDMX: free, or withheld", required=True, allowed=tuple(CONF_STATUS.values())),
        Column("target_code", "string", "The target that it is compared with: targets.csv"),
        Column("from_release", "integer", "The release that first showed it so", required=True),
    ),
    ("indicator_code", "place_key", "period_code"),
    (("place_key", "places"), ("period_code", "periods")),
)
INDICATORS: Final = OpenTable(
    "indicators",
    "One version of the definition of an indicator",
    (
        Column("indicator_code", "string", "Code", required=True),
        Column("definition_version", "integer", "Version", required=True),
        Column("title", "string", "Title, in the programme's first language", required=True),
        Column("title_en", "string", "Title in English"),
        Column("definition", "string", "What is counted, over what"),
        Column("kind", "string", "How it is computed", required=True),
        Column("unit", "string", "What is counted", required=True),
        Column("scale", "string", "How it is shown: number, percent, rank or times", required=True),
        Column("direction", "string", "Whether more (up) or less (down) is better", required=True),
        Column("legal_source", "string", "The legal or scientific source"),
    ),
    ("indicator_code", "definition_version"),
)
PERIODS: Final = OpenTable(
    "periods",
    "One period, with its days",
    (
        Column("period_code", "string", "Code", required=True),
        Column("calendar_code", "string", "How the year is cut", required=True),
        Column("kind", "string", "month, quarter, half, nine_months or year", required=True),
        Column("year", "integer", "Year of the calendar", required=True),
        Column("start_date", "date", "First day", required=True),
        Column("end_date", "date", "Last day", required=True),
    ),
    ("period_code",),
)
PLACES: Final = OpenTable(
    "places",
    "One place or organisation, by its last name and code",
    (
        Column("place_key", "integer", "Key, for life", required=True),
        Column("register", "string", "Register that it is in", required=True),
        Column("code", "string", "Official code; codes may change hands, keys do not", required=True),
        Column("name", "string", "Name", required=True),
        Column("level", "string", "Level"),
        Column("type", "string", "Type"),
        Column("parent_key", "integer", "What stands above it in its register"),
        Column("link_key", "integer", "Place of another register that it belongs to"),
        Column("valid_from", "date", "First day of this code and name", required=True),
        Column("valid_to", "date", "Last day of it; empty: it goes on"),
    ),
    ("place_key",),
)
TARGETS: Final = OpenTable(
    "targets",
    "One target, or a published figure that must come out again",
    (
        Column("target_code", "string", "Code", required=True),
        Column("indicator_code", "string", "Indicator", required=True),
        Column("kind", "string", "target, or actual: a figure that a document published", required=True),
        Column("place_key", "integer", "Place"),
        Column("year", "integer", "Year that it is for", required=True),
        Column("operator", "string", "How the figure is to stand to the value", required=True),
        Column("value", "number", "Value, on the indicator's scale", required=True),
        Column("document", "string", "Document that sets it"),
        Column("period_code", "string", "Period of the latest figure compared with it"),
        Column("status", "string", "How the target stands", required=True),
    ),
    ("target_code",),
)


def figure_row(one: Observation) -> tuple[Any, ...]:
    """A figure as a row of ``figures``."""
    return (
        one.indicator, one.version, one.place_key, one.place_code, one.period, one.value, one.numerator,
        one.denominator, one.approx, one.of_n, one.received, one.expected, one.coverage, one.status,
        one.release_status, one.obs_status, one.conf_status, one.target, one.from_release,
    )  # fmt: skip


def definitions(warehouse: Warehouse, shown: Iterable[tuple[str, int]]) -> list[Row]:
    """The definitions of some (indicator, version), with the columns of ``indicators``, by code and version."""
    wanted = set(shown)
    every = rows(warehouse, "SELECT * FROM dim_indicator")
    found = [one for one in every if (one["indicator_code"], one["definition_version"]) in wanted]
    return sorted(found, key=lambda one: (one["indicator_code"], one["definition_version"]))


def periods_of(warehouse: Warehouse, codes: Iterable[str]) -> list[Row]:
    """Some periods, with the columns of ``periods``, by their days."""
    wanted = set(codes)
    found = [one for one in rows(warehouse, "SELECT * FROM dim_period") if one["period_code"] in wanted]
    return sorted(found, key=lambda one: (one["start_date"], one["end_date"], one["period_code"]))


def places_of(warehouse: Warehouse, release: Shown, keys: Iterable[int]) -> list[Row]:
    """Some places and all above them, as they were called last when the release was published, by key."""
    every = rows(
        warehouse,
        """SELECT entity_key, register, code, name, level, type, parent_key, link_key, valid_from, valid_to FROM place
           WHERE valid_from <= :day ORDER BY entity_key, valid_from""",
        day=release.published_at.date(),
    )
    last = {int(one["entity_key"]): one for one in every}
    wanted, waiting = set[int](), [key for key in keys if key in last]
    while waiting:
        key = waiting.pop()
        if key not in wanted:
            wanted.add(key)
            waiting += [up for name in ("parent_key", "link_key") if (up := last[key][name]) in last]
    found = [dict(last[key], place_key=key) for key in sorted(wanted)]
    for one in found:
        one["valid_to"] = None if one["valid_to"].year == _NEVER else one["valid_to"]
        for name in ("parent_key", "link_key"):
            one[name] = one[name] if one[name] in wanted else None
    return found


_NEVER: Final = 9999


def targets_of(warehouse: Warehouse, release: Shown) -> list[Row]:
    """Every target, with the columns of ``targets``: without the figure itself, which may be withheld."""
    return [
        dict(one, place_key=one["entity_key"], value=one["target_value"], status=one["target_status"])
        for one in sorted(targets(warehouse, release), key=lambda one: str(one["target_code"]))
    ]


def cells(table: OpenTable, found: Iterable[Row]) -> list[Sequence[Any]]:
    """Rows as the columns of a table have them."""
    return [[one.get(column.name) for column in table.columns] for one in found]


def titles(programme: Programme, code: str, kept: Row) -> dict[str, str]:
    """The title of an indicator per language: as it is declared, else as the warehouse keeps it."""
    declared = programme.indicator.get(code)
    if declared and declared.title:
        return dict(declared.title)
    first = programme.language.language
    return {first: str(kept["title"]), **({"en": str(kept["title_en"])} if kept.get("title_en") else {})}
