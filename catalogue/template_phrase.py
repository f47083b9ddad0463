"""The phrases of templates: what stands in a blank form and its instructions beside the words of the form itself.

A language pack may word them (``Language.template``); these are the English ones. They are whole sentences, or labels
before a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

TemplatePhrase = Literal[
    "version", "unit", "period", "instructions", "note", "steps", "step.head", "step.rows", "step.columns",
    "step.absent", "step.total", "columns", "column", "meaning", "kind", "required", "yes", "no", "allowed", "longest",
    "between", "marks", "choices", "choice", "code", "name", "checks", "check", "rule", "advice", "outcome", "source",
    "due", "due.working_days", "due.days", "due.none",
    "kind.count", "kind.decimal", "kind.percent", "kind.text", "kind.code", "kind.codes", "kind.flag", "kind.date",
    "kind.entity", "kind.period",
    "outcome.reject_delivery", "outcome.reject_row", "outcome.warn",
]  # fmt: skip

PHRASES: Final[dict[TemplatePhrase, str]] = {
    "version": "Version of the form",
    "unit": "Reporting unit",
    "period": "Reporting period",
    "instructions": "Instructions",
    "note": "Columns marked * must be filled in. What each column means and what is checked stands in the sheet",
    "steps": "How to fill in the form",
    "step.head": "Write the code of your unit and the period into the head of the form, where they are not there yet.",
    "step.rows": "One subject per row, from right below the column numbers on; rows that stay empty do no harm.",
    "step.columns": "Do not rename, move or remove a column, nor the name of the sheet.",
    "step.absent": "Where there was nothing, write 0. A blank cell or '...' means that the figure is not known.",
    "step.total": "A total row is not needed. If you write one, it is compared with the rows and not counted.",
    "columns": "The columns",
    "column": "Column",
    "meaning": "Meaning",
    "kind": "Kind",
    "required": "Must be filled in",
    "yes": "yes",
    "no": "no",
    "allowed": "Allowed",
    "longest": "characters at most",
    "between": "range",
    "marks": "marks for what is not known",
    "choices": "What may be chosen",
    "choice": "To be written",
    "code": "Code",
    "name": "Name",
    "checks": "What is checked",
    "check": "Number of the rule",
    "rule": "Rule",
    "advice": "What to do",
    "outcome": "If it is broken",
    "source": "Basis",
    "due": "To be sent by",
    "due.working_days": "working days after the end of the period",
    "due.days": "days after the end of the period",
    "due.none": "no fixed day; each row bears its own period",
    "kind.count": "whole number",
    "kind.decimal": "number",
    "kind.percent": "percentage",
    "kind.text": "text",
    "kind.code": "one of a list",
    "kind.codes": "one or several of a list, separated by ;",
    "kind.flag": "yes or no",
    "kind.date": "date, as day/month/year",
    "kind.entity": "code or name from the register",
    "kind.period": "year or period",
    "outcome.reject_delivery": "the whole file is sent back",
    "outcome.reject_row": "the row is set aside",
    "outcome.warn": "a warning; the row is taken",
}


def phrase(worded: Mapping[TemplatePhrase, str], key: TemplatePhrase) -> str:
    """A phrase as a language words it, else in English.

    >>> phrase({"yes": "có"}, "yes"), phrase({"yes": "có"}, "no")
    ('có', 'no')
    """
    return worded.get(key) or PHRASES[key]
