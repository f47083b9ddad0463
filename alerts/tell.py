"""Telling: a message is sent to the address that its secret holds, and what became of it is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from alerts.message import Message
from alerts.send import PATIENCE, send
from catalogue.errors import AlertFailed, SettingsError

Outcome = Literal["sent", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a message: ``sent``; ``skipped``, as its secret is not set; ``failed``. ``reason`` says why where
    it was not sent, and never holds an address."""

    route: str
    outcome: Outcome
    deliveries: int = 0
    message_id: str = ""
    reason: str = ""


def attempt(
    message: Message,
    secret: Callable[[str], str],
    patience: float = PATIENCE,
    attached: Mapping[str, bytes] | None = None,
) -> tuple[Outcome, str]:
    """Send a message to the address that its secret holds, with files by name; what became of it, and why not."""
    try:
        address = secret(message.secret).strip()
        if not address:
            return "skipped", f"secret {message.secret!r} is empty; put the Apprise address of the route into it"
        send(address, message, patience, attached)
    except SettingsError as error:
        return "skipped", str(error)
    except AlertFailed as error:
        return "failed", str(error)
    except Exception as error:  # noqa: BLE001
        # A message must never cost a run that is done; and what is raised unforeseen may quote the address.
        return "failed", f"route {message.route!r}: the message was not delivered: {type(error).__name__}"
    return "sent", ""
