"""Pages: a draft laid out as a sheet. Every cell gets its address here, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from catalogue.declared import say
from catalogue.errors import SettingsError
from catalogue.form import Field, Form
from catalogue.language import Language
from catalogue.register import Version
from demo.draft import Draft, Entry, overwritten
from demo.hand import Content, Hand, as_written, nothing_words, number_text, period_text, spelled
from demo.scene import Decoy, Fault, Manners, Plus

_DECOMPOSED = Hand(decomposed=True)


@dataclass(slots=True)
class Page:
    """A sheet with its cells by (row, column), both from 1, merged ranges, hidden rows; where everything stands.

    ``columns`` are those of fields, ``added`` those of labels that the form does not know. ``entries`` go with
    ``rows``. ``marks`` are other places: header (its last row), total, unit, period, stamp, nothing.
    """

    draft: Draft
    sheet: str
    cells: dict[tuple[int, int], Content] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    columns: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    header: tuple[int, int] = (0, 0)

    def text(self, row: int, column: int) -> str:
        """What stands in a cell, as a text."""
        content = self.cells.get((row, column))
        if isinstance(content, Fault):
            return content.error
        return "" if content is None else str(content)


def lay_out(draft: Draft, manners: Manners, language: Language) -> Page:
    """The page of a draft: head, header, rows with what stands among them, and what stands under the table."""
    page = Page(draft, _sheet_name(draft, manners))
    row = _head(page, manners, language)
    row = _header(page, row, language)
    row = _body(page, row, language)
    _close(page, row, manners, language)
    return page


def _sheet_name(draft: Draft, manners: Manners) -> str:
    if draft.hand.csv:
        return ""
    return manners.sheets[draft.hand.sheet].format(form=draft.form.form)[:31]


def _tags(draft: Draft, manners: Manners, language: Language) -> dict[str, Any]:
    layout, hand = draft.form.layout, draft.hand
    alias = draft.unit.aliases[0] if draft.unit.aliases else draft.unit.code
    unit = manners.units[hand.unit].format(unit=draft.unit, alias=alias)
    period = period_text(draft.period, manners, hand, language) if draft.period else ""
    signed = language.signature or ("",)
    return {
        "form": draft.form.form, "title": say(draft.form.title, language.language), "unit": unit, "period": period,
        "named": draft.unit, "above": draft.above, "signature": signed[0],
        "note": language.note[0] if language.note else "",
        "stamp_label": layout.stamp[hand.unit % len(layout.stamp)] if layout.stamp else "",
        "unit_label": layout.unit[hand.file % len(layout.unit)] if layout.unit else "",
        "period_label": layout.period[0] if layout.period else "",
        **draft.says,
    }  # fmt: skip


def _width(draft: Draft) -> int:
    return len(draft.form.fields) - len(draft.drop) + len(draft.columns) + int(draft.hand.serial)


def _head(page: Page, manners: Manners, language: Language) -> int:
    """Motto, agency, title, and what the file says of itself. Returns the next free row."""
    draft = page.draft
    tags, width, row = _tags(draft, manners, language), _width(draft), 1
    for line in manners.letterheads[draft.hand.letterhead]:
        texts = ["" if _silent(text, tags) else text for text in line]
        if any(line) and not any(texts):
            continue
        for place, template in enumerate(texts):
            column = 1 + place * max(1, width // len(texts))
            if not template:
                continue
            page.cells[row, column] = spelled(template.format(**tags), draft.hand, language)
            for name in ("form", "unit", "period"):
                if f"{{{name}}}" in template:
                    page.marks[name if name != "form" else "stamp"] = (row, column)
        if len(texts) == 1 and texts[0] and not draft.hand.csv and width > 1:
            page.merges.append((row, 1, row, width))
        row += 1
    return row + int(draft.hand.spaced)


def _silent(template: str, tags: dict[str, Any]) -> bool:
    """Whether a text would tell the period of a form that has none."""
    return any(not tags[name] for name in ("period", "period_label") if f"{{{name}}}" in template)


def _paths(fields: list[Field], *, flat: bool) -> dict[str, list[str]]:
    """The labels of each field, from top to bottom. A form that has no single labels keeps its rows."""
    single = {one.field: next((label for label in one.header if " > " not in label), None) for one in fields}
    if flat and all(single.values()):
        return {name: [label] for name, label in single.items() if label}
    return {one.field: (one.header[0] if one.header else one.field).split(" > ") for one in fields}


def _ordered(form: Form, draft: Draft) -> list[Field]:
    """The form's columns; where a hand moves them, those of the last group stand first."""
    kept = [one for one in form.fields if one.field not in draft.drop]
    if not draft.hand.moved:
        return kept
    groups: list[list[Field]] = []
    for one in kept:
        group = one.header[0].partition(" > ")[0] if one.header and " > " in one.header[0] else one.field
        known = groups[-1][0].header[0].partition(" > ")[0] if groups and groups[-1][0].header else None
        if groups and known == group:
            groups[-1].append(one)
        else:
            groups.append([one])
    return [one for group in (groups[-1], *groups[:-1]) for one in group]


