"""The reference pages, written from what they describe: ``python docs/build_reference.py`` after a change.

``reference/<programme>.md`` for every folder of programmes/, ``reference/warehouse.md``, ``reference/commands.md``. A
test compares the committed pages with what this script would write.
"""
# ruff: noqa: INP001 - a script, in no package

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from cyclopts import App
from sqlalchemy import MetaData, NullPool, Table, create_engine, text

from catalogue.check import Check
from catalogue.declared import Words, say
from catalogue.fact import Dimension, Fact
from catalogue.form import Field, Form
from catalogue.indicator import Condition, Indicator, Term
from catalogue.loader import load_programme
from catalogue.programme import Programme
from catalogue.target import Target
from flows.command_line import app
from flows.settings import Settings
from warehouse.facts import programme_tables
from warehouse.schema import engine_tables
from warehouse.views import create_views

HERE: Final = Path(__file__).resolve().parent
PROGRAMMES: Final = HERE.parent / "programmes"
REFERENCE: Final = HERE / "reference"
_MADE: Final = "<!-- Written by docs/build_reference.py; change what it describes, and run it again. -->"

# The programme that is the example in the page of the warehouse: the one that runs where none is named.
_EXAMPLE: Final = (PROGRAMMES / "default.txt").read_text(encoding="utf-8").strip()

