"""The one-stop contract: a paged POST of counts per unit and procedure, checked for completeness after the pull."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from catalogue.errors import SourceBroken
from catalogue.period import Period
from catalogue.source import Portal
from sources.lines import Pull, Record, lines
from sources.session import Refresh, Session, Wait

ADAPTER: Final = "one_stop"
PULLS: Final = 3  # Rows shift between pages while others work in the portal: then the whole is taken again.
NAMED: Final = 3  # So many doubled keys are named in a note.


@dataclass(frozen=True, slots=True)
class _Page:
    records: list[dict[str, Any]]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class _Taken:
    """One whole pull: ``notes`` are remarks, ``doubts`` say why it is not complete."""

    records: list[Record]
    total: int
    notes: list[str]
    doubts: list[str]


def pull(
    portal: Portal,
    period: Period,
    address: str,
    token: str,
    refresh: Refresh | None = None,
    wait: Wait = time.sleep,
) -> bytes:
    """All counts of a portal for a period, as ``sources.lines`` writes them.

    A pull whose keys are not unique, or whose count is not the portal's own, is taken again up to three times in all
    and then marked incomplete. Raises SourceUnavailable, SourceBroken or SettingsError.
    """
    with Session(portal, address, token, refresh, wait) as session:
        taken = _take(session, portal, period)
        for _ in range(PULLS - 1):
            if not taken.doubts:
                break
            taken = _take(session, portal, period)
    return lines(
        Pull(
            source=portal.source,
            period=period.code,
            adapter=ADAPTER,
            total=taken.total,
            complete=not taken.doubts,
            notes=(*taken.notes, *taken.doubts),
            records=tuple(taken.records),
        )
    )


def _take(session: Session, portal: Portal, period: Period) -> _Taken:
    records: list[Record] = []
    totals: list[int] = []
    notes: list[str] = []
    number = 1
    while True:
        page = _page(session, portal, period, number)
        totals.append(page.total)
        records += [Record(number, row, record) for row, record in enumerate(page.records, start=1)]
        if not page.more:
            break
        if not page.records:
            notes.append(f"page {number} is empty and yet says that more follow; stopped there")
            break
        if len(records) > max(totals) + portal.page_size:
            break  # It never ends: the portal repeats itself or does not honour the page number.
        number += 1
    return _Taken(records, totals[-1], notes, _doubts(portal, records, totals))


def _doubts(portal: Portal, records: list[Record], totals: list[int]) -> list[str]:
    doubts = []
    if totals[0] != totals[-1]:
        doubts.append(f"{portal.contract.total} was {totals[0]} on the first page and {totals[-1]} on the last")
    if len(records) != totals[-1]:
        doubts.append(f"{len(records)} records came where {portal.contract.total} says {totals[-1]}")
    seen: set[tuple[str, ...]] = set()
    doubled: list[str] = []
    for one in records:
        if all(one.record.get(key) is not None for key in portal.key):  # Else the row is judged for what it lacks.
            key = tuple(str(one.record[name]) for name in portal.key)
            if key in seen:
                doubled.append(" ".join(key))
            seen.add(key)
    if doubled:
        named = "; ".join(dict.fromkeys(doubled[:NAMED]))
        doubts.append(f"{len(doubled)} records came with a key that came before, as {named}")
    return doubts


def _page(session: Session, portal: Portal, period: Period, number: int) -> _Page:
    contract = portal.contract
    answer = session.ask(
        {
            **portal.query,
            contract.start: period.start.isoformat(),
            contract.end: period.end.isoformat(),
            contract.page: number,
            contract.size: portal.page_size,
            contract.order: list(portal.order_by),
        }
    )
    if not isinstance(answer, dict):
        raise _broken(session, number, "the answer", answer, "an object")
    current = answer.get(contract.current, number)
    if current != number:
        raise _broken(session, number, contract.current, current, str(number))
    records, total, more = (answer.get(key) for key in (contract.data, contract.total, contract.more))
    if not isinstance(records, list):
        raise _broken(session, number, contract.data, records, "a list")
    for row, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise _broken(session, number, f"{contract.data}, record {row},", record, "an object")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise _broken(session, number, contract.total, total, "a whole number")
    if not isinstance(more, bool):
        raise _broken(session, number, contract.more, more, "true or false")
    return _Page(records, total, more)


def _broken(session: Session, number: int, what: str, found: object, allowed: str) -> SourceBroken:
    shown = "nothing" if found is None else f"{found!r:.80}"
    return SourceBroken(
        f"{session.name}, page {number}: {what} is {shown} where the contract says {allowed}; ask those who run the "
        "portal, or mend its contract in the declaration"
    )