def _header(page: Page, row: int, language: Language) -> int:
    """The header: groups merged over their columns, single labels over all rows; then the numbers of the columns."""
    draft, form = page.draft, page.draft.form
    fields = _ordered(form, draft)
    paths = _paths(fields, flat=draft.hand.flat)
    labels: list[tuple[str | None, list[str]]] = []
    if draft.hand.serial and form.ignore:
        labels.append((None, [form.ignore[0]]))
    labels += [(one.field, paths[one.field]) for one in fields]
    labels += [(None, [label]) for label in draft.columns]
    depth = max(len(path) for _, path in labels)
    for column, (name, path) in enumerate(labels, start=1):
        if name:
            page.columns[name] = column
        elif path[0] in draft.columns:
            page.added[path[0]] = column
        for level, label in enumerate(path):
            starts = column == 1 or labels[column - 2][1][: level + 1] != path[: level + 1] or level == len(path) - 1
            if starts or depth == 1:
                page.cells[row + level, column] = spelled(label, draft.hand, language)
            if starts and level < len(path) - 1:
                alike = 1
                while column + alike <= len(labels) and labels[column + alike - 1][1][: level + 1] == path[: level + 1]:
                    alike += 1
                if alike > 1:
                    page.merges.append((row + level, column, row + level, column + alike - 1))
        if len(path) < depth:
            page.merges.append((row + len(path) - 1, column, row + depth - 1, column))
    page.header = (row, row + depth - 1)
    page.marks["header"] = page.header[1], 0
    row += depth
    if draft.hand.numbered:
        for column, (name, _) in enumerate(labels, start=1):
            page.cells[row, column] = f"({column}){_equation(page, name)}"
        row += 1
    return row


def _equation(page: Page, name: str | None) -> str:
    """How a column follows from others, as forms print it: "=(4)+(5)"."""
    for check in page.draft.form.checks:
        plain = all(one.field and one.times == 1 for one in (*check.left, *check.right))
        if check.kind == "compare" and check.operator == "=" and plain and len(check.left) == 1 and not check.when:
            parts = [page.columns.get(one.field or "") for one in check.right]
            if check.left[0].field == name and len(parts) > 1 and all(parts):
                return "=" + "+".join(f"({part})" for part in parts)
    return ""


def _label_column(page: Page) -> int:
    label = page.draft.form.layout.label
    return page.columns.get(label or "", min(page.columns.values()))


