"""The reference pages, written from what they describe: ``python docs/build_reference.py`` after a change.

``reference/<programme>.md`` for every folder of programmes/, ``reference/warehouse.md``, ``reference/commands.md``. A
test compares the committed pages with what this script would write.
"""
# ruff: noqa: INP001 - a script, in no package

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from cyclopts import App
from sqlalchemy import MetaData, NullPool, Table, create_engine, text

from catalogue.check import Check
from catalogue.fact import Dimension, Fact
from catalogue.form import Field, Form
from catalogue.indicator import Indicator
from catalogue.loader import load_programme
from catalogue.programme import Programme
from catalogue.reconciliation import Side
from catalogue.target import Target
from docs.markdown_page import anchor, both, choice, facts_of, listed, page, plain, table
from flows.command_line import app
from flows.settings import Settings
from reports.formula_words import example, formula
from reports.view_words import FROM, VIEWS, said_of
from transforms.explain import all_rows_behind
from warehouse.explaining import create_explaining
from warehouse.facts import programme_tables
from warehouse.tables import engine_tables
from warehouse.views import create_views

HERE: Final = Path(__file__).resolve().parent
PROGRAMMES: Final = HERE.parent / "programmes"
REFERENCE: Final = HERE / "reference"
_MADE: Final = "<!-- Written by docs/build_reference.py; change what it describes, and run it again. -->"

# The programme that is the example in the page of the warehouse: the one that runs where none is named.
_EXAMPLE: Final = (PROGRAMMES / "default.txt").read_text(encoding="utf-8").strip()


def write() -> list[Path]:
    """Write every page; returns their paths."""
    REFERENCE.mkdir(exist_ok=True)
    written = []
    for name, said in pages().items():
        path = REFERENCE / name
        path.write_text(said, encoding="utf-8")
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
    lines = [f"# {plain(header.title, 'en')}", _MADE]
    lines += [both(header.title), *([plain(header.note, "en")] if header.note else [])]
    size = (
        f"{len(programme.forms)} forms, {len(programme.indicators)} indicators, {len(programme.targets)} targets and "
    )
    lines.append(f"{size}published actuals, declared in `programmes/{programme.folder.name}/`.")
    lines += ["## Forms", listed(f"[{one.form}](#{anchor(_form_title(one))})" for one in programme.forms)]
    for form in programme.forms:
        lines += _form(form)
    lines += ["## Indicators", listed(f"[{one.indicator}](#{anchor(_title(one))})" for one in programme.indicators)]
    for indicator in programme.indicators:
        lines += _indicator(programme, indicator)
    lines += _reconciliations(programme)
    lines += ["## Facts", "Each is a table `fact_...` with three views; see [the warehouse](warehouse.md)."]
    for fact in programme.facts:
        lines += _fact(fact)
    rows = [
        (f"`{one.codelist}`", ", ".join(f"{entry.code} ({plain(entry.name, 'en')})" for entry in one.entries))
        for one in programme.codelists
    ]
    lines += ["## Codelists", table(("codelist", "codes"), rows)] if rows else []
    return page(lines)


def _form_title(form: Form) -> str:
    return f"{form.form} {plain(form.title, 'en')}"


