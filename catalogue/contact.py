"""Contacts: to whom the receipts of a unit's deliveries, and reminders, are sent, in which language."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from catalogue.declared import Code, Declared, Name
from catalogue.route import Outcome


class Contact(Declared):
    """One mail with the receipt per delivery of a unit, to an Apprise address (a secret, by name)."""

    contact: Name
    unit: Code
    address: Name = Field(description="The name of the secret that holds the Apprise URL")
    language: str = Field(default="", description="Language of the receipts; empty: the programme's first")
    on: tuple[Outcome, ...] = Field(
        default=("accepted", "accepted_with_warnings", "partly_accepted", "rejected"),
        description="Outcomes that are told; an error is ours, and would be told with each run anew",
    )
    remind: bool = Field(default=True, description="Whether it is reminded of reports that have not come")
    below: bool = Field(default=False, description="Whether units below that have no contact of their own are meant")


def contacts_of(contacts: tuple[Contact, ...], codes: tuple[str, ...]) -> Iterator[Contact]:
    """The contacts of a unit, given by its code and the codes above it, nearest first.

    Its own; where it has none, those of the nearest unit above that says it answers for those below.
    """
    for distance, code in enumerate(codes):
        found = [one for one in contacts if one.unit == code and (distance == 0 or one.below)]
        if found:
            yield from found
            return
