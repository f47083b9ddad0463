"""A notice: what an alert may say about one delivery. Codes, names and counts; never what a cell holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from catalogue.declared import Words
from catalogue.delivery import Delivery, DeliveryStatus
from catalogue.programme import Programme


@dataclass(frozen=True, slots=True)
class Notice:
    """One delivery and what became of it. ``above`` are the codes of its unit and of everything above that unit.

    ``form``, ``unit`` and ``period`` are None where they could not be found out; ``receipt`` is the path of the file
    that holds the findings, empty where none was written. ``set_aside`` counts the rows that were not loaded because
    of findings: quarantined, or refused with their delivery.
    """

    name: str
    status: DeliveryStatus
    findings: int
    set_aside: int
    receipt: str
    form: str | None = None
    form_title: Words = field(default_factory=dict)
    unit: str | None = None
    unit_name: Words = field(default_factory=dict)
    period: str | None = None
    above: frozenset[str] = frozenset()


def notice(
    programme: Programme, delivery: Delivery, status: DeliveryStatus, findings: int, set_aside: int, receipt: str
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
    )
