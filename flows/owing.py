"""What is owed is the same for every batch of a run, and long: each year of a form is written once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from catalogue.form import Form
from catalogue.period import Period
from flows.house import House


@contextmanager
def newly_owed(house: House, form: Form | None, spans: Sequence[Period]) -> Iterator[list[Period]]:
    """One of some periods for each year of a form whose obligations this run has not written yet; they count as written
    where the ``with`` ends well."""
    years = {(form.form, form.version, one.calendar, one.year): one for one in spans} if form else {}
    yield [one for year, one in years.items() if year not in house.owing]
    house.owing.update(years)
