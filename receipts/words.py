"""The words of a receipt: its findings in the reader's language, with the columns named as on the form.

The pipeline judges in the programme's first language and keeps names of fields; what a person reads is worded here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from catalogue.check import Check
from catalogue.declared import say
from catalogue.form import Form
from catalogue.language import Language
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.rule import RULES
from receipts.receipt import Line, Receipt

# What is said where a language pack says nothing.
ENGLISH: Final[dict[str, str]] = {
    "accepted": "Accepted",
    "accepted_with_warnings": "Accepted with warnings",
    "partly_accepted": "Partly accepted",
    "rejected": "Rejected",
    "error": "Failed inside the system",
    "accepted.do": "all its figures were loaded; there is nothing to do",
    "accepted_with_warnings.do": "its figures were loaded; look at the warnings, send the file again if they are right",
    "partly_accepted.do": "rows with errors were not loaded; mend what is listed here, send the whole file again",
    "rejected.do": "nothing of it was loaded; mend what is listed here, send the whole file again",
    "error.do": "you need not do anything; the engineer is told, the next run takes the file again",
    "title": "Receipt",
    "file": "File",
    "form": "Form",
    "unit": "Unit",
    "period": "Period",
    "received": "Received",
    "signed_by": "Signed by",
    "signed": "{0}; verified as of {1}",
    "run": "Run",
    "in_the_rows": "as in the rows",
    "unknown": "not recognised",
    "rows_read": "Rows read",
    "rows_loaded": "loaded",
    "rows_quarantined": "set aside",
    "rows_refused": "refused with the file",
    "rows_repeated": "repeated",
    "rows_furniture": "titles, totals, notes",
    "findings": "Findings",
    "by_rule": "By rule",
    "times": "Times",
    "place": "Cell",
    "column": "Column",
    "rule": "Rule",
    "severity": "Severity",
    "found": "Found",
    "allowed": "Allowed",
    "advice": "What to do",
    "to_do": "What to do",
    "reject_delivery": "File refused",
    "reject_row": "Row not loaded",
    "warn": "Warning",
    "nothing": "Nothing to complain about.",
    "blank": "(blank)",
    "absent": "(not in the file)",
    "before": "{0} (period before)",
    "labelled": "a column labelled {0}",
    "or": "or",
    "whole_file": "the whole file",
    "row": "row {0}",
    "sheet": "sheet {0}",
    "copy_written": "Marked copy: {0}",
    "nothing_to_mark": "There is no cell to mark: no copy was written.",
    "copy_too_large": "There is no marked copy, as the file is too large to be copied. The cells are listed here.",
    "copy_unreadable": "There is no marked copy, as the file cannot be opened again. The cells are listed here.",
    "copy_extract": "There is no marked copy of an extract. The places are listed here.",
    "copy_lost": "There is no marked copy, as the file that was sent is not at hand. The cells are listed here.",
    "more": "{0} more of the rule {1} are not listed here",
    "marked": "Cells with errors are red in the copy of your workbook, those with warnings yellow; each has a comment.",
    "closing": "Made by a machine from the file that was sent. The rule's code tells the steward which rule is meant.",
    "greeting": "This is what became of the file that you sent.",
    "attached": "The receipt is attached; where cells can be marked, so is a copy of the workbook.",
}

# What the engine says in English about a file: (phrase, the sentence; its groups are what the phrase is about).
SENTENCES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("file_is_empty", re.compile(r".*: the file is empty; .*", re.DOTALL)),
    ("no_sheet_holds", re.compile(r".*: no sheet holds anything; .*", re.DOTALL)),
    ("has_password", re.compile(r".* cannot be read: it is protected by a password; .*", re.DOTALL)),
    ("cannot_be_read", re.compile(r".* cannot be read: .*", re.DOTALL)),
    (
        "no_table",
        re.compile(r".*: no table of form (.+?) in the first .*? Sought are the columns (.*?); .*", re.DOTALL),
    ),
    ("no_row", re.compile(r"no row below the header")),
    ("no_record", re.compile(r"0 records")),
    ("one_of", re.compile(r"one of (.+)", re.DOTALL)),
    ("of_calendar", re.compile(r"a (\w+) of calendar \w+")),
    ("or_below", re.compile(r"(.+) or a unit below it", re.DOTALL)),
)


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of receipts in one language; ``pack`` is its language pack, None where the programme has none;
    ``zone`` the time zone in which moments are told."""

    language: str
    pack: Language | None
    zone: str = "UTC"

    def __call__(self, phrase: str, *about: object) -> str:
        """A phrase, about something."""
        packed: tuple[Mapping[Any, str], ...] = (self.pack.receipts, self.pack.alerts) if self.pack else ()
        text = next((texts[phrase] for texts in packed if phrase in texts), "") or ENGLISH.get(phrase, phrase)
        for number, one in enumerate(about):
            text = text.replace(f"{{{number}}}", str(one))
        return text

    def has(self, phrase: str) -> bool:
        """Whether the language pack words a phrase itself."""
        return self.pack is not None and phrase in self.pack.receipts

    def number(self, value: int) -> str:
        """A count as the language writes it."""
        mark = self.pack.thousands[0] if self.pack and self.pack.thousands else ","
        return f"{value:,}".replace(",", mark)

    def period(self, code: str, programme: Programme) -> str:
        """A period as people say it, with its code behind; the code alone where the pack has no words for its kind."""
        period = Period.parse(code, programme.calendars)
        kind = f"{period.kind}.two" if period.kind == "year" and period.calendar.spans_two_years else period.kind
        phrase = next((one for one in (f"label.{kind}.{period.index}", f"label.{kind}") if self.has(one)), "")
        if not phrase:
            return code
        said = self(phrase, period.index, period.year, _ROMAN[period.index], period.year + 1)
        return said if code in said else f"{said} ({code})"

    def moment(self, utc: str) -> str:
        """A moment of the receipt, which is UTC, as the programme's clocks show it."""
        there = datetime.fromisoformat(utc).replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))
        day = there.strftime(self.pack.date_formats[0] if self.pack and self.pack.date_formats else "%Y-%m-%d")
        offset = there.strftime("%z")
        minutes = f":{offset[3:]}" if offset[3:] != "00" else ""
        return f"{there:%H:%M} {day} (UTC{offset[0]}{int(offset[1:3])}{minutes})"


