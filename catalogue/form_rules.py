"""Rules over forms: their fields, what these feed, and their checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from catalogue.fact import Dimension, Measure
from catalogue.fact_rules import lists
from catalogue.form import Form
from catalogue.period import Period
from catalogue.problem import Problem, listed, unknown
from catalogue.programme import Programme
from catalogue.register_rules import unknown_unit, with_linked

NUMBERS: Final = ("count", "decimal", "percent")
# Which types of a field may feed a measure or dimension of a type.
FEEDS: Final[dict[str, tuple[str, ...]]] = {
    "count": ("count",),
    "decimal": NUMBERS,
    "entity": ("entity",),
    "code": ("code",),
    "codes": ("codes", "code"),
    "text": ("text", "code"),
    "date": ("date",),
    "flag": ("flag",),
    "period": ("period",),
}
# What a kind of check must state.
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "compare": ("left", "right"),
    "ratio": ("left", "right", "against"),
    "unique": ("fields",),
    "within_period": ("fields",),
    "total": ("fields",),
    "pattern": ("fields", "pattern"),
}
# What only some kinds of check may state, as the others would pass it over.
ONLY: Final[dict[str, tuple[str, ...]]] = {
    "left": ("compare", "ratio"),
    "right": ("compare", "ratio"),
    "against": ("ratio",),
    "decimals": ("ratio",),
    "pattern": ("pattern",),
}
# Which types of a field can answer a condition; that something is there, all can.
ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "one_of": ("code", "codes", "text", "entity", "period"),
    "is_true": ("flag",),
    "more_than": NUMBERS,
}
MOST_DECIMALS: Final = 12
# The warehouse's regular expressions know no look-around and no back-references.
_LOOKS_AROUND = re.compile(r"\(\?<?[=!]|\\[1-9]")


def the_fact_exists(programme: Programme) -> Iterator[Problem]:
    """A form feeds a fact that is declared."""
    for form in programme.forms:
        if form.fact not in programme.fact:
            yield unknown(("form", form.form, "fact"), "fact", form.fact, programme.fact)


def calendars_are_known(programme: Programme) -> Iterator[Problem]:
    """A form's calendar is known."""
    for form in programme.forms:
        if form.calendar not in programme.calendars:
            yield unknown(("form", form.form, "calendar"), "calendar", form.calendar, programme.calendars)


def respondents_exist(programme: Programme) -> Iterator[Problem]:
    """Respondents name a register, types that occur in it, and branches in it or in the one it links to."""
    for form in programme.forms:
        place: tuple[str | int, ...] = ("form", form.form, "respondents")
        name = form.respondents.register_name
        register = programme.register_named.get(name)
        if register is None:
            yield unknown((*place, "register"), "register", name, programme.register_named)
            continue
        types = sorted({version.type for version in register.versions if version.type})
        for index, kind in enumerate(form.respondents.types):
            if kind not in types:
                yield unknown((*place, "types", index), f"type of {name}", kind, types)
        for index, code in enumerate(form.respondents.branches):
            yield from unknown_unit(programme, (*place, "branches", index), code, with_linked(programme, name))


def the_label_is_a_field(programme: Programme) -> Iterator[Problem]:
    """``layout.label`` is a field of the form."""
    for form in programme.forms:
        if form.layout.label is not None and form.field(form.layout.label) is None:
            yield unknown(("form", form.form, "layout", "label"), "field", form.layout.label, _fields(form))


def fields_occur_once(programme: Programme) -> Iterator[Problem]:
    """Fields of a form have different names."""
    for form in programme.forms:
        yield from _twice(("form", form.form, "fields"), "field", _fields(form))


def headers_occur_once(programme: Programme) -> Iterator[Problem]:
    """A label leads to one field, and is not ignored as well."""
    place: tuple[str | int, ...]
    for form in programme.forms:
        owner = {label.casefold(): "" for label in form.ignore}
        for index, field in enumerate(form.fields):
            if not field.header:
                place = ("form", form.form, "fields", index, "header")
                yield Problem(place, "no label", "at least one", "write the label of the column")
            for position, label in enumerate(field.header):
                other = owner.setdefault(label.casefold(), field.field)
                if other != field.field:
                    place = ("form", form.form, "fields", index, "header", position)
                    taken = f"which is the field {other!r} already" if other else "which 'ignore' names as well"
                    remedy = "remove it from one of the two, or write it with the header above it as 'A > B'"
                    yield Problem(place, f"the label {label!r}, {taken}", "labels of one field", remedy)


