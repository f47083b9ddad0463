"""Rules over what refers to forms and indicators from outside: sources, corrections, routes, targets."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.period import Period
from catalogue.problem import Problem, listed, unknown
from catalogue.programme import Programme
from catalogue.register_rules import unknown_unit
from catalogue.source import Folder, Inbox, Portal


def sources_bring_forms(programme: Programme) -> Iterator[Problem]:
    """A source brings forms that are declared."""
    for source in programme.sources:
        if isinstance(source, Folder):
            yield from _forms(programme, ("source", source.source, "forms"), source.forms)
        elif source.form not in programme.form:
            yield unknown(("source", source.source, "form"), "form", source.form, programme.form)


def signatures_are_required_of_files(programme: Programme) -> Iterator[Problem]:
    """A form that requires signatures comes through inboxes only: a portal and an extract bring none."""
    for source in programme.sources:
        if isinstance(source, Inbox):
            continue
        for code in source.forms if isinstance(source, Folder) else (source.form,):
            form = programme.form.get(code)
            if form and form.signature == "required":
                found = f"'required' of a form that the {source.kind} {source.source!r} brings unsigned"
                place = ("form", code, "signature")
                yield Problem(place, found, "'required' of forms of inboxes", "write 'wanted', or remove the source")


def the_portal_is_a_respondent(programme: Programme) -> Iterator[Problem]:
    """The entity that runs a portal is in the register of the form's respondents."""
    for portal in _portals(programme):
        form = programme.form.get(portal.form)
        if form and form.respondents.register_name in programme.register_named:
            place = ("source", portal.source, "unit")
            yield from unknown_unit(programme, place, portal.unit, (form.respondents.register_name,))


def the_periods_of_a_portal_fit(programme: Programme) -> Iterator[Problem]:
    """First and last are periods of the portal's kind and calendar, in order; these are the form's."""
    for portal in _portals(programme):
        place = ("source", portal.source)
        if portal.calendar not in programme.calendars:
            yield unknown((*place, "calendar"), "calendar", portal.calendar, programme.calendars)
            continue
        kind = f"a code of kind {portal.period} in the calendar {portal.calendar}"
        periods = []
        for key, code in (("first", portal.first), ("last", portal.last)):
            try:
                period = Period.parse(code, programme.calendars) if code is not None else None
            except ValueError as error:
                yield Problem((*place, key), str(error), kind, "correct it")
                continue
            if period and (period.kind, period.calendar.code) != (portal.period, portal.calendar):
                found = f"{code!r}, a {period.kind} of the calendar {period.calendar.code}"
                yield Problem((*place, key), found, kind, "correct it, or the period or calendar of the portal")
            elif period:
                periods.append(period)
        if len(periods) == len(("first", "last")) and periods[0].start > periods[1].start:
            remedy = "exchange first and last, or correct one"
            yield Problem((*place, "last"), f"{portal.last!r}, before {portal.first!r}", "a later period", remedy)
        form = programme.form.get(portal.form)
        for key, mine, its in (
            ("period", portal.period, form.frequency if form else None),
            ("calendar", portal.calendar, form.calendar if form and form.frequency else None),
        ):
            if its is not None and mine != its:
                yield Problem((*place, key), repr(mine), f"{its!r}, as of the form {portal.form}", f"write {its!r}")


def the_key_of_a_record_is_read(programme: Programme) -> Iterator[Problem]:
    """What identifies a record of a pull is a column that the form knows."""
    for portal in _portals(programme):
        form = programme.form.get(portal.form)
        known = [*(label for field in form.fields for label in field.header), *form.ignore] if form else []
        for index, key in enumerate(portal.key if form else ()):
            if key not in known:
                yield unknown(("source", portal.source, "key", index), f"label of {portal.form}", key, known)


def corrections_mend_fields(programme: Programme) -> Iterator[Problem]:
    """A correction names a form, its fields, a respondent's code and a period."""
    for correction in programme.corrections:
        place, form = ("correction", correction.correction), programme.form.get(correction.form)
        if form is None:
            yield unknown((*place, "form"), "form", correction.form, programme.form)
            continue
        fields = [field.field for field in form.fields]
        if correction.field not in fields:
            yield unknown((*place, "field"), f"field of {form.form}", correction.field, fields)
        for name in correction.where:
            if name not in fields:
                yield unknown((*place, "where", name), f"field of {form.form}", name, fields)
        register = form.respondents.register_name
        if correction.unit is not None and register in programme.register_named:
            yield from unknown_unit(programme, (*place, "unit"), correction.unit, (register,))
        if correction.period is not None:
            try:
                Period.parse(correction.period, programme.calendars)
            except ValueError as error:
                yield Problem((*place, "period"), str(error), "the code of a period", "correct it")


def routes_name_forms_units_and_languages(programme: Programme) -> Iterator[Problem]:
    """A route names forms, codes of units, a language of the programme, and another route to escalate to."""
    for route in programme.routes:
        place = ("route", route.route)
        yield from _forms(programme, (*place, "forms"), route.forms)
        for index, code in enumerate(route.branches):
            yield from unknown_unit(programme, (*place, "branches", index), code, tuple(programme.register_named))
        if route.language not in programme.header.languages:
            yield unknown((*place, "language"), "language", route.language, programme.header.languages)
        others = [one.route for one in programme.routes if one.route != route.route]
        if route.escalate_to is not None and route.escalate_to not in others:
            yield unknown((*place, "escalate_to"), "other route", route.escalate_to, others)
        if (route.escalate_to is None) != (route.escalate_after is None):
            lacks = "escalate_after" if route.escalate_after is None else "escalate_to"
            yield Problem(place, f"no {lacks}", "both escalate_after and escalate_to, or none", f"add '{lacks}: ...'")


def targets_name_an_indicator_and_a_place(programme: Programme) -> Iterator[Problem]:
    """A target names an indicator, and a place that exists on its boundary day."""
    for target in programme.targets:
        place = ("target", target.target)
        if target.indicator not in programme.indicator:
            yield unknown((*place, "indicator"), "indicator", target.indicator, programme.indicator)
        if not any(register.by_code(target.place, target.boundary) for register in programme.registers):
            allowed = f"a code of {listed(programme.register_named)} that holds on {target.boundary}"
            remedy = "correct the code or the boundary day"
            yield Problem((*place, "place"), f"the unknown place {target.place!r}", allowed, remedy)


def _portals(programme: Programme) -> list[Portal]:
    return [source for source in programme.sources if isinstance(source, Portal)]


def _forms(programme: Programme, place: tuple[str | int, ...], forms: tuple[str, ...]) -> Iterator[Problem]:
    for index, form in enumerate(forms):
        if form not in programme.form:
            yield unknown((*place, index), "form", form, programme.form)
