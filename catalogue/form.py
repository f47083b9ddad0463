"""Forms: how a table that somebody sends is laid out, what its columns mean, and what must hold in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field as Declare

from catalogue.check import Check, Severity
from catalogue.declared import Code, Declared, Name, Words, say
from catalogue.period import PeriodKind

FieldType = Literal["count", "decimal", "percent", "text", "code", "codes", "flag", "date", "entity", "period"]


class Field(Declared):
    """One column of a form. ``header`` lists the labels under which it is found (merged header rows joined by
    " > "), or the key of a portal's record. ``to`` is the column of the fact that it feeds; several fields that feed
    one measure are added. ``blank`` says what an empty cell means."""

    field: Name
    header: tuple[str, ...] = ()
    title: Words
    type: FieldType
    taken: Literal["column", "sheet"] = Declare(
        default="column", description="Where its text stands: in a column, or in the name of the sheet for all its rows"
    )
    left_of: tuple[str, ...] = Declare(
        default=(),
        description="Labels that stand directly right of its column: found by them, whatever it is labelled itself",
    )
    to: Name | None = None
    codelist: Name | None = None
    register_name: Name | None = Declare(default=None, alias="register")
    required: bool = False
    severity: Severity = "reject_row"
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    blank: Literal["missing", "zero", "false"] = "missing"
    missing: dict[str, Literal["missing", "not_applicable", "no_data", "suppressed"]] = Declare(
        default={}, description="Marks in this column that say why a figure is absent, as NA: not_applicable"
    )
    zero: tuple[str, ...] | None = Declare(
        default=None, description="Words and marks for a true zero, as the form's legend says; none: the language's"
    )
    approx: Name | None = Declare(
        default=None, description="The field that takes the sign of 'over 500' or 'about 500' where its cell is blank"
    )
    whole: Name | None = Declare(
        default=None, description="The field that takes the 192 of '45/192' where its cell is blank; this one takes 45"
    )
    max_length: int = 500
    free: bool = Declare(
        default=True, description="Of a text: people write what they like, and personal data is sought in it"
    )
    code_parts: int | None = Declare(
        default=None, ge=1, description="Of a code in parts between points, how many name the thing; the rest is local"
    )


class Layout(Declared):
    """Where the table stands in a sheet, found by words, never by position."""

    sheets: tuple[str, ...] = Declare(
        default=(), description="Names of the sheets to read; none: the first with the table"
    )
    header_rows: int = Declare(default=1, ge=1, le=4)
    scan_rows: int = Declare(default=40, ge=1, le=200)
    stamp: tuple[str, ...] = Declare(default=(), description="Labels of the form code, as 'Biểu số'")
    unit: tuple[str, ...] = Declare(default=(), description="Labels of the reporting unit")
    period: tuple[str, ...] = Declare(default=(), description="Labels of the period")
    submission: tuple[str, ...] = Declare(
        default=(), description="Labels of the number of the submission, which must grow where the content changes"
    )
    ends: tuple[str, ...] = Declare(
        default=(), description="Words of a row's first cell that end the table: it and all below are no data"
    )
    label: Name | None = Declare(default=None, description="The field whose words tell totals, sections and notes")
    serial: str = Declare(
        default="", description="The ignored column that numbers the rows; templates have it as the first"
    )


class Respondents(Declared):
    """Who owes the form: the entities of a register of some types, in the branches of some entities (codes)."""

    register_name: Name = Declare(alias="register")
    types: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    reports: Literal["self", "branch"] = Declare(default="self", description="About itself, or about all below it")


class Due(Declared):
    """When the form is due after its period ends."""

    days: int = 0
    working_days: bool = True


class Closing(Declared):
    """Until when reports of a period, and corrections of them, are taken: whichever comes first. What comes later is
    kept and set apart."""

    days: int | None = Declare(default=None, ge=0, description="So many days after the day on which it is due")
    working_days: bool = True
    release: bool = Declare(default=False, description="Until a release after that day is declared final")


class Form(Declared):
    """A form. One row of its table becomes one row of ``fact``."""

    form: Code
    version: int = 1
    valid_from: date = date(1900, 1, 1)
    title: Words
    source: str | Words = Declare(
        default="", description="The legal source of the form: one text, or one per language where clerks read it"
    )
    fact: Name
    frequency: PeriodKind | None = Declare(default=None, description="None: rows bear their own period")
    calendar: str = "CAL"
    respondents: Respondents
    due: Due = Due()
    closes: Closing | None = Declare(default=None, description="Until when it is taken; none: late, but always")
    remind: tuple[int, ...] | None = Declare(
        default=None,
        description="Days after the day it is due (before: negative) on which who has not sent it is reminded: working "
        "days where ``due`` counts them; none: as the programme says",
    )
    layout: Layout = Layout()
    fields: tuple[Field, ...]
    key: tuple[Name, ...] = Declare(
        default=(), description="Fields that tell its rows apart from one period to the next; none: it has one row"
    )
    ignore: tuple[str, ...] = Declare(default=(), description="Headers of columns that are read by nobody, by name")
    ignore_left_of: tuple[str, ...] = Declare(
        default=(), description="Labels directly right of columns that are read by nobody, whatever they are labelled"
    )
    constants: dict[Name, str] = Declare(default={}, description="Codes that the form itself gives to the fact")
    unit_to: Name | None = Declare(default=None, description="The entity dimension that takes the reporting unit")
    checks: tuple[Check, ...] = ()
    empty: bool = Declare(default=False, description="Whether a table without rows may be a report of nothing")
    signature: Literal["ignored", "wanted", "required"] = Declare(
        default="ignored", description="Whether files of inboxes bear a detached signature beside them: NAME.p7s"
    )

    def basis(self, language: str) -> str:
        """The legal source in a language; the one text there is where it is not said per language."""
        return self.source if isinstance(self.source, str) else say(self.source, language)

    @property
    def columns(self) -> tuple[Field, ...]:
        """The fields that are read from a column each; the others are taken from the name of the sheet."""
        return tuple(field for field in self.fields if field.taken == "column")

    def field(self, name: str) -> Field | None:
        """The field of a name, if there is one."""
        return next((found for found in self.fields if found.field == name), None)