def _form(form: Form) -> Iterator[str]:
    yield f"### {_form_title(form)}"
    yield both(form.title)
    every = form.frequency.replace("_", " ") if form.frequency else "rows bear their own period"
    days = f"{form.due.days} {'working ' if form.due.working_days else ''}days after the period ends"
    owes = form.respondents
    who = " or ".join(f"`{one}`" for one in owes.types) or "every entity"
    where = f" under {', '.join(owes.branches)}" if owes.branches else ""
    about = "about itself" if owes.reports == "self" else "about all below it"
    yield facts_of(
        {
            "Version": str(form.version),
            "Period": f"{every}, calendar {form.calendar}",
            "Owed by": f"{who} of register `{owes.register_name}`{where}, each {about}"
            + (f"; due {days}" if form.frequency else ""),
            "Becomes": f"rows of fact [{form.fact}](#{anchor(f'fact {form.fact}')})",
            "Without rows": "a report of nothing" if form.empty else "refused",
            "Columns ignored": ", ".join(form.ignore),
            "Source": form.basis("en"),
        }
    )
    yield table(
        ("field", "column", "title", "type", "must be", "becomes"),
        [_field(one) for one in form.fields],
    )
    if form.checks:
        yield table(
            ("check", "kind", "severity", "rule", "what to do"),
            [(one.check, one.kind, one.severity, _rule(one), plain(one.advice, "en")) for one in form.checks],
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
    return f"`{field.field}`", choice(field.header), plain(field.title, "en"), kind, ", ".join(must), to


def _rule(check: Check) -> str:
    said = plain(check.title, "en")
    return f"{said} ({check.source})" if check.source else said


def _title(indicator: Indicator) -> str:
    return f"{indicator.indicator} {plain(indicator.title, 'en')}"


def _indicator(programme: Programme, one: Indicator) -> Iterator[str]:
    yield f"### {_title(one)}"
    yield both(one.title)
    yield plain(one.definition, "en")
    targets = [target for target in programme.targets if target.indicator == one.indicator]
    yield facts_of(
        {
            "Version": str(one.version),
            "Formula": formula(programme, one),
            "Unit": f"{one.unit}, shown as {one.scale}",
            "Better is": {"up": "more", "down": "less", "none": ""}[one.direction],
            "Periods": f"{', '.join(kind.replace('_', ' ') for kind in one.periods)} of calendar {one.calendar}",
            "Years": f"only {', '.join(map(str, one.reference_years))}" if one.reference_years else "",
            "Example": example(one),
            "Targets": "; ".join(map(_target, targets)),
            "Source": one.source,
        }
    )


def _target(one: Target) -> str:
    said = "is to be" if one.kind == "target" else "was published as"
    return f"place {one.place} {one.year} {said} `{one.operator} {one.value}`"


def _reconciliations(programme: Programme) -> list[str]:
    """What is compared with what; nothing where nothing is."""
    rows = [
        (f"`{one.reconciliation}`", plain(one.title, "en"), *map(_side, (one.left, one.right)), f"{one.tolerance}")
        for one in programme.reconciliations
    ]
    names = ("reconciliation", "what", "left", "right", "tolerance, of the left")
    return ["## Reconciliations", table(names, rows)] if rows else []


def _side(one: Side) -> str:
    return f"{plain(one.title, 'en')}: {' + '.join(f'`{name}`' for name in one.measures)} in {' or '.join(one.forms)}"


def _fact(fact: Fact) -> Iterator[str]:
    yield f"### Fact {fact.fact}"
    yield f"{plain(fact.title, 'en')}. {fact.grain}."
    rows = [(f"`{one.dimension}`", plain(one.title, "en"), _kind(one), "", "") for one in fact.dimensions]
    rows += [
        (f"`{one.measure}`", plain(one.title, "en"), f"{one.type}, {one.unit}", one.over_time, one.over_place)
        for one in fact.measures
    ]
    yield table(("column", "what", "type", "over time", "over place"), rows)


def _kind(one: Dimension) -> str:
    of = one.register_name or one.codelist
    return f"{one.type} of `{of}`" if of else one.type


# The warehouse --------------------------------------------------------------------------------------------------------


_WAREHOUSE: Final = """\
Read the views; the tables are below for those who want to know how. Names: `_key` is a surrogate, `_code` a natural
code. Measures and numerators are whole numbers or exact decimals, a rate is a fraction (0.25 is 25 %), a time is UTC.
Types of views are those of the embedded DuckDB. What the tables and columns are, the database says, too: as comments.

Beside the views listed first there are, for every fact of the programme, `<fact>` (what counts now),
`<fact>_frozen` (what was known when it was due) and `<fact>_history` (all that was ever reported), and for every
register `<entity>`. What each fact holds, the page of its programme says."""


def warehouse_page(programme: Programme) -> str:
    """Every table and view with its columns: the engine's, and for what a programme declares, its shape by example."""
    declared = programme_tables(programme)
    register, fact = programme.registers[0], programme.facts[0]
    codelist = programme.codelists[0]
    views = _view_columns(programme, declared)
    every = engine_tables.tables | declared.tables
    names = {"entity": register.entity, "fact": fact.fact}
    taken = {view.format(**names): [every[one.format(**names)] for one in tables] for view, tables in FROM.items()}
    shown = {*VIEWS, *(one.entity for one in programme.registers)}
    shown |= {f"{one.fact}{kind}" for one in programme.facts for kind in ("", "_history", "_frozen")}
    if silent := sorted(views.keys() - shown):
        raise KeyError(f"nothing says what the views {', '.join(silent)} are; add them to reports/view_words.py")
    lines = [
        "# The warehouse",
        _MADE,
        _WAREHOUSE,
        "## Views",
    ]
    for name, said in VIEWS.items():
        lines += [f"### {name}", f"{said}.", _columns(name, views[name], taken[name])]
    about = f"Example of a register's view: {plain(register.title, 'en')}. One row per version."
    lines += [f"### {register.entity}", about]
    lines += [_columns(register.entity, views[register.entity], taken[register.entity])]
    about = f"Example of a fact's view: {fact.grain}. What is known now, with the names of then."
    lines += [f"### {fact.fact}", about]
    lines += [_columns(fact.fact, views[fact.fact], taken[fact.fact])]
    history = [one for one in views[f"{fact.fact}_history"] if one not in views[fact.fact]]
    lines += [f"### {fact.fact}_history", f"The same for every vintage, and before the columns of `{fact.fact}`:"]
    lines += [_columns(f"{fact.fact}_history", history, taken[fact.fact])]
    frozen = [one for one in views[f"{fact.fact}_frozen"] if one not in views[fact.fact]]
    about = f"The same as it was known when it was due, and before the columns of `{fact.fact}`:"
    lines += [f"### {fact.fact}_frozen", about, _columns(f"{fact.fact}_frozen", frozen, taken[f"{fact.fact}_frozen"])]
    lines += ["## Tables of the engine"]
    # By name: the order they were declared in depends on which module was imported first.
    for _, one in sorted(engine_tables.tables.items()):
        lines += _table_page(one)
    lines += ["## Tables of a programme", f"One of each kind, from `programmes/{programme.folder.name}/`."]
    for name in (f"dim_{register.entity}", f"dim_{codelist.codelist}", f"fact_{fact.fact}"):
        lines += _table_page(declared.tables[name])
    return page(lines)


def _view_columns(programme: Programme, declared: MetaData) -> dict[str, list[tuple[str, str]]]:
    """(column, type) of every view, from a warehouse in memory."""
    engine = create_engine("duckdb:///:memory:", poolclass=NullPool)
    with engine.connect() as connection:
        for table in (*engine_tables.tables.values(), *declared.tables.values()):
            table.create(connection)
        create_views(connection, programme)
        create_explaining(connection, programme, all_rows_behind(programme, engine_tables.tables | declared.tables))
        names = connection.execute(text("SELECT view_name FROM duckdb_views() WHERE NOT internal")).scalars().all()
        shapes = {name: connection.execute(text(f'DESCRIBE "{name}"')).all() for name in names}
    engine.dispose()
    return {name: [(row[0], row[1]) for row in shape] for name, shape in shapes.items()}


def _columns(view: str, columns: Sequence[tuple[str, str]], sources: Sequence[Table]) -> str:
    rows = [(f"`{name}`", kind, said_of(view, name, sources)) for name, kind in columns]
    return table(("column", "type", "what"), rows)


def _table_page(described: Table) -> Iterator[str]:
    yield f"### {described.name}"
    yield f"{described.comment}."
    rows = []
    for one in described.columns:
        there = "key" if one.primary_key else "" if one.nullable else "always"
        rows.append((f"`{one.name}`", str(one.type), there, one.comment or ""))
    yield table(("column", "type", "there", "what"), rows)


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
        lines += [f"## chiso {name}", said, table(("parameter", "what", "default"), rows)]
    lines += [
        "## Settings",
        _SETTINGS,
        table(
            ("setting", "what", "default"),
            [
                (f"`{name}`", info.description or "", f"`{_shown(info.get_default(call_default_factory=True))}`")
                for name, info in Settings.model_fields.items()
            ],
        ),
    ]
    return page(lines)


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


if __name__ == "__main__":
    for written in write():
        sys.stdout.write(f"{written.relative_to(HERE.parent)}\n")
