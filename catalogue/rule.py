"""The engine's own rules, by stable id: what is allowed and what to do. A form's checks bring their own texts.

A language pack may word them for clerks (``Language.messages``); these are the English ones.
"""

from __future__ import annotations

from typing import Final

from catalogue.check import Severity
from catalogue.delivery import Cell, Finding
from catalogue.language import Language

# id: (severity, what is allowed, what to do)
RULES: Final[dict[str, tuple[Severity, str, str]]] = {
    "file.unreadable": ("reject_delivery", "an xlsx, xls, xlsb, ods or csv file", "send the original file again"),
    "file.empty": ("reject_delivery", "a file with at least one row", "fill in the form and send it again"),
    "file.form": ("reject_delivery", "the code of a known form", "use the form's own template, keep its code"),
    "file.unit": ("reject_delivery", "one unit that exists in the period", "write the unit's code in the header block"),
    "file.foreign_unit": (
        "reject_delivery",
        "the unit of the folder or one below it",
        "send it through your own folder",
    ),
    "file.period": ("reject_delivery", "a period of the form's frequency", "write the period as 2024-Q1 or Quý I/2024"),
    "file.respondent": ("reject_delivery", "a unit that owes this form", "check whether the form is meant for you"),
    "file.error": ("reject_delivery", "a delivery the pipeline can process", "tell the steward the trace id"),
    "pull.incomplete": ("reject_delivery", "as many records as the portal says there are", "pull the period again"),
    "table.not_found": ("reject_delivery", "a table with the form's columns", "use the form's template"),
    "table.column_missing": ("reject_delivery", "each required column once", "put the column back as in the template"),
    "table.column_doubled": ("reject_delivery", "each column once", "remove the second column"),
    "table.column_unknown": ("warn", "columns of the form", "remove it, or ask for it to be added to the form"),
    "table.no_rows": ("reject_delivery", "at least one row", "fill in the table, or write that there is nothing"),
    "cell.missing": (
        "reject_row",
        "a value; blank and '...' are not zero",
        "fill in the cell; write 0 where it is zero",
    ),
    "cell.not_whole": ("reject_row", "a whole number", "write a whole number without decimals"),
    "cell.not_number": ("reject_row", "a number", "write digits only"),
    "cell.out_of_range": ("reject_row", "a number in the allowed range", "check the figure"),
    "cell.not_date": ("reject_row", "a date that exists", "write day, month and year"),
    "cell.not_flag": ("reject_row", "yes or no", "write the mark of the form's legend"),
    "cell.not_period": ("reject_row", "a period", "write the year or the period as in the legend"),
    "cell.unknown_code": ("reject_row", "a code of the list that is valid in the period", "choose from the list"),
    "cell.unknown_entity": ("reject_row", "a code or name in the register in the period", "write its code"),
    "cell.ambiguous": ("reject_row", "a name that only one entity bears", "write the code instead of the name"),
    "cell.formula_error": ("reject_row", "a value, not an error of the spreadsheet", "mend the formula"),
    "cell.too_long": ("reject_row", "a shorter text", "shorten the text"),
    "row.duplicate": ("reject_row", "one row per key", "remove the row that is wrong"),
    "check.error": ("reject_delivery", "a check that can be carried out", "tell the steward the trace id"),
    "correction.applied": ("warn", "the value that the register of corrections names", "mend the source"),
    "correction.stale": ("warn", "a correction whose wrong value is still there", "retire the correction"),
}


def finding(rule: str, cell: Cell, field: str, found: str, language: Language, allowed: str = "") -> Finding:
    """A finding by one of the engine's rules, worded in a language; ``allowed`` where it can be said more exactly."""
    severity, usual, advice = RULES[rule]
    worded = language.messages.get(rule)
    if worded:
        usual, _, advice = (part.strip() for part in worded.partition("|"))
    return Finding(rule, severity, cell, field, found, allowed or usual, advice)
