"""What properties of indicators share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from warehouse.staging import Staging, staging_area


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    """A staging area for all tests of a module."""
    with staging_area(tmp_path_factory.mktemp("staging") / "figures.duckdb") as area:
        yield area
