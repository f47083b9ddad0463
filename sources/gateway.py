"""The gateway contract: a question as JSON in one field of a form, a bare array as the answer.

Of ``Contract`` it uses envelope; year, half, quarter, month, unit, page (from 1), size, order. What does not hold for
a period, as the month of a year, is 0 where ``query`` says nothing else. The array says neither how many records there
are nor whether more follow: an empty page is the last, and all is asked for twice (``sources.paging``).
"""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from catalogue.errors import SettingsError
from catalogue.period import Period
from catalogue.source import Portal
from sources.paging import Page, out_of_contract, records_of
from sources.session import Question, Session


def page(session: Session, portal: Portal, period: Period, number: int, size: int, _zone: ZoneInfo) -> Page:
    """One page. Raises SourceUnavailable, SourceBroken, SettingsError where the unit has no id in the period."""
    contract = portal.contract
    question: dict[str, Any] = {**_parts(portal, period), **portal.query}
    if contract.year:
        question[contract.year] = period.year
    if name := {"month": contract.month, "quarter": contract.quarter, "half": contract.half}.get(period.kind):
        question[name] = period.index
    if contract.unit:
        question[contract.unit] = unit_id(portal, period)
    question |= {contract.page: number, contract.size: size}
    if contract.order and portal.order_by:
        question[contract.order] = list(portal.order_by)
    said = json.dumps(question, ensure_ascii=False, separators=(",", ":"))
    answer = session.ask(Question("form", {contract.envelope: said}))
    if isinstance(answer, dict):
        raise out_of_contract(session.name, number, "the answer", answer, "a list")
    return Page(records_of(session.name, number, "the answer", answer), None, None)


def _parts(portal: Portal, period: Period) -> dict[str, int]:
    contract = portal.contract
    names = {"month": contract.month, "quarter": contract.quarter, "half": contract.half}
    return {name: 0 for kind, name in names.items() if name and kind != period.kind}


def unit_id(portal: Portal, period: Period) -> str:
    """The id under which a portal knows its unit on the first day of a period. Raises SettingsError."""
    held = [one for one in portal.ids if one.valid_from <= period.start]
    if not held:
        raise SettingsError(
            f"portal {portal.source!r}: no id of its unit holds on {period.start}; add one to 'ids' in its declaration"
        )
    return max(held, key=lambda one: one.valid_from).id
