"""Rules over cells that say two things: the sign of an approximate figure, the whole of a part."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.form_rules import NUMBERS, field_names
from catalogue.problem import Problem, listed, unknown
from catalogue.programme import Programme


def what_stands_beside_a_figure_has_a_field(programme: Programme) -> Iterator[Problem]:
    """``approx`` of a number names a field of the form that is a code or a text, ``whole`` one that counts."""
    for form in programme.forms:
        for index, field in enumerate(form.fields):
            for key, name, types in (("approx", field.approx, ("code", "text")), ("whole", field.whole, ("count",))):
                if name is None:
                    continue
                place = ("form", form.form, "fields", index, key)
                other = form.field(name)
                if field.type not in NUMBERS:
                    yield Problem(place, f"{key!r} for the type {field.type}", listed(NUMBERS), f"remove {key!r}")
                elif other is None:
                    yield unknown(place, "field", name, field_names(form))
                elif other.type not in types or other is field:
                    found = "the field itself" if other is field else f"{name!r}, a field of type {other.type}"
                    yield Problem(place, found, f"another field of type {listed(types)}", "name another field")
