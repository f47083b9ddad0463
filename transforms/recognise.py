"""Recognising a file: its form, its unit as a durable key, its period; or every reason why it cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from catalogue.delivery import Cell, Delivery, Finding
from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.rule import finding
from catalogue.source import Inbox, Portal
from transforms.identify import Identity, identify
from transforms.owe import is_respondent
from transforms.resolve import Resolved, Resolver
from transforms.span import parse_period
from transforms.workbook import open_book


@dataclass(frozen=True, slots=True)
class Parcel:
    """What arrived, before anybody looked into it. ``folder`` is what the inbox's folders say."""

    name: str
    sha256: str
    size: int
    received_at: datetime
    folder: Mapping[str, str]


def recognise_file(programme: Programme, inbox: Inbox, parcel: Parcel, data: bytes, resolver: Resolver) -> Delivery:
    """A delivery from a file of an inbox. Never raises for what a file holds: refusals are findings."""
    forms = [programme.form[code] for code in inbox.forms]
    language = programme.language
    try:
        book = open_book(data, parcel.name)
    except DeliveryRefused as refused:
        return _delivery(inbox.source, parcel, None, None, None, [_finding(programme, refused)])
    identity = identify(book, forms, inbox.identify, parcel.folder, language)
    if identity.form is None:
        cell = identity.clues.form[1] if identity.clues.form else Cell()
        said = identity.clues.form[0] if identity.clues.form else ""
        known = ", ".join(form.form for form in forms)
        wrong = finding("file.form", cell, "", said, language, allowed=f"one of {known}")
        return _delivery(inbox.source, parcel, None, None, None, [wrong])
    form, found = identity.form, list[Finding]()
    period = _period(programme, form, identity, found)
    unit = _unit(programme, form, identity, parcel, period, resolver, found)
    return _delivery(inbox.source, parcel, form, unit, period, found)


def recognise_pull(
    programme: Programme, portal: Portal, period: Period, parcel: Parcel, resolver: Resolver
) -> Delivery:
    """A delivery from a pull of a portal: what it is was known before it was asked."""
    form = programme.form[portal.form]
    found = list[Finding]()
    unit = resolver.entity(portal.unit, form.respondents.register_name, period, None, parcel.received_at.date())
    if unit.rule:
        found.append(finding("file.unit", Cell(), "", portal.unit, programme.language))
    return _delivery(portal.source, parcel, form, unit, period, found)


def _delivery(
    source: str, parcel: Parcel, form: Form | None, unit: Resolved | None, period: Period | None, found: list[Finding]
) -> Delivery:
    return Delivery(
        sha256=parcel.sha256,
        name=parcel.name,
        source=source,
        received_at=parcel.received_at,
        size=parcel.size,
        form=form.form if form else None,
        unit_key=unit.key if unit else None,
        unit_code=unit.code if unit else None,
        period=period,
        refusal=tuple(found),
    )


def _finding(programme: Programme, refused: DeliveryRefused) -> Finding:
    return finding(refused.rule, Cell(), "", str(refused), programme.language)


def _period(programme: Programme, form: Form, identity: Identity, found: list[Finding]) -> Period | None:
    """The period a file says it reports on; none where the form's rows bear their own."""
    if form.frequency is None:
        return None
    text, cell = identity.period_text or ("", Cell())
    period = None
    if text:
        period = parse_period(
            text, form.frequency, programme.calendars[form.calendar], programme.language, programme.calendars
        )
    if period is None or period.kind != form.frequency or period.calendar.code != form.calendar:
        allowed = f"a {form.frequency} of calendar {form.calendar}"
        found.append(finding("file.period", cell, "", text, programme.language, allowed=allowed))
        return None
    return period


def _unit(
    programme: Programme, form: Form, identity: Identity, parcel: Parcel, period: Period | None, resolver: Resolver,
    found: list[Finding],
) -> Resolved | None:  # fmt: skip
    """The reporting unit: the folder's own, or one at or below it that the file names."""
    register, today = form.respondents.register_name, parcel.received_at.date()
    text, cell = identity.unit_text or ("", Cell())
    folder = parcel.folder.get("unit")
    owner = resolver.entity(_code(folder), register, period, None, today) if folder else None
    within = owner.key if owner else None
    unit = resolver.entity(text, register, period, within, today) if text else Resolved(rule="file.unit")
    if unit.rule and within is not None and not resolver.entity(text, register, period, None, today).rule:
        allowed = f"{folder} or a unit below it"
        found.append(finding("file.foreign_unit", cell, "", text, programme.language, allowed=allowed))
        return None
    if unit.rule or unit.key is None or (owner and owner.rule):
        said = text if unit.rule else folder or ""
        candidates = f"one of {unit.candidates}" if unit.candidates else ""
        found.append(finding("file.unit", cell, "", said, programme.language, allowed=candidates))
        return None
    last = programme.last_day(unit.key) or today
    day = programme.as_of(unit.key, period) if period else min(today, last)
    version = programme.version(unit.key, day)
    if version is None or not is_respondent(programme, form, version, day):
        found.append(finding("file.respondent", cell, "", text, programme.language))
    return unit


def _code(segment: str) -> str:
    """The code of a folder named "CODE - name"."""
    return segment.partition(" - ")[0].strip()
