"""Telling: the end of a run. Each route of the programme gets at most one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from alerts.message import Message, compose
from alerts.notice import Notice
from alerts.send import PATIENCE, send
from catalogue.errors import AlertFailed, SettingsError
from catalogue.language import Language
from catalogue.programme import Programme

Outcome = Literal["sent", "nothing", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a route's message: ``sent``; ``nothing`` concerned it; ``skipped``, as its secret is not set;
    ``failed``. ``reason`` says why where it was not sent, and never holds an address. ``message_id`` is empty where
    there was nothing to say."""

    route: str
    outcome: Outcome
    deliveries: int = 0
    message_id: str = ""
    reason: str = ""


def tell(
    programme: Programme,
    notices: Sequence[Notice],
    run_id: str,
    secret: Callable[[str], str],
    patience: float = PATIENCE,
) -> tuple[Told, ...]:
    """Tell every route what of a run concerns it; one entry per route, in the order declared. Raises nothing.

    ``secret`` gives the value of a secret by name, or raises SettingsError; it is asked only where there is something
    to say. ``patience`` is how many seconds each channel has.
    """
    packs = {pack.language: pack for pack in programme.languages}
    found = []
    for route in programme.routes:
        pack: Language = packs.get(route.language, programme.language)
        message = compose(route, notices, run_id, pack, programme.header.title)
        found.append(_tell(message, secret, patience) if message else Told(route.route, "nothing"))
    return tuple(found)


def _tell(message: Message, secret: Callable[[str], str], patience: float) -> Told:
    outcome, reason = attempt(message, secret, patience)
    return Told(message.route, outcome, message.deliveries, message.message_id, reason)


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
