"""Reckoning: what must become of a page, from what was planted in it. The engine is not asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from catalogue.check import Check, Severity
from catalogue.declared import say
from catalogue.delivery import Cell, DeliveryStatus
from catalogue.errors import SettingsError
from catalogue.fact import Dimension, Measure
from catalogue.form import Field, Form
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
    shape = FactShape(programme, form)
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
            rows.append(CleanRow(page.sheet, row, fact_row(shape, entry, page, row)))
    for plant in draft.plants:
        planted += [_planted(plant, find, page, page.marks.get("total", (0, 0))[0]) for find in plant.finds]
    decoys += [_decoyed(decoy, page, 0, language) for decoy in draft.decoys]
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
    if severity == "warn":
        return severity
    return field.severity if field is not None and find.rule.startswith("cell.") else severity


def field_of(form: Form, find: Find) -> str | None:
    """The field at whose cell a finding points: the first that a check reads, or the one named, where there is no check
    or one that judges each field by itself."""
    check = _check(form, find.rule)
    if check is not None and find.field in check.remembers():
        return find.field
    return check.reads()[0] if check is not None else find.field


def fact_row(shape: FactShape, entry: Entry, page: Page, row: int) -> dict[str, Any]:
    """The columns of the fact that a clean row must make."""
    contents = {name: page.cells.get((row, column)) for name, column in page.columns.items()}
    values = {name: _value(entry, name) for name in entry.values}
    return shape.columns(values, contents, page.draft.unit, page.draft.hand)


class FactShape:
    """How the fields of a form make the columns of its fact. Several fields of one measure are added."""

    def __init__(self, programme: Programme, form: Form) -> None:
        fact, self.form, self.language = programme.fact[form.fact], form, programme.language
        self.dimensions: list[tuple[Dimension, Field | None]] = [
            (one, next((field for field in form.fields if field.to == one.dimension), None)) for one in fact.dimensions
        ]
        self.measures: list[tuple[Measure, tuple[str, ...]]] = [
            (one, tuple(field.field for field in form.fields if field.to == one.measure)) for one in fact.measures
        ]

    def columns(
        self, values: Mapping[str, Any], contents: Mapping[str, Content], unit: Version, hand: Hand
    ) -> dict[str, Any]:
        """The columns of the fact from the values of the form's fields and what is written for them."""
        found: dict[str, Any] = {}
        for dimension, field in self.dimensions:
            name = dimension.dimension
            if dimension.type == "entity" and self.form.unit_to == name:
                found[f"{name}_key"], found[f"{name}_code"] = unit.key, unit.code
            elif field is None:
                found.update(fact_values(dimension, self.form.constants.get(name), None))
            else:
                value = self._dimension(field, values.get(field.field), hand)
                found.update(fact_values(dimension, value, contents.get(field.field)))
        for measure, fields in self.measures:
            name = measure.measure
            parts: list[Any] = [values.get(field) for field in fields]
            known = bool(parts) and None not in parts
            found[name] = None if not known else told(parts[0]) if len(parts) == 1 else told(sum(parts))
            if measure.missing:
                found[f"{name}_missing"] = None if known else "missing"
        return found

    def _dimension(self, field: Field, value: Any, hand: Hand) -> Any:
        if field.type == "text" and isinstance(value, str):
            text = bare(value, self.language) if hand.bare else value
            return unicodedata.normalize("NFC", text).strip()
        return False if field.type == "flag" and value is None and field.blank == "false" else told(value)


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
        if name is None and not find.rule.startswith("table."):
            raise SettingsError(f"{kind}: rule {find.rule} needs the field at whose cell it is found")
        # What is found of a whole row is found in no column.
        at = (row, page.columns[name] if name else 0)
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
