"""Reckoning: what must become of a page, from what was planted in it. The engine is not asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from catalogue.check import Check, Severity
from catalogue.declared import say
from catalogue.delivery import Cell, DeliveryStatus
from catalogue.errors import SettingsError
from catalogue.form import Form
from catalogue.language import Language
from catalogue.programme import Programme
from catalogue.register import Version
from catalogue.rule import RULES
from demo.draft import Entry, overwritten
from demo.hand import Content, Hand, bare, fact_values
from demo.page import Page
from demo.scene import Decoy, Find, Plant
from demo.truth import CleanRow, Decoyed, Expected, Planted, told
from transforms.workbook import letter


def expect(page: Page, programme: Programme, name: str, source: str) -> Expected:
    """What must become of a page: its clean rows, its findings, its status."""
    draft, form, language = page.draft, page.draft.form, programme.language
    planted: list[Planted] = []
    remarks: list[Planted] = []
    decoys: list[Decoyed] = []
    rows: list[CleanRow] = []
    aside = 0
    for entry, row in zip(draft.entries, page.rows, strict=True):
        wrong = False
        if entry.plant is not None and not entry.repeats:
            # Of a pair, both rows are found.
            found = [_planted(entry.plant, find, page, row) for find in entry.plant.finds]
            planted += found
            wrong = any(one.severity == "reject_row" for one in found)
        aside += wrong
        for decoy in entry.decoys:
            if decoy.decoy:
                decoys.append(_decoyed(decoy, page, row, language))
            if decoy.warns:
                find = Find(rule=decoy.warns, field=decoy.field)
                remarks.append(_find(decoy.decoy, find, page, row))
        if not wrong and not entry.repeats:
            rows.append(CleanRow(page.sheet, row, fact_row(programme, form, entry, page, row)))
    for plant in draft.plants:
        planted += [_planted(plant, find, page, page.marks.get("total", (0, 0))[0]) for find in plant.finds]
    for decoy in draft.decoys:
        decoys.append(_decoyed(decoy, page, 0, language))
    if draft.stray is not None:
        planted += [_find(draft.stray.stray, find, page, 0) for find in draft.stray.finds]
    status = status_of((*planted, *remarks), loaded=len(rows), aside=aside)
    refused = status == "rejected"
    return Expected(
        name, source, form.form, draft.unit.code, draft.period.code if draft.period else None, status,
        () if refused else tuple(rows), tuple(planted), tuple(remarks), tuple(decoys),
        0 if any(one.severity == "reject_delivery" for one in planted) else aside,
        sum(entry.repeats for entry in draft.entries),
    )  # fmt: skip


def status_of(found: Iterable[Planted], *, loaded: int, aside: int) -> DeliveryStatus:
    """The status of a delivery by what is found in it and how many rows are left."""
    severities = {one.severity for one in found}
    if "reject_delivery" in severities or (aside and not loaded):
        return "rejected"
    if aside:
        return "partly_accepted"
    return "accepted_with_warnings" if severities else "accepted"


def severity_of(form: Form, find: Find) -> Severity:
    """The severity of a finding: the check's, or the engine's, where a field may say otherwise."""
    check = _check(form, find.rule)
    if check is not None:
        return check.severity
    if find.rule not in RULES:
        known = ", ".join([*RULES, *(one.check for one in form.checks)])
        raise SettingsError(f"the world expects the unknown rule {find.rule!r} of form {form.form}; known are {known}")
    field = form.field(find.field) if find.field else None
    severity = RULES[find.rule][0]
    return field.severity if field is not None and find.rule.startswith("cell.") else severity


def field_of(form: Form, find: Find) -> str | None:
    """The field at whose cell a finding points: the first that a check reads, else the one named."""
    check = _check(form, find.rule)
    return check.reads()[0] if check is not None else find.field


def fact_row(programme: Programme, form: Form, entry: Entry, page: Page, row: int) -> dict[str, Any]:
    """The columns of the fact that a clean row must make."""
    contents = {name: page.cells.get((row, column)) for name, column in page.columns.items()}
    values = {one.field: _value(entry, one.field) for one in form.fields}
    return fact_columns_of(programme, form, values, contents, page.draft.unit, page.draft.hand)


def fact_columns_of(
    programme: Programme,
    form: Form,
    values: dict[str, Any],
    contents: dict[str, Content],
    unit: Version,
    hand: Hand,
) -> dict[str, Any]:
    """The columns of a fact from the values of a form's fields. Several fields of one measure are added."""
    fact = programme.fact[form.fact]
    found: dict[str, Any] = {}
    for dimension in fact.dimensions:
        name = dimension.dimension
        fields = [one for one in form.fields if one.to == name]
        if dimension.type == "entity" and form.unit_to == name:
            found |= {f"{name}_key": unit.key, f"{name}_code": unit.code}
            continue
        value = values.get(fields[0].field) if fields else form.constants.get(name)
        if fields and isinstance(value, str) and fields[0].type == "text":
            value = unicodedata.normalize("NFC", bare(value, programme.language) if hand.bare else value).strip()
        if fields and fields[0].type == "flag" and value is None and fields[0].blank == "false":
            value = False
        written = contents.get(fields[0].field) if fields else None
        found |= {column: told(one) for column, one in fact_values(dimension, value, written).items()}
    for measure in fact.measures:
        parts = [values.get(one.field) for one in form.fields if one.to == measure.measure]
        known = parts and all(part is not None for part in parts)
        total = sum(part for part in parts if part is not None)
        found[measure.measure] = told(Decimal(total) if measure.type == "decimal" else total) if known else None
        if measure.missing:
            found[f"{measure.measure}_missing"] = None if known else "missing"
    return found