def _body(page: Page, row: int, language: Language) -> int:
    draft, hand = page.draft, page.draft.hand
    if not draft.entries:
        zero = nothing_words(language)
        if not draft.form.empty or not zero:
            raise SettingsError(f"{draft.campaign}, {draft.unit.code}: no rows, but {draft.form.form} must have some")
        page.cells[row, _label_column(page)] = spelled(zero.capitalize(), hand, language)
        page.marks["nothing"] = row, _label_column(page)
        return row + 1
    totals = _totals(page)
    if totals and hand.total and hand.total_top:
        _total_row(page, row, totals, language)
        row += 1
    if hand.section and hand.serial and language.section and draft.form.ignore:
        page.cells[row, 1] = "I"
        page.cells[row, _label_column(page)] = spelled(language.section[0], hand, language)
        row += 1
    for number, entry in enumerate(draft.entries, start=1):
        if hand.serial and draft.form.ignore:
            page.cells[row, 1] = str(number) if hand.csv else number
        for one in draft.form.fields:
            if (column := page.columns.get(one.field)) is not None:
                page.cells[row, column] = _cell(entry, one, page, language)
        for label, column in page.added.items():
            texts = draft.columns[label]
            page.cells[row, column] = texts[(number - 1) % len(texts)]
        if entry.hidden:
            page.hidden.add(row)
        page.rows.append(row)
        row += 1
        if hand.spaced and number == len(draft.entries) // 2 and number > 1:
            row += 1
    if totals and hand.total and not hand.total_top:
        _total_row(page, row, totals, language)
        row += 1
    return row


def _cell(entry: Entry, one: Field, page: Page, language: Language) -> Content:
    """What is written for a field of a row: its value, what a plant writes over it, or how a decoy writes it."""
    hand, value = page.draft.hand, entry.values.get(one.field)
    decoy = next((found for found in entry.decoys if found.field == one.field and found.write is not None), None)
    if decoy is not None:
        return _decoyed(decoy, value, language)
    if one.field not in entry.cells:
        return as_written(one, value, hand, language)
    over = entry.cells[one.field]
    if isinstance(over, Plus):
        return as_written(one, overwritten(value, over), hand, language)
    if isinstance(over, Fault):
        return over.error if hand.csv else over
    if isinstance(over, bool):
        return as_written(one, over, hand, language)
    if isinstance(over, int | Decimal) and hand.csv:
        return number_text(over, language)
    return over


def _decoyed(decoy: Decoy, value: Any, language: Language) -> Content:
    if isinstance(decoy.write, int | Decimal):
        return decoy.write
    numeric = isinstance(value, int | Decimal) and not isinstance(value, bool)
    words = value.code if isinstance(value, Version) else "; ".join(value) if isinstance(value, tuple) else value
    tags = {
        "value": words,
        "grouped": number_text(value, language) if numeric else "",
        "lower": str(words).lower(),
        "entity": value,
        "alias": value.aliases[0] if isinstance(value, Version) and value.aliases else "",
        "decomposed": spelled(str(words), _DECOMPOSED, language),
    }
    return str(decoy.write).format(**tags)


def _totals(page: Page) -> dict[str, int]:
    """The fields whose totals stand in a total row, with their sums over the rows as they are written."""
    form = page.draft.form
    check = next((one for one in form.checks if one.kind == "total"), None)
    found: dict[str, int] = {}
    for name in check.fields if check else ():
        if name not in page.columns:
            continue
        found[name] = sum(_figure(entry, name) for entry in page.draft.entries if not entry.repeats)
    return found


def _figure(entry: Entry, name: str) -> int:
    value = overwritten(entry.values.get(name), entry.cells[name]) if name in entry.cells else entry.values.get(name)
    return int(value) if isinstance(value, int) else 0


def _total_row(page: Page, row: int, totals: dict[str, int], language: Language) -> None:
    draft = page.draft
    page.cells[row, _label_column(page)] = spelled(language.total[0], draft.hand, language)
    wrong = {name: plus for plant in draft.plants for name, plus in plant.total.items()}
    for name, total in totals.items():
        found = total + wrong.get(name, 0)
        page.cells[row, page.columns[name]] = number_text(found, language) if draft.hand.text_numbers else found
    page.marks["total"] = row, page.columns[next(iter(totals))]


def _close(page: Page, row: int, manners: Manners, language: Language) -> None:
    """Notes and signatures under the table."""
    draft = page.draft
    tags, width = _tags(draft, manners, language), _width(draft)
    for line in manners.closings[draft.hand.closing]:
        for place, template in enumerate(line):
            if template:
                column = 1 + place * max(1, width // len(line))
                page.cells[row, column] = spelled(template.format(**tags), draft.hand, language)
        row += 1
