"""A notice: what an alert may say about one delivery or incident. Codes, names and counts; never what a cell holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal

from catalogue.declared import Words
from catalogue.delivery import Delivery, Standing
from catalogue.errors import ChisoError
from catalogue.incident import Event, Reminder
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.source import Portal

Change = Literal["news", "opened", "worsened", "escalated", "still_open", "recovered"]
"""What is told of it: ``news`` of a delivery, of which nothing is remembered; or what became of an incident."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, to what. ``above`` are the codes of its unit and of everything above that unit.

    ``name`` is a file, a pull, a source or a route. ``form``, ``unit`` and ``period`` are None where they could not be
    found out, or where there is none; ``receipt`` is the path of the file that holds the findings, empty where none was
    written. ``set_aside`` counts the rows that were not loaded because of findings: quarantined, or refused with their
    delivery. ``detail`` is a reason, in a sentence, or of a delivery the ids of its worst rules; ``since`` is a local
    time as it is to be shown.
    """

    name: str
    status: Standing | Event | Reminder
    findings: int = 0
    set_aside: int = 0
    receipt: str = ""
    form: str | None = None
    form_title: Words = field(default_factory=dict)
    unit: str | None = None
    unit_name: Words = field(default_factory=dict)
    period: str | None = None
    above: frozenset[str] = frozenset()
    unit_key: int | None = None
    detail: str = ""
    change: Change = "news"
    since: str = ""


def notice(
    programme: Programme,
    delivery: Delivery,
    status: Standing | Event | Reminder,
    findings: int,
    set_aside: int,
    receipt: str,
    detail: str = "",
) -> Notice:
    """The notice of a delivery: form, unit and everything above it named as of its period, else of its arrival."""
    form = programme.form.get(delivery.form or "")
    key, day = delivery.unit_key, delivery.received_at.date()
    if delivery.period is not None:
        day = delivery.period.end if key is None else programme.as_of(key, delivery.period)
    unit = programme.version(key, day) if key is not None else None
    ups = programme.ancestors(key, day) if key is not None else ()
    codes = {up.code for up in (programme.version(one, day) for one in ups) if up is not None}
    named = dict.fromkeys(programme.header.languages, unit.name) if unit else {}
    return Notice(
        name=delivery.name,
        status=status,
        findings=findings,
        set_aside=set_aside,
        receipt=receipt,
        form=delivery.form,
        form_title=form.title if form else {},
        unit=delivery.unit_code or (unit.code if unit else None),
        # A register names an entity in the offices' own language, and in English where it can.
        unit_name=named | {"en": unit.name_en} if unit and unit.name_en else named,
        period=delivery.period.code if delivery.period else None,
        above=frozenset(codes | ({delivery.unit_code} if delivery.unit_code else set())),
        unit_key=key,
        detail=detail,
    )


def pull_notice(programme: Programme, portal: Portal, period: Period, error: Exception) -> Notice:
    """The notice of a pull that failed. A portal that cannot be asked is one trouble, whatever the period; one that
    answers a period wrongly or in part is a trouble of that period."""
    status: Event = "pull_partial" if isinstance(error, ChisoError) and error.answered else "pull_failed"
    name = f"{portal.source}/{period.code}" if status == "pull_partial" else portal.source
    form = programme.form[portal.form]
    unit = programme.register_named[form.respondents.register_name].by_code(portal.unit, period.end)
    key = unit.key if unit else None
    ended = datetime.combine(period.end, time())
    about = Delivery("", name, portal.source, ended, 0, portal.form, key, portal.unit, period)
    return notice(programme, about, status, 0, 0, "", str(error))
