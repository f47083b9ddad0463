"""The demo portal that tests of it ask, started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.portal import DemoPortal, portal_of
from tests.demo.questions import PROCEDURES, UNITS, programme


@pytest.fixture(scope="session")
def served() -> Iterator[DemoPortal]:
    with portal_of(programme(), units=UNITS, procedures=PROCEDURES, months=3) as portal:
        yield portal


@pytest.fixture
def portal(served: DemoPortal) -> DemoPortal:
    """The portal without a fault, its past as it was first counted."""
    served.faults.switch_off()
    served.faults.revision = 0
    served.faults.asked.clear()
    return served