# What views say, and what a column says that no table has.
_VIEWS: Final = {
    "part_current": "The part of each form, unit and period that counts now: the newest",
    "part_history": "Every part, with the time from which and until which it was the newest",
    "place": "The versions of all registers in one",
    "fates": "The five fates of the rows of each delivery, with a second count of three of them",
    "indicator_history": "Every value that was ever released, with the time from which and until which it was shown",
    "indicator": "The values of the latest release",
    "target": "Each target beside the latest value of its place",
    "hierarchy": "Which entity lies below which, between which days",
    "delivery_standing": "How the bytes of each delivery were judged last, and whether its unit has sent another since",
    "quarantine_open": "Rows that are set aside today: of what counts now, or of what nobody has sent again",
    "row_reason": "Why rows stand that broke a rule, or were mended on the way in",
    "overridden": "Rows of facts that count now although they broke a rule, with the written reason",
    "correction_use": "How often each correction was applied, and how often its source had been mended",
    "release": "The releases that readers may see: their time has come",
    "revision": "Each change of a released figure: what it was first and before, by how much it moved, and why",
    "revision_delivery": "The deliveries that may have moved a released figure, each with the part it brought",
    "withdrawn": "Deliveries and released figures that were withdrawn, with the reason and the document",
}
# The tables that the columns of a view are taken from, the nearest first.
_FROM: Final = {
    "part_current": ("dim_part",),
    "part_history": ("dim_part",),
    "place": ("dim_{entity}",),
    "fates": ("dim_delivery",),
    "indicator_history": ("fact_indicator", "dim_indicator", "dim_period"),
    "indicator": ("fact_indicator", "dim_indicator", "dim_period"),
    "target": ("dim_target", "fact_indicator"),
    "hierarchy": ("dim_hierarchy",),
    "delivery_standing": ("dim_delivery",),
    "quarantine_open": ("quarantine", "dim_delivery"),
    "row_reason": ("dim_part", "issue"),
    "overridden": ("dim_part", "dim_period", "quarantine"),
    "correction_use": ("issue",),
    "release": ("dim_release",),
    "revision": ("fact_indicator", "dim_indicator", "dim_period"),
    "revision_delivery": ("fact_indicator", "dim_part", "dim_delivery"),
    "withdrawn": ("withdrawal", "dim_delivery"),
    "{entity}": ("dim_{entity}",),
    "{fact}": ("fact_{fact}", "dim_part", "dim_period"),
    "{fact}_history": ("fact_{fact}", "dim_part", "dim_period"),
}
_DERIVED: Final = {
    "cause": "delivery, withdrawal, declaration (the programme changed) or other",
    "deliveries": "How many deliveries may have moved it",
    "delivery_name": "Name of the latest of them",
    "final_from": "From when figures that have not changed since are final, UTC; empty: nothing says so",
    "first_release": "First release that showed the figure",
    "first_value": "What it was then",
    "parent_name": "Name of the release before it",
    "previous_release": "Release that showed what it was before",
    "previous_status": "Its status before",
    "previous_value": "What it was before",
    "published_at": "From when readers see it, UTC: when it was sealed, or when its embargo ended",
    "release_name": "Name of the release that changed it",
    "withdrawn_document": "Where it is withdrawn: the document that says so",
    "withdrawn_reason": "Where it is withdrawn: why",
    "arrival_key": "The delivery as which the same bytes arrived",
    "arrived_at": "When they did, UTC",
    "correction_code": "Correction of the programme",
    "correction_reason": "The correction by which the row was mended, with its reason; empty: as it arrived",
    "fact": "Fact of the programme",
    "open_since": "When the delivery arrived, UTC",
    "override_reason": "The written reason for which the row counts although it broke a rule, and who decided",
    "resubmitted": "True where the unit has since sent something else for the form and period",
    "rows_mended": "Cells that it mended",
    "rows_stale": "Cells that no longer held the wrong text",
    "adds_up": "True where loaded, quarantined, refused, repeated and furniture together are the rows read",
    "code": "Code of the entity in this version",
    "coverage": "Reports received over reports owed; empty where none is owed",
    "entity_key": "Durable key of the place or organisation, for life",
    "furniture_found": "Rows of furniture, counted in their own table",
    "known_from": "When the delivery that brought it was fetched, UTC",
    "known_to": "When it was superseded; empty where it is current",
    "named_to": "Last day of a period that this version names: the last version names the entity for ever",
    "latest_period": "Period of the latest value that can speak for the target",
    "loaded_found": "Rows in facts, counted in the parts",
    "period_kind": "month, quarter, half, nine_months or year",
    "place_code": "Code of the place at the end of the period (for a target: on its boundary day)",
    "place_level": "Level of the place then",
    "place_name": "Name of the place then",
    "quarantine_found": "Rows in quarantine, counted there",
    "register": "Register the entity belongs to",
    "reported_period_code": "Period of the delivery",
    "target_value": "What is to be reached; rates as fractions",
    "to_release": "The release that replaced it; empty where it is the latest",
    "valid_to": "Last day of the version; 9999-12-31 where it has none",
}
# Columns that a view fills otherwise than the table that has the name.
_SAID: Final = {
    ("target", "status"): "How the target stands: met, met_partial, not_met, pending, no_data or not_comparable",
    ("target", "value"): "The latest value of the place; rates as fractions",
    ("indicator", "known_from"): "From when readers see it, UTC",
    ("indicator", "known_to"): "Empty: it is the latest",
    ("indicator", "release_status"): "provisional, final, or revised: it changed what was final",
    ("indicator_history", "known_from"): "From when readers saw it, UTC",
    ("indicator_history", "known_to"): "Until when, UTC; empty where it is the latest",
    ("indicator_history", "release_status"): "provisional, final, or revised: it changed what was final",
    ("revision", "change"): "value less previous_value",
    ("revision", "delivery_key"): "The latest of the deliveries that may have moved it",
    ("revision", "known_from"): "From when readers saw the change, UTC",
    ("revision", "reason"): "Why it was withdrawn, or why the delivery was judged anew",
    ("revision", "release_status"): "provisional, final, or revised: it changed what was final",
}


def write() -> list[Path]:
    """Write every page; returns their paths."""
    REFERENCE.mkdir(exist_ok=True)
    written = []
    for name, page in pages().items():
        path = REFERENCE / name
        path.write_text(page, encoding="utf-8")
        written.append(path)
    return written


def pages() -> dict[str, str]:
    """File name -> page. Raises ProgrammeError where a programme does not load, KeyError where a view says nothing."""
    programmes = [load_programme(file.parent) for file in sorted(PROGRAMMES.glob("*/programme.yml"))]
    example = next(one for one in programmes if one.folder.name == _EXAMPLE)
    found = {f"{one.folder.name}.md": programme_page(one) for one in programmes}
    return found | {"warehouse.md": warehouse_page(example), "commands.md": commands_page(app)}


