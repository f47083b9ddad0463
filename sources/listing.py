"""The listing contract: a question in the query of a URL, pages from 0, instants in UTC for the programme's days.

Of ``Contract`` it uses start, end, unit, page, size, order; data, total, last, current. A period begins with the first
instant of its first day and ends with the last millisecond of its last: 2024-03 at +07 is
``2024-02-29T17:00:00.000Z`` to ``2024-03-31T16:59:59.999Z``. Objects in a record become keys in points: ``agency.id``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from catalogue.period import Period
from catalogue.source import Portal
from sources.gateway import unit_id
from sources.paging import Page, flag_of, out_of_contract, records_of, total_of
from sources.session import Question, Session


def page(session: Session, portal: Portal, period: Period, number: int, size: int, zone: ZoneInfo) -> Page:
    """One page. Raises SourceUnavailable, SourceBroken, SettingsError where the unit has no id in the period."""
    contract = portal.contract
    question: dict[str, Any] = {
        **{name: value for name, value in portal.query.items() if value is not None},
        contract.start: _instant(_midnight(period.start, zone)),
        contract.end: _instant(_midnight(period.end + timedelta(days=1), zone) - timedelta(milliseconds=1)),
        contract.page: number - 1,
        contract.size: size,
    }
    if contract.unit:
        question[contract.unit] = unit_id(portal, period)
    if contract.order and portal.order_by:
        question[contract.order] = list(portal.order_by)
    answer = session.ask(Question("query", question))
    if not isinstance(answer, dict):
        raise out_of_contract(session.name, number, "the answer", answer, "an object")
    current = answer.get(contract.current, number - 1)
    if current != number - 1:
        raise out_of_contract(session.name, number, contract.current, current, str(number - 1))
    records = records_of(session.name, number, contract.data, answer.get(contract.data))
    last = answer.get(contract.last)
    return Page(
        [_flat(record) for record in records],
        total_of(session.name, number, contract.total, answer.get(contract.total)) if contract.total else None,
        None if last is None else not flag_of(session.name, number, contract.last, last),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def _flat(record: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in record.items():
        found |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return found
