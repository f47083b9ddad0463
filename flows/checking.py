"""``chiso check``: what would become of a file, by the very gate of the pipeline. Nothing is stored."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from catalogue.errors import UsageError
from catalogue.source import Inbox
from flows.house import House, now, open_house
from flows.load import check
from flows.settings import Settings
from flows.terminal import terminal
from receipts.receipt import Receipt
from transforms.recognise import Parcel, recognise_file


def check_file(settings: Settings, file: Path, unit: str, *, as_json: bool) -> int:
    """Print every finding of a file; 1 where it would be rejected, 0 otherwise."""
    if file.is_dir():
        raise UsageError(f"{file} is a folder; name a workbook or CSV in it")
    if not file.is_file():
        raise UsageError(f"there is no file {file}; name a workbook or CSV")
    house = open_house(settings)
    receipt = receipt_of(house, file, unit)
    if as_json:
        print(json.dumps(asdict(receipt), ensure_ascii=False, indent=2))
    else:
        print_receipt(receipt)
    return 1 if receipt.status in ("rejected", "error") else 0


def receipt_of(house: House, file: Path, unit: str = "") -> Receipt:
    """The receipt that a file would get. Where several inboxes are declared, the first that knows its form counts."""
    data = file.read_bytes()
    folder = {"unit": unit} if unit else {}
    parcel = Parcel(file.name, hashlib.sha256(data).hexdigest(), len(data), now(), folder)
    inboxes = [one for one in house.programme.sources if isinstance(one, Inbox)]
    if not inboxes:
        raise UsageError(f"programme {house.programme.name} declares no inbox, so no file can be checked")
    found = [recognise_file(house.programme, inbox, parcel, data, house.resolver) for inbox in inboxes]
    delivery = next((one for one in found if one.form), found[0])
    form = house.programme.form[delivery.form] if delivery.form else None
    return check(house, form, delivery, data).receipts[0]


def print_receipt(receipt: Receipt) -> None:
    """A receipt for the terminal."""
    console = terminal()
    console.print(f"{receipt.name}: [bold]{receipt.status.replace('_', ' ')}[/]")
    console.print(
        f"form {receipt.form or '?'}, unit {receipt.unit or '?'}, period {receipt.period or 'as in the rows'}"
    )
    console.print(
        f"{receipt.rows_read} rows: {receipt.rows_loaded} good, {receipt.rows_quarantined} set aside, "
        f"{receipt.rows_refused} refused, {receipt.rows_repeated} repeated, {receipt.rows_furniture} furniture"
    )
    if receipt.findings:
        table = Table("cell", "rule", "severity", "found", "allowed", "what to do")
        for one in receipt.findings:
            cell = "!".join(part for part in (one.sheet, one.cell) if part)
            table.add_row(cell, one.rule, one.severity, one.found, one.allowed, one.advice)
        console.print(table)
        if receipt.findings_total > len(receipt.findings):
            console.print(f"{receipt.findings_total} findings in all; the first {len(receipt.findings)} are shown.")
    else:
        console.print("Nothing to complain about.")
