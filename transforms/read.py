"""Reading a delivery by its form, whatever it is: a workbook by its layout, or the pages of a pull."""

from __future__ import annotations

from pathlib import Path

from catalogue.delivery import Cell, Delivery
from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.language import Language
from catalogue.programme import Programme
from catalogue.rule import finding
from transforms.layout import read_book, read_workbook
from transforms.pull import header_in, left_out, read_pull
from transforms.sheet import Book
from transforms.table import File, Table

_NOTHING = Table(fields=(), columns={}, rows=())


def read(delivery: Delivery, data: bytes, form: Form | None, programme: Programme) -> Table:
    """The table of a delivery. What cannot be read is a table without rows and with the finding that says why.

    Where it came from says how it is read: an office cannot pass a file off as a pull.
    """
    if form is None:
        return _NOTHING
    language = programme.language
    try:
        if programme.source[delivery.source].kind == "portal":
            return read_pull(data, form, language)
        return read_workbook(data, delivery.name, form, language)
    except DeliveryRefused as refused:
        return _refused(refused, language)


def open_pull(path: Path, programme: Programme) -> Table:
    """The table of a pull whose records stay in its file (``transforms.pages``)."""
    try:
        header = header_in(path)
    except DeliveryRefused as refused:
        return _refused(refused, programme.language)
    return Table(fields=(), columns={}, rows=(), furniture=left_out(header), file=File(path, "pull"))


def read_opened(book: Book, form: Form, programme: Programme) -> Table:
    """The table of a form in a file that is open, as ``read`` would give it."""
    try:
        return read_book(book, form, programme.language)
    except DeliveryRefused as refused:
        return _refused(refused, programme.language)


def _refused(refused: DeliveryRefused, language: Language) -> Table:
    wrong = finding(refused.rule, Cell(), "", str(refused), language)
    return Table(fields=(), columns={}, rows=(), findings=(wrong,))
