"""Rules over indicators: what their kind needs, what their terms and conditions name, what may be added up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalogue.fact import Fact
from catalogue.form import Form
from catalogue.indicator import Condition, Indicator, Term
from catalogue.period import MONTHS, Period
from catalogue.problem import Problem, listed, nearest, unknown
from catalogue.programme import Programme
from catalogue.register_rules import unknown_unit, with_linked

Place = tuple[str | int, ...]

# What a kind of indicator must declare, and what it may declare besides.
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "count": ("numerator", "fact"),
    "sum": ("numerator", "fact"),
    "ratio": ("numerator", "denominator", "fact"),
    "change": ("of",),
    "published": ("fact",),
    "distinct": ("numerator", "fact"),
    "share": ("numerator", "denominator", "at_least", "fact"),
    "gap": ("numerator", "against", "gap", "fact"),
    "index": ("numerator", "fact"),
    "rank": ("of", "among"),
    "cumulative": ("numerator", "since", "fact"),
    "reports": ("reports",),
}
MAY: Final[dict[str, tuple[str, ...]]] = {
    "published": ("numerator", "denominator"),
    "distinct": ("denominator",),
    "share": ("unit_by",),
    "index": ("denominator", "maximum"),
    "reports": ("forms",),
}
# Every key that some kind would pass over.
OF_A_KIND: Final = (
    "numerator", "denominator", "fact", "of", "at_least", "unit_by", "against", "gap", "maximum", "among", "since",
    "reports", "forms",
)  # fmt: skip
# Kinds whose terms count rows, and kinds whose terms name measures; the others may do either.
COUNTING: Final = ("count", "distinct")
MEASURING: Final = ("sum", "published", "index", "gap")
# Each way to state a condition: its key, and the key that goes with it.
STATES: Final[dict[str, str | None]] = {
    "column": "one_of",
    "any_of": None,
    "sum_of": "at_least",
    "ends_in_period": None,
    "active_at_end": None,
    "attribute": "one_of",
    "share": None,
}
# What a row of an example may name besides columns of the fact.
BESIDES: Final = ("unit", "period", "form")


def indicators_have_what_their_kind_needs(programme: Programme) -> Iterator[Problem]:
    """Each kind declares what it needs, and nothing that it would pass over."""
    for indicator in programme.indicators:
        place, needs = ("indicator", indicator.indicator), NEEDS[indicator.kind]
        allowed = f"{listed(needs)} for the kind {indicator.kind}"
        for key in needs:
            if not getattr(indicator, key):
                found = f"an indicator of kind {indicator.kind} without {key!r}"
                yield Problem(place, found, allowed, f"add '{key}: ...'")
        for key in OF_A_KIND:
            if getattr(indicator, key) and key not in (*needs, *MAY.get(indicator.kind, ())):
                yield Problem((*place, key), f"{key!r} for the kind {indicator.kind}", allowed, f"remove {key!r}")
        if not indicator.periods:
            yield Problem((*place, "periods"), "no period", listed(MONTHS), "name at least one")


def the_fact_exists(programme: Programme) -> Iterator[Problem]:
    """An indicator is computed from a fact that is declared."""
    for indicator in programme.indicators:
        if indicator.fact is not None and indicator.fact not in programme.fact:
            yield unknown(("indicator", indicator.indicator, "fact"), "fact", indicator.fact, programme.fact)


def calendars_are_known(programme: Programme) -> Iterator[Problem]:
    """An indicator's calendar is known."""
    for indicator in programme.indicators:
        if indicator.calendar not in programme.calendars:
            place = ("indicator", indicator.indicator, "calendar")
            yield unknown(place, "calendar", indicator.calendar, programme.calendars)


