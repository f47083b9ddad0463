"""Recognising a file: its form, its unit as a durable key, its period; or every reason why it cannot be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from catalogue.delivery import Cell, Delivery, Finding, SheetUnit
from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.rule import finding
from catalogue.source import Extract, Inbox, Portal
from transforms.identify import Identity, identify
from transforms.owe import is_respondent
from transforms.resolve import Resolved, Resolver
from transforms.sheet import Book
from transforms.span import Reading, read_period
from transforms.table import FILES
from transforms.tables import Tables, find_tables
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
    delivery, _ = recognise_and_open(programme, inbox, parcel, data, resolver)
    return delivery


def recognise_and_open(
    programme: Programme, inbox: Inbox, parcel: Parcel, data: bytes, resolver: Resolver
) -> tuple[Delivery, Book | None]:
    """As ``recognise_file``, with the file as it was opened for that; None where it cannot be opened."""
    try:
        book = open_book(data, parcel.name, programme.language)
    except DeliveryRefused as refused:
        return _delivery(inbox.source, parcel, None, None, None, [_finding(programme, refused)]), None
    return _recognise(programme, inbox, parcel, book, resolver), book


def _recognise(programme: Programme, inbox: Inbox, parcel: Parcel, book: Book, resolver: Resolver) -> Delivery:
    forms = [programme.form[code] for code in inbox.forms]
    language = programme.language
    identity = identify(book, forms, inbox.identify, parcel.folder, language)
    if identity.form is None:
        cell = identity.clues.form[1] if identity.clues.form else Cell()
        said = identity.clues.form[0] if identity.clues.form else ""
        known = ", ".join(form.form for form in forms)
        wrong = finding("file.form", cell, "", said, language, allowed=f"one of {known}")
        return _delivery(inbox.source, parcel, None, None, None, [wrong])
    form, found = identity.form, list[Finding]()
    period = _period(programme, form, *(identity.period_text or ("", Cell())), found)
    tables = find_tables(book, form, language)
    if tables.per_unit:
        units = _units(programme, form, tables, parcel, period, resolver, found)
        sender = _owner(form, parcel, period, resolver) or next(iter(units.values()), Resolved())
        if sender.rule:
            found.append(finding("file.unit", Cell(), "", parcel.folder.get("unit", ""), language))
        named = tuple(SheetUnit(sheet, one.key or 0, one.code or "") for sheet, one in units.items())
        return replace(_delivery(inbox.source, parcel, form, sender, period, found), units=named)
    unit = _unit(programme, form, identity, parcel, period, resolver, found)
    return _delivery(inbox.source, parcel, form, unit, period, found)


def recognise_extract(programme: Programme, extract: Extract, parcel: Parcel, resolver: Resolver) -> Delivery:
    """A delivery from a file of a folder of extracts: what it is, its folders and name say. Nobody looks into it."""
    language, found = programme.language, list[Finding]()
    told, path = parcel.folder, PurePosixPath(parcel.name)
    code = told.get("form", extract.forms[0] if len(extract.forms) == 1 else "")
    form = programme.form[code] if code in extract.forms else None
    if form is None:
        wrong = finding("file.form", Cell(), "", code, language, allowed=f"one of {', '.join(extract.forms)}")
        return _delivery(extract.source, parcel, None, None, None, [wrong])
    if path.suffix.lower() not in FILES:
        allowed = f"a file whose name ends with {', '.join(FILES)}"
        found.append(finding("file.unreadable", Cell(), "", path.name, language, allowed=allowed))
    period = None
    if form.frequency is not None:
        said = told.get("period", path.stem)
        period = _period(programme, form, said, Cell(), found)
    today = parcel.received_at.date()
    said = _code(told["unit"]) if "unit" in told else extract.unit or ""
    unit = resolver.entity(said, form.respondents.register_name, period, None, today)
    if unit.rule:
        found.append(finding("file.unit", Cell(), "", said, language))
    return _delivery(extract.source, parcel, form, unit, period, found)


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


def _period(programme: Programme, form: Form, text: str, cell: Cell, found: list[Finding]) -> Period | None:
    """The period a file says it reports on; none where the form's rows bear their own."""
    if form.frequency is None:
        return None
    reading = _read_period(programme, form, text)
    period = reading.period
    if period is None or period.kind != form.frequency or period.calendar.code != form.calendar:
        allowed = f"a {form.frequency} of calendar {form.calendar}"
        found.append(finding("file.period", cell, "", text, programme.language, allowed=allowed))
        return None
    if reading.warned:
        told = finding(reading.warned, cell, "", text, programme.language)
        found.append(replace(told, allowed=f"{told.allowed} ({reading.said})"))
    return period