# Programmes -----------------------------------------------------------------------------------------------------------


def programme_page(programme: Programme) -> str:
    """Everything a programme declares that a reader of its figures may want to know."""
    header = programme.header
    lines = [f"# {_plain(header.title, 'en')}", _MADE]
    lines += [_both(header.title), *([_plain(header.note, "en")] if header.note else [])]
    size = (
        f"{len(programme.forms)} forms, {len(programme.indicators)} indicators, {len(programme.targets)} targets and "
    )
    lines.append(f"{size}published actuals, declared in `programmes/{programme.folder.name}/`.")
    lines += ["## Forms", _list(f"[{one.form}](#{_anchor(_form_title(one))})" for one in programme.forms)]
    for form in programme.forms:
        lines += _form(form)
    lines += ["## Indicators", _list(f"[{one.indicator}](#{_anchor(_title(one))})" for one in programme.indicators)]
    for indicator in programme.indicators:
        lines += _indicator(programme, indicator)
    lines += ["## Facts", "Each is a table `fact_...` with two views; see [the warehouse](warehouse.md)."]
    for fact in programme.facts:
        lines += _fact(fact)
    rows = [
        (f"`{one.codelist}`", ", ".join(f"{entry.code} ({_plain(entry.name, 'en')})" for entry in one.entries))
        for one in programme.codelists
    ]
    lines += ["## Codelists", _table(("codelist", "codes"), rows)] if rows else []
    return _page(lines)


def _form_title(form: Form) -> str:
    return f"{form.form} {_plain(form.title, 'en')}"


def _form(form: Form) -> Iterator[str]:
    yield f"### {_form_title(form)}"
    yield _both(form.title)
    every = form.frequency.replace("_", " ") if form.frequency else "rows bear their own period"
    days = f"{form.due.days} {'working ' if form.due.working_days else ''}days after the period ends"
    owes = form.respondents
    who = " or ".join(f"`{one}`" for one in owes.types) or "every entity"
    where = f" under {', '.join(owes.branches)}" if owes.branches else ""
    about = "about itself" if owes.reports == "self" else "about all below it"
    yield _facts_of(
        {
            "Version": str(form.version),
            "Period": f"{every}, calendar {form.calendar}",
            "Owed by": f"{who} of register `{owes.register_name}`{where}, each {about}"
            + (f"; due {days}" if form.frequency else ""),
            "Becomes": f"rows of fact [{form.fact}](#{_anchor(f'fact {form.fact}')})",
            "Without rows": "a report of nothing" if form.empty else "refused",
            "Columns ignored": ", ".join(form.ignore),
            "Source": form.basis("en"),
        }
    )
    yield _table(
        ("field", "column", "title", "type", "must be", "becomes"),
        [_field(one) for one in form.fields],
    )
    if form.checks:
        yield _table(
            ("check", "kind", "severity", "rule", "what to do"),
            [(one.check, one.kind, one.severity, _rule(one), _plain(one.advice, "en")) for one in form.checks],
        )


def _field(field: Field) -> tuple[str, ...]:
    of = field.codelist or field.register_name
    kind = f"{field.type} of `{of}`" if of else field.type
    must = ["there"] if field.required else []
    must += [f">= {field.minimum}"] if field.minimum is not None else []
    must += [f"<= {field.maximum}"] if field.maximum is not None else []
    must += [f"(blank is {field.blank})"] if field.blank != "missing" else []
    must += [f"({f'`{mark}`' if mark else 'blank'} is {why.replace('_', ' ')})" for mark, why in field.missing.items()]
    must += ["(else a warning)"] if field.severity == "warn" and must else []
    to = f"`{field.to}`" if field.to else ""
    return f"`{field.field}`", _choice(field.header), _plain(field.title, "en"), kind, ", ".join(must), to


def _rule(check: Check) -> str:
    said = _plain(check.title, "en")
    return f"{said} ({check.source})" if check.source else said


def _title(indicator: Indicator) -> str:
    return f"{indicator.indicator} {_plain(indicator.title, 'en')}"


