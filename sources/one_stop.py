"""The one-stop contract: a JSON question by POST, an object with a page of counts per unit and procedure.

Of ``Contract`` it uses start, end, page (from 1), size, order; data, total, more, current.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from catalogue.period import Period
from catalogue.source import Portal
from sources.paging import Page, flag_of, out_of_contract, records_of, total_of
from sources.session import Question, Session


def page(session: Session, portal: Portal, period: Period, number: int, size: int, _zone: ZoneInfo) -> Page:
    """One page. Raises SourceUnavailable, SourceBroken."""
    contract = portal.contract
    question: dict[str, Any] = {
        **portal.query,
        contract.start: period.start.isoformat(),
        contract.end: period.end.isoformat(),
        contract.page: number,
        contract.size: size,
    }
    if contract.order:
        question[contract.order] = list(portal.order_by)
    answer = session.ask(Question("json", question))
    if not isinstance(answer, dict):
        raise out_of_contract(session.name, number, "the answer", answer, "an object")
    current = answer.get(contract.current, number)
    if current != number:
        raise out_of_contract(session.name, number, contract.current, current, str(number))
    return Page(
        records_of(session.name, number, contract.data, answer.get(contract.data)),
        total_of(session.name, number, contract.total, answer.get(contract.total)) if contract.total else None,
        flag_of(session.name, number, contract.more, answer.get(contract.more)),
    )
