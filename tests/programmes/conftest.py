"""The programme of Vietnam, loaded once for all tests that read it, and its registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalogue.loader import load_programme
from tests.programmes.vietnam import FOLDER

if TYPE_CHECKING:
    from catalogue.programme import Programme
    from catalogue.register import Register


@pytest.fixture(scope="session")
def programme() -> Programme:
    """As it ships: loading it cross-checks every declaration."""
    return load_programme(FOLDER)


@pytest.fixture(scope="session")
def localities(programme: Programme) -> Register:
    return programme.register_named["localities"]


@pytest.fixture(scope="session")
def organisations(programme: Programme) -> Register:
    return programme.register_named["organisations"]
