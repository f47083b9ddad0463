"""A campaign: questions by chance to the demo portal, all that its OpenAPI document allows and all that it forbids.

    python -m tests.campaign.portal_questions [--count 1000] [--faulty 20] [--seed 0]

Every answer must be as the document says, without faults and with two at a time. ``tests/demo/test_portal_fuzz.py``
takes a small sample.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Err

from catalogue.loader import load_programme
from demo.portal import FAULTS, DemoPortal, portal_of
from flows.settings import Settings

FORM = "application/x-www-form-urlencoded"
# What may be asked of a form's one field: schemathesis sees a text there, and does not look into it.
PARAMS = st.fixed_dictionaries(
    {
        "type": st.just("ref"),
        "service": st.sampled_from(["report_by_month_sum_service", "report_by_year_sum_service"]),
        "p_nam": st.integers(1, 9998),
    },
    optional={
        "p_thang": st.none() | st.integers(0, 12),
        "p_quy": st.none() | st.integers(0, 4),
        "p_6thang": st.none() | st.integers(0, 2),
        "p_tinh_id": st.none() | st.text(),
        "p_xa_id": st.none() | st.integers(),
        "pageIndex": st.integers(1, 10**6),
        "pageSize": st.integers(1, 2**31 - 1),
    },
)
# Faults after which an answer is none, or none of the document's.
BROKEN = {
    "no_answer", "dies_mid_page", "half_a_page", "empty_body", "html_login", "unavailable", "slow_answer",
    "redirect_here", "redirect_elsewhere", "string_numbers",
}  # fmt: skip


def contracts(portal: DemoPortal) -> list[Any]:
    """The operations that are contracts, not the portal's own pages."""
    return [one for one in operations(portal) if not one.path.startswith(("/_", "/openapi"))]


def operations(portal: DemoPortal) -> Iterator[Any]:
    """What the document describes, the portal's own pages last: they change what the others answer."""
    schema = schemathesis.openapi.from_url(f"{portal.url}/openapi.json")
    found = []
    for one in schema.get_all_operations():
        if isinstance(one, Err):
            raise one.err()
        found.append(one.ok())
    yield from sorted(found, key=lambda one: one.path.startswith("/_"))


def fuzz(portal: DemoPortal, operation: Any, examples: int, start: int = 0) -> int:
    """Put so many questions that are allowed and as many that are not; raises where an answer is not as documented.
    Gives how many were put."""
    asked = _put(portal, operation, GenerationMode.POSITIVE, examples, start)
    if operation.body or operation.query:  # Else nothing can be wrong with it.
        asked += _put(portal, operation, GenerationMode.NEGATIVE, examples, start)
    return asked


def fuzz_with_faults(portal: DemoPortal, operation: Any, examples: int, start: int = 0) -> int:
    """So many questions for each of the faults, with another beside it: answers are still as documented. Gives how many
    were put."""
    names = sorted(name for name, fault in FAULTS.items() if name not in BROKEN and fault.kind != "past")
    asked = 0
    for number, name in enumerate(names):
        portal.faults.switch_off()
        portal.faults.switch_on(name, names[(number * 7 + start) % len(names)])
        asked += _put(portal, operation, GenerationMode.POSITIVE, examples, start + number)
    portal.faults.switch_off()
    return asked


def _put(portal: DemoPortal, operation: Any, mode: GenerationMode, examples: int, start: int) -> int:
    form = bool(operation.body) and operation.body[0].media_type == FORM and mode is GenerationMode.POSITIVE
    # An error that was asked for is no error of the server.
    excluded = [schemathesis.checks.not_a_server_error] if portal.faults.steady else []
    asked = 0

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), params=PARAMS)
    def ask(case: Any, params: dict[str, Any]) -> None:
        nonlocal asked
        asked += 1
        if form:
            case.body = {"params": json.dumps(params)}
        answer = case.call(headers={"Authorization": f"Bearer {portal.token}"})
        case.validate_response(answer, excluded_checks=excluded)

    ask()
    return asked


def main() -> int:
    """Put them all; 0 where every answer was as documented."""
    parser = argparse.ArgumentParser(description="Questions by chance to the demo portal.")
    parser.add_argument("--count", type=int, default=1000, help="questions per operation and way, allowed and not")
    parser.add_argument("--faulty", type=int, default=20, help="questions per contract and fault")
    parser.add_argument("--seed", type=int, default=0)
    said = parser.parse_args()
    programme = load_programme(Settings.model_construct(programme="").programme_folder())
    with portal_of(programme, units=5, procedures=3, months=2) as portal:
        for one in operations(portal):
            print(f"{one.label}: {fuzz(portal, one, said.count, said.seed)} questions", flush=True)
        portal.faults.switch_off()
        for one in contracts(portal):
            print(f"{one.label}: {fuzz_with_faults(portal, one, said.faulty, said.seed)} with faults", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
