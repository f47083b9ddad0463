"""Language packs: the words by which a reader knows a total, a blank, a signature, a yes; how numbers are written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from catalogue.declared import Declared
from catalogue.heading import Heading
from catalogue.receipt_phrase import ReceiptPhrase
from catalogue.run_phrase import RunPhrase
from catalogue.template_phrase import TemplatePhrase

# A mark may be a space: unlike other texts it is not trimmed.
Mark = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1)]

Phrase = Literal[
    "accepted",
    "accepted_with_warnings",
    "partly_accepted",
    "rejected",
    "error",
    "accepted_with_warnings.do",
    "partly_accepted.do",
    "rejected.do",
    "error.do",
    "no_form",
    "no_unit",
    "no_period",
    "file",
    "findings",
    "set_aside",
    "receipt",
    "no_receipt",
    "more",
    "to_do",
    "run",
    "message",
    "pull_failed",
    "pull_partial",
    "drift",
    "overdue",
    "release_refused",
    "read_copy_broken",
    "route_dead",
    "pull_failed.do",
    "pull_partial.do",
    "drift.do",
    "overdue.do",
    "release_refused.do",
    "read_copy_broken.do",
    "route_dead.do",
    "reminder",
    "reminder.do",
    "due",
    "worsened",
    "escalated",
    "still_open",
    "recovered",
    "since",
    "severity",
    "failure",
    "warning",
    "info",
    "about",
    "reason",
    "test",
    "test.body",
]
"""What an alert says, piece by piece: outcomes, what to do about each (``.do``), and labels before a colon."""

ExplanationPhrase = Literal[
    "release", "definition", "source", "status", "coverage", "formula", "side", "term", "amount", "forms", "over_time",
    "over_place", "rows", "periods", "period", "units", "unit", "value", "others", "missing", "none_missing", "form",
    "due", "mended", "targets", "target", "year", "deliveries", "delivery", "received", "cells", "sheet", "cell",
    "text", "share", "shown", "withdrawn", "not_traced", "numerator", "denominator", "counted", "sum", "first", "last",
    "none",
    "gap", "control", "gap_sum", "lacks_left", "lacks_right", "agree", "only_left", "short", "incomplete",
    "why_split", "why_part", "why_kind", "why_unknown", "why_predecessor", "why_two_values",
]  # fmt: skip
"""What an explanation or a reconciliation says."""


class Encoding(Declared):
    """An encoding older than Unicode, seen as Latin-1: the letter that each character or pair stands for."""

    encoding: str = Field(description="What people call it")
    fonts: tuple[str, ...] = Field(default=(), description="How the names of fonts begin that show it")
    capitals: tuple[str, ...] = Field(default=(), description="How fonts end that show small letters as capitals")
    letters: dict[str, str] = Field(description="What is found: the letter it stands for")
    cased: bool = Field(default=False, description="Whether capitals are made as small letters are, and left out here")
    mistaken_for: tuple[str, ...] = Field(default=(), description="Code pages that its bytes are often taken for")


class Language(Declared):
    """How offices of one language write. Words are compared folded (``transforms.text.fold``): case, spaces, marks."""

    language: str = Field(pattern=r"^[a-z]{2}$")
    decimal: str = Field(pattern=r"^[.,]$", description="Decimal mark of numbers written as text")
    thousands: tuple[Mark, ...] = Field(description="Marks between groups of three digits")
    date_formats: tuple[str, ...] = Field(description="strptime formats of dates written as text, in order")
    missing: tuple[str, ...] = Field(description="Words and marks for: there is a figure, we do not have it")
    not_applicable: tuple[str, ...] = Field(default=(), description="Words for: there can be no figure")
    zero: tuple[str, ...] = Field(default=(), description="Words and marks for a true zero")
    true: tuple[str, ...] = Field(description="Words and marks for yes")
    false: tuple[str, ...] = Field(description="Words and marks for no")
    total: tuple[str, ...] = Field(default=(), description="First words of total rows: checked, never loaded")
    section: tuple[str, ...] = Field(default=(), description="First words of section rows")
    note: tuple[str, ...] = Field(default=(), description="First words of notes under a table")
    signature: tuple[str, ...] = Field(default=(), description="First words of signature blocks; the table ends there")
    multipliers: dict[str, int] = Field(default={}, description="Words that multiply a number, as nghìn: 1000")
    approximate: dict[str, str] = Field(default={}, description="Words that make a number approximate, as trên: '>'")
    units: tuple[str, ...] = Field(default=(), description="Unit words that may stand behind a number")
    periods: dict[str, tuple[str, ...]] = Field(
        default={}, description="Regular expressions over folded text per period kind; groups year, index"
    )
    roman: bool = Field(default=False, description="Whether quarters may be written with Roman numerals")
    replacements: dict[str, str] = Field(default={}, description="Spelling variants to one form, on folded text")
    letters: dict[str, str] = Field(default={}, description="Letters that have no decomposition, as đ: d")
    look_alikes: dict[str, str] = Field(
        default={}, description="Letters of other scripts that look like these: taken for them, and warned of"
    )
    encodings: tuple[Encoding, ...] = Field(default=(), description="Encodings older than Unicode to look for")
    syllable: str = Field(
        default="", description="Regular expression, spaces ignored, of a word in small letters without its tone mark"
    )
    tones: str = Field(default="", description="The combining tone marks; a word has one at most")
    misplaced: str = Field(default="", description="Regular expression of tone marks on letters that cannot bear them")
    numbered: dict[str, str] = Field(
        default={}, description="Words before the number that is a name, as p: phường in P4; Roman numerals count too"
    )
    spans: dict[Literal["range", "up_to"], tuple[str, ...]] = Field(
        default={}, description="Regular expressions over folded text: years first, last; up_to before a day"
    )
    abbreviations: dict[str, str] = Field(default={}, description="Abbreviations in names, as tp.: thanh pho")
    messages: dict[str, str] = Field(
        default={}, description="The engine's rules in this language: rule id: 'what is allowed | what to do'"
    )
    alerts: dict[Phrase, str] = Field(
        default={}, description="The phrases of alerts in this language; what is left out is said in English"
    )
    template: dict[TemplatePhrase, str] = Field(
        default={}, description="The phrases of templates in this language; what is left out is said in English"
    )
    receipts: dict[ReceiptPhrase, str] = Field(
        default={}, description="The phrases of receipts in this language; what is left out is said in English"
    )
    runs: dict[RunPhrase, str] = Field(
        default={}, description="The phrases at the end of a run in this language; what is left out is said in English"
    )
    headings: dict[Heading, str] = Field(
        default={}, description="Headings and labels of what commands print; what is left out is said in English"
    )
    explanations: dict[ExplanationPhrase, str] = Field(
        default={}, description="The phrases of explanations and reconciliations; what is left out is said in English"
    )
