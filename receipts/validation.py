"""Validation of a template's cells: what a spreadsheet program lets a clerk type into a column.

It allows no more than the pipeline takes. What it cannot know (sums across columns, the period of a date, what else
is in the table) is left to the check.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from openpyxl.worksheet.datavalidation import DataValidation

from catalogue.declared import say
from catalogue.form import Field
from catalogue.template_phrase import TemplatePhrase, phrase
from receipts.allowed import advice, allowed
from receipts.blank import Blank, Column

# What a spreadsheet shows at most of titles, prompts and errors; longer ones make it call the file damaged.
_LONGEST_TITLE: Final = 32
_LONGEST_TEXT: Final = 225
# What a number cell holds exactly.
_LARGEST: Final = 10**15 - 1
# The days from 1 March 1900, behind a leap day that never was, to the last of the year 2199, as numbers.
_FIRST_DAY, _LAST_DAY = 61, 109_574
_LONGEST_CELL: Final = 500


def validation(blank: Blank, column: Column, list_name: str, cells: str) -> DataValidation:
    """The validation of a column's cells (a range, as B8:B207). ``list_name`` names the range of its choices."""
    field, pack = column.field, blank.pack
    kinds: dict[str, TemplatePhrase] = {"required": "yes" if field.required else "no"}
    required = f"{phrase(pack.template, 'required')}: {phrase(pack.template, kinds['required'])}"
    title = say(field.title, blank.language)
    told = f"{allowed(field, pack)}. {advice(field, pack)}."
    first = cells.partition(":")[0]
    return DataValidation(
        **_rule(field, column, list_name, first),
        sqref=cells,
        allow_blank=True,
        showErrorMessage=not (column.choices and field.type == "codes"),
        errorStyle="stop" if column.choices is None or column.choices.closed else "warning",
        errorTitle=_cut(title, _LONGEST_TITLE),
        error=_cut(told, _LONGEST_TEXT),
        showInputMessage=True,
        promptTitle=_cut(title, _LONGEST_TITLE),
        prompt=_cut(f"{allowed(field, pack)}. {required}", _LONGEST_TEXT),
    )


def _rule(field: Field, column: Column, list_name: str, cell: str) -> dict[str, Any]:
    """The rule of a validation, in the words of the file format."""
    if column.choices is not None:
        return {"type": "list", "formula1": list_name}
    if field.type in ("count", "decimal", "percent"):
        low = field.minimum if field.minimum is not None else Decimal(-_LARGEST)
        high = field.maximum if field.maximum is not None else Decimal(_LARGEST)
        if field.missing:
            marks = ",".join(f'{cell}="{mark}"' for mark in field.missing)
            whole = f",{cell}=INT({cell})" if field.type == "count" else ""
            number = f"IF(ISNUMBER({cell}),AND({cell}>={low},{cell}<={high}{whole}),FALSE)"
            return {"type": "custom", "formula1": f"OR({marks},{number})"}
        kind = "whole" if field.type == "count" else "decimal"
        return {"type": kind, "operator": "between", "formula1": f"{low:f}", "formula2": f"{high:f}"}
    if field.type == "date":
        return {"type": "date", "operator": "between", "formula1": str(_FIRST_DAY), "formula2": str(_LAST_DAY)}
    longest = field.max_length if field.type == "text" else _LONGEST_CELL
    return {"type": "textLength", "operator": "lessThanOrEqual", "formula1": str(longest)}


def _cut(text: str, most: int) -> str:
    """A text as a spreadsheet shows it.

    >>> _cut("abcdef", 5)
    'abcd…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"