def changes_follow_an_indicator(programme: Programme) -> Iterator[Problem]:
    """A change or rank is of another indicator that is computed from a fact, over the same periods."""
    possible = [found.indicator for found in programme.indicators if found.fact is not None]
    for indicator in programme.indicators:
        if indicator.of is None:
            continue
        place, of = ("indicator", indicator.indicator), programme.indicator.get(indicator.of)
        if of is None or of.fact is None:
            yield unknown((*place, "of"), "indicator (no change or rank itself)", indicator.of, possible)
            continue
        lacking = [kind for kind in indicator.periods if kind not in of.periods]
        if lacking:
            allowed = f"{listed(of.periods)}, as of {of.indicator}"
            yield Problem((*place, "periods"), listed(lacking), allowed, f"add them to {of.indicator}, or remove them")
        if of.calendar != indicator.calendar:
            allowed = f"{of.calendar!r}, as of {of.indicator}"
            yield Problem((*place, "calendar"), repr(indicator.calendar), allowed, f"write {of.calendar!r}")


def terms_name_measures(programme: Programme) -> Iterator[Problem]:
    """Terms of a sum name measures of the fact; terms of a count none."""
    for indicator, fact, term, place in _terms(programme):
        if term.measure is not None and fact.measure(term.measure) is None:
            names = [measure.measure for measure in fact.measures]
            yield unknown((*place, "measure"), f"measure of {fact.fact}", term.measure, names)
        if indicator.kind in COUNTING and term.measure is not None:
            remedy = "write 'kind: sum', or remove the measure"
            yield Problem((*place, "measure"), f"the measure {term.measure!r} in a count", "rows only", remedy)
        if indicator.kind in MEASURING and term.measure is None:
            allowed = listed(measure.measure for measure in fact.measures)
            remedy = "add 'measure: ...'" + (", or write 'kind: count'" if indicator.kind == "sum" else "")
            yield Problem(place, f"a term without a measure in the kind {indicator.kind}", allowed, remedy)


def what_is_counted_once_is_told_apart(programme: Programme) -> Iterator[Problem]:
    """``once_by`` names dimensions, of things that are counted: a figure of each would be lost."""
    for _, fact, term, place in _terms(programme):
        names = [dimension.dimension for dimension in fact.dimensions]
        for index, name in enumerate(term.once_by):
            if name not in names:
                yield unknown((*place, "once_by", index), f"dimension of {fact.fact}", name, names)
        if term.once_by and term.measure is not None:
            found = f"the measure {term.measure!r} of what is counted once"
            yield Problem((*place, "once_by"), found, "'once_by' for counts", "remove 'once_by', or count rows")


def terms_name_forms_that_feed_the_fact(programme: Programme) -> Iterator[Problem]:
    """The forms of a term exist and feed the fact of the indicator."""
    for _, fact, term, place in _terms(programme):
        feeding = [form.form for form in programme.forms if form.fact == fact.fact]
        for index, form in enumerate(term.forms):
            if form not in feeding:
                yield unknown((*place, "forms", index), f"form that feeds {fact.fact}", form, feeding)


def periods_are_made_of_those_of_the_forms(programme: Programme) -> Iterator[Problem]:
    """Some form of each term brings periods of the indicator's calendar that its periods are made of."""
    for indicator, fact, term, place in _terms(programme):
        forms = _feeding(programme, fact, term)
        if not forms or any(form.frequency is None for form in forms):
            continue
        bases = [form.frequency for form in forms if form.frequency and form.calendar == indicator.calendar]
        strange = [kind for kind in indicator.periods if not any(MONTHS[kind] % MONTHS[base] == 0 for base in bases)]
        if strange:
            brought = sorted({f"{form.frequency} in {form.calendar}" for form in forms})
            found = f"{listed(strange)} of the calendar {indicator.calendar}, which no periods of the forms make up"
            remedy = "choose longer periods, or the calendar of the forms"
            yield Problem((*place[:2], "periods"), found, f"periods made of {listed(brought)}", remedy)


