"""Closed for entry: what comes after its period was closed is kept and set apart, until a person lets it in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from catalogue.delivery import Cell, Delivery, Finding
from catalogue.form import Form
from catalogue.rule import finding
from flows.house import House
from transforms.owe import closing_day
from warehouse.schema import dim_release

CLOSED: Final = "file.closed"
"""The rule; a steward overrides it as others, for the delivery as a whole."""


def closed(house: House, form: Form | None, deliveries: Sequence[Delivery], *, published: bool) -> list[Delivery]:
    """The deliveries, those that came too late with the finding that refuses them; or, where a person let them in, the
    one that says so. What counts is when bytes arrived, however often they are judged."""
    if form is None or form.closes is None or form.frequency is None:
        return list(deliveries)
    known = house.warehouse.exists or not published
    sealed = _sealed_days(house, published=published) if form.closes.release and known else []
    result = []
    for one in deliveries:
        last = closing_day(one.period, form, house.programme.header.holidays, sealed) if one.period else None
        came = _day(one.received_at, house)
        told = _told(house, one, last, came) if last is not None and came > last else None
        result.append(replace(one, refusal=(*one.refusal, told)) if told else one)
    return result


def _told(house: House, one: Delivery, last: date, came: date) -> Finding:
    language = house.programme.language
    found = f"{came.isoformat()} > {last.isoformat()}"
    decided = [each for each in one.overrides if each.rule == CLOSED and not each.sheet and not each.row]
    if not decided:
        return finding(CLOSED, Cell(), "", found, language)
    said = f"{decided[-1].reason} ({decided[-1].decided_by})"
    return finding("override.applied", Cell(), "", f"{CLOSED}: {found}", language, said)


def _sealed_days(house: House, *, published: bool) -> list[date]:
    """The days on which a release was declared final."""
    with house.warehouse.reader() if published else house.warehouse.connection() as connection:
        sealed = connection.execute(select(dim_release.c.sealed_at).where(dim_release.c.is_final)).scalars().all()
    return [_day(at, house) for at in sealed]


def _day(at: datetime, house: House) -> date:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(house.programme.header.time_zone)).date()
