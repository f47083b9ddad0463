"""Rules over checks that look at what was reported before, by others, or at targets."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.form import Form
from catalogue.form_rules import field_names
from catalogue.problem import Problem, unknown
from catalogue.programme import Programme


def the_key_is_made_of_fields(programme: Programme) -> Iterator[Problem]:
    """``key`` names fields of the form that are kept, so that a row can be told again."""
    for form in programme.forms:
        for index, name in enumerate(form.key):
            place = ("form", form.form, "key", index)
            if form.field(name) is None:
                yield unknown(place, "field", name, field_names(form))
            elif wrong := _lost(form, name):
                yield Problem(place, wrong, "fields that alone feed a column of the fact", "name another field")


def checks_remember_what_is_kept(programme: Programme) -> Iterator[Problem]:
    """Figures of earlier periods, and of others, are those that the fact keeps: of fields that alone feed a column."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            place: tuple[str | int, ...] = ("form", form.form, "checks", index)
            names = list(check.remembers())
            if check.kind == "shared":
                names += [*check.fields, *(when.field for when in check.when)]
            for name in names:
                if form.field(name) is not None and (wrong := _lost(form, name)):
                    yield Problem(place, wrong, "fields that alone feed a column of the fact", "name another field")
            if check.remembers() and not form.key and any(one.kind == "unique" for one in form.checks):
                found = "a check of earlier periods in a form of many rows without 'key'"
                remedy = "add 'key: [...]' to the form"
                yield Problem(place, found, "a key that tells which row was meant before", remedy)


def made_up_figures_follow_a_target(programme: Programme) -> Iterator[Problem]:
    """A check for figures filled in backwards has one field over one field, and names an indicator."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            if check.kind != "backfilled":
                continue
            place: tuple[str | int, ...] = ("form", form.form, "checks", index)
            for key, operands in (("left", check.left), ("right", check.right)):
                plain = [one for one in operands if one.field and one.times == 1 and one.of == "this"]
                if operands and (len(operands) != 1 or len(plain) != 1):
                    found = f"more than one field of this period in {key!r}"
                    yield Problem((*place, key), found, "one field, as it is", "name the field alone")
            if check.target is not None and check.target not in programme.indicator:
                yield unknown((*place, "target"), "indicator", check.target, programme.indicator)


def _lost(form: Form, name: str) -> str:
    """Why the figure of a field cannot be found again in the fact; empty where it can."""
    to = next(field.to for field in form.fields if field.field == name)
    if to is None:
        return f"the field {name!r}, which feeds no column"
    others = [field.field for field in form.fields if field.to == to and field.field != name]
    return f"the field {name!r}, to whose column {to!r} {others[0]!r} is added" if others else ""
