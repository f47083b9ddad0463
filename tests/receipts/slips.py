"""Receipts for tests, as the pipeline makes them: in the programme's first language, with names of fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalogue.delivery import Cell
from catalogue.programme import Programme
from catalogue.rule import finding
from receipts.receipt import Line, Receipt, Tally


def line(rule: str = "cell.missing", cell: str = "B7", **about: Any) -> Line:
    """A finding."""
    known = {"severity": "reject_row", "sheet": "Sheet1", "field": "total", "found": "", "allowed": "", "advice": ""}
    return Line(**{"rule": rule, "cell": cell, **known, **about})


def engine_line(programme: Programme, rule: str, cell: str, field: str, found: str, allowed: str = "") -> Line:
    """A finding by a rule of the engine, worded as the pipeline does."""
    told = finding(rule, Cell(), field, found, programme.language, allowed)
    return Line(rule, told.severity, "Sheet1", cell, field, found, told.allowed, told.advice)


def slip(status: Any = "partly_accepted", lines: Sequence[Line] = (), **about: Any) -> Receipt:
    """A receipt with these findings, counted."""
    counted: dict[tuple[str, str], int] = {}
    for one in lines:
        counted[one.rule, one.severity] = counted.get((one.rule, one.severity), 0) + 1
    known: dict[str, Any] = {
        "name": "ON1/january.xlsx",
        "sha256": "ab" * 32,
        "form": "CASES",
        "unit": "ON1",
        "period": "2024-01",
        "rows_read": 8,
        "rows_loaded": 1,
        "rows_quarantined": 1,
        "rows_refused": 0,
        "rows_repeated": 0,
        "rows_furniture": 6,
        "findings_total": len(lines),
        "tallies": tuple(Tally(rule, severity, count) for (rule, severity), count in counted.items()),
        "source": "inbox",
        "received_at": "2024-02-01 08:00:00",
    }
    return Receipt(status=status, findings=tuple(lines), **{**known, **about})
