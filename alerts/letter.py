"""The letter that brings a receipt to a unit's contact: one per delivery, in her language, receipt attached."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from alerts.message import TONES, Message
from alerts.send import PATIENCE
from alerts.tell import Told, attempt
from catalogue.contact import Contact
from catalogue.route import Outcome


def post(
    contact: Contact,
    delivery: tuple[str, Outcome],
    letter: tuple[str, str],
    attached: Mapping[str, bytes],
    secret: Callable[[str], str],
    patience: float = PATIENCE,
) -> Told:
    """Post a letter (subject, text) about a delivery (sha256, outcome) to a contact. Raises nothing.

    ``attached`` are files by name. ``secret`` gives the value of a secret by name, or raises SettingsError; where it is
    not set, the letter is ``skipped``. ``patience`` is in seconds.
    """
    sha256, outcome = delivery
    subject, text = letter
    message = Message(
        route=contact.contact,
        secret=contact.address,
        title=" ".join("".join(one if one.isprintable() else " " for one in subject).split()),
        body=text,
        tone=TONES[outcome],
        deliveries=1,
        message_id=hashlib.sha256(f"{sha256}\0{contact.contact}".encode()).hexdigest()[:16],
    )
    became, reason = attempt(message, secret, patience, attached)
    return Told(contact.contact, became, 1, message.message_id, reason)