def _indicator(programme: Programme, one: Indicator) -> Iterator[str]:
    yield f"### {_title(one)}"
    yield _both(one.title)
    yield _plain(one.definition, "en")
    targets = [target for target in programme.targets if target.indicator == one.indicator]
    yield _facts_of(
        {
            "Version": str(one.version),
            "Formula": _formula(programme, one),
            "Unit": f"{one.unit}, shown as {one.scale}",
            "Better is": {"up": "more", "down": "less", "none": ""}[one.direction],
            "Periods": f"{', '.join(kind.replace('_', ' ') for kind in one.periods)} of calendar {one.calendar}",
            "Example": _example(one),
            "Targets": "; ".join(map(_target, targets)),
            "Source": one.source,
        }
    )


def _formula(programme: Programme, one: Indicator) -> str:
    """The formula in words: what is added, of which rows, and what it is divided by."""
    if one.kind == "change":
        return f"`{one.of}` of the period / `{one.of}` of the same period a year before, at the same place"
    fact = programme.fact[one.fact or ""]
    above = _part(fact, one.numerator)
    if one.kind == "published":
        return f"{above}, as published; never added up, never averaged; two different ones are no figure"
    return f"({above}) / ({_part(fact, one.denominator)})" if one.denominator else above


def _part(fact: Fact, terms: Sequence[Term]) -> str:
    said = [("− " if one.sign < 0 else "+ " if place else "") + _term(fact, one) for place, one in enumerate(terms)]
    return " ".join(said)


_OVER_TIME: Final = {
    "sum": "",
    "first": " of the first report",
    "last": " of the last report",
    "none": " of the period itself",
}


def _term(fact: Fact, term: Term) -> str:
    measure = fact.measure(term.measure) if term.measure else None
    rule = term.over_time or (measure.over_time if measure else "sum")
    said = f"`{fact.fact}.{measure.measure}`" if measure else f"number of rows of `{fact.fact}`"
    said += _OVER_TIME[rule]
    said += f" in {' or '.join(term.forms)}" if term.forms else ""
    conditions = [_condition(one) for one in term.where]
    return f"{said} where {' and '.join(conditions)}" if conditions else said


def _condition(one: Condition) -> str:
    codes = " or ".join(f"`{code}`" for code in one.one_of or ())
    if one.attribute:
        return f"the {one.attribute} of the place is {codes}"
    if one.any_of:
        return " or ".join(f"`{name}`" for name in one.any_of) + " is true"
    if one.sum_of:
        return f"{' + '.join(f'`{name}`' for name in one.sum_of)} >= {one.at_least}"
    if one.ends_in_period:
        return f"`{one.ends_in_period}` lies in the period"
    if one.active_at_end:
        begun, ended = one.active_at_end
        return f"`{begun}` is not after the period's end and `{ended}` is not before or on it"
    if one.share:
        rounded = f", rounded half-up to {one.share.decimals} decimals," if one.share.decimals is not None else ""
        return f"`{one.share.numerator}` / `{one.share.denominator}`{rounded} reaches `{one.share.at_least}`"
    return f"`{one.column}` is {codes}" if codes else f"`{one.column}` is true"


def _example(one: Indicator) -> str:
    example = one.example
    if example.value is None:
        return f"{len(example.given)} rows give status {example.status}"
    over = f" ({example.numerator} / {example.denominator})" if example.denominator is not None else ""
    return f"the {len(example.given)} rows of its worked example give {example.value}{over}"


def _target(one: Target) -> str:
    said = "is to be" if one.kind == "target" else "was published as"
    return f"place {one.place} {one.year} {said} `{one.operator} {one.value}`"


def _fact(fact: Fact) -> Iterator[str]:
    yield f"### Fact {fact.fact}"
    yield f"{_plain(fact.title, 'en')}. {fact.grain}."
    rows = [(f"`{one.dimension}`", _plain(one.title, "en"), _kind(one), "", "") for one in fact.dimensions]
    rows += [
        (f"`{one.measure}`", _plain(one.title, "en"), f"{one.type}, {one.unit}", one.over_time, one.over_place)
        for one in fact.measures
    ]
    yield _table(("column", "what", "type", "over time", "over place"), rows)