def what_does_not_add_up_is_not_added(programme: Programme) -> Iterator[Problem]:
    """A measure that several periods make nothing of is used for the periods of its form only."""
    for indicator, fact, term, place in _terms(programme):
        measure = fact.measure(term.measure) if term.measure else None
        rule = term.over_time or (measure.over_time if measure else "sum")
        if rule != "none" or indicator.kind == "published":
            continue
        for form in _feeding(programme, fact, term):
            longer = [kind for kind in indicator.periods if form.frequency and MONTHS[kind] > MONTHS[form.frequency]]
            if longer:
                found = f"{term.measure or 'rows'!r} over a {listed(longer)}, though several periods make nothing of it"
                allowed = f"the period {form.frequency} of the form {form.form}"
                remedy = "remove the longer periods, or declare 'over_time: sum', 'first' or 'last'"
                yield Problem((*place, "measure"), found, allowed, remedy)


def conditions_are_one_thing(programme: Programme) -> Iterator[Problem]:
    """Each condition states exactly one thing, completely."""
    for _, _, condition, place in _conditions(programme):
        stated = [key for key in STATES if getattr(condition, key) is not None]
        if len(stated) != 1:
            found = " and ".join(stated) or "none of them"
            remedy = "write each as a condition of its own" if stated else "state one of them"
            yield Problem(place, found, f"exactly one of {listed(STATES)}", remedy)
            continue
        partner = STATES[stated[0]]
        for key in ("one_of", "at_least"):
            given = getattr(condition, key) is not None
            if key == partner and not given:
                yield Problem(place, f"{stated[0]!r} without {key!r}", f"{stated[0]} with {key}", f"add '{key}: ...'")
            elif key != partner and given:
                owners = listed(state for state, other in STATES.items() if other == key)
                yield Problem((*place, key), f"{key!r} for {stated[0]!r}", f"{key!r} with {owners}", "remove it")


def conditions_name_columns(programme: Programme) -> Iterator[Problem]:
    """Conditions name columns of the fact, of the type that they ask about."""
    for _, fact, condition, place in _conditions(programme):
        flags = [found.dimension for found in fact.dimensions if found.type == "flag"]
        days = [found.dimension for found in fact.dimensions if found.type == "date"]
        measures = [found.measure for found in fact.measures]
        share, within = condition.share, f"of {fact.fact}"
        named: list[tuple[str | None, Place, str, list[str]]] = [
            (condition.column, ("column",), "dimension", [found.dimension for found in fact.dimensions]),
            (condition.ends_in_period, ("ends_in_period",), "date", days),
        ]
        for key, names, what, known in (
            ("any_of", condition.any_of, "flag", flags),
            ("sum_of", condition.sum_of, "measure", measures),
            ("active_at_end", condition.active_at_end, "date", days),
        ):
            named += [(name, (key, index), what, known) for index, name in enumerate(names or ())]
        if share is not None:
            for key in ("numerator", "denominator", "at_least"):
                named.append((getattr(share, key), ("share", key), "measure", measures))
        for name, path, what, known in named:
            if name is not None and name not in known:
                yield unknown((*place, *path), f"{what} {within}", name, known)
        if condition.attribute is not None and fact.place is None:
            remedy = f"declare 'place: ...' in facts/{fact.fact}.yml, or remove the condition"
            yield Problem((*place, "attribute"), f"an attribute of the place, which {fact.fact} lacks", "none", remedy)


def conditions_name_codes(programme: Programme) -> Iterator[Problem]:
    """``one_of`` names codes that the column, level or type can have."""
    # Registers are long, and many conditions ask for the same levels.
    attributes: dict[tuple[str, str], list[str]] = {}
    for _, fact, condition, place in _conditions(programme):
        for index, code in enumerate(condition.one_of or ()):
            at = (*place, "one_of", index)
            if condition.attribute is not None:
                key = (fact.fact, condition.attribute)
                if key not in attributes:
                    attributes[key] = _attributes(programme, fact, condition.attribute)
                known = attributes[key]
                if known and code not in known:
                    yield unknown(at, condition.attribute, code, known)
                continue
            dimension = fact.dimension(condition.column or "")
            codelist = programme.codelist.get(dimension.codelist or "") if dimension else None
            if codelist and code not in codelist.codes():
                yield unknown(at, f"code of {codelist.codelist}", code, codelist.codes())
            if dimension and dimension.type == "flag" and code not in ("true", "false"):
                yield Problem(at, repr(code), '"true" or "false"', "write one of the two, in quotes")
            if dimension and dimension.register_name in programme.register_named:
                yield from unknown_unit(programme, at, code, (str(dimension.register_name),))


