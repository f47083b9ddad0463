"""What a warehouse cannot make again from the archive and the programme: under which name and when bytes arrived, and
what people decided. And whether two warehouses say the same now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, text

from catalogue.alias import Alias
from catalogue.delivery import Override, Signature
from warehouse.alias import read_aliases
from warehouse.erasure import Erasure, read_erasures
from warehouse.export import written
from warehouse.signature import every_signature
from warehouse.waiver import Waiver, read_waivers

_NUMBERS: Final = frozenset({"delivery_key", "part_key"})
"""Columns of a fact that number what came: two warehouses may count otherwise."""


@dataclass(frozen=True, slots=True)
class Event:
    """A line of ``dim_delivery``: bytes that arrived, were judged anew, or were withdrawn (``restored``: what stood
    before stands again)."""

    key: int
    sha256: str
    name: str
    source: str
    period: str | None
    received_at: datetime
    status: str
    replay_of: int | None
    restored: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A withdrawal that people decided: of a delivery by its sha256, or of a figure by indicator, entity, period."""

    kind: str
    sha256: str | None
    figure: tuple[str, int, str]
    active: bool
    reason: str
    document: str
    by: str


@dataclass(frozen=True, slots=True)
class History:
    """Events in their order, and decisions in theirs: aliases; overrides with when, and whether they stand. How the
    signatures of deliveries were judged last, by their sha256."""

    events: list[Event]
    aliases: tuple[Alias, ...]
    overrides: list[tuple[Override, datetime, bool]]
    withdrawals: list[Taken]
    waivers: list[Waiver]
    signatures: dict[str, Signature]
    erasures: list[Erasure]


def read_history(connection: Connection) -> History:
    """Everything that is to be done again."""

    def rows(query: str) -> Iterable[Any]:
        return connection.execute(text(query)).all()

    events = rows("""
        SELECT d.delivery_key, d.sha256, d.name, d.source_code, d.period_code, d.received_at, d.status,
               d.replay_of_key, d.delivery_key IN (SELECT delivery_key FROM dim_part WHERE reason = 'restored')
        FROM dim_delivery d ORDER BY d.delivery_key""")
    overrides = rows("""
        SELECT override_key, sha256, rule_code, source_sheet, source_row, reason, decided_by, decided_at, active
        FROM rule_override ORDER BY override_key""")
    withdrawals = rows("""
        SELECT kind, sha256, indicator_code, entity_key, period_code, active, reason, document, decided_by
        FROM withdrawal ORDER BY withdrawal_key""")
    return History(
        [Event(*row) for row in events],
        read_aliases(connection),
        [(Override(*row[:7]), row[7], row[8]) for row in overrides],
        [Taken(row[0], row[1], (row[2], row[3], row[4]), *row[5:]) for row in withdrawals],
        read_waivers(connection),
        every_signature(connection),
        read_erasures(connection),
    )


def content(connection: Connection, view: str, columns: Iterable[str]) -> tuple[int, str]:
    """Rows of a view, and a hash of them that does not depend on their order, but on how often each is there."""
    names = ", ".join(f'"{name}"' for name in columns if name not in _NUMBERS)
    rows, folded = 0, 0
    result = connection.execution_options(stream_results=True).execute(text(f'SELECT {names} FROM "{view}"'))
    for row in result:
        line = "\x1f".join(str(written(value)) for value in row)
        folded = (folded + int.from_bytes(hashlib.sha256(line.encode()).digest(), "big")) % (1 << 256)
        rows += 1
    return rows, f"{folded:064x}"
