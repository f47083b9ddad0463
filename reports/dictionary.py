"""The dictionary of a release: every table, column, field, indicator and rule, in words, as html, xlsx and csv.

What things mean comes from their declarations and the comments of the tables; from when until when there is something,
in which cells it stood and what changed, from the release.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from sqlalchemy import Table

from catalogue.check import Check
from catalogue.declared import say
from catalogue.form import Field, Form
from catalogue.indicator import Indicator
from catalogue.programme import Programme
from catalogue.rule import RULES
from reports.dictionary_entry import COLUMNS, HEADERS, TITLES, Entry, cells
from reports.dictionary_spans import Spans, spans
from reports.figures import Shown, rows, shown_release
from reports.formula_words import formula
from reports.office_file import restamped
from reports.view_words import FROM, VIEWS, said_of
from warehouse.store import Warehouse

NAMES: Final = ("dictionary.csv", "dictionary.html", "dictionary.xlsx")
_ENGINE: Final = "every form"


def write_dictionary(
    folder: Path, warehouse: Warehouse, programme: Programme, tables: Mapping[str, Table], name: str, language: str
) -> list[Path]:
    """Write the dictionary of the newest release, or that of a name. ``tables``: every table, with its comments.

    Raises UsageError where there is no such release that readers may see.
    """
    release = shown_release(warehouse, name)
    found = entries(warehouse, programme, tables, release, language)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / file for file in NAMES]
    with paths[0].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADERS[name] for name in COLUMNS)
        writer.writerows(cells(one) for one in found)
    paths[1].write_text(_page(programme, release, found, language), encoding="utf-8", newline="\n")
    paths[2].write_bytes(_book(release, found))
    return paths


def entries(
    warehouse: Warehouse, programme: Programme, tables: Mapping[str, Table], release: Shown, language: str
) -> list[Entry]:
    """Every entry, by kind; within it in the order of declarations, tables and columns."""
    known = spans(warehouse, programme, release)
    return [
        *(_indicator(programme, one, known, language) for one in programme.indicators),
        *(_field(form, field, known, language) for form in programme.forms for field in form.fields),
        *(_rule(form, check, language) for form in programme.forms for check in form.checks),
        *(_engine_rule(programme, rule, language) for rule in RULES),
        *_tables(warehouse, programme, tables, known, language),
    ]  # fmt: skip


def _indicator(programme: Programme, one: Indicator, known: Spans, language: str) -> Entry:
    first, last = known.indicators.get(one.indicator, ("", ""))
    base = programme.indicator[one.of] if one.of else one
    feeding = [form.form for form in programme.forms if base.fact and form.fact == base.fact]
    said = [f"version {one.version}" + (f", valid from {one.valid_from}" if one.version > 1 else "")]
    if one.indicator in known.new:
        said.append("new in this release")
    if changed := known.changed.get(one.indicator):
        said.append(f"{changed} figures changed in this release")
    if len(known.versions.get(one.indicator, ())) > 1:
        said.append(f"earlier figures by versions {', '.join(map(str, known.versions[one.indicator][:-1]))}")
    return Entry(
        "indicator",
        base.fact or "",
        one.indicator,
        title=say(one.title, language),
        meaning=say(one.definition, language),
        type=f"{one.kind}, shown as {one.scale}, per {', '.join(one.periods).replace('_', ' ')}",
        unit=one.unit,
        formula=formula(programme, one).replace("`", ""),
        source=", ".join(one.forms or feeding),
        first=first,
        last=last,
        since="; ".join(said),
        basis=one.source,
    )


def _field(form: Form, field: Field, known: Spans, language: str) -> Entry:
    first, last = known.forms.get(form.form, ("", ""))
    of = field.codelist or field.register_name
    bounds = [f">= {field.minimum}"] if field.minimum is not None else []
    bounds += [f"<= {field.maximum}"] if field.maximum is not None else []
    return Entry(
        "field",
        form.form,
        field.field,
        title=say(field.title, language),
        meaning=f"becomes {form.fact}.{field.to}" if field.to else "is read and checked, and not kept",
        type=f"{field.type} of {of}" if of else field.type,
        formula="; ".join([*(["must be there"] if field.required else []), *bounds]),
        source=f"{form.form}: {' or '.join(field.header)}" if field.header else form.form,
        cells=known.cells.get((form.form, field.field), ""),
        first=first,
        last=last,
        since=f"form version {form.version}" + (f", valid from {form.valid_from}" if form.version > 1 else ""),
        basis=form.basis(language),
    )


def _rule(form: Form, check: Check, language: str) -> Entry:
    return Entry(
        "rule",
        form.form,
        check.check,
        title=say(check.title, language),
        meaning=f"to do: {say(check.advice, language)}",
        type=check.severity,
        formula=check.kind,
        source=form.form,
        since=f"form version {form.version}",
        basis=check.source,
    )


def _engine_rule(programme: Programme, rule: str, language: str) -> Entry:
    severity, what, todo = RULES[rule]
    packs = [one for one in programme.languages if one.language == language and rule in one.messages]
    if packs:
        what, _, todo = (part.strip() for part in packs[0].messages[rule].partition("|"))
    return Entry("rule", _ENGINE, rule, title=what, meaning=f"to do: {todo}", type=severity)


def _tables(
    warehouse: Warehouse, programme: Programme, tables: Mapping[str, Table], known: Spans, language: str
) -> Iterator[Entry]:
    """The tables and views that the warehouse has, each followed by its columns."""
    there = rows(
        warehouse,
        """SELECT table_name, column_name, data_type FROM information_schema.columns
           WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position""",
    )
    columns: dict[str, list[tuple[str, str]]] = {}
    for one in there:
        columns.setdefault(str(one["table_name"]), []).append((str(one["column_name"]), str(one["data_type"])))
    for name in sorted(columns.keys() - {"alembic_version"}):
        about, sources = _about(programme, tables, name, language)
        first, last = _periods(programme, name, known)
        yield Entry(
            "table", "", name, meaning=about, type="table" if name in tables else "view", first=first, last=last
        )
        for column, kind in columns[name]:
            yield _column(programme, tables, (name, column, kind), sources, known)


def _about(programme: Programme, tables: Mapping[str, Table], name: str, language: str) -> tuple[str, Sequence[Table]]:
    """What a table or view says, and the tables that the columns of a view are taken from."""
    if name in tables:
        return tables[name].comment or "", (tables[name],)
    for register in programme.registers:
        if name == register.entity:
            return f"{say(register.title, language)}: one row per version", (tables[f"dim_{name}"],)
    for fact in programme.facts:
        for suffix, way in (("", "what counts now"), ("_frozen", "as known when due"), ("_history", "every vintage")):
            if name == f"{fact.fact}{suffix}":
                shape = FROM[f"{{fact}}{suffix}"]
                return f"{say(fact.title, language)}, {way}. {fact.grain}", _named(tables, shape, fact=fact.fact)
    entity = programme.registers[0].entity if programme.registers else ""
    return VIEWS.get(name, ""), _named(tables, FROM.get(name, ()), entity=entity)


def _named(tables: Mapping[str, Table], names: Sequence[str], **values: str) -> tuple[Table, ...]:
    wanted = [name.format(**values) for name in names]
    return tuple(tables[name] for name in wanted if name in tables)


def _column(
    programme: Programme,
    tables: Mapping[str, Table],
    column: tuple[str, str, str],
    sources: Sequence[Table],
    known: Spans,
) -> Entry:
    table, name, kind = column
    own = tables[table].columns.get(name) if table in tables else None
    try:
        meaning = (own.comment or "") if own is not None else said_of(table, name, sources)
    except KeyError:
        # A view that is newer than its words is still listed; a test finds it.
        meaning = ""
    unit, source, where = "", "", ""
    fact = programme.fact.get(table.removeprefix("fact_").removesuffix("_history").removesuffix("_frozen"))
    if fact and (measure := fact.measure(name)):
        unit = measure.unit
        feeding = [
            (form.form, field)
            for form in programme.forms
            if form.fact == fact.fact
            for field in form.fields
            if field.to == name
        ]
        source = "; ".join(f"{form}: {field.header[0] if field.header else field.field}" for form, field in feeding)
        found = {form: known.cells.get((form, field.field), "") for form, field in feeding}
        where = "; ".join(f"{form}: {cell}" for form, cell in found.items() if cell)
    return Entry("column", table, name, meaning=meaning, type=kind, unit=unit, source=source, cells=where)


def _periods(programme: Programme, table: str, known: Spans) -> tuple[str, str]:
    """The first and the last period of what a fact's table or view holds."""
    fact = table.removeprefix("fact_").removesuffix("_history").removesuffix("_frozen")
    found = [known.forms[form.form] for form in programme.forms if form.fact == fact and form.form in known.forms]
    return (min(one[0] for one in found), max(one[1] for one in found)) if found else ("", "")