def fields_have_their_list(programme: Programme) -> Iterator[Problem]:
    """A code has a codelist, an entity a register, and both exist."""
    for form in programme.forms:
        for index, field in enumerate(form.fields):
            place = ("form", form.form, "fields", index)
            yield from lists(programme, place, field)


def fields_have_bounds_that_fit(programme: Programme) -> Iterator[Problem]:
    """Only numbers have bounds, and the lower is not above the upper."""
    for form in programme.forms:
        for index, field in enumerate(form.fields):
            low, high, place = field.minimum, field.maximum, ("form", form.form, "fields", index)
            if (low is not None or high is not None) and field.type not in NUMBERS:
                key = "minimum" if low is not None else "maximum"
                yield Problem((*place, key), f"a bound for the type {field.type}", "bounds of numbers", "remove it")
            elif low is not None and high is not None and low > high:
                remedy = "exchange the two, or correct one"
                yield Problem((*place, "minimum"), f"{low}, above the maximum {high}", f"at most {high}", remedy)


def fields_feed_columns_of_their_type(programme: Programme) -> Iterator[Problem]:
    """``to`` names a column of the fact that can take the field: same type, same register, same codelist."""
    for form in programme.forms:
        fact = programme.fact.get(form.fact)
        if fact is None:
            continue
        columns = [found.dimension for found in fact.dimensions] + [found.measure for found in fact.measures]
        for index, field in enumerate(form.fields):
            place = ("form", form.form, "fields", index, "to")
            if field.to is None:
                continue
            column = fact.dimension(field.to) or fact.measure(field.to)
            if column is None:
                yield unknown(place, f"column of the fact {fact.fact}", field.to, columns)
                continue
            if field.type not in FEEDS[column.type]:
                found = f"{field.to!r}, a column of type {column.type}, for a field of type {field.type}"
                allowed = f"fields of type {listed(FEEDS[column.type])} for it"
                yield Problem(place, found, allowed, "change the type of the field, or the column it feeds")
            elif isinstance(column, Dimension):
                yield from _same_list(place, column, field.register_name, field.codelist)


def reasons_for_absence_are_kept(programme: Programme) -> Iterator[Problem]:
    """Marks that say why a figure is absent need a measure that keeps the reason."""
    for form in programme.forms:
        fact = programme.fact.get(form.fact)
        for index, field in enumerate(form.fields if fact else ()):
            measure = fact.measure(field.to) if fact and field.to else None
            if field.missing and isinstance(measure, Measure) and not measure.missing:
                place = ("form", form.form, "fields", index, "missing")
                found = f"reasons for absence, which the measure {measure.measure!r} does not keep"
                remedy = f"add 'missing: true' to the measure in facts/{form.fact}.yml"
                yield Problem(place, found, "reasons for measures with 'missing: true'", remedy)


def dimensions_are_fed_once(programme: Programme) -> Iterator[Problem]:
    """Several fields may add up to a measure; a dimension has one origin."""
    for form in programme.forms:
        fact = programme.fact.get(form.fact)
        origins: list[tuple[str, tuple[str | int, ...]]] = []
        origins += [(field.to, ("fields", index, "to")) for index, field in enumerate(form.fields) if field.to]
        origins += [(name, ("constants", name)) for name in form.constants]
        origins += [(form.unit_to, ("unit_to",))] if form.unit_to else []
        seen: set[str] = set()
        for name, path in origins:
            if name in seen and fact and fact.dimension(name):
                place = ("form", form.form, *path)
                found = f"the dimension {name!r}, which the form feeds already"
                yield Problem(place, found, "one field, constant or unit_to per dimension", "remove one of the two")
            seen.add(name)


def constants_fit_their_dimension(programme: Programme) -> Iterator[Problem]:
    """Constants name dimensions of the fact, with a value that these can take."""
    for form in programme.forms:
        fact = programme.fact.get(form.fact)
        for name, value in form.constants.items() if fact else ():
            place = ("form", form.form, "constants", name)
            dimension = fact.dimension(name) if fact else None
            if fact and dimension is None:
                yield unknown(place, "dimension", name, [found.dimension for found in fact.dimensions])
            elif dimension:
                yield from _constant(programme, place, dimension, value)


