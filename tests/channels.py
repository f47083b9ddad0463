"""Where messages arrive: a real SMTP server and a real webhook server on loopback."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from aiosmtpd.smtp import SMTP, Envelope, Session

PASSWORD: Final = "hunter2-and-a-token"


class Office:
    """An SMTP server's letter box. ``answer`` is what it says to each recipient."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"
        self.port = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        letter = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def url(self, **more: str) -> str:
        to = {"mode": "insecure", "smtp": "127.0.0.1", "from": "chiso@tinh.example", "to": "can.bo@tinh.example"}
        return f"mailto://127.0.0.1:{self.port}?" + "&".join(f"{key}={value}" for key, value in (to | more).items())


class Hook(ThreadingHTTPServer):
    """A webhook. ``status`` is what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[str, str, Any]] = []
        """Verb, path, body."""
        self.status = 200

    def url(self, path: str = f"hook/{PASSWORD}") -> str:
        return f"json://127.0.0.1:{self.server_port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.calls.append((self.command, self.path, json.loads(body) if body else None))
        self.send_response(self.server.status)
        if self.server.status in (301, 302):
            self.server.status = 200
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = _take  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def mail_server() -> Iterator[Office]:
    """A running SMTP server."""
    held, loop = Office(), asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(held, hostname="loopback"), "127.0.0.1", 0))
    held.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield held
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@contextmanager
def hook_server() -> Iterator[Hook]:
    """A running webhook server."""
    with Hook() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
