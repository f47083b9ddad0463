"""Which figures of a release are withheld because they count very few: by the programme's declared rule, and those by
which a withheld one could be worked out.

A count of 1 to n - 1 is ``primary``; so is a rate or change one of whose sides is such a count. Where all but one part
of a shown whole are shown, that one follows by subtraction: so where one child of a place, or one part of a period, is
withheld alone, the smallest other is withheld, too (``secondary``); where there is none, the whole is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from catalogue.indicator import Indicator
from catalogue.period import Period, PeriodKind
from catalogue.programme import Programme
from catalogue.publication import Publication
from reports.figures import Row, Shown, rows
from warehouse.store import Warehouse

Cell = tuple[str, int, str]
"""A figure: code of the indicator, key of the place, code of the period."""
Mark = Literal["primary", "secondary"]

# Kinds whose sides are counts; a published figure is somebody else's, points and ranks count nobody.
_COUNTS: Final = frozenset({"count", "sum", "ratio", "change", "distinct", "share", "cumulative"})
# What a period is made of, the next smaller kind that is published first.
_SMALLER: Final[dict[str, tuple[PeriodKind, ...]]] = {
    "year": ("half", "quarter", "month"),
    "half": ("quarter", "month"),
    "quarter": ("month",),
}

_QUERY: Final = """
SELECT h.indicator_code, h.entity_key, h.period_code, h.period_kind, h.value, h.numerator, h.denominator,
       p.parent_key, p.link_key, p.register
FROM indicator_history h
LEFT JOIN place p ON p.entity_key = h.entity_key AND h.end_date BETWEEN p.valid_from AND p.named_to
WHERE h.from_release <= :release AND (h.to_release IS NULL OR h.to_release > :release) AND h.status = 'ok'
  AND h.indicator_code IN ({codes})
ORDER BY h.indicator_code, h.entity_key, h.period_code
"""


@dataclass(frozen=True)
class Group:
    """A whole and its parts, as a reader could add them up. ``tied``: the whole is the one part, not their sum."""

    whole: Cell
    parts: tuple[Cell, ...]
    tied: bool = False


def withheld(warehouse: Warehouse, release: Shown, programme: Programme, publication: Publication) -> dict[Cell, Mark]:
    """The figures of a release that are withheld. Empty where no rule is declared."""
    limits = {one.indicator: limit for one in programme.indicators if (limit := _limit(programme, publication, one))}
    if not limits:
        return {}
    names = {f"code{number}": code for number, code in enumerate(sorted(limits))}
    query = _QUERY.format(codes=", ".join(f":{name}" for name in names))
    found = rows(warehouse, query, release=release.key, **names)
    sizes = {(one["indicator_code"], one["entity_key"], one["period_code"]): _size(one) for one in found}
    marks: dict[Cell, Mark] = {
        cell: "primary"
        for cell, one in zip(sizes, found, strict=True)
        if _is_small(one, limits[str(one["indicator_code"])])
    }
    if marks:
        _close(marks, [*_places(found, sizes), *_times(programme, found, sizes)], sizes)
    return marks


def _limit(programme: Programme, publication: Publication, one: Indicator) -> int:
    """Counts below this are withheld in an indicator; 0: none."""
    if one.kind not in _COUNTS:
        return 0
    of = programme.indicator[one.of] if one.kind == "change" and one.of else one
    return publication.withheld_below(of.fact) if of.fact else 0


def _size(one: Row) -> Decimal:
    """How many a figure counts: its numerator, else its value."""
    return Decimal(next((one[name] for name in ("numerator", "value") if one[name] is not None), 0))


def _is_small(one: Row, limit: int) -> bool:
    """Whether a side of a figure is a count that is withheld."""
    sides = [one["numerator"], one["denominator"]]
    if one["denominator"] is None:
        sides.append(one["value"])
    return any(side is not None and 0 < side < limit for side in sides)


def _places(found: Sequence[Row], sizes: Mapping[Cell, Decimal]) -> Iterable[Group]:
    """Places and what stands right below them, in each period: by the register's own order, and by what it links to."""
    below: dict[tuple[Cell, str, str], list[Cell]] = defaultdict(list)
    for cell, one in zip(sizes, found, strict=True):
        for way in ("parent_key", "link_key"):
            whole = (cell[0], one[way], cell[2])
            if one[way] is not None and whole in sizes:
                below[whole, way, str(one["register"])].append(cell)
    return [Group(whole, tuple(parts)) for (whole, _, _), parts in below.items()]


