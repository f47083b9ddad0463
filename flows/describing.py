"""``chiso describe``: a programme in words, from its declaration."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from catalogue.declared import say
from catalogue.errors import UsageError
from catalogue.fact import Fact
from catalogue.form import Form
from catalogue.indicator import Indicator
from catalogue.loader import load_programme
from catalogue.problem import listed, nearest
from catalogue.programme import Programme
from flows.settings import Settings
from flows.terminal import terminal


def print_description(settings: Settings, what: str, programme: str) -> int:
    """Describe the programme, or one of its forms, indicators or facts."""
    if programme:
        settings = settings.model_copy(update={"programme": programme})
    loaded, language = load_programme(settings.programme_folder()), settings.language
    console = terminal()
    if not what:
        _programme(console, loaded, language)
    elif what in loaded.form:
        _form(console, loaded.form[what], language)
    elif what in loaded.indicator:
        _indicator(console, loaded, loaded.indicator[what], language)
    elif what in loaded.fact:
        _fact(console, loaded.fact[what], language)
    else:
        known = [*loaded.form, *loaded.indicator, *loaded.fact]
        advice = nearest(what, known, f"known are {listed(known)}")
        raise UsageError(
            f"{what!r} is no form, indicator or fact of {loaded.name}; {advice}; `chiso describe` lists all"
        )
    return 0


def _head(console: Console, name: str, rest: str) -> None:
    console.print(f"[bold]{escape(name)}[/] {escape(rest)}", markup=True)


def _programme(console: Console, programme: Programme, language: str) -> None:
    _head(console, say(programme.header.title, language), f"({programme.name})")
    if programme.header.note:
        console.print(say(programme.header.note, language))
    forms = Table("form", "title", "every", "fact", "fields", "checks", title="Forms", title_justify="left")
    for form in programme.forms:
        every = form.frequency or "row's own period"
        count = (str(len(form.fields)), str(len(form.checks)))
        forms.add_row(form.form, say(form.title, language), every, form.fact, *count)
    indicators = Table("indicator", "title", "kind", "unit", "periods", title="Indicators", title_justify="left")
    for one in programme.indicators:
        indicators.add_row(one.indicator, say(one.title, language), one.kind, one.unit, ", ".join(one.periods))
    sources = Table("source", "kind", "title", title="Sources", title_justify="left")
    for source in programme.sources:
        sources.add_row(source.source, source.kind, say(source.title, language))
    for table in (forms, indicators, sources):
        console.print(table)


def _form(console: Console, form: Form, language: str) -> None:
    _head(console, form.form, f"{say(form.title, language)}, version {form.version}")
    console.print(f"fact {form.fact}; {form.basis(language)}")
    fields = Table("field", "header", "type", "required", "becomes", title="Fields", title_justify="left")
    for field in form.fields:
        kind = f"{field.type} {field.codelist or field.register_name or ''}".strip()
        fields.add_row(field.field, " | ".join(field.header), kind, "yes" if field.required else "", field.to or "")
    console.print(fields)
    checks = Table("check", "kind", "severity", "rule", "what to do", title="Checks", title_justify="left")
    for check in form.checks:
        checks.add_row(check.check, check.kind, check.severity, say(check.title, language), say(check.advice, language))
    console.print(checks)


def _indicator(console: Console, programme: Programme, one: Indicator, language: str) -> None:
    _head(console, one.indicator, f"{say(one.title, language)}, version {one.version}")
    console.print(say(one.definition, language))
    console.print(f"kind {one.kind}, unit {one.unit}, better is {one.direction}; source: {one.source}")
    targets = [target for target in programme.targets if target.indicator == one.indicator]
    if targets:
        table = Table("target", "place", "year", "is", "document", title="Targets", title_justify="left")
        for target in targets:
            table.add_row(
                target.target, target.place, str(target.year), f"{target.operator} {target.value}", target.document
            )
        console.print(table)


def _fact(console: Console, fact: Fact, language: str) -> None:
    _head(console, fact.fact, f"{say(fact.title, language)}: {fact.grain}")
    table = Table("column", "type", "title", "unit", "over time", "over place")
    for dimension in fact.dimensions:
        table.add_row(dimension.dimension, dimension.type, say(dimension.title, language), "", "", "")
    for measure in fact.measures:
        table.add_row(
            measure.measure,
            measure.type,
            say(measure.title, language),
            measure.unit,
            measure.over_time,
            measure.over_place,
        )
    console.print(table)
