"""Rules over due days: what closes and what is reminded of is due on some day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalogue.problem import Problem
from catalogue.programme import Programme

FURTHEST: Final = 60
"""As many days before or after its due day anybody is reminded of a report."""


def what_closes_is_due(programme: Programme) -> Iterator[Problem]:
    """A form that closes, or is reminded of, is due per period; and it says when it closes."""
    for form in programme.forms:
        for key in ("closes", "remind"):
            if getattr(form, key) and form.frequency is None:
                found, allowed = f"'{key}' in a form that is due in no period of its own", "a form with 'frequency'"
                yield Problem(("form", form.form, key), found, allowed, f"remove '{key}', or add 'frequency'")
        if form.closes and form.closes.days is None and not form.closes.release:
            remedy = "add 'days: 10', or 'release: true'"
            yield Problem(("form", form.form, "closes"), "no day", "'days', 'release', or both", remedy)


def reminders_are_near(programme: Programme) -> Iterator[Problem]:
    """Reminders rise, and lie within two months of the day."""
    stated: list[tuple[tuple[str | int, ...], tuple[int, ...]]]
    stated = [(("header", "programme", "remind"), programme.header.remind)]
    stated += [(("form", form.form, "remind"), form.remind or ()) for form in programme.forms]
    for place, steps in stated:
        if list(steps) != sorted({*steps}) or any(abs(one) > FURTHEST for one in steps):
            allowed = f"different days from {-FURTHEST} to {FURTHEST}, in order"
            yield Problem(place, f"{list(steps)}", allowed, "write them as [-3, 0, 1, 5]")
