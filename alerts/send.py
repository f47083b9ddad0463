"""Sending: one message to one Apprise address, at most so long, without a trace of the address anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from mimetypes import guess_type
from threading import Thread, get_ident
from typing import Any, Final

from alerts.message import Message
from catalogue.errors import AlertFailed

PATIENCE: Final = 60.0
"""Seconds that a channel has for a message, from the first byte to the last."""
ANSWER: Final = 20.0
"""Seconds that one answer of a server may take, whatever an address says."""

# The loggers that write addresses, and secrets in them. By name, as most are not there before the first message.
TALKERS: Final = (
    "apprise",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.http2.connection",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)
REFUSALS: Final = range(300, 600)


def send(
    address: str, message: Message, patience: float = PATIENCE, attached: Mapping[str, bytes] | None = None
) -> None:
    """Deliver a message through Apprise; returns once the channel has taken it.

    ``patience`` is in seconds; ``attached`` are files by name, left out by channels that carry none. Raises
    AlertFailed, naming the route and the secret that holds its address, never the address: where that is none, where
    the channel refused, and where it did not answer in time (it may then still have taken the message).
    """
    reasons: list[str] = []

    def deliver() -> None:
        with _hushed() as answers:
            try:
                reasons.append(_deliver(address, message, answers, attached or {}))
            except Exception as error:  # noqa: BLE001
                # What is raised may quote the address: only its kind leaves this thread.
                reasons.append(f"the channel failed with {type(error).__name__}")

    # A server that drips its answer byte by byte outlasts every timeout of a socket; a thread can be left behind.
    worker = Thread(target=deliver, name=f"alert-{message.route}", daemon=True)
    worker.start()
    worker.join(patience)
    reason = reasons[0] if reasons else f"the server did not answer within {patience:g} seconds"
    if reason:
        raise AlertFailed(
            f"route {message.route!r}: the message was not delivered: {reason}; "
            f"check the secret {message.secret!r} and the server it names"
        )


def _deliver(address: str, message: Message, answers: list[int], attached: Mapping[str, bytes]) -> str:
    """Deliver, or say why not; ``answers`` are the HTTP statuses that refused, filled meanwhile."""
    # Costs most of a second: only a run that has something to tell pays for it.
    from apprise import Apprise, AppriseAsset, AppriseAttachment, NotifyFormat, NotifyType  # noqa: PLC0415
    from apprise.attachment.memory import AttachMemory  # noqa: PLC0415

    asset = AppriseAsset(
        app_id="chiso",
        app_desc="chiso",
        app_url="",
        async_mode=False,
        # A redirect would turn a webhook's POST into a GET that says nothing, and call it sent.
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
    )
    channel = Apprise.instantiate(address, asset=asset)
    if channel is None:
        return "its address is not one that Apprise knows, as mailto://... or json://..."
    channel.socket_connect_timeout = min(channel.socket_connect_timeout, ANSWER)
    channel.socket_read_timeout = min(channel.socket_read_timeout, ANSWER)
    # "optional" in an address would have a failure reported as a success.
    channel.optional = False
    if "format=" not in address:
        channel.notify_format = NotifyFormat.TEXT
    _stamp(channel, message)
    sender = Apprise(asset=asset)
    sender.add(channel)
    kind = NotifyType(message.tone)
    files = None
    if attached and channel.attachment_support:
        kinds = {name: guess_type(name)[0] or "application/octet-stream" for name in attached}
        held: list[Any] = [AttachMemory(data, name=name, mimetype=kinds[name]) for name, data in attached.items()]  # type: ignore[no-untyped-call]
        files = AppriseAttachment(held, asset=asset)
    if sender.notify(message.body, title=message.title, notify_type=kind, body_format=NotifyFormat.TEXT, attach=files):
        return ""
    return f"the server answered {answers[-1]}" if answers else "the server did not answer, or refused it"


def _stamp(channel: object, message: Message) -> None:
    """Give a message its id as a header, and as a field where the channel sends fields: whoever gets it twice, after we
    were killed between sending and noting that, can tell. The text says it, too."""
    for place, name in (("headers", "X-Chiso-Message"), ("payload_extras", "message_id")):
        held = getattr(channel, place, None)
        if isinstance(held, dict):
            held[name] = message.message_id


@contextmanager
def _hushed() -> Iterator[list[int]]:
    """Keep this thread's talk out of the logs; gives the refusing HTTP statuses that were in it."""
    me, answers = get_ident(), list[int]()

    def hush(record: logging.LogRecord) -> bool:
        if get_ident() != me:
            return True
        if isinstance(record.args, tuple):
            answers.extend(one for one in record.args if isinstance(one, int) and one in REFUSALS)
        return False

    loggers = [logging.getLogger(name) for name in TALKERS]
    for logger in loggers:
        logger.addFilter(hush)
    try:
        yield answers
    finally:
        for logger in loggers:
            logger.removeFilter(hush)
