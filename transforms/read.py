"""Reading a delivery by its form, whatever it is: a workbook by its layout, or the pages of a pull."""

from __future__ import annotations

from catalogue.delivery import Cell, Delivery
from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.language import Language
from catalogue.rule import finding
from transforms.layout import read_workbook
from transforms.pull import read_pull
from transforms.table import Table

_PULL = b'{"chiso": "pull/'
_NOTHING = Table(fields=(), columns={}, rows=())


def read(delivery: Delivery, data: bytes, form: Form | None, language: Language) -> Table:
    """The table of a delivery. What cannot be read is a table without rows and with the finding that says why."""
    if form is None:
        return _NOTHING
    try:
        if data.startswith(_PULL):
            return read_pull(data, form, language)
        return read_workbook(data, delivery.name, form, language)
    except DeliveryRefused as refused:
        wrong = finding(refused.rule, Cell(), "", str(refused), language)
        return Table(fields=(), columns={}, rows=(), findings=(wrong,))
