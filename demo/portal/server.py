"""The demo portal over HTTP: the standard library's server, every desk, and its own pages below ``/_``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from catalogue.errors import UsageError
from demo.portal.desk import DemoPortal, Desk
from demo.portal.faults import FAULTS, Faults, fault_named, faults_of_one_answer
from demo.portal.openapi import document
from demo.portal.paging import answer_of, page_of
from demo.portal.question import Refused, read_question

FAULT_HEADER: Final = "X-Fault"
LOGIN: Final = b"<!DOCTYPE html><html><body><form action='/login'>...</form></body></html>"
LONGEST: Final = 1 << 20
_DIGITS: Final = 12
_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
Query = dict[str, list[str]]
Own = Callable[[DemoPortal, Query, bytes], Any]
_HTML: Final = {"Content-Type": "text/html; charset=utf-8"}


class _Server(ThreadingHTTPServer):
    """The portal goes along with the server; the name of the host is not looked up, which may take seconds."""

    daemon_threads = True
    portal: DemoPortal

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where the one who asked has gone: slow answers are given up."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # One packet per answer: else each waits for the acknowledgement of its header.
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        """Answer one request, whatever its method."""
        portal, path = self.server.portal, urlsplit(self.path).path
        body, desk = self._body(), portal.desk_at(path)
        if body is None:
            pass
        elif path in _PAGES:
            self._own_page(portal, _PAGES[path], body)
        elif desk is None:
            self._refuse(404, f"nothing is at {path:.200}; /openapi.json lists what there is")
        elif self.command != desk.dialect.method:
            self._wrong_method([desk.dialect.method])
        else:
            self._answer(portal, desk, body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_HEAD = do_TRACE = do_QUERY = do_GET  # noqa: N815 its names

    def _body(self) -> bytes | None:
        """What was sent along; None, and answered, where its length is not said or too long."""
        said = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding"):
            said = "chunked"
        if not said.isascii() or not said.isdecimal():
            self.close_connection = True
            self._refuse(400, "say how long the question is, in Content-Length")
            return None
        if len(said) > _DIGITS or int(said) > LONGEST:
            self.close_connection = True
            self._refuse(413, f"a question of {said:.20} bytes; allowed are {LONGEST}")
            return None
        return self.rfile.read(int(said))

    def _own_page(self, portal: DemoPortal, page: Mapping[str, Own], body: bytes) -> None:
        """Answer at one of the portal's own pages."""
        if self.command not in page:
            return self._wrong_method([*page])
        try:
            query = parse_qs(urlsplit(self.path).query, keep_blank_values=True, max_num_fields=200)
            return self._say(200, _encoded(page[self.command](portal, query, body)))
        except (UsageError, ValueError) as error:
            return self._refuse(400, str(error))

    def _answer(self, portal: DemoPortal, desk: Desk, body: bytes) -> None:
        """Answer one question at a desk, with the faults of the moment."""
        dialect, state = desk.dialect, portal.faults
        query = urlsplit(self.path).query
        try:
            own = faults_of_one_answer(self.headers.get(FAULT_HEADER, ""))
            question = read_question(dialect, query, body, portal.zone)
        except (UsageError, Refused) as error:
            return self._refuse(400, str(error))
        faults = state.of_answer(self.path, dict(question.keys), own)
        borne = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if "token_expires" in faults and dialect.token:
            portal.expire(borne)
        if "slow_answer" in faults:
            portal.closing.wait(state.slow_seconds)
        if fail := next((name for name in _FAILURES if name in faults), None):
            return _FAILURES[fail](self, state)
        if dialect.token and borne != portal.token:
            return self._refuse(401, "no token, or one that does not count; POST /_token gives one")
        page = page_of(desk.shelf, question, faults, state.revision, state.forced_size)
        content = _encoded(answer_of(dialect, page))
        if "half_a_page" in faults:
            content = content[: len(content) // 2]
        return self._say(200, content, cut="dies_mid_page" in faults)

    def _refuse(self, status: int, words: str, headers: Mapping[str, str] | None = None) -> None:
        challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004 the status itself
        self._say(status, _encoded({"error": words}), {**_JSON, **challenge, **(headers or {})})

    def _wrong_method(self, allowed: Sequence[str]) -> None:
        self._refuse(
            405,
            f"{self.command} is not understood here; allowed is {', '.join(allowed)}",
            {"Allow": ", ".join(allowed)},
        )

    def _leave(self) -> None:
        self.close_connection = True

    def _say(self, status: int, content: bytes, headers: Mapping[str, str] = _JSON, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing: the caller's terminal is for the run."""


# What stands in for an answer. The first that is on is the one that happens.
_FAILURES: Final[dict[str, Callable[[_Handler, Faults], None]]] = {
    "no_answer": lambda to, _: to._leave(),  # noqa: SLF001 of this module
    "redirect_elsewhere": lambda to, _: to._say(307, b"", {"Location": "https://login.invalid/"}),  # noqa: SLF001
    "redirect_here": lambda to, _: to._say(307, b"", {"Location": to.path}),  # noqa: SLF001
    "too_many_requests": lambda to, on: to._refuse(429, "too many", {"Retry-After": on.retry_after}),  # noqa: SLF001
    "server_error": lambda to, _: to._refuse(500, "something is broken"),  # noqa: SLF001
    "unavailable": lambda to, _: to._say(503, LOGIN, _HTML),  # noqa: SLF001
    "html_login": lambda to, _: to._say(200, LOGIN, _HTML),  # noqa: SLF001
    "token_refused": lambda to, _: to._refuse(401, "not today"),  # noqa: SLF001
    "empty_body": lambda to, _: to._say(200, b""),  # noqa: SLF001
}


def _switch_on(portal: DemoPortal, query: Query, _: bytes) -> Any:
    portal.faults.switch_on(*query.get("fault", ()))
    return portal.faults.on()


def _switch_off(portal: DemoPortal, query: Query, _: bytes) -> Any:
    portal.faults.switch_off(*(fault_named(text)[0] for text in query.get("fault", ())))
    return portal.faults.on()


def _faults(portal: DemoPortal, _: Query, __: bytes) -> Any:
    return {"on": portal.faults.on(), "faults": {name: fault.words for name, fault in FAULTS.items()}}


def _truth(portal: DemoPortal, query: Query, _: bytes) -> Any:
    if period := query.get("period"):
        return portal.truth_page(",".join(period))
    periods = portal.figures.periods if portal.figures else []
    return {"revision": portal.faults.revision, "periods": periods}


def _token(portal: DemoPortal, _: Query, __: bytes) -> Any:
    return {"access_token": portal.renew(), "token_type": "Bearer", "expires_in": 86_400}


# The portal's own pages: how they answer, by path and method.
_PAGES: Final[dict[str, dict[str, Own]]] = {
    "/openapi.json": {"GET": lambda portal, _, __: document(portal)},
    "/_faults": {"GET": _faults, "POST": _switch_on, "DELETE": _switch_off},
    "/_truth": {"GET": _truth},
    "/_token": {"POST": _token},
}


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@contextmanager
def listening(portal: DemoPortal, port: int = 0) -> Iterator[None]:
    """Let a portal answer on loopback while the context is open; sets its ``url``."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.portal = portal
    portal.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="demo-portal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        portal.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
