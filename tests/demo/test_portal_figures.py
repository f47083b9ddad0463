"""What the demo portal counts adds up over any days, and costs no more than what is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.portal import Figures, Procedure, Span, Unit
from demo.portal.figures import month_span

FIGURES = Figures(
    tuple(Unit(f"u{number:04}") for number in range(3321)), tuple(Procedure(f"p{number:03}") for number in range(300)),
    "2020-01", 60,
)  # fmt: skip
PLACES = np.arange(0, 3321, 415, dtype=np.int64)
IDENTITIES = {
    "received_total": ("carried_over", "received_new"),
    "received_new": ("received_online", "received_direct", "received_post"),
    "resolved_total": ("resolved_early", "resolved_on_time", "resolved_late"),
    "pending_total": ("pending_in_time", "pending_late"),
}
DAYS = st.dates(month_span("2023-12").start.date(), month_span("2024-03").end.date())


@settings(max_examples=30)
@given(st.lists(DAYS, min_size=3, max_size=3, unique=True))
def test_what_a_portal_counts_adds_up_over_any_days(some: list[Any]) -> None:
    first, middle, last = (datetime.combine(day, datetime.min.time()) for day in sorted(some))
    early, late, both = (
        FIGURES.table(span, PLACES, PLACES % 300)
        for span in (Span(first, middle), Span(middle, last), Span(first, last))
    )
    for table in (early, late, both):
        assert all((column >= 0).all() for column in table.values())
        for total, parts in IDENTITIES.items():
            assert (table[total] == sum(table[part] for part in parts)).all()
        assert (table["received_total"] == table["resolved_total"] + table["pending_total"]).all()
    for flow in ("received_online", "received_direct", "received_post", "resolved_total"):
        assert (early[flow] + late[flow] == both[flow]).all()
    assert (early["pending_total"] == late["carried_over"]).all()


def test_a_country_costs_no_more_than_its_page() -> None:
    """The last page of a million rows in the last of 60 months is the same as in a portal of that unit alone."""
    alone = Figures((Unit("u3320"),), FIGURES.procedures, "2020-01", 60)
    places = np.arange(100, 300, dtype=np.int64)
    big = FIGURES.table(month_span("2024-12"), np.full(200, 3320, dtype=np.int64), places)
    small = alone.table(month_span("2024-12"), np.zeros(200, dtype=np.int64), places)
    assert all((big[name] == small[name]).all() for name in big)