def _page(programme: Programme, release: Shown, found: Sequence[Entry], language: str) -> str:
    """One page that opens from a disk without a network: a table per kind, with a search field."""
    loader = FileSystemLoader(Path(__file__).with_name("templates"))
    page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    groups = []
    for kind, title in TITLES.items():
        some = [one for one in found if one.kind == kind]
        shown = [name for name in COLUMNS[1:] if any(getattr(one, name) for one in some)]
        groups.append((kind, title, [HEADERS[name] for name in shown], [[getattr(o, n) for n in shown] for o in some]))
    return page.get_template("dictionary.html").render(
        title=say(programme.header.title, language), release=release, groups=groups, language=language
    )


_WIDTHS: Final = {"meaning": 60, "formula": 60, "title": 40, "source": 40, "cells": 30, "basis": 40, "since": 30}


def _book(release: Shown, found: Sequence[Entry]) -> bytes:
    """A workbook with a sheet per kind, the line of names kept in sight."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for kind, title in TITLES.items():
        sheet = book.create_sheet(title)
        some = [one for one in found if one.kind == kind]
        shown = [name for name in COLUMNS[1:] if any(getattr(one, name) for one in some)] or ["name"]
        sheet.append([HEADERS[name] for name in shown])
        for one in some:
            sheet.append([getattr(one, name) for name in shown])
        for row in sheet.iter_rows():
            for cell in row:
                # A formula in words may begin with a sign that a spreadsheet would calculate.
                cell.data_type = "s"
                cell.alignment = Alignment(vertical="top", wrap_text=True)
        for place, name in enumerate(shown, start=1):
            sheet.cell(1, place).font = Font(bold=True)
            sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(name, 20)
        sheet.freeze_panes = "C2"
        sheet.auto_filter.ref = sheet.dimensions
    out = BytesIO()
    book.save(out)
    return restamped(out.getvalue(), release.published_at)
