"""Rules over forms: their respondents, their fields, and what these feed."""

from __future__ import annotations

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
            yield unknown(("form", form.form, "layout", "label"), "field", form.layout.label, field_names(form))


def the_serial_is_ignored(programme: Programme) -> Iterator[Problem]:
    """The column that numbers the rows is one that the form ignores, or templates would not be read back."""
    for form in programme.forms:
        serial = form.layout.serial
        if serial and serial not in form.ignore:
            place: tuple[str | int, ...] = ("form", form.form, "layout", "serial")
            yield Problem(place, f"the column {serial!r}", listed(form.ignore), f"add {serial!r} to 'ignore'")


def fields_occur_once(programme: Programme) -> Iterator[Problem]:
    """Fields of a form have different names."""
    for form in programme.forms:
        yield from twice(("form", form.form, "fields"), "field", field_names(form))


def headers_occur_once(programme: Programme) -> Iterator[Problem]:
    """A label leads to one field, and is not ignored as well."""
    place: tuple[str | int, ...]
    for form in programme.forms:
        owner = {label.casefold(): "" for label in form.ignore}
        for index, field in enumerate(form.fields):
            if not field.header and field.taken == "column":
                place = ("form", form.form, "fields", index, "header")
                yield Problem(place, "no label", "at least one", "write the label of the column")
            for position, label in enumerate(field.header):
                other = owner.setdefault(label.casefold(), field.field)
                if other != field.field:
                    place = ("form", form.form, "fields", index, "header", position)
                    taken = f"which is the field {other!r} already" if other else "which 'ignore' names as well"
                    remedy = "remove it from one of the two, or write it with the header above it as 'A > B'"
                    yield Problem(place, f"the label {label!r}, {taken}", "labels of one field", remedy)


def names_of_sheets_are_taken_from_named_sheets(programme: Programme) -> Iterator[Problem]:
    """A field taken from the sheet's name has no column, and the form names its sheets."""
    for form in programme.forms:
        for index, field in enumerate(form.fields):
            place: tuple[str | int, ...] = ("form", form.form, "fields", index)
            if field.taken == "sheet" and (field.header or field.left_of):
                key = "header" if field.header else "left_of"
                found = "the label of a column for a field that is taken from the sheet's name"
                yield Problem((*place, key), found, "one of the two", f"remove '{key}', or 'taken: sheet'")
            if field.taken == "sheet" and not form.layout.sheets:
                found = "a field taken from the sheet's name in a form whose sheets have any name"
                yield Problem((*place, "taken"), found, "it where 'layout.sheets' is declared", "name the sheets")


def labels_beside_lead_to_one_column(programme: Programme) -> Iterator[Problem]:
    """What stands left of a label is one field, or ignored."""
    for form in programme.forms:
        owner = {label.casefold(): "" for label in form.ignore_left_of}
        for index, field in enumerate(form.fields):
            for position, label in enumerate(field.left_of):
                other = owner.setdefault(label.casefold(), field.field)
                if other != field.field:
                    place = ("form", form.form, "fields", index, "left_of", position)
                    whose = f"the field {other!r}" if other else "what 'ignore_left_of' names"
                    found = f"the column left of {label!r}, which is {whose} already"
                    yield Problem(place, found, "one column for one field", "remove it from one of the two")


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


def field_names(form: Form) -> list[str]:
    """The names of a form's fields, in order."""
    return [field.field for field in form.fields]


def twice(place: tuple[str | int, ...], key: str, names: list[str]) -> Iterator[Problem]:
    """A problem for each name that occurs before in the list at a place."""
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
