"""Whatever is asked of the demo portal, it answers as its OpenAPI document says. More of it: ``make campaign``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.loader import load_programme
from demo.portal import DemoPortal, portal_of
from tests.campaign.portal_questions import contracts, fuzz, fuzz_with_faults, operations

VIETNAM = Path(__file__).parents[2] / "programmes" / "vietnam"
EXAMPLES = 8
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def portal() -> Iterator[DemoPortal]:
    with portal_of(load_programme(VIETNAM), units=5, procedures=3, months=2) as portal:
        yield portal


def test_every_answer_is_as_the_document_says(portal: DemoPortal) -> None:
    asked = {one.label: fuzz(portal, one, EXAMPLES) for one in operations(portal)}
    assert len(asked) == 3 + 5
    assert sum(asked.values()) >= 3 * 2 * EXAMPLES


def test_with_faults_too(portal: DemoPortal) -> None:
    portal.faults.switch_off()
    asked = [fuzz_with_faults(portal, one, examples=1) for one in contracts(portal)]
    assert len(asked) == 3
    assert min(asked) >= 18
