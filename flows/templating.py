"""``chiso template``: the blank workbook of a form, for a unit and a period where they are named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from catalogue.declared import say
from catalogue.errors import UsageError
from catalogue.form import Form
from catalogue.loader import load_programme
from catalogue.period import Period
from catalogue.problem import nearest
from catalogue.programme import Programme
from catalogue.register import Version
from catalogue.source import Inbox, Portal
from flows.house import now
from flows.settings import Settings
from receipts.template import template
from transforms.owe import is_respondent
from transforms.resolve import Resolver
from transforms.span import parse_period


def write_template(settings: Settings, form: str, unit: str, period: str, language: str, output: Path | None) -> int:
    """Write the template of a form and say where. Raises UsageError where it cannot be made, or would write over one.

    ``unit`` is a code or name, ``period`` a code or label; both may be empty. ``language``: empty for the programme's.
    """
    programme, today = load_programme(settings.programme_folder()), now().date()
    declared = _form(programme, form)
    spoken = _language(programme, language)
    span = _period(programme, declared, period) if period else None
    resolver = Resolver(programme)
    respondent = _unit(resolver, declared, unit, span, today) if unit else None
    named = [declared.form, respondent.code if respondent else "", span.code.partition("@")[0] if span else ""]
    path = output or Path("-".join(part.replace("/", "-") for part in named if part) + ".xlsx")
    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"{path} is no name of an Excel workbook; let the name after --output end in .xlsx")
    if path.exists():
        raise UsageError(f"{path} is there already, and may have been filled in; name another file after --output")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}; make it, or name another file after --output")
    path.write_bytes(template(resolver, declared, spoken, respondent, span, today))
    print(f"{path}: {declared.form}, {say(declared.title, spoken)}")
    return 0


def _form(programme: Programme, code: str) -> Form:
    """A form that people fill in."""
    portals = {one.form: one.source for one in programme.sources if isinstance(one, Portal)}
    sent = {form for one in programme.sources if isinstance(one, Inbox) for form in one.forms}
    filled = [form.form for form in programme.forms if form.form in sent or form.form not in portals]
    if code not in programme.form:
        remedy = nearest(code, filled, "choose one of these")
        raise UsageError(f"{code!r} is no form of {programme.name}; forms with a template are {_and(filled)}; {remedy}")
    if code not in filled:
        raise UsageError(
            f"form {code} comes from the portal {portals[code]}: nobody fills it in, so it has no template; "
            f"forms with a template are {_and(filled)}"
        )
    return programme.form[code]


def _language(programme: Programme, language: str) -> str:
    spoken = [one.language for one in programme.languages]
    if language and language not in spoken:
        raise UsageError(f"{programme.name} does not speak {language!r}; --language may be {_and(spoken)}")
    return language or programme.language.language


def _period(programme: Programme, form: Form, text: str) -> Period:
    """A period in which the form is due."""
    if form.frequency is None:
        raise UsageError(f"form {form.form} is for no period: each of its rows bears its own; leave --period out")
    calendar = programme.calendars[form.calendar]
    found = parse_period(text, form.frequency, calendar, programme.language, programme.calendars)
    if found is None or found.kind != form.frequency or found.calendar != calendar:
        kind = form.frequency.replace("_", " ")
        raise UsageError(
            f"{text!r} is no {kind} of calendar {form.calendar}, in which form {form.form} is due; "
            f"write it as {_example(form, calendar.code)}"
        )
    return found


def _example(form: Form, calendar: str) -> str:
    tails = {"month": "-03", "quarter": "-Q1", "half": "-H1", "nine_months": "-9M", "year": ""}
    year = Period.parse("2024" if calendar == "CAL" else f"2024@{calendar}").code
    return year.partition("@")[0] + tails[form.frequency or "year"]


def _unit(resolver: Resolver, form: Form, text: str, period: Period | None, today: date) -> Version:
    """A unit that owes the form, in the version of the period."""
    programme, register = resolver.programme, form.respondents.register_name
    found = resolver.entity(text, register, period, None, today)
    when = f" in {period.code}" if period else ""
    if found.rule or found.key is None:
        meant = f"it may be {found.candidates}: write the code" if found.candidates else "write its code"
        raise UsageError(f"{text!r} is no entry of the register {register}{when}; {meant}")
    day = programme.as_of(found.key, period) if period else min(today, programme.last_day(found.key) or today)
    version = programme.version(found.key, day)
    if version is None or not is_respondent(programme, form, version, day):
        who = " or ".join(form.respondents.types) or "any unit"
        where = f" below {' or '.join(form.respondents.branches)}" if form.respondents.branches else ""
        raise UsageError(f"{text!r} does not owe form {form.form}{when}; it is owed by {who}{where}")
    return version


def _and(names: list[str]) -> str:
    return ", ".join(names) or "none"
