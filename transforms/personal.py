"""Personal data in free text: found by the programme's patterns, told by its kind, and never repeated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from catalogue.programme import Programme
from warehouse.staging import Staging

RULE: Final = "cell.personal"
MASK: Final = "…"
"""What stands for a text in which there is personal data."""
_SHORTEST: Final = 6

Sought = Callable[[str], str]
"""The kinds of personal data in a text, by their names, separated by "; "; "" where there is none."""


def sought(programme: Programme) -> Sought | None:
    """What seeks personal data as a programme declares it; None where it declares none."""
    return _sought(tuple((one.personal, one.pattern) for one in programme.personal))


@lru_cache(maxsize=16)
def _sought(patterns: tuple[tuple[str, str], ...]) -> Sought | None:
    if not patterns:
        return None
    each = [(name, re.compile(pattern)) for name, pattern in patterns]
    every = re.compile("|".join(f"(?:{pattern})" for _, pattern in patterns))

    def kinds(text: str) -> str:
        composed = unicodedata.normalize("NFC", text)
        if len(composed) < _SHORTEST or not every.search(composed):
            return ""
        return "; ".join(name for name, pattern in each if pattern.search(composed))

    return kinds


def mask_found(area: Staging) -> None:
    """Take the texts of cells with personal data out of what other findings about them quote."""
    if area.one(f"SELECT count(*) FROM findings WHERE rule = '{RULE}'"):
        area.run(f"""
            UPDATE findings SET found = '{MASK}'
            WHERE rule <> '{RULE}' AND source_row > 0 AND (delivery_no, sheet, source_row, letter) IN (
                SELECT (delivery_no, sheet, source_row, letter) FROM findings WHERE rule = '{RULE}')""")