def _kind(one: Dimension) -> str:
    of = one.register_name or one.codelist
    return f"{one.type} of `{of}`" if of else one.type


# The warehouse --------------------------------------------------------------------------------------------------------


_WAREHOUSE: Final = """\
Read the views; the tables are below for those who want to know how. Names: `_key` is a surrogate, `_code` a natural
code. Measures and numerators are whole numbers or exact decimals, a rate is a fraction (0.25 is 25 %), a time is UTC.
Types of views are those of the embedded DuckDB. What the tables and columns are, the database says, too: as comments.

Beside the views listed first there are, for every fact of the programme, `<fact>` (what counts now) and
`<fact>_history` (all that was ever reported), and for every register `<entity>`. What each fact holds, the page of its
programme says."""


def warehouse_page(programme: Programme) -> str:
    """Every table and view with its columns: the engine's, and for what a programme declares, its shape by example."""
    declared = programme_tables(programme)
    register, fact = programme.registers[0], programme.facts[0]
    codelist = programme.codelists[0]
    views = _view_columns(programme, declared)
    every = engine_tables.tables | declared.tables
    names = {"entity": register.entity, "fact": fact.fact}
    taken = {view.format(**names): [every[table.format(**names)] for table in tables] for view, tables in _FROM.items()}
    lines = [
        "# The warehouse",
        _MADE,
        _WAREHOUSE,
        "## Views",
    ]
    for name, said in _VIEWS.items():
        lines += [f"### {name}", f"{said}.", _columns(name, views[name], taken[name])]
    about = f"Example of a register's view: {_plain(register.title, 'en')}. One row per version."
    lines += [f"### {register.entity}", about]
    lines += [_columns(register.entity, views[register.entity], taken[register.entity])]
    about = f"Example of a fact's view: {fact.grain}. What is known now, with the names of then."
    lines += [f"### {fact.fact}", about]
    lines += [_columns(fact.fact, views[fact.fact], taken[fact.fact])]
    history = [one for one in views[f"{fact.fact}_history"] if one not in views[fact.fact]]
    lines += [f"### {fact.fact}_history", f"The same for every vintage, and before the columns of `{fact.fact}`:"]
    lines += [_columns(f"{fact.fact}_history", history, taken[fact.fact]), "## Tables of the engine"]
    for table in engine_tables.tables.values():
        lines += _table_page(table)
    lines += ["## Tables of a programme", f"One of each kind, from `programmes/{programme.folder.name}/`."]
    for name in (f"dim_{register.entity}", f"dim_{codelist.codelist}", f"fact_{fact.fact}"):
        lines += _table_page(declared.tables[name])
    return _page(lines)


def _view_columns(programme: Programme, declared: MetaData) -> dict[str, list[tuple[str, str]]]:
    """(column, type) of every view, from a warehouse in memory."""
    engine = create_engine("duckdb:///:memory:", poolclass=NullPool)
    with engine.connect() as connection:
        for table in (*engine_tables.tables.values(), *declared.tables.values()):
            table.create(connection)
        create_views(connection, programme)
        names = connection.execute(text("SELECT view_name FROM duckdb_views() WHERE NOT internal")).scalars().all()
        shapes = {name: connection.execute(text(f'DESCRIBE "{name}"')).all() for name in names}
    engine.dispose()
    return {name: [(row[0], row[1]) for row in shape] for name, shape in shapes.items()}


def _columns(view: str, columns: Sequence[tuple[str, str]], sources: Sequence[Table]) -> str:
    rows = [(f"`{name}`", kind, _said(view, name, sources)) for name, kind in columns]
    return _table(("column", "type", "what"), rows)


def _said(view: str, name: str, sources: Sequence[Table]) -> str:
    """What a column of a view is: as the table says it is taken from, else as the lists above do."""
    if (view, name) in _SAID:
        return _SAID[view, name]
    if name in _DERIVED:
        return _DERIVED[name]
    comments = [table.columns[name].comment for table in sources if name in table.columns]
    if comments and comments[0]:
        return comments[0]
    for suffix in ("_name", "_level"):
        if name.endswith(suffix):
            return f"{suffix[1:].capitalize()} of {name.removesuffix(suffix)} at the end of the period"
    raise KeyError(f"nothing says what {view}.{name} is; add it to _DERIVED in docs/build_reference.py")


