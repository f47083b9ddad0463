"""Rules over checks that look at what was reported before, by others, or at targets."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.check import Check, Operand
from catalogue.form import Form
from catalogue.form_rules import field_names
from catalogue.period import MONTHS, PER_YEAR
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
    """Figures of earlier periods, and of others, are those that the fact keeps: of fields that alone feed a column, or
    of all together that do, added up."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            place: tuple[str | int, ...] = ("form", form.form, "checks", index)
            names = list(check.remembers())
            if check.kind == "shared":
                names += [*check.fields, *(when.field for when in check.when)]
            for name in names:
                if form.field(name) is not None and (wrong := _lost(form, name, check)):
                    yield Problem(place, wrong, "fields that alone feed a column of the fact", "name another field")
            if check.remembers() and not form.key and any(one.kind == "unique" for one in form.checks):
                found = "a check of earlier periods in a form of many rows without 'key'"
                remedy = "add 'key: [...]' to the form"
                yield Problem(place, found, "a key that tells which row was meant before", remedy)


def what_is_over_a_period_is_of_its_parts(programme: Programme) -> Iterator[Problem]:
    """A check over a period reads its first part or all of them, and the form is sent in more than one of these."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            place: tuple[str | int, ...] = ("form", form.form, "checks", index)
            asked = {one.of for one in (*check.left, *check.right)}
            spanning = sorted(asked & {"first", "all"})
            if check.over is None:
                if spanning:
                    found = f"a figure 'of: {spanning[0]}' in a check over no longer period"
                    yield Problem(place, found, "'over' beside it", "add 'over: quarter' or 'over: year'")
                continue
            fits = form.frequency is not None and MONTHS[check.over] % MONTHS[form.frequency] == 0
            if not fits or check.over == form.frequency or PER_YEAR[check.over] * MONTHS[check.over] != MONTHS["year"]:
                found = f"'over: {check.over}' in a form of frequency {form.frequency}"
                allowed = "a quarter, half or year of two or more periods of the form"
                yield Problem((*place, "over"), found, allowed, "name a longer period")
            if not spanning or asked & {"last", "before"}:
                found = "figures of other periods" if spanning else "no figure 'of: first' or 'of: all'"
                allowed = "figures of this period, of the first of the longer one, or of all of it"
                yield Problem((*place, "over"), f"'over: {check.over}' with {found}", allowed, "say 'of' anew")


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


def _lost(form: Form, name: str, check: Check | None = None) -> str:
    """Why the figure of a field cannot be found again in the fact; empty where it can."""
    to = next(field.to for field in form.fields if field.field == name)
    if to is None:
        return f"the field {name!r}, which feeds no column"
    together = _added(check, name) if check is not None else ()
    others = [one.field for one in form.fields if one.to == to and one.field not in (name, *together)]
    return f"the field {name!r}, to whose column {to!r} {others[0]!r} is added" if others else ""


def _added(check: Check, name: str) -> tuple[str, ...]:
    """The fields that a comparison adds to one, of the same periods, wherever it reads an earlier figure of it."""
    found: set[str] | None = None
    for side in (check.left, check.right):
        for operand in side:
            if operand.field == name and operand.of != "this":
                beside = {one.field for one in side if one.field and _alike(one, operand)}
                found = beside if found is None else found & beside
    return tuple(sorted(found or ()))


def _alike(one: Operand, other: Operand) -> bool:
    return (one.of, one.times, one.absent) == (other.of, other.times, other.absent)
