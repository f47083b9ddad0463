"""Until when a form is taken: so many days after it is due, or until a release is final."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest

from catalogue.form import Closing, Due, Form
from catalogue.holiday import Holidays
from catalogue.period import Period
from tests.batch import form_of
from transforms.owe import closing_day, days_after

JANUARY: Final = Period.parse("2024-01")
TET: Final = Holidays(country="VN")


def form(closes: dict[str, Any] | None) -> Form:
    """A form that is due five working days after its period: on 7 February 2024."""
    closing = Closing.model_validate(closes) if closes else None
    return form_of({"n": "count"}).model_copy(update={"due": Due(days=5), "closes": closing})


@pytest.mark.parametrize(
    ("closes", "sealed", "last"),
    [
        (None, ["2024-03-01"], None),
        ({"days": 0}, [], "2024-02-07"),
        ({"days": 3, "working_days": False}, [], "2024-02-10"),
        # Tết of 2024 was from 8 to 14 February.
        ({"days": 3}, [], "2024-02-19"),
        ({"release": True}, [], None),
        # A final release before it is due closes nothing.
        ({"release": True}, ["2024-01-20", "2024-02-07"], None),
        ({"release": True}, ["2024-01-20", "2024-03-01", "2024-04-01"], "2024-03-01"),
        ({"days": 30, "release": True}, ["2024-03-01"], "2024-03-01"),
        ({"days": 3, "release": True}, ["2024-03-01"], "2024-02-19"),
    ],
)
def test_a_form_closes_after_days_or_with_a_final_release(
    closes: dict[str, Any] | None, sealed: list[str], last: str | None
) -> None:
    found = closing_day(JANUARY, form(closes), TET, [date.fromisoformat(one) for one in sealed])
    assert (found.isoformat() if found else None) == last


@pytest.mark.parametrize(
    ("days", "working", "found"),
    [(0, True, "2024-02-07"), (1, True, "2024-02-15"), (-3, True, "2024-02-02"), (-3, False, "2024-02-04"),
     (4, False, "2024-02-11")],
)  # fmt: skip
def test_days_are_counted_both_ways(days: int, working: bool, found: str) -> None:
    assert days_after(date(2024, 2, 7), days, TET, working=working).isoformat() == found