def _table_page(table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    yield f"{table.comment}."
    rows = []
    for one in table.columns:
        there = "key" if one.primary_key else "" if one.nullable else "always"
        rows.append((f"`{one.name}`", str(one.type), there, one.comment or ""))
    yield _table(("column", "type", "there", "what"), rows)


# Commands -------------------------------------------------------------------------------------------------------------


_COMMANDS: Final = """\
Every command knows `--help`. One that cannot do what was asked says why in one message and ends with exit code 2."""
_SETTINGS: Final = """\
In `chiso.toml` of the folder where a command runs, in the file that `--config` or `CHISO_CONFIG` names, or in the
environment as `CHISO_` and the name in capitals (`CHISO_HOME`; an address as `CHISO_ADDRESSES__INBOX`). The environment
wins. Secrets never stand in the file: they are `CHISO_SECRET_<NAME>`, or one file each in the folder `secrets`."""


def each_command(commands: App, above: str = "") -> Iterator[tuple[str, App]]:
    """Every command with its name as it is called; those of a group one by one, as "alias add"."""
    for name in (name for name in commands if not name.startswith("-")):
        command = commands[name]
        if command.default_command is None:
            yield from each_command(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def commands_page(commands: App) -> str:
    """Every command with its parameters, and every setting."""
    lines = [
        "# Commands and settings",
        _MADE,
        _COMMANDS,
    ]
    for name, command in each_command(commands):
        body = inspect.getdoc(command.default_command) or ""
        rows = []
        for one in command.assemble_argument_collection(parse_docstring=True):
            names = ", ".join(f"`{option}`" for option in one.names if not option.startswith("--empty"))
            rows.append((names, one.parameter.help or "", _default(one)))
        said = body.partition("Parameters\n---")[0].strip()
        lines += [f"## chiso {name}", said, _table(("parameter", "what", "default"), rows)]
    lines += [
        "## Settings",
        _SETTINGS,
        _table(
            ("setting", "what", "default"),
            [
                (f"`{name}`", info.description or "", f"`{_shown(info.get_default(call_default_factory=True))}`")
                for name, info in Settings.model_fields.items()
            ],
        ),
    ]
    return _page(lines)


def _default(one: Any) -> str:
    """What counts where a parameter is left out; allowed values where there are few."""
    default = one.field_info.default
    choices = [str(choice) for choice in get_args(one.hint) if isinstance(choice, str)]
    allowed = f" (of {', '.join(choices)})" if choices else ""
    if default is inspect.Parameter.empty:
        return "must be given"
    return f"`{_shown(default)}`{allowed}" if default not in (None, "", ()) else ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "":
        return "none"
    return json.dumps(value) if isinstance(value, dict) else str(value)


# Markdown -------------------------------------------------------------------------------------------------------------


def _plain(words: Words, language: str) -> str:
    return say(words, language)


def _both(words: Words) -> str:
    """A title in the languages beside English, in italics."""
    others = [said for language, said in words.items() if language != "en" and said != words.get("en")]
    return f"*{' · '.join(others)}*" if others else ""


def _list(items: Iterable[str]) -> str:
    return " · ".join(items)


def _facts_of(pairs: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in pairs.items() if value)


def _choice(headers: Sequence[str]) -> str:
    return " or ".join(f"`{one}`" for one in headers)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join(lines)


def _cell(said: str) -> str:
    """A text in a table: in one line, without what Markdown would take for a border or a tag."""
    return re.sub(r"<(?=[A-Za-z])", r"\\<", " ".join(said.split()).replace("|", r"\|"))


def _anchor(title: str) -> str:
    """The anchor that GitHub makes of a title."""
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -_")
    return kept.strip().replace(" ", "-")


def _page(lines: Iterable[str]) -> str:
    return "\n\n".join(line for line in lines if line) + "\n"


if __name__ == "__main__":
    for page in write():
        sys.stdout.write(f"{page.relative_to(HERE.parent)}\n")
