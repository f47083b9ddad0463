"""The formula of each kind of indicator in words, and its worked example: for the pages of programmes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from catalogue.fact import Fact
from catalogue.indicator import Condition, Indicator, IndicatorKind, Term
from catalogue.programme import Programme


def formula(programme: Programme, one: Indicator) -> str:
    """What is added, of which rows, and what it is divided by. Raises KeyError where nothing says what a kind is."""
    return FORMULAS[one.kind](programme, one)


def example(one: Indicator) -> str:
    """What the worked example gives."""
    given = one.example
    if given.value is None:
        return f"{len(given.given)} rows give status {given.status}"
    over = f" ({given.numerator} / {given.denominator})" if given.denominator is not None else ""
    return f"the {len(given.given)} rows of its worked example give {given.value}{over}"


# Kinds ----------------------------------------------------------------------------------------------------------------


def _added(programme: Programme, one: Indicator) -> str:
    fact = _fact(programme, one)
    above = _part(fact, one.numerator)
    return f"({above}) / ({_part(fact, one.denominator)})" if one.denominator else above


def _change(_: Programme, one: Indicator) -> str:
    return f"`{one.of}` of the period / `{one.of}` of the same period a year before, at the same place"


def _published(programme: Programme, one: Indicator) -> str:
    value = _part(_fact(programme, one), one.numerator)
    return f"{value}, as published; never added up, never averaged; two different ones are no figure"


def _distinct(programme: Programme, one: Indicator) -> str:
    return f"{_added(programme, one)}; counted anew for each place and period, never added up"


def _share(programme: Programme, one: Indicator) -> str:
    fact = _fact(programme, one)
    below = _part(fact, one.denominator)
    unit = f"each {_listed(one.unit_by, ' and ')} of a place" if one.unit_by else "a place"
    return (
        f"number of units whose ({_part(fact, one.numerator)}) / ({below}) is at least {_number(one.at_least)} / "
        f"number of units whose ({below}) is above 0; a unit is {unit}; one whose rows leave a blank is left out"
    )


def _gap(programme: Programme, one: Indicator) -> str:
    fact = _fact(programme, one)
    first, second = _part(fact, one.numerator), _part(fact, one.against)
    said = f"first source: {first}; second source: {second}; of each place and reported period of which both tell, "
    if one.gap == "larger":
        return f"{said}sum of the first / sum of the larger of both"
    return f"{said}sum of the differences without their signs / sum of the first"


def _index(programme: Programme, one: Indicator) -> str:
    fact = _fact(programme, one)
    below = _number(one.maximum) if one.maximum is not None else f"({_part(fact, one.denominator)})"
    above = f"({_part(fact, one.numerator)}) / {below}"
    return f"{above}, of the place's own rows; incomplete where a component is missing, never added up over places"


def _rank(programme: Programme, one: Indicator) -> str:
    if one.among is None:
        raise ValueError(f"{one.indicator} of kind rank does not say among which places")
    first = "smallest" if programme.indicator[one.of or ""].direction == "down" else "largest"
    within = f" below place {one.among.within}" if one.among.within else ""
    return (
        f"rank of `{one.of}` among the places whose {one.among.attribute} is {_listed(one.among.one_of)}{within} on "
        f"the period's last day; 1 is the {first}, and equal figures share a rank (1-2-2-4)"
    )


def _cumulative(programme: Programme, one: Indicator) -> str:
    return f"{_added(programme, one)}; all from {one.since} to the period's end; none where the period has no report"


_REPORTS: Final = {
    "on_time": "number of reports that first came not after their due day / number of reports due",
    "complete": "number of reports whose newest version has no row in quarantine / number of reports due",
    "in_error": "rows in quarantine / rows in quarantine or in facts, of the newest version of each report",
}


def _reports(_: Programme, one: Indicator) -> str:
    return f"{_REPORTS[one.reports or '']}; of {_listed(one.forms) if one.forms else 'every form'}"


FORMULAS: Final[Mapping[IndicatorKind, Callable[[Programme, Indicator], str]]] = {
    "count": _added,
    "sum": _added,
    "ratio": _added,
    "change": _change,
    "published": _published,
    "distinct": _distinct,
    "share": _share,
    "gap": _gap,
    "index": _index,
    "rank": _rank,
    "cumulative": _cumulative,
    "reports": _reports,
}


# Terms ----------------------------------------------------------------------------------------------------------------


def _fact(programme: Programme, one: Indicator) -> Fact:
    if one.fact is None:
        raise ValueError(f"{one.indicator} of kind {one.kind} is not computed from a fact")
    return programme.fact[one.fact]


def _part(fact: Fact, terms: Sequence[Term]) -> str:
    said = [("− " if one.sign < 0 else "+ " if place else "") + _term(fact, one) for place, one in enumerate(terms)]
    return " ".join(said)


_OVER_TIME: Final = {
    "sum": "",
    "first": " of the first report",
    "last": " of the last report",
    "none": " of the period itself",
}


def _term(fact: Fact, term: Term) -> str:
    measure = fact.measure(term.measure) if term.measure else None
    rule = term.over_time or (measure.over_time if measure else "sum")
    counted = f"different {_listed(term.once_by, ' and ')} in rows" if term.once_by else "rows"
    said = f"`{fact.fact}.{measure.measure}`" if measure else f"number of {counted} of `{fact.fact}`"
    said = f"{_number(term.weight)} × {said}" if term.weight != 1 else said
    said += _OVER_TIME[rule]
    said += f" in {' or '.join(term.forms)}" if term.forms else ""
    conditions = [_condition(one) for one in term.where]
    return f"{said} where {' and '.join(conditions)}" if conditions else said


def _condition(one: Condition) -> str:
    codes = _listed(one.one_of or ())
    if one.attribute:
        return f"the {one.attribute} of the place is {codes}"
    if one.any_of:
        return f"{_listed(one.any_of)} is true"
    if one.sum_of:
        return f"{_listed(one.sum_of, ' + ')} >= {one.at_least}"
    if one.ends_in_period:
        return f"`{one.ends_in_period}` lies in the period"
    if one.active_at_end:
        begun, ended = one.active_at_end
        return f"`{begun}` is not after the period's end and `{ended}` is not before or on it"
    if one.share:
        rounded = f", rounded half-up to {one.share.decimals} decimals," if one.share.decimals is not None else ""
        return f"`{one.share.numerator}` / `{one.share.denominator}`{rounded} reaches `{one.share.at_least}`"
    return f"`{one.column}` is {codes}" if codes else f"`{one.column}` is true"


def _listed(names: Sequence[str], between: str = " or ") -> str:
    return between.join(f"`{name}`" for name in names)


def _number(value: Decimal | None) -> str:
    """A number of a declaration, without zeros that say nothing: 400 and not 4E+2 or 400.0."""
    said = f"{value or Decimal(0):f}"
    return said.rstrip("0").rstrip(".") if "." in said else said