_ROMAN: Final = ("", "I", "II", "III", "IV", *map(str, range(5, 13)))


def words_of(programme: Programme, language: str = "") -> Words:
    """The words of a language; empty: the programme's first. One that the programme has no pack of is English."""
    wanted = language or programme.language.language
    pack = next((one for one in programme.languages if one.language == wanted), None)
    return Words(wanted, pack, programme.header.time_zone)


def worded(receipt: Receipt, programme: Programme, words: Words) -> Receipt:
    """A receipt as it came from the pipeline, with every text that a person reads in the language of ``words``.

    Findings by a form's check get its title and advice, those by the engine's rules the text of the language pack
    (where the pack has none, English); values that stand beside names of fields get the titles of their columns.
    """
    form = programme.form.get(receipt.form or "")
    judged = programme.language
    return replace(
        receipt,
        language=words.language,
        form_title=say(form.title, words.language) if form else "",
        unit_name=_unit_name(receipt, programme, words.language),
        period_label=words.period(receipt.period, programme) if receipt.period else "",
        findings=tuple(
            _personal(_line(line, form, judged, words), programme, words.language) for line in receipt.findings
        ),
    )


def _personal(line: Line, programme: Programme, language: str) -> Line:
    """A finding of personal data names its kinds, of which the pipeline knows the names only."""
    if line.rule != "cell.personal":
        return line
    titles = {one.personal: say(one.title, language) for one in programme.personal}
    return replace(line, found="; ".join(titles.get(kind, kind) for kind in line.found.split("; ")))


def _line(line: Line, form: Form | None, judged: Language, words: Words) -> Line:
    check = next((one for one in form.checks if one.check == line.rule), None) if form else None
    field = form.field(line.field) if form and line.field else None
    title = say(field.title, words.language) if field else line.title
    if check is not None:
        allowed, advice = say(check.title, words.language), say(check.advice, words.language)
        return replace(
            line, title=title, found=_operands(line.found, check, form, words), allowed=allowed, advice=advice
        )
    if line.rule not in RULES:
        return replace(line, title=title)
    (usual, _), (allowed, advice) = _texts(line.rule, judged), _texts(line.rule, words.pack)
    if line.allowed not in ("", usual):
        # More exact than usual: by bounds or candidates behind the usual text, or instead of it.
        allowed = allowed + line.allowed[len(usual) :] if line.allowed.startswith(f"{usual} (") else line.allowed
        if line.rule == "table.column_missing":
            allowed = words("labelled", f" {words('or')} ".join(allowed.split(" | ")))
    return replace(
        line, title=title, found=_sentence(line.found, words), allowed=_sentence(allowed, words), advice=advice
    )


def _texts(rule: str, pack: Language | None) -> tuple[str, str]:
    """What a rule of the engine allows and advises, in a language."""
    _, allowed, advice = RULES[rule]
    if pack is not None and (message := pack.messages.get(rule)):
        allowed, _, advice = (part.strip() for part in message.partition("|"))
    return allowed, advice


def _operands(found: str, check: Check, form: Form | None, words: Words) -> str:
    """Replace names of fields before their values, as in "total = 6; total(t-1) = 5", by the titles of the columns."""
    names = "|".join(re.escape(name) for name in check.reads())
    head = re.compile(rf"(?:^|; )({names})(\(t-1\))? = ")
    if form is None or not names or not head.match(found):  # a single field stands without its name
        return found
    _, *pieces = head.split(found)
    told = []
    for name, before, value in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        field = form.field(name)
        title = say(field.title, words.language) if field else name
        told.append(f"{words('before', title) if before else title}: {value or words('blank')}")
    return "; ".join(told)


def _sentence(text: str, words: Words) -> str:
    """What the engine says in English, in the words of the language pack, where it has them."""
    for phrase, pattern in SENTENCES:
        if words.has(phrase) and (match := pattern.fullmatch(text)):
            # The kind of a period is a word, too; all others are names.
            parts = match.groups() if phrase != "of_calendar" else (words(match.group(1)),)
            return words(phrase, *parts)
    return text


def _unit_name(receipt: Receipt, programme: Programme, language: str) -> str:
    """The unit's name on the last day it reports on; in English where its register has that and it is asked."""
    key = receipt.unit_key
    day = programme.last_day(key)
    if key is None or day is None:
        return ""
    if receipt.period:
        day = programme.as_of(key, Period.parse(receipt.period, programme.calendars))
    version = programme.version(key, day)
    if version is None:
        return ""
    return version.name_en if language == "en" and version.name_en else version.name
