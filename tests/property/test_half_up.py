"""The one quotient of the warehouse equals Python's exact arithmetic, half-up, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from warehouse.staging import Staging, staging_area

amounts = st.decimals(-(10**12), 10**12, places=6, allow_nan=False, allow_infinity=False)
counts = st.integers(-(10**17), 10**17).map(Decimal)
numbers = st.one_of(amounts, counts, st.integers(-20, 20).map(Decimal))
COLUMNS = {"place": pa.int64(), "n": pa.decimal128(38, 6), "d": pa.decimal128(38, 6)}


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    with staging_area(tmp_path_factory.mktemp("staging") / "half-up.duckdb") as area:
        yield area


def rounded(n: Decimal | None, d: Decimal | None, places: int) -> Decimal | None:
    if n is None or d is None or d == 0:
        return None
    with localcontext(prec=80):
        return (n / d).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(st.one_of(st.none(), numbers), st.one_of(st.none(), numbers)), min_size=1, max_size=50))
@example(
    pairs=[(Decimal(1), Decimal(8)), (Decimal(-1), Decimal(3)), (Decimal(2), Decimal(3)), (Decimal(0), Decimal(7))]
)
def test_the_quotient_is_exact(area: Staging, pairs: list[tuple[Decimal | None, Decimal | None]]) -> None:
    area.put("pairs", COLUMNS, [(place, n, d) for place, (n, d) in enumerate(pairs)])
    found = area.rows("SELECT half_up(n, d), half_up_units(n, d, 10000) FROM pairs ORDER BY place")
    for (n, d), (value, units) in zip(pairs, found, strict=True):
        assert value == rounded(n, d, 12), (n, d)
        exact = rounded(n, d, 4)
        assert units == (None if exact is None else int(exact * 10_000)), (n, d)
