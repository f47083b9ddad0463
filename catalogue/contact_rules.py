"""Rules over contacts and outboxes: whom a receipt goes to, and where it is laid."""

from __future__ import annotations

from collections.abc import Iterator

from catalogue.problem import Problem, unknown
from catalogue.programme import Programme
from catalogue.register_rules import unknown_unit
from catalogue.source import Folder


def contacts_name_units_and_languages(programme: Programme) -> Iterator[Problem]:
    """A contact names the code of a unit in some register, and a language of the programme or none."""
    for contact in programme.contacts:
        place = ("contact", contact.contact)
        yield from unknown_unit(programme, (*place, "unit"), contact.unit, tuple(programme.register_named))
        if contact.language and contact.language not in programme.header.languages:
            yield unknown((*place, "language"), "language", contact.language, programme.header.languages)


def an_outbox_is_no_inbox(programme: Programme) -> Iterator[Problem]:
    """Receipts are not laid where files are fetched: the next run would take them for submissions."""
    inboxes = {source.address: source.source for source in programme.sources if isinstance(source, Folder)}
    for source in programme.sources:
        if isinstance(source, Folder) and source.outbox in inboxes:
            found = f"{source.outbox!r}, the address of the inbox {inboxes[source.outbox]!r}"
            allowed = "the name of an address that no inbox has"
            yield Problem(("source", source.source, "outbox"), found, allowed, "name another address, as outbox")
