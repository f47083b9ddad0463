"""What a unit reported over a longer period, of which this report is the last: for checks ``over`` a quarter or a year.

Read and laid only where a report ends such a period and each of its reports is known. Adds to ``staged``

``<field>__first_<span>``  the figure of the same row (by the form's key) in the first report of the period
``<field>__rest_<span>``   the sum of its figures in all reports of the period but this one
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Final

import pyarrow as pa

from catalogue.form import Form
from catalogue.period import Period, PeriodKind
from warehouse.staging import Staging

Span = tuple[int, str, str, bool]
"""Part of the batch, kind of the longer period, an earlier period in it, and whether that is the first."""

_COLUMNS: Final = {"part_no": pa.int64(), "span": pa.string(), "period_code": pa.string(), "is_first": pa.bool_()}


def spans_of(form: Form) -> tuple[PeriodKind, ...]:
    """The kinds of longer periods that checks of a form are over."""
    return tuple(dict.fromkeys(check.over for check in form.checks if check.over is not None))


def earlier_in_span(
    form: Form,
    parts: Iterable[tuple[int, int, Period]],
    known: Collection[tuple[int, str]],
    upheaval: Callable[[int, date, date], bool],
) -> Iterator[Span]:
    """The earlier reports of each longer period that a part (number, unit, period) ends.

    None where one of them is not ``known`` (unit, period), or where the unit, one below it or one beside it began or
    ended after the first of them (``upheaval``: unit, after, until).
    """
    spans = spans_of(form)
    for number, unit, this in parts:
        for kind in spans:
            whole = Period.holding(this.end, kind, this.calendar)
            inside = whole.parts(this.kind)
            if inside[-1:] != (this,):
                continue
            earlier = inside[:-1]
            if (
                earlier
                and all((unit, one.code) in known for one in earlier)
                and not upheaval(unit, earlier[0].end, this.end)
            ):
                yield from ((number, kind, one.code, one is earlier[0]) for one in earlier)


def lay_spans(area: Staging, found: Sequence[Span]) -> None:
    """Lay ``spans`` (part_no, span, period_code, is_first)."""
    area.put("spans", _COLUMNS, found)


def span_columns(form: Form, kind: PeriodKind) -> tuple[str, ...]:
    """The columns of ``staged`` that hold what was reported over a kind of period."""
    return tuple(f'x_{kind}."{name}__{what}_{kind}"' for name, what in _asked(form, kind))


def span_join(form: Form, kind: PeriodKind, key: Sequence[str]) -> str:
    """SQL that joins them to ``staged s``, of whose row ``key`` are the values of the form's key.

    Of ``keyed``, the rows of earlier reports; a row that one of them does not have, or has twice, has no such figures;
    nor has a field that one of them leaves blank.
    """
    names = "".join(f", k.key_{place}" for place in range(len(key)))
    figures = []
    for name, what in _asked(form, kind):
        known = f'max(CASE WHEN x.is_first THEN k."{name}" END)'
        if what == "rest":
            total = f'sum(k."{name}")'
            field = form.field(name)
            # A sum of counts would be wider than any other column there is.
            total = f"CAST({total} AS BIGINT)" if field is not None and field.type == "count" else total
            known = f'CASE WHEN count(k."{name}") = count(*) THEN {total} END'
        figures.append(f'{known} AS "{name}__{what}_{kind}"')
    same = "".join(f" AND x_{kind}.key_{place} = {value}" for place, value in enumerate(key))
    return f"""
        LEFT JOIN (
            SELECT x.part_no{names}, {", ".join(figures)}
            FROM spans x JOIN parts o ON o.part_no = x.part_no
            JOIN keyed k ON k.unit_key = o.unit_key AND k.period_code = x.period_code AND k.times = 1
            JOIN (SELECT part_no, count(*) AS reports FROM spans WHERE span = '{kind}' GROUP BY part_no) n
              ON n.part_no = x.part_no
            WHERE x.span = '{kind}'
            GROUP BY x.part_no{names} HAVING count(*) = max(n.reports)
        ) x_{kind} ON x_{kind}.part_no = s.part_no{same}"""


def _asked(form: Form, kind: PeriodKind) -> tuple[tuple[str, str], ...]:
    """(field, "first" or "rest") of what the checks over a kind of period read."""
    columns = {"first": "first", "all": "rest"}
    found = [
        (one.field, columns[one.of])
        for check in form.checks
        if check.over == kind
        for one in (*check.left, *check.right)
        if one.field is not None and one.of in columns
    ]
    return tuple(dict.fromkeys(found))
