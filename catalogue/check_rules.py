"""Rules over the checks of forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from catalogue.check import REMEMBER
from catalogue.form import Form
from catalogue.form_rules import NUMBERS, field_names, twice
from catalogue.problem import Problem, listed, unknown
from catalogue.programme import Programme

# What a kind of check must state.
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "compare": ("left", "right"),
    "ratio": ("left", "right", "against"),
    "unique": ("fields",),
    "within_period": ("fields",),
    "total": ("fields",),
    "pattern": ("fields", "pattern"),
    "jump": ("fields", "share", "least"),
    "falls": ("fields",),
    "grows": ("fields", "times"),
    "repeats": ("fields",),
    "backfilled": ("left", "right", "target", "least"),
    "shared": ("fields",),
}
# What only some kinds of check may state, as the others would pass it over.
ONLY: Final[dict[str, tuple[str, ...]]] = {
    "left": ("compare", "ratio", "backfilled"),
    "right": ("compare", "ratio", "backfilled"),
    "explained": ("compare",),
    "operator": ("compare", "ratio"),
    "tolerance": ("compare", "ratio", "total"),
    "against": ("ratio",),
    "decimals": ("ratio",),
    "pattern": ("pattern",),
    "edge": ("within_period",),
    "months": ("within_period",),
    "share": ("jump", "falls"),
    "least": ("jump", "backfilled"),
    "times": ("grows",),
    "target": ("backfilled",),
    "over": ("compare",),
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


def checks_occur_once(programme: Programme) -> Iterator[Problem]:
    """Checks of a form have different codes."""
    for form in programme.forms:
        yield from twice(("form", form.form, "checks"), "check", [check.check for check in form.checks])


def checks_read_fields(programme: Programme) -> Iterator[Problem]:
    """Everything a check names is a field of its form."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            place = ("form", form.form, "checks", index)
            named: list[tuple[str | None, tuple[str | int, ...]]] = [(check.against, ("against",))]
            named += [(name, ("fields", position)) for position, name in enumerate(check.fields)]
            for key, operands in (("left", check.left), ("right", check.right), ("explained", check.explained)):
                named += [(operand.field, (key, position, "field")) for position, operand in enumerate(operands)]
            named += [(when.field, ("when", position, "field")) for position, when in enumerate(check.when)]
            for name, path in named:
                if name is not None and form.field(name) is None:
                    yield unknown((*place, *path), "field", name, field_names(form))


def checks_have_what_their_kind_needs(programme: Programme) -> Iterator[Problem]:
    """Each kind of check states what it needs, and nothing that it would pass over."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            place = ("form", form.form, "checks", index)
            for key in NEEDS[check.kind]:
                if getattr(check, key) in (None, (), ""):
                    found = f"a check of kind {check.kind} without {key!r}"
                    yield Problem(place, found, f"{listed(NEEDS[check.kind])} for this kind", f"add '{key}: ...'")
            for key, kinds in ONLY.items():
                if key in check.model_fields_set and check.kind not in kinds:
                    found = f"{key!r} for the kind {check.kind}"
                    yield Problem((*place, key), found, f"{key!r} for {listed(kinds)} only", "remove it")
            if check.decimals is not None and not 0 <= check.decimals <= MOST_DECIMALS:
                found, remedy = f"{check.decimals} decimals", "write how many decimals the quotient is rounded to"
                yield Problem((*place, "decimals"), found, f"0 to {MOST_DECIMALS}", remedy)
            if check.tolerance < 0:
                remedy = "write by how much the two sides may differ"
                yield Problem((*place, "tolerance"), str(check.tolerance), "0 or more", remedy)
            days = [name for one in check.left if (name := one.field) and _type(form, name) == "date"]
            if check.tolerance and days:
                found, remedy = f"a tolerance between days ({days[0]})", "remove it"
                yield Problem((*place, "tolerance"), found, "a tolerance between numbers", remedy)


def operands_are_one_thing(programme: Programme) -> Iterator[Problem]:
    """An operand is a field, a constant or a day."""
    for form in programme.forms:
        for index, check in enumerate(form.checks):
            for key, operands in (("left", check.left), ("right", check.right)):
                for position, operand in enumerate(operands):
                    stated = [name for name in ("field", "constant", "day") if getattr(operand, name) is not None]
                    if len(stated) != 1:
                        place = ("form", form.form, "checks", index, key, position)
                        found = f"both a {' and a '.join(stated)}" if stated else "neither a field nor a constant"
                        yield Problem(place, found, "one of field, constant, day", "state exactly one of them")


def checks_read_fields_of_their_type(programme: Programme) -> Iterator[Problem]:
    """Sums and quotients are of numbers, periods hold dates; one date may be compared with another."""
    for form in programme.forms:
        types = {field.field: field.type for field in form.fields}
        for index, check in enumerate(form.checks):
            place = ("form", form.form, "checks", index)
            operands = [operand.field for operand in (*check.left, *check.right)]
            sides = ["date" if one.day else types.get(one.field or "") for one in (*check.left, *check.right)]
            dated = check.kind == "compare" and sides == ["date", "date"]
            allowed: tuple[str, ...] = ("date",) if dated else NUMBERS
            named = [(name, ("left", allowed)) for name in operands[: len(check.left)]]
            named += [(name, ("right", allowed)) for name in operands[len(check.left) :]]
            named += [(check.against, ("against", NUMBERS))]
            if check.kind in ("within_period", "total", *REMEMBER):
                kinds: tuple[str, ...] = ("date",) if check.kind == "within_period" else NUMBERS
                named += [(name, ("fields", kinds)) for name in check.fields]
            days = [one for one in (*check.left, *check.right) if one.day]
            if days and not dated:
                found, remedy = f"the day {days[0].day} beside what is no day", "compare it with one field of type date"
                yield Problem(place, found, "a day against a date", remedy)
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


def _type(form: Form, name: str) -> str:
    field = form.field(name)
    return field.type if field else ""
