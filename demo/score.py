"""The score: what was found in a world against what was planted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from demo.truth import Truth

Place = tuple[str, str, str, str]
"""Delivery name, rule, sheet, cell."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many errors were planted and found; what was missed, found more than once, or found and never planted."""

    planted: int
    found: int
    missed: tuple[Place, ...]
    doubled: tuple[Place, ...]
    unexpected: tuple[Place, ...]

    @property
    def perfect(self) -> bool:
        """True where everything planted was found, once, and nothing else."""
        return not self.missed and not self.doubled and not self.unexpected


def cell(row: int, column: str) -> str:
    """A cell as the truth writes it: D17, 17:key of a record, 12 for a row, nothing for the whole.

    >>> cell(17, "D"), cell(17, "total"), cell(12, ""), cell(0, "")
    ('D17', '17:total', '12', '')
    """
    if not row:
        return ""
    if not column:
        return str(row)
    return f"{column}{row}" if column.isascii() and column.isalpha() and column.isupper() else f"{row}:{column}"


def score(truth: Truth, issues: Iterable[tuple[str, str, str, int, str]]) -> Score:
    """Compare findings (delivery name, rule, sheet, row, column) with the truth. Stated remarks are no errors."""
    seen = Counter((name, rule, sheet, cell(row, column)) for name, rule, sheet, row, column in issues)
    planted = Counter(
        (one.name, error.rule, error.sheet, error.cell) for one in truth.deliveries for error in one.planted
    )
    remarks = Counter(
        (one.name, remark.rule, remark.sheet, remark.cell) for one in truth.deliveries for remark in one.remarks
    )
    missed = tuple(place for place in planted if not seen[place])
    doubled = tuple(place for place in planted if seen[place] > planted[place] + remarks[place])
    unexpected = tuple(place for place in seen if place not in planted and place not in remarks)
    return Score(planted.total(), planted.total() - len(missed), missed, doubled, unexpected)