def _value(entry: Entry, name: str) -> Any:
    """The value of a field in a row that is loaded, a figure written over by a plant that only warns included."""
    value = entry.values.get(name)
    if name not in entry.cells:
        return value
    over = entry.cells[name]
    return overwritten(value, over) if value is None or isinstance(value, int | Decimal) else over


def _check(form: Form, rule: str) -> Check | None:
    return next((one for one in form.checks if one.check == rule), None)


def _planted(plant: Plant, find: Find, page: Page, row: int) -> Planted:
    return _find(plant.plant, find, page, row)


def _find(kind: str, find: Find, page: Page, row: int) -> Planted:
    """A finding with its cell, wherever it points."""
    form = page.draft.form
    severity = severity_of(form, find)
    if find.at == "file":
        return Planted(kind, find.rule, severity, "", "", "")
    if find.at in page.added:
        at = (page.header[1], page.added[find.at])
    elif find.at == "cell":
        name = field_of(form, find)
        if name is None and len(page.columns):
            raise SettingsError(f"{kind}: rule {find.rule} needs the field at whose cell it is found")
        at = (row, page.columns[name or ""])
    else:
        at = page.marks[find.at]
    text = page.text(*at)
    return Planted(kind, find.rule, severity, page.sheet, place(at), text)


def _decoyed(decoy: Decoy, page: Page, row: int, language: Language) -> Decoyed:
    why = say(decoy.why, language.language)
    if decoy.at != "cell":
        at = page.marks[decoy.at]
    elif decoy.field is not None:
        at = (row, page.columns[decoy.field])
    else:
        at = (row, 0)
    return Decoyed(decoy.decoy, page.sheet, place(at), page.text(*at), why)


def place(at: tuple[int, int]) -> str:
    """An address as the truth writes it.

    >>> place((17, 4)), place((12, 0)), place((0, 0))
    ('D17', '12', '')
    """
    row, column = at
    return f"{letter(column)}{row or ''}"


def place_of(cell: Cell) -> str:
    """The address of a finding's cell as the truth writes it."""
    if not cell.row and not cell.column:
        return ""
    return f"{cell.column}{cell.row or ''}" if not cell.column or cell.column.isupper() else f"{cell.row}:{cell.column}"
