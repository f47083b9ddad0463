"""From figures to values: status, change against the year before, how targets stand. Exact arithmetic throughout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from catalogue.indicator import Indicator
from catalogue.period import Period
from catalogue.target import Target, TargetStatus


@dataclass(frozen=True, slots=True)
class Figure:
    """A numerator and denominator for one indicator, place and period, with how many reports stand behind it."""

    indicator: str
    version: int
    entity: int
    period: str
    numerator: Decimal | None
    denominator: Decimal | None = None
    approx: str | None = None
    of_n: int | None = None
    received: int = 0
    expected: int = 0
    status: str = "ok"
    reason: str | None = None
    on_time: int = 0


def figure(indicator: Indicator, row: Sequence[object], reports: tuple[int, int, int] | None) -> Figure:
    """A figure from a row of ``transforms.indicate.figures`` and its coverage."""
    entity, period, numerator, denominator, approx, of_n, versions = row
    received, expected, on_time = reports or (0, 0, 0)
    status, reason = "ok", None
    if isinstance(versions, int) and versions > 1:
        # Two published values that differ: choosing one would be a guess.
        numerator, status, reason = None, "not_comparable", "two_values"
    elif indicator.is_quotient and not denominator:
        status = "no_denominator"
    elif indicator.kind == "index" and numerator is None:
        status = "incomplete"
    exact = "=" if approx == "=" else approx
    return Figure(
        indicator.indicator,
        indicator.version,
        int(str(entity)),
        str(period),
        _decimal(numerator),
        _decimal(denominator),
        str(exact) if exact and exact != "=" else None,
        int(str(of_n)) if of_n is not None else None,
        received,
        expected,
        status,
        reason,
        on_time,
    )


def _decimal(value: object) -> Decimal | None:
    return value if value is None or isinstance(value, Decimal) else Decimal(str(value))


def change(indicator: Indicator, base: Iterable[Figure], periods: dict[str, Period]) -> list[Figure]:
    """Each period over the same period of the year before, at the same place. Reports of both stand behind it."""
    known = {(one.entity, one.period): one for one in base if one.status == "ok" and one.denominator is None}
    found = []
    for (entity, code), now in known.items():
        before = known.get((entity, periods[code].year_before().code))
        status = "no_base" if before is None else "ok" if before.numerator else "no_denominator"
        found.append(
            replace(
                now,
                indicator=indicator.indicator,
                version=indicator.version,
                numerator=now.numerator,
                denominator=before.numerator if before else None,
                received=now.received + (before.received if before else 0),
                expected=now.expected + (before.expected if before else 0),
                on_time=now.on_time + (before.on_time if before else 0),
                status=status,
                entity=entity,
            )
        )
    return found


def withheld(one: Figure, least: Decimal | None) -> Figure:
    """A figure behind which fewer than a share of the reports owed stand is not given; any other as it is.

    >>> one = Figure("A", 1, 1, "2024", Decimal(7), received=3, expected=4)
    >>> [withheld(one, least).status for least in (None, Decimal("0.75"), Decimal("0.76"))]
    ['ok', 'ok', 'low_coverage']
    """
    if least is None or one.status in ("not_comparable", "withdrawn") or one.received >= least * one.expected:
        return one
    return replace(one, status="low_coverage", numerator=None, denominator=None, approx=None, of_n=None, reason=None)


_HOLDS: Final = {
    "=": lambda left, right: left == right,
    ">=": lambda left, right: left >= right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    "<": lambda left, right: left < right,
}


def target_status(target: Target, found: Figure, period: Period, ended: date | None = None) -> TargetStatus | None:
    """How a target stands by a figure; None where the figure cannot speak for it (later than its year).

    ``ended``: the last day of the target's place. Its targets are closed on that day: a figure of a period that
    outlasts the place may show that enough was reached by then; else it is of less than the document meant, and not
    comparable.

    Compared unrounded, numerator against value times denominator. Met on incomplete reports is met_partial. Not yet
    reached while the target's year lasts is pending. A published actual is compared with the figure of its own year.
    """
    year = period.target_year
    if year > target.year or (target.kind == "actual" and (year != target.year or period.kind != "year")):
        return None
    if found.status == "not_comparable":
        return "not_comparable"
    if found.status != "ok" or found.numerator is None:
        return "no_data"
    reached = _HOLDS[target.operator](
        found.numerator, target.value * (1 if found.denominator is None else found.denominator)
    )
    if found.approx in (">", "<"):
        reached = _surely(target, found)
    outlasts = ended is not None and ended < period.end
    if outlasts and (not reached or target.operator in ("<=", "<")):
        return "not_comparable"
    if reached:
        return "met" if found.received >= found.expected else "met_partial"
    ongoing = year < target.year or (period.kind != "year" and period.end.month < 12)  # noqa: PLR2004 December
    return "pending" if ongoing and target.kind == "target" else "not_met"


def _surely(target: Target, found: Figure) -> bool:
    """A figure published as "above n" is above n: it meets "> n", and never "< m" nor "= n"."""
    if found.approx == ">" and target.operator in (">", ">="):
        return found.numerator is not None and found.numerator >= target.value
    if found.approx == "<" and target.operator in ("<", "<="):
        return found.numerator is not None and found.numerator <= target.value
    return False