def the_unit_goes_to_an_entity(programme: Programme) -> Iterator[Problem]:
    """``unit_to`` names an entity dimension of the respondents' register, or of the one that it links to."""
    for form in programme.forms:
        fact = programme.fact.get(form.fact)
        if fact is None or form.unit_to is None:
            continue
        registers = with_linked(programme, form.respondents.register_name)
        fitting = [found.dimension for found in fact.dimensions if found.register_name in registers]
        if form.unit_to not in fitting:
            place = ("form", form.form, "unit_to")
            yield unknown(place, f"dimension of {' or '.join(registers)}", form.unit_to, fitting)


def the_place_is_fed(programme: Programme) -> Iterator[Problem]:
    """The dimension by which a fact rolls up is fed, or nothing of the form would reach any place."""
    for form in programme.forms:
        fact = programme.fact.get(form.fact)
        if fact is None or fact.place is None:
            continue
        if fact.place not in {form.unit_to, *form.constants, *(field.to for field in form.fields)}:
            found = f"nothing that feeds {fact.place!r}, the place of the fact {fact.fact}"
            remedy = f"write 'to: {fact.place}' in a field, or 'unit_to: {fact.place}', or a constant"
            yield Problem(("form", form.form), found, "a field, a constant or unit_to for it", remedy)


def rows_bear_a_period_where_the_form_does_not(programme: Programme) -> Iterator[Problem]:
    """A form without a frequency has a field of type period."""
    for form in programme.forms:
        if form.frequency is None and not any(field.type == "period" for field in form.fields):
            remedy = "add 'frequency: ...', or a field of type period"
            yield Problem(("form", form.form), "neither a frequency nor a field of type period", "one of them", remedy)


def checks_occur_once(programme: Programme) -> Iterator[Problem]:
    """Checks of a form have different codes."""
    for form in programme.forms:
        yield from _twice(("form", form.form, "checks"), "check", [check.check for check in form.checks])


def checks_read_fields(programme: Programme) -> Iterator[Problem]:
    """Everything a check names is a field of its form."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            place = ("form", form.form, "checks", index)
            named: list[tuple[str | None, tuple[str | int, ...]]] = [(check.against, ("against",))]
            named += [(name, ("fields", position)) for position, name in enumerate(check.fields)]
            for key, operands in (("left", check.left), ("right", check.right)):
                named += [(operand.field, (key, position, "field")) for position, operand in enumerate(operands)]
            named += [(when.field, ("when", position, "field")) for position, when in enumerate(check.when)]
            for name, path in named:
                if name is not None and form.field(name) is None:
                    yield unknown((*place, *path), "field", name, _fields(form))


def checks_have_what_their_kind_needs(programme: Programme) -> Iterator[Problem]:
    """Each kind of check states what it needs, and nothing that it would pass over."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            place = ("form", form.form, "checks", index)
            for key in NEEDS[check.kind]:
                if not getattr(check, key):
                    found = f"a check of kind {check.kind} without {key!r}"
                    yield Problem(place, found, f"{listed(NEEDS[check.kind])} for this kind", f"add '{key}: ...'")
            for key, kinds in ONLY.items():
                if getattr(check, key) not in (None, ()) and check.kind not in kinds:
                    found = f"{key!r} for the kind {check.kind}"
                    yield Problem((*place, key), found, f"{key!r} for {listed(kinds)} only", "remove it")
            if check.decimals is not None and not 0 <= check.decimals <= MOST_DECIMALS:
                found, remedy = f"{check.decimals} decimals", "write how many decimals the quotient is rounded to"
                yield Problem((*place, "decimals"), found, f"0 to {MOST_DECIMALS}", remedy)
            if check.tolerance < 0:
                remedy = "write by how much the two sides may differ"
                yield Problem((*place, "tolerance"), str(check.tolerance), "0 or more", remedy)