def _times(programme: Programme, found: Sequence[Row], sizes: Mapping[Cell, Decimal]) -> Iterable[Group]:
    """Periods and the smaller ones in them. A stock at a period's end is that of its last part: both or neither."""
    groups = []
    kinds = {str(one["period_code"]): str(one["period_kind"]) for one in found}
    smaller = {code: _within(Period.parse(code, programme.calendars), kind) for code, kind in kinds.items()}
    stocks = {code: _is_stock(programme, programme.indicator[code]) for code in {cell[0] for cell in sizes}}
    for cell in sizes:
        code, entity, written = cell
        last = stocks[code]
        for inside in smaller[written]:
            parts = tuple((code, entity, part) for part in inside)
            if all(part in sizes for part in parts):
                groups.append(Group(cell, parts[-1:] if last else parts, tied=last))
    return groups


def _within(period: Period, kind: str) -> list[list[str]]:
    """The codes of the smaller periods that make up one, per kind of them."""
    found = [[part.code for part in period.parts(smaller)] for smaller in _SMALLER.get(kind, ())]
    return [parts for parts in found if parts]


def _is_stock(programme: Programme, one: Indicator) -> bool:
    """Whether several periods of an indicator are no sum: what counts is the state at the end."""
    of = programme.indicator[one.of] if one.of else one
    fact = programme.fact[of.fact] if of.fact else None
    rules = set()
    for term in of.terms:
        measure = fact.measure(term.measure) if fact and term.measure else None
        rules.add(term.over_time or (measure.over_time if measure else "last"))
    return rules != {"sum"}


def _close(marks: dict[Cell, Mark], groups: Sequence[Group], sizes: Mapping[Cell, Decimal]) -> None:
    """Withhold more until nothing withheld follows from what is shown."""
    waiting = True
    while waiting:
        waiting = False
        for group in groups:
            hidden = [part for part in group.parts if part in marks]
            more = _more(group, hidden, marks, sizes)
            if more is not None:
                marks[more] = "secondary"
                waiting = True


def _more(
    group: Group, hidden: Sequence[Cell], marks: Mapping[Cell, Mark], sizes: Mapping[Cell, Decimal]
) -> Cell | None:
    """The next figure of a group that has to be withheld; None where nothing of it can be worked out."""
    shown_whole = group.whole not in marks
    if group.tied:
        both = (group.whole, *group.parts)
        return next((cell for cell in both if cell not in marks), None) if hidden or not shown_whole else None
    if not hidden and not shown_whole:
        # All parts are shown: they add up to the whole.
        return min(_others(group, marks, sizes), default=(Decimal(0), None), key=_by_size)[1]
    if len(hidden) == 1 and shown_whole:
        return min(_others(group, marks, sizes), default=(Decimal(0), group.whole), key=_by_size)[1]
    return None


def _others(group: Group, marks: Mapping[Cell, Mark], sizes: Mapping[Cell, Decimal]) -> list[tuple[Decimal, Cell]]:
    """The parts of a group that are shown and not zero: a zero tells nothing of anybody, and hides nothing."""
    return [(sizes[part], part) for part in group.parts if part not in marks and sizes[part] > 0]


def _by_size(one: tuple[Decimal, Cell | None]) -> tuple[Decimal, int, str]:
    """The smallest first; equal ones by place and period, so that an export is the same every time."""
    size, cell = one
    return (size, cell[1], cell[2]) if cell else (size, 0, "")
