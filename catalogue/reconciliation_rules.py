"""Rules over reconciliations: what they stand beside each other exists, and tells of the same units."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.problem import Problem, listed, nearest
from catalogue.programme import Programme


def reconciliations_name_what_exists(programme: Programme) -> Iterator[Problem]:
    """The fact has a place; both sides name forms that feed it and measures that it has."""
    for one in programme.reconciliations:
        home = ("reconciliation", one.reconciliation)
        fact = programme.fact.get(one.fact)
        if fact is None or fact.place is None:
            known = [found.fact for found in programme.facts if found.place]
            remedy = nearest(one.fact, known, "name a fact whose rows are of a place")
            yield Problem((*home, "fact"), repr(one.fact), listed(known), remedy)
            continue
        forms = [form.form for form in programme.forms if form.fact == one.fact]
        measures = [measure.measure for measure in fact.measures]
        for side in ("left", "right"):
            about = getattr(one, side)
            for kind, names, known in (("forms", about.forms, forms), ("measures", about.measures, measures)):
                for index, name in enumerate(names):
                    if name not in known:
                        remedy = nearest(name, known, f"name one of the {kind} of {one.fact}")
                        yield Problem((*home, side, kind, index), repr(name), listed(known), remedy)
