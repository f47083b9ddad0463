"""A receipt: what became of one delivery. Kept as JSON, one file per delivery, in the home."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from catalogue.delivery import DeliveryStatus
from warehouse.staging import Staging

CAPPED = 1_000
"""As many findings as a receipt lists; their number is always told in full."""


@dataclass(frozen=True, slots=True)
class Line:
    """One finding of a receipt."""

    rule: str
    severity: str
    sheet: str
    cell: str
    field: str
    found: str
    allowed: str
    advice: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery: status, fates of its rows, findings (the first of them, and how many there are)."""

    name: str
    sha256: str
    form: str | None
    unit: str | None
    period: str | None
    status: DeliveryStatus
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_refused: int
    rows_repeated: int
    rows_furniture: int
    findings_total: int
    findings: tuple[Line, ...]


def receipts(area: Staging) -> tuple[Receipt, ...]:
    """The receipts of a batch, from its staging area."""
    lines: dict[int, list[Line]] = {}
    counts = dict(area.rows("SELECT delivery_no, count(*) FROM out_issues GROUP BY delivery_no"))
    for number, rule, severity, sheet, row, column, *rest in area.rows("SELECT * FROM out_issues"):
        held = lines.setdefault(number, [])
        if len(held) < CAPPED:
            lettered = row and column.isupper() and column.isalpha()
            cell = f"{column}{row}" if lettered else f"{row or ''} {column}".strip()
            held.append(Line(rule, severity, sheet, cell, *(text or "" for text in rest)))
    return tuple(
        Receipt(*(*row, counts.get(number, 0), tuple(lines.get(number, ()))))
        for number, *row in area.rows("""
            SELECT delivery_no, name, sha256, form_code, unit_code, period_code, status, rows_read, rows_loaded,
                   rows_quarantined, rows_refused, rows_repeated, rows_furniture
            FROM out_deliveries ORDER BY delivery_no""")
    )


def keep(receipt: Receipt, folder: Path) -> Path:
    """Write a receipt; the file is named by the delivery's hash."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{receipt.sha256[:16]}.json"
    path.write_text(json.dumps(asdict(receipt), ensure_ascii=False, indent=2) + "\n")
    return path