def examples_fit_the_fact(programme: Programme) -> Iterator[Problem]:
    """A worked example gives columns of the fact, for a place and periods that exist."""
    for indicator in programme.indicators:
        place: Place = ("indicator", indicator.indicator, "example")
        of = programme.indicator.get(indicator.of or "")
        fact = programme.fact.get(indicator.fact or (of.fact if of and of.fact else ""))
        known = [*_columns(fact), *BESIDES] if fact else []
        forms = {form.form for form in programme.forms if fact and form.fact == fact.fact}
        for index, row in enumerate(indicator.example.given):
            for key in row if fact else ():
                if key not in known:
                    remedy = nearest(key, known, "choose one of these")
                    yield Problem((*place, "given", index, key), f"the unknown column {key!r}", listed(known), remedy)
            if fact and "form" in row and row["form"] not in forms:
                yield unknown((*place, "given", index, "form"), f"form that feeds {fact.fact}", str(row["form"]), forms)
            if "period" in row:
                yield from _period(programme, (*place, "given", index, "period"), row["period"])
        every = tuple(programme.register_named)
        yield from unknown_unit(programme, (*place, "place"), indicator.example.place, every)
        yield from _period(programme, (*place, "period"), indicator.example.period, indicator)


def _period(programme: Programme, place: Place, code: object, indicator: Indicator | None = None) -> Iterator[Problem]:
    """A problem where a code is no period, or none that the indicator is computed for."""
    if not isinstance(code, str):
        yield Problem(place, f"{code!r}, which YAML reads as no text", "a text", f'put it in quotes: "{code}"')
        return
    try:
        period = Period.parse(code, programme.calendars)
    except ValueError as error:
        yield Problem(place, str(error), "the code of a period", "correct it")
        return
    if indicator and (period.kind not in indicator.periods or period.calendar.code != indicator.calendar):
        found = f"{code!r}, a {period.kind} of the calendar {period.calendar.code}"
        allowed = f"a {listed(indicator.periods)} of the calendar {indicator.calendar}"
        yield Problem(place, found, allowed, "choose a period that the indicator is computed for")


def _terms(programme: Programme) -> Iterator[tuple[Indicator, Fact, Term, Place]]:
    """Every term of an indicator whose fact exists, with its place."""
    for indicator in programme.indicators:
        fact = programme.fact.get(indicator.fact or "")
        for key in ("numerator", "denominator", "against"):
            for index, term in enumerate(getattr(indicator, key) if fact else ()):
                if fact:
                    yield indicator, fact, term, ("indicator", indicator.indicator, key, index)


def _conditions(programme: Programme) -> Iterator[tuple[Indicator, Fact, Condition, Place]]:
    """Every condition of a term, with its place."""
    for indicator, fact, term, place in _terms(programme):
        for index, condition in enumerate(term.where):
            yield indicator, fact, condition, (*place, "where", index)


def _feeding(programme: Programme, fact: Fact, term: Term) -> list[Form]:
    """The forms whose rows a term counts."""
    return [form for form in programme.forms if form.fact == fact.fact and (not term.forms or form.form in term.forms)]


def _attributes(programme: Programme, fact: Fact, attribute: str) -> list[str]:
    """The levels or types that the place of a fact may have, in its register or the one that it links to."""
    place = fact.dimension(fact.place or "")
    found: set[str] = set()
    for name in with_linked(programme, place.register_name or "") if place else ():
        register = programme.register_named.get(name)
        found |= {str(getattr(version, attribute)) for version in register.versions} if register else set()
    return sorted(found - {""})


def _columns(fact: Fact) -> list[str]:
    """Every column of a fact that a row may give."""
    missing = [f"{measure.measure}_missing" for measure in fact.measures if measure.missing]
    measures = [measure.measure for measure in fact.measures]
    return [*(dimension.dimension for dimension in fact.dimensions), *measures, *missing]