def operands_are_one_thing(programme: Programme) -> Iterator[Problem]:
    """An operand is a field or a constant."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            for key, operands in (("left", check.left), ("right", check.right)):
                for position, operand in enumerate(operands):
                    if (operand.field is None) == (operand.constant is None):
                        place = ("form", form.form, "checks", index, key, position)
                        found = "both a field and a constant" if operand.field else "neither a field nor a constant"
                        yield Problem(place, found, "one of field, constant", "state exactly one of them")


def checks_read_fields_of_their_type(programme: Programme) -> Iterator[Problem]:
    """Sums and quotients are of numbers, periods hold dates; one date may be compared with another."""
    for form in programme.forms:
        types = {field.field: field.type for field in form.fields}
        for index, check in enumerate(form.checks):
            place = ("form", form.form, "checks", index)
            operands = [operand.field for operand in (*check.left, *check.right)]
            dated = check.kind == "compare" and [types.get(name or "") for name in operands] == ["date", "date"]
            allowed: tuple[str, ...] = ("date",) if dated else NUMBERS
            named = [(name, ("left", allowed)) for name in operands[: len(check.left)]]
            named += [(name, ("right", allowed)) for name in operands[len(check.left) :]]
            named += [(check.against, ("against", NUMBERS))]
            if check.kind in ("within_period", "total"):
                kinds: tuple[str, ...] = ("date",) if check.kind == "within_period" else NUMBERS
                named += [(name, ("fields", kinds)) for name in check.fields]
            for name, (key, kinds) in named:
                if name in types and types[name] not in kinds:
                    found = f"the field {name!r} of type {types[name]} in a check of kind {check.kind}"
                    yield Problem((*place, key), found, f"fields of type {listed(kinds)}", "name another field")


def patterns_are_regular_expressions(programme: Programme) -> Iterator[Problem]:
    """A pattern can be used, by the warehouse too."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            wrong = ""
            try:
                re.compile(check.pattern or "")
            except re.error as error:
                wrong = f", which is none: {error}"
            if not wrong and _LOOKS_AROUND.search(check.pattern or ""):
                wrong = ", which looks around or refers back"
            if wrong:
                place = ("form", form.form, "checks", index, "pattern")
                allowed = "a regular expression without look-around and back-references"
                yield Problem(place, f"{check.pattern!r}{wrong}", allowed, "correct the pattern")


def conditions_of_checks_are_one_thing(programme: Programme) -> Iterator[Problem]:
    """``when`` states one of one_of, is_true, more_than, present, and one that its field can answer."""
    keys = (*ANSWERS, "present")
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            for position, when in enumerate(check.when):
                place = ("form", form.form, "checks", index, "when", position)
                stated = [key for key in keys if getattr(when, key) is not None]
                if len(stated) != 1:
                    found = listed(stated) if stated else "none of them"
                    yield Problem(place, found, f"exactly one of {listed(keys)}", "state exactly one of them")
                    continue
                field = form.field(when.field)
                if field is None:
                    continue
                kinds = ANSWERS.get(stated[0])
                if kinds and field.type not in kinds:
                    found = f"{stated[0]!r} for the field {when.field!r} of type {field.type}"
                    yield Problem((*place, stated[0]), found, f"fields of type {listed(kinds)}", "state another")
                codelist = programme.codelist.get(field.codelist or "")
                for step, code in enumerate(when.one_of or ()):
                    if codelist and code not in codelist.codes():
                        yield unknown((*place, "one_of", step), f"code of {field.codelist}", code, codelist.codes())


def _fields(form: Form) -> list[str]:
    return [field.field for field in form.fields]


def _twice(place: tuple[str | int, ...], key: str, names: list[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name in names[:index]:
            found = f"the {key} {name!r} a second time"
            yield Problem((*place, index, key), found, f"each {key} once", "rename or remove one of the two")


def _same_list(
    place: tuple[str | int, ...], column: Dimension, register: str | None, codelist: str | None
) -> Iterator[Problem]:
    """A code of one list does not feed a dimension of another."""
    for key, mine, its in (("register", register, column.register_name), ("codelist", codelist, column.codelist)):
        if mine is not None and its is not None and mine != its:
            found = f"the dimension {column.dimension!r} of the {key} {its!r} for a field of the {key} {mine!r}"
            yield Problem(place, found, f"the {key} {its!r}", f"write '{key}: {its}', or feed another dimension")


def _constant(
    programme: Programme, place: tuple[str | int, ...], dimension: Dimension, value: str
) -> Iterator[Problem]:
    """A value that the form itself gives must be one that a cell could give."""
    codelist = programme.codelist.get(dimension.codelist or "")
    if codelist and value not in codelist.codes():
        yield unknown(place, f"code of {dimension.codelist}", value, codelist.codes())
    register = dimension.register_name or ""
    if register in programme.register_named:
        yield from unknown_unit(programme, place, value, (register,))
    if dimension.type == "flag" and value not in ("true", "false"):
        yield Problem(place, repr(value), '"true" or "false"', "write one of the two, in quotes")
    wrong = ""
    try:
        if dimension.type == "date":
            date.fromisoformat(value)
        if dimension.type == "period":
            Period.parse(value, programme.calendars)
    except ValueError as error:
        wrong = str(error)
    if wrong:
        yield Problem(place, wrong, f"a {dimension.type}", "correct it")