def _read_period(programme: Programme, form: Form, text: str) -> Reading:
    calendar = programme.calendars[form.calendar]
    return read_period(text, form.frequency, calendar, programme.language, programme.calendars)


def _owner(form: Form, parcel: Parcel, period: Period | None, resolver: Resolver) -> Resolved | None:
    """The unit whose folder a file lay in; None where no folder tells."""
    folder = parcel.folder.get("unit")
    if not folder:
        return None
    return resolver.entity(_code(folder), form.respondents.register_name, period, None, parcel.received_at.date())


def _unit(
    programme: Programme, form: Form, identity: Identity, parcel: Parcel, period: Period | None, resolver: Resolver,
    found: list[Finding],
) -> Resolved | None:  # fmt: skip
    """The reporting unit: the folder's own, or one at or below it that the file names."""
    owner = _owner(form, parcel, period, resolver)
    if owner and owner.rule:
        cell = identity.unit_text[1] if identity.unit_text else Cell()
        found.append(finding("file.unit", cell, "", parcel.folder.get("unit", ""), programme.language))
        return None
    text, cell = identity.unit_text or ("", Cell())
    return _inside(programme, form, text, cell, owner, parcel, period, resolver, found)


def _units(
    programme: Programme, form: Form, tables: Tables, parcel: Parcel, period: Period | None, resolver: Resolver,
    found: list[Finding],
) -> dict[str, Resolved]:  # fmt: skip
    """The units of a workbook with one sheet per unit, by sheet. Each must be the sender's own or one below it, no two
    the same, and no sheet may report on another period than the first."""
    owner = _owner(form, parcel, period, resolver)
    units: dict[str, Resolved] = {}
    by_key: dict[int, str] = {}
    for one in tables.read:
        text, cell = one.clues.unit or ("", Cell(one.sheet.name))
        unit = _inside(programme, form, text, cell, owner, parcel, period, resolver, found)
        if unit is None or unit.key is None:
            continue
        if unit.key in by_key:
            allowed = f"a unit of its own: sheet {by_key[unit.key]} reports on this one"
            found.append(finding("file.unit", cell, "", text, programme.language, allowed=allowed))
        by_key[unit.key] = one.sheet.name
        units[one.sheet.name] = unit
        said = one.clues.period
        if period and said and _read_period(programme, form, said[0]).period != period:
            found.append(finding("file.period", said[1], "", said[0], programme.language, allowed=period.code))
    return units


def _inside(
    programme: Programme, form: Form, text: str, cell: Cell, owner: Resolved | None, parcel: Parcel,
    period: Period | None, resolver: Resolver, found: list[Finding],
) -> Resolved | None:  # fmt: skip
    """The unit that a text names: the owner of the folder, or one below it; anyone where no folder tells."""
    register, today = form.respondents.register_name, parcel.received_at.date()
    within = owner.key if owner else None
    unit = resolver.entity(text, register, period, within, today) if text else Resolved(rule="file.unit")
    if unit.rule and within is not None and not resolver.entity(text, register, period, None, today).rule:
        allowed = f"{parcel.folder.get('unit')} or a unit below it"
        found.append(finding("file.foreign_unit", cell, "", text, programme.language, allowed=allowed))
        return None
    if unit.rule or unit.key is None:
        candidates = f"one of {unit.candidates}" if unit.candidates else ""
        found.append(finding("file.unit", cell, "", text, programme.language, allowed=candidates))
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
