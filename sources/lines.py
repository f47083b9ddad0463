r"""The bytes of a pull: JSON lines, a header and then one record per line, the same for the same answer.

    {"chiso":"pull/1","source":"...","period":"2024-03","adapter":"one_stop","total":2,"complete":true,"notes":[]}
    {"page":1,"row":1,"record":{...}}
    {"page":1,"row":2,"record":{...}}

UTF-8, no spaces, "\\n" after each line, keys and figures as the portal sent them, in its order; no time stamp.
``transforms.pull`` reads it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from catalogue.errors import SourceBroken

FORMAT: Final = "pull/1"
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an answer: the page it came on and its place there (both from 1)."""

    page: int
    row: int
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pull:
    """What a portal answered for a period. ``total`` is the count it states itself, ``complete`` whether all is here;
    ``notes`` are remarks on the records, never on how the pull went, so that the same answer gives the same bytes."""

    source: str
    period: str
    adapter: str
    total: int
    complete: bool
    notes: tuple[str, ...]
    records: tuple[Record, ...]


def lines(pull: Pull) -> bytes:
    """The bytes of a pull. Raises SourceBroken where a text of the portal is not Unicode."""
    header = {
        "chiso": FORMAT,
        "source": pull.source,
        "period": pull.period,
        "adapter": pull.adapter,
        "total": pull.total,
        "complete": pull.complete,
        "notes": pull.notes,
    }
    written = [f'{{"page":{one.page},"row":{one.row},"record":{_encoded(one.record)}}}' for one in pull.records]
    try:
        return "\n".join((_ENCODE(header), *written, "")).encode()
    except UnicodeEncodeError as error:
        raise SourceBroken(
            f"portal {pull.source!r}: a record holds half a character ({error.object[error.start : error.end]!r}), "
            "which is no text; ask those who run it"
        ) from error


def _encoded(value: object) -> str:
    """JSON with fractions exactly as sent: json itself knows no Decimal, and a float changes 0.10000000000000001."""
    try:
        return _ENCODE(value)
    except TypeError:
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, dict):
            return "{" + ",".join(f"{_ENCODE(key)}:{_encoded(held)}" for key, held in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ",".join(_encoded(held) for held in value) + "]"
        raise
