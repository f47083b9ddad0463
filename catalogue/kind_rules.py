"""Rules over what is particular to a kind of indicator: once_by, units, sources, components, ranks, running totals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalogue.fact import Fact
from catalogue.indicator import Indicator, Term
from catalogue.problem import Problem, listed, unknown
from catalogue.programme import Programme
from catalogue.register_rules import unknown_unit

Place = tuple[str | int, ...]

# What a row of an example of reports may say.
OF_A_REPORT: Final = ("form", "unit", "period", "received", "loaded", "quarantined")


def what_is_distinct_is_told_apart(programme: Programme) -> Iterator[Problem]:
    """Distinct things are told apart by dimensions, in one term: terms of several would count the same thing twice."""
    for indicator in _of_kind(programme, "distinct"):
        for key in ("numerator", "denominator"):
            terms, place = getattr(indicator, key), ("indicator", indicator.indicator, key)
            if len(terms) > 1:
                found = f"{len(terms)} terms, which may count the same thing"
                yield Problem(place, found, "one term for the kind distinct", "write one term with all its conditions")
            for index, term in enumerate(terms):
                if not term.once_by or term.sign < 0:
                    found = "a term without 'once_by'" if not term.once_by else "a term with a sign"
                    yield Problem((*place, index), found, "'once_by' and no sign", "add 'once_by: [...]'")


def what_is_compared_by_unit_is_of_one_sort(programme: Programme) -> Iterator[Problem]:
    """Terms of a share have one rule over time and one choice of forms; so has each source of a gap."""
    for indicator in programme.indicators:
        fact = programme.fact.get(indicator.fact or "")
        if indicator.kind not in ("share", "gap") or fact is None:
            continue
        place: Place = ("indicator", indicator.indicator)
        rules = sorted({_over_time(fact, term) for term in indicator.terms})
        if len(rules) > 1:
            remedy = "declare the same 'over_time' for each term"
            yield Problem(place, f"terms that are taken {listed(rules)} over time", "one rule", remedy)
        both = (*indicator.numerator, *indicator.denominator)
        for key, terms in (("numerator", both), ("against", indicator.against)):
            if len({term.forms for term in terms}) > 1:
                yield Problem((*place, key), "terms of different forms", "one source", "name the same forms in each")
        names = [dimension.dimension for dimension in fact.dimensions]
        for index, name in enumerate(indicator.unit_by):
            if name not in names:
                yield unknown((*place, "unit_by", index), f"dimension of {fact.fact}", name, names)


def an_index_has_one_measure_of_what_can_be_reached(programme: Programme) -> Iterator[Problem]:
    """An index has a maximum, or a denominator that adds up what its rows could reach. Weights are for indices."""
    for indicator in programme.indicators:
        place: Place = ("indicator", indicator.indicator)
        if indicator.kind == "index" and (indicator.maximum is None) == (not indicator.denominator):
            found = (
                "both a maximum and a denominator" if indicator.denominator else "neither a maximum nor a denominator"
            )
            yield Problem(place, found, "'maximum' or 'denominator'", "declare one of the two")
        if indicator.kind != "index" and any(term.weight != 1 for term in indicator.terms):
            found = f"a weight in the kind {indicator.kind}"
            yield Problem(place, found, "'weight' for the kind index", "remove it, or write 'kind: index'")


def a_rank_knows_its_best_and_its_places(programme: Programme) -> Iterator[Problem]:
    """What is ranked has a direction; the places exist."""
    for indicator in _of_kind(programme, "rank"):
        place: Place = ("indicator", indicator.indicator)
        of, among = programme.indicator.get(indicator.of or ""), indicator.among
        if of is not None and of.direction == "none":
            remedy = f"declare 'direction: up' or 'down' for {of.indicator}"
            yield Problem((*place, "of"), f"{of.indicator}, which says not what is better", "a direction", remedy)
        if among is None:
            continue
        known = sorted(
            {str(getattr(one, among.attribute)) for register in programme.registers for one in register.versions}
        )
        for index, code in enumerate(among.one_of):
            if code not in known:
                yield unknown((*place, "among", "one_of", index), among.attribute, code, known)
        if among.within is not None:
            yield from unknown_unit(programme, (*place, "among", "within"), among.within, (*programme.register_named,))


def what_is_cumulated_is_a_flow(programme: Programme) -> Iterator[Problem]:
    """A running total adds up; a stock would be counted once for each period that it lasted."""
    for indicator in _of_kind(programme, "cumulative"):
        fact = programme.fact.get(indicator.fact or "")
        for index, term in enumerate(indicator.numerator):
            if fact is not None and _over_time(fact, term) != "sum":
                place = ("indicator", indicator.indicator, "numerator", index)
                found = f"{term.measure or 'rows'!r}, taken {_over_time(fact, term)} over time"
                yield Problem(place, found, "what adds up over time", "choose a flow, or another kind")


def reports_name_forms(programme: Programme) -> Iterator[Problem]:
    """Indicators of reporting name forms that exist, and their examples say of reports what can be said."""
    for indicator in _of_kind(programme, "reports"):
        place: Place = ("indicator", indicator.indicator)
        for index, form in enumerate(indicator.forms):
            if form not in programme.form:
                yield unknown((*place, "forms", index), "form", form, programme.form)
        for index, row in enumerate(indicator.example.given):
            for key in row:
                if key not in OF_A_REPORT:
                    yield unknown((*place, "example", "given", index), "word of a report", key, OF_A_REPORT)


def _over_time(fact: Fact, term: Term) -> str:
    measure = fact.measure(term.measure) if term.measure else None
    return term.over_time or (measure.over_time if measure else "sum")


def _of_kind(programme: Programme, kind: str) -> Iterator[Indicator]:
    return (one for one in programme.indicators if one.kind == kind)
