"""A receipt as the terminal shows it, in the language that was asked for."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from catalogue.errors import UsageError
from catalogue.programme import Programme
from flows.terminal import terminal
from receipts.page import found, period, place
from receipts.receipt import Receipt
from receipts.words import Words


def spoken(programme: Programme, language: str) -> str:
    """A language that was asked for, or none. Raises UsageError where the programme has no words of it."""
    known = sorted({"en", *(one.language for one in programme.languages)})
    if language and language not in known:
        raise UsageError(
            f"programme {programme.name} has no words of language {language!r}; name one of {', '.join(known)}"
        )
    return language


def print_receipt(receipt: Receipt, words: Words) -> None:
    """A worded receipt for the terminal."""
    console = terminal()
    console.print(f"{escape(receipt.name)}: [bold]{escape(words(receipt.status))}[/]", markup=True)
    unknown = words("unknown")
    form = " ".join(filter(None, (receipt.form, receipt.form_title))) or unknown
    unit = " ".join(filter(None, (receipt.unit, receipt.unit_name))) or unknown
    about = ((words("form"), form), (words("unit"), unit), (words("period"), period(receipt, words)))
    console.print("; ".join(f"{label}: {value}" for label, value in about), markup=False)
    if receipt.signed_by:
        signed = words("signed", receipt.signed_by, words.moment(receipt.signed_at))
        console.print(f"{words('signed_by')}: {signed}", markup=False)
    fates = ("rows_loaded", "rows_quarantined", "rows_refused", "rows_repeated", "rows_furniture")
    told = ", ".join(f"{words(name)}: {words.number(getattr(receipt, name))}" for name in fates)
    console.print(f"{words('rows_read')}: {words.number(receipt.rows_read)} ({told})", markup=False)
    if not receipt.findings:
        console.print(words("nothing"), markup=False)
        return
    names = ("place", "column", "rule", "severity", "found", "allowed", "advice")
    table = Table(*(words(name) for name in names))
    for one in receipt.findings:
        what = (words(one.severity), found(one, words), one.allowed, one.advice)
        table.add_row(place(one, words), one.title, one.rule, *what)
    console.print(table)
    for tally in receipt.unlisted():
        console.print(f"{words('more', words.number(tally.count), tally.rule)}.", markup=False)
