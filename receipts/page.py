"""A receipt for people: one page of html that needs nothing else and can be printed, and the same as plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from receipts.receipt import Line, Receipt, Tally
from receipts.words import Words

if TYPE_CHECKING:
    from jinja2 import Template

EXAMPLES: Final = 100
"""As many findings of one rule as a page lists; their number is always told in full."""
TABLED: Final = 10
"""With more findings than this, a page ends with a table of how many each rule has."""
IN_LETTER: Final = 10
"""As many of them as the text of a letter lists, which brings the page with it."""


def html(receipt: Receipt, words: Words, programme: str) -> str:
    """The page of a worded receipt (``receipts.words.worded``). ``programme`` is the programme's title."""
    listed, unlisted = _listed(receipt, EXAMPLES)
    return _template().render(
        receipt=receipt,
        words=words,
        programme=programme,
        about=tuple(_about(receipt, words)),
        listed=listed,
        unlisted=unlisted,
        place=lambda line: place(line, words),
        found=lambda line: found(line, words),
        tabled=receipt.findings_total > TABLED,
    )


def text(receipt: Receipt, words: Words, per_rule: int = EXAMPLES) -> str:
    """A worded receipt as plain text."""
    listed, unlisted = _listed(receipt, per_rule)
    lines = [f"{receipt.name}: {words(receipt.status)}", f"{words('to_do')}: {words(receipt.status + '.do')}.", ""]
    lines += [f"{label}: {value}" for label, value in _about(receipt, words)]
    lines += ["", f"{words('findings')}: {words.number(receipt.findings_total)}"]
    lines += [receipt.no_copy] if receipt.no_copy else []
    for number, line in enumerate(listed, start=1):
        head = " - ".join(filter(None, (place(line, words), line.title, words(line.severity))))
        lines += ["", f"{number}. {head} ({line.rule})"]
        lines += [f"   {words('found')}: {' '.join(found(line, words).split())}"]
        lines += [f"   {words('allowed')}: {line.allowed}"] if line.allowed else []
        lines += [f"   {words('advice')}: {line.advice}"]
    lines += [f"{words('more', words.number(one.count), one.rule)}." for one in unlisted]
    if not receipt.findings:
        lines += [words("nothing")]
    return "\n".join(lines) + "\n"


def letter(receipt: Receipt, words: Words, programme: str) -> tuple[str, str]:
    """Subject and text of the letter that brings a worded receipt to the clerk."""
    name = receipt.name.rpartition("/")[2]
    subject = f"{programme[:80]} - {words(receipt.status)}: {' '.join(name.split())[:120]}"
    body = f"{words('greeting')}\n\n{text(receipt, words, IN_LETTER)}\n{words('attached')}\n"
    return subject, body


def place(line: Line, words: Words) -> str:
    """Where a finding is, as the clerk says it: "Sheet1!B7", a row, a sheet, or the whole file."""
    if line.cell.isdigit():
        return ", ".join(part for part in (line.sheet, words("row", line.cell)) if part)
    return "!".join(part for part in (line.sheet, line.cell) if part) or words("whole_file")


def found(line: Line, words: Words) -> str:
    """What a finding found: the text, or that the cell is blank, or that there is no such thing in the file."""
    return line.found or words("blank" if line.address and not line.cell.isdigit() else "absent")


def period(receipt: Receipt, words: Words) -> str:
    """The period of a receipt, as people say it where it is worded."""
    code = receipt.period_label or receipt.period
    return code or words("in_the_rows" if receipt.form else "unknown")


def _about(receipt: Receipt, words: Words) -> Iterator[tuple[str, str]]:
    """What the receipt is about, and the fates of its rows: (label, value)."""
    unknown = words("unknown")
    yield words("file"), receipt.name
    yield words("form"), " - ".join(filter(None, (receipt.form, receipt.form_title))) or unknown
    yield words("unit"), " - ".join(filter(None, (receipt.unit, receipt.unit_name))) or unknown
    yield words("period"), period(receipt, words)
    if receipt.received_at:
        yield words("received"), words.moment(receipt.received_at)
    if receipt.signed_by:
        yield words("signed_by"), words("signed", receipt.signed_by, words.moment(receipt.signed_at))
    fates = [(name, getattr(receipt, name)) for name in _FATES]
    told = "; ".join(f"{words(name)}: {words.number(count)}" for name, count in fates if count)
    yield words("rows_read"), words.number(receipt.rows_read) + (f" ({told})" if told else "")
    if receipt.run_id:
        yield words("run"), receipt.run_id


_FATES: Final = ("rows_loaded", "rows_quarantined", "rows_refused", "rows_repeated", "rows_furniture")


def _listed(receipt: Receipt, per_rule: int) -> tuple[tuple[Line, ...], tuple[Tally, ...]]:
    """The findings to list, at most so many of each rule, and how many of each rule are left out."""
    seen = Counter[tuple[str, str]]()
    listed = []
    for line in receipt.findings:
        seen[line.rule, line.severity] += 1
        if seen[line.rule, line.severity] <= per_rule:
            listed.append(line)
    shown = Counter((line.rule, line.severity) for line in listed)
    left = [Tally(one.rule, one.severity, one.count - shown[one.rule, one.severity]) for one in receipt.tallies]
    return tuple(listed), tuple(one for one in left if one.count > 0)


@cache
def _template() -> Template:
    # Costs a tenth of a second: only what makes a page pays for it.
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415

    page = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    # Every value is escaped: names and cells are written by whoever sends a file.
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        page
    )
