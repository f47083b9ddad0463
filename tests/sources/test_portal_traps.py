"""Every fault of the demo portal against every portal that a programme declares: the pull is complete and equals the
portal's truth, or is marked partial, or holds nothing, or says why nothing was taken. Never a wrong total.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from catalogue.errors import SourceBroken, SourceUnavailable
from catalogue.loader import load_programme
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.source import Portal
from demo.portal import FAULTS, Figures, load_dialects, load_population, open_portal, some_procedures, some_units
from demo.portal.dialect import Measure
from sources.portal import pull
from tests.world import LAND

VIETNAM = LAND.parents[1] / "programmes" / "vietnam"
MONTH = "2024-02"
# Dialect of the demo portal -> the source that asks for it.
SOURCES = {"one_stop": "dvc_bac_giang", "national": "quoc_gia_bac_giang", "igate": "igate_bac_giang"}

# Fault -> what a pull comes to while it stays, and where it hits one answer only: one_stop, national, igate. "whole":
# complete and true; "partial": marked so; "nothing": no record, which no form takes for a report; "away" and "broken".
OUTCOMES: dict[str, tuple[str, str]] = {
    "too_many_requests": ("away away away", "whole whole whole"),
    "server_error": ("away away away", "whole whole whole"),
    "unavailable": ("away away away", "whole whole whole"),
    "slow_answer": ("away away away", "whole whole whole"),
    "no_answer": ("away away away", "whole whole whole"),
    "dies_mid_page": ("away away away", "whole whole whole"),
    "half_a_page": ("broken broken broken", "broken broken broken"),
    "empty_body": ("broken broken broken", "broken broken broken"),
    "html_login": ("broken broken broken", "whole broken whole"),
    "token_refused": ("broken broken broken", "whole broken whole"),
    "token_expires": ("broken whole broken", "whole whole whole"),
    "redirect_elsewhere": ("broken broken broken", "broken broken broken"),
    "redirect_here": ("broken broken broken", "whole whole whole"),
    "page_size_forced": ("whole whole whole", "whole whole whole"),
    "page_size_ignored": ("whole whole whole", "whole whole whole"),
    "order_unstable": ("partial partial partial", "whole whole whole"),
    "order_needed": ("whole partial whole", "whole whole whole"),
    "rows_shift": ("partial partial partial", "whole whole whole"),
    "row_lost": ("partial partial partial", "whole whole whole"),
    "duplicate_across_pages": ("partial partial partial", "whole whole whole"),
    "page_repeats": ("partial partial partial", "whole whole whole"),
    "total_changes": ("partial whole partial", "whole whole whole"),
    "total_wrong": ("partial whole partial", "whole whole whole"),
    "more_but_empty": ("whole whole whole", "whole whole whole"),
    "not_built": ("nothing nothing nothing", "nothing whole nothing"),
    "no_dossiers": ("whole whole whole", "mixed whole mixed"),
    "null_channel": ("whole whole whole", "whole whole whole"),
    "null_due_date": ("whole whole whole", "whole whole whole"),
    "levels_added_twice": ("whole whole whole", "whole whole whole"),
    "string_numbers": ("whole whole whole", "whole whole whole"),
    "ids_changed": ("whole nothing nothing", "mixed whole nothing"),
    "history_changes": ("whole whole whole", "whole whole whole"),
}


@dataclass(frozen=True)
class Desk:
    """A demo portal that counts for a few units, and the sources that ask it."""

    portal: Any
    dialects: dict[str, Any]
    programme: Programme
    units: tuple[Any, ...]

    def outcome(self, dialect: str, fault: str, into: Path) -> str:
        """What a pull comes to while a fault is on; checked against the truth where it says that it is whole."""
        self.portal.faults.switch_on(fault)
        slow = fault.startswith("slow_answer")
        declared = {"page_size": 4, "attempts": 2, "timeout_seconds": 0.2 if slow else 20.0}
        source = self.programme.source[SOURCES[dialect]].model_copy(update=declared)
        assert isinstance(source, Portal)
        try:
            pulled = pull(
                source, Period.parse(MONTH), self.portal.url, self.portal.token, into,
                zone=self.programme.header.time_zone, refresh=self.portal.renew, wait=lambda _: None,
            )  # fmt: skip
        except SourceUnavailable:
            return "away"
        except SourceBroken:
            return "broken"
        if not pulled.header.complete:
            return "partial"
        lines = b"".join(pulled.chunks()).splitlines()[1:]
        found = self._by_unit(dialect, [json.loads(line)["record"] for line in lines])
        truth = self._truth(fault)
        if found and (
            found.keys() != truth.keys() or any(not held.items() <= truth[unit].items() for unit, held in found.items())
        ):
            return "mixed"
        return "whole" if found else "nothing"

    def _truth(self, fault: str) -> dict[str, dict[str, int]]:
        truth: dict[str, dict[str, int]] = self.portal.truth(MONTH)
        if fault == "no_dossiers":
            return {unit: dict.fromkeys(held, 0) for unit, held in truth.items()}
        if fault == "ids_changed":
            others = {one.code: one.other for one in self.units}
            return {others[unit]: held for unit, held in truth.items()}
        return truth

    def _by_unit(self, dialect: str, records: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
        names = self.dialects[dialect].record
        unit = next(key for key, means in names.items() if means == "unit_code")
        found: dict[str, dict[str, int]] = {}
        for record in records:
            held = found.setdefault(record[unit], {})
            for key, means in names.items():
                if means in get_args(Measure):
                    held[means] = held.get(means, 0) + int(record[key])
        return found


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    programme = load_programme(VIETNAM)
    dialects = {one.dialect: one for one in load_dialects(VIETNAM / "portal")}
    people = load_population(VIETNAM / "portal")
    units = some_units(people, programme, 9)
    figures = Figures(units, some_procedures(people, programme, 3), first="2024-01", months=3, seed=20)
    with open_portal(
        tuple(dialects.values()), figures, zone=programme.header.time_zone, province_ids=people.province_ids,
        service_levels=people.service_levels,
    ) as portal:  # fmt: skip
        portal.faults.slow_seconds = 0.5
        yield Desk(portal, dialects, programme, units)


def test_every_fault_has_its_line() -> None:
    assert list(OUTCOMES) == list(FAULTS)


@pytest.mark.parametrize("fault", OUTCOMES)
def test_a_fault_ends_in_what_is_true_or_in_what_says_that_it_is_not(desk: Desk, fault: str, tmp_path: Path) -> None:
    found = []
    for how in (fault, f"{fault}:1"):
        outcomes = []
        for dialect in SOURCES:
            desk.portal.faults.switch_off()
            outcomes.append(desk.outcome(dialect, how, tmp_path / "records.jsonl"))
        found.append(" ".join(outcomes))
    desk.portal.faults.switch_off()
    assert tuple(found) == OUTCOMES[fault]
