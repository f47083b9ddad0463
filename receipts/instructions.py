"""The instructions of a template: one sheet per language of the programme, from the declaration of the form alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.declared import say
from catalogue.form import Form
from catalogue.language import Language
from catalogue.template_phrase import PHRASES, TemplatePhrase, phrase
from receipts.allowed import allowed
from receipts.blank import Blank, Column, pack
from transforms.owe import due_day

_WIDTHS: Final = (38, 46, 34, 26, 52)
# Points of one line, and letters that fit a unit of width: a row is as high as its fullest cell.
_LINE: Final = 15
_FITS: Final = 1.0
# Longer lists are in the drop-down only.
_LONGEST_LIST: Final = 120
_STEPS: Final[tuple[TemplatePhrase, ...]] = ("step.head", "step.rows", "step.columns", "step.absent", "step.total")
_HEADING: Final = PatternFill("solid", fgColor="DCE6F1")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")


def sheet_name(words: Language) -> str:
    """The name of the sheet of instructions in a language."""
    return phrase(words.template, "instructions")[:31]


def write_instructions(sheet: Worksheet, blank: Blank, language: str) -> None:
    """Write the instructions in one language: how to fill in, columns, choices, checks, due day, legal source.

    No cell begins like a label of the head: what is read as the unit or period of a file stands in the form alone.
    """
    words, form = pack(blank.programme, language), blank.form
    table = _Sheet(sheet, words)
    table.title(f"{form.form}. {say(form.title, language)}")
    table.plain(f"{table.said('version')}: {form.version}")
    if form.source:
        table.plain(f"{table.said('source')}: {form.basis(language)}")
    table.plain(f"{table.said('due')}: {due_words(blank, words)}")
    table.heading("steps")
    for number, step in enumerate(_STEPS, start=1):
        table.plain(f"{number}. {table.said(step)}")
    table.heading("columns")
    table.header("column", "meaning", "kind", "required", "allowed")
    for column in blank.columns:
        table.row(_about(column, words, language))
    listed = [one for one in blank.columns if one.choices and one.field.type in ("code", "codes", "entity")]
    short = [one for one in listed if one.choices and 0 < len(one.choices.texts) <= _LONGEST_LIST]
    if short:
        table.heading("choices")
        table.header("column", "choice", "code", "name")
    for column in short:
        for choice in column.choices.choices if column.choices else ():
            table.row((_labelled(column), choice.text, choice.code, choice.name))
    if form.checks:
        table.heading("checks")
        table.header("check", "rule", "advice", "outcome")
    for check in form.checks:
        outcome = table.said(_outcome(check.severity))
        table.row((check.check, say(check.title, language), say(check.advice, language), outcome))
    _set_up(sheet)


def due_words(blank: Blank, words: Language) -> str:
    """When the form is due: the day where the period is known, else how long after its period."""
    form: Form = blank.form
    if form.frequency is None:
        return phrase(words.template, "due.none")
    unit: TemplatePhrase = "due.working_days" if form.due.working_days else "due.days"
    after = f"{form.due.days} {phrase(words.template, unit)}"
    if blank.period is None:
        return after
    return f"{due_day(blank.period, form.due, blank.programme.header.holidays):%d/%m/%Y} ({after})"


def _about(column: Column, words: Language, language: str) -> tuple[str, ...]:
    """What a column is, in the cells of one row."""
    field = column.field
    kind = next(key for key in PHRASES if key == f"kind.{field.type}")
    required: TemplatePhrase = "yes" if field.required else "no"
    return (
        _labelled(column),
        say(field.title, language),
        phrase(words.template, kind),
        phrase(words.template, required),
        allowed(field, words),
    )


def _labelled(column: Column) -> str:
    return f"{column.letter}. {' > '.join(column.labels)}"


def _outcome(severity: str) -> TemplatePhrase:
    return next(key for key in PHRASES if key == f"outcome.{severity}")


def _set_up(sheet: Worksheet) -> None:
    """Columns wide enough to read, and pages of A4."""
    for number, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.sheet_view.showGridLines = False
    sheet.protection.sheet = True


class _Sheet:
    """A sheet that is written from top to bottom."""

    def __init__(self, sheet: Worksheet, words: Language) -> None:
        self.sheet, self.words, self.at = sheet, words, 1

    def said(self, key: TemplatePhrase) -> str:
        return phrase(self.words.template, key)

    def title(self, text: str) -> None:
        self.plain(text)
        self.sheet.cell(self.at - 1, 1).font = Font(name="Calibri", bold=True, size=14)

    def heading(self, key: TemplatePhrase) -> None:
        self.at += 1
        self.plain(self.said(key))
        self.sheet.cell(self.at - 1, 1).font = Font(name="Calibri", bold=True, size=12)

    def plain(self, text: str) -> None:
        write_text(self.sheet, self.at, 1, text)
        self.at += 1

    def header(self, *keys: TemplatePhrase) -> None:
        self.row([self.said(key) for key in keys])
        for number in range(1, len(keys) + 1):
            cell = self.sheet.cell(self.at - 1, number)
            cell.font, cell.fill = Font(name="Calibri", bold=True), _HEADING

    def row(self, texts: Sequence[str]) -> None:
        lines = 1
        for number, text in enumerate(texts, start=1):
            write_text(self.sheet, self.at, number, text)
            self.sheet.cell(self.at, number).alignment = _WRAPPED
            lines = max(lines, ceil(len(text) / (_WIDTHS[number - 1] * _FITS)))
        # Not every program makes a row as high as what is wrapped in it.
        self.sheet.row_dimensions[self.at].height = lines * _LINE
        self.at += 1


def write_text(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """A text as a text, also where it begins like a formula."""
    cell = sheet.cell(row, column)
    cell.value = text
    if text.startswith("="):
        cell.data_type = "s"
