"""The figures of a release as other systems read them: one observation each, in one order, small counts withheld.

All times come from the release, so the same release gives the same observations whenever it is asked. What is under
embargo is not there: it is read from the views that readers see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from catalogue.programme import Programme
from catalogue.publication import Publication
from reports.figures import Row, Shown, rows
from reports.suppression import withheld
from warehouse.store import Warehouse

OBS_STATUS: Final = {
    ("ok", "provisional"): "P",
    ("ok", "final"): "A",
    ("ok", "revised"): "A",
    ("estimated", "provisional"): "E",
    ("estimated", "final"): "E",
    ("estimated", "revised"): "E",
    ("no_denominator", ""): "M",
    ("no_base", ""): "M",
    ("not_comparable", ""): "M",
    ("incomplete", ""): "O",
    ("withdrawn", ""): "O",
    ("low_coverage", ""): "O",
    ("suppressed", ""): "Q",
}
"""(status, release status; any where empty) -> SDMX's observation status: normal, provisional, estimated, M: there can
be no value, O: there is a value and it is not given, Q: suppressed."""
CONF_STATUS: Final = {"": "F", "primary": "C", "secondary": "D"}
"""Why a figure is withheld -> SDMX's confidentiality status: free, confidential, secondary confidentiality."""

# ``final`` as it was when the release was published, not as it is today.
_OBSERVATIONS: Final = """
SELECT h.indicator_code, h.definition_version, h.register, h.entity_key, h.place_code, h.place_name, h.place_level,
       h.period_code, h.period_kind, h.start_date, h.end_date, h.value, h.numerator, h.denominator, h.unit, h.scale,
       h.approx, h.of_n, h.reports_received, h.reports_expected, h.coverage, h.status,
       CASE WHEN h.release_status = 'revised' THEN 'revised' WHEN r.final_from <= :published THEN 'final'
            ELSE 'provisional' END AS release_status,
       h.target_code, h.from_release
FROM indicator_history h JOIN release r ON r.release_key = h.from_release
WHERE h.from_release <= :release AND (h.to_release IS NULL OR h.to_release > :release) AND h.status <> 'tombstone'
"""


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure. ``value`` and both sides are None where it is withheld; a rate is a fraction."""

    indicator: str
    version: int
    register: str
    place_key: int
    place_code: str
    place_name: str
    place_level: str
    period: str
    period_kind: str
    start: date
    end: date
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    unit: str
    scale: str
    approx: str | None
    of_n: int | None
    received: int | None
    expected: int | None
    coverage: Decimal | None
    status: str
    release_status: str
    target: str | None
    from_release: int
    withheld: str

    @property
    def obs_status(self) -> str:
        """SDMX's observation status."""
        return OBS_STATUS.get((self.status, "")) or OBS_STATUS[self.status, self.release_status]

    @property
    def conf_status(self) -> str:
        """SDMX's confidentiality status."""
        return CONF_STATUS[self.withheld]


def observations(
    warehouse: Warehouse, release: Shown, programme: Programme, publication: Publication
) -> Iterator[Observation]:
    """Every figure of a release, by indicator, place and time."""
    hidden = withheld(warehouse, release, programme, publication)
    found = rows(warehouse, _OBSERVATIONS, release=release.key, published=release.published_at)
    # Here, by code point: a server may sort texts by the rules of a language.
    found.sort(
        key=lambda one: (
            one["indicator_code"], one["entity_key"], one["start_date"], one["end_date"], one["period_code"],
        )
    )  # fmt: skip
    for one in found:
        mark = hidden.get((one["indicator_code"], one["entity_key"], one["period_code"]), "")
        yield _observation(one, mark)


def _observation(one: Row, mark: str) -> Observation:
    def shown(name: str) -> Decimal | None:
        return None if mark or one[name] is None else Decimal(one[name])

    return Observation(
        indicator=one["indicator_code"],
        version=one["definition_version"],
        register=one["register"] or "",
        place_key=one["entity_key"],
        place_code=one["place_code"] or "",
        place_name=one["place_name"] or "",
        place_level=one["place_level"] or "",
        period=one["period_code"],
        period_kind=one["period_kind"],
        start=one["start_date"],
        end=one["end_date"],
        value=shown("value"),
        numerator=shown("numerator"),
        denominator=shown("denominator"),
        unit=one["unit"],
        scale=one["scale"],
        approx=one["approx"],
        of_n=one["of_n"],
        received=one["reports_received"],
        expected=one["reports_expected"],
        coverage=one["coverage"],
        status="suppressed" if mark else one["status"],
        release_status=one["release_status"],
        target=one["target_code"],
        from_release=one["from_release"],
        withheld=mark,
    )
