"""The demo portal: a real HTTP server on loopback that answers a paged contract from given records, faults on demand.

It knows no programme: the key names of the contract, the records and their fields are the caller's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Lock, Thread
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from catalogue.source import Contract

# Faults of one answer: busy (429), error (500), refused (401), login (200 with a web page), cut (the connection ends
# in mid-page), garbled (half a page as a whole answer), moved (a redirect to another host), here (a redirect to this
# one), slow (answers after Faults.delay).
Once = Literal["busy", "error", "refused", "login", "cut", "garbled", "moved", "here", "slow"]
# Faults of the counts: shifting (after the first page a record is laid in front and the last falls out), growing (the
# total grows after the first page), miscounted (the total is one too high), endless (more pages are promised after the
# last), repeating (every page is the first), unlimited (the page size is not honoured).
Steady = Literal["shifting", "growing", "miscounted", "endless", "repeating", "unlimited"]

LOGIN: Final = b"<!DOCTYPE html><html><body><form action='/login'>...</form></body></html>"


@dataclass
class Faults:
    """What goes wrong, set by the test while the server runs. ``once`` is used up, one fault per question, None for
    a good answer; ``steady`` holds until taken out. ``asked`` is every question: path and body."""

    once: list[Once | None] = field(default_factory=list)
    steady: set[Steady] = field(default_factory=set)
    retry_after: str = "1"
    delay: float = 1.0
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class _World:
    counts: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
    token: str
    contract: Contract
    path: str
    faults: Faults
    lock: Lock
    closing: Event

    def answer(self, source: str, question: dict[str, Any]) -> dict[str, Any]:
        """One page, as the contract says, with the steady faults of the moment."""
        contract, steady = self.contract, self.faults.steady
        number = int(question.get(contract.page, 1))
        records = list(self.counts[source].get(str(question.get(contract.start)), ()))
        order = [str(key) for key in question.get(contract.order, ())]
        records.sort(key=lambda record: tuple(str(record.get(key, "")) for key in order))
        # A portal that is not told a page size answers with everything it has.
        size = len(records) + 1 if "unlimited" in steady else int(question.get(contract.size, len(records) + 1))
        total = len(records)
        later = number > 1
        if "shifting" in steady and later:
            records = [*records[:1], *records][:total]
        if "miscounted" in steady or ("growing" in steady and later):
            total += 1
        first = 0 if "repeating" in steady else (number - 1) * size
        more = first + size < total or bool(steady & {"endless", "repeating"})
        return {
            contract.data: records[first : first + size],
            contract.current: number,
            "totalPages": -(-total // size),
            contract.total: total,
            contract.size: size,
            "hasPreviousPage": later,
            contract.more: more,
        }


class _Server(ThreadingHTTPServer):
    """The world goes along with the server; the name of the host is not looked up, which may take seconds."""

    daemon_threads = True

    def __init__(self, port: int, world: _World) -> None:
        self.world = world
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # One packet per answer: else each waits for the acknowledgement of its header.
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def do_POST(self) -> None:
        """Answer one question."""
        world = self.server.world
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        source, _, path = urlsplit(self.path).path.removeprefix("/").partition("/")
        if source not in world.counts or (world.path and path != world.path.strip("/")):
            return self._say(404, b"{}")
        try:
            question = json.loads(body)
            with world.lock:
                world.faults.asked.append((self.path, question))
                fault = world.faults.once.pop(0) if world.faults.once else None
            if fault == "slow":
                world.closing.wait(world.faults.delay)
            elif fault and fault not in ("cut", "garbled"):
                return self._fail(fault)
            if self.headers.get("Authorization") != f"Bearer {world.token}":
                return self._say(401, b"{}")
            answer = json.dumps(world.answer(source, question), ensure_ascii=False).encode()
        except (ValueError, TypeError, AttributeError):
            return self._say(400, b"{}")
        if fault == "garbled":
            answer = answer[: len(answer) // 2]
        return self._say(200, answer, cut=fault == "cut")

    def _fail(self, fault: Once) -> None:
        if fault == "login":
            return self._say(200, LOGIN, {"Content-Type": "text/html; charset=utf-8"})
        if fault == "moved":
            return self._say(307, b"", {"Location": "https://login.invalid/"})
        if fault == "here":
            return self._say(307, b"", {"Location": self.path})
        if fault == "busy":
            return self._say(429, b"{}", {"Retry-After": self.server.world.faults.retry_after})
        return self._say({"error": 500, "refused": 401}[fault], b"{}")

    def _say(self, status: int, content: bytes, headers: Mapping[str, str] | None = None, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing: the caller's terminal is for the run."""


@contextmanager
def serve(
    counts: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]],
    token: str,
    port: int = 0,
    *,
    contract: Contract | None = None,
    path: str = "",
    faults: Faults | None = None,
) -> Iterator[str]:
    """Serve several portals on loopback while the context is open; gives the base URL, as ``http://127.0.0.1:40123``.

    ``counts`` holds the records per source and first day of the period (ISO); the portal of a source is found under
    ``<base URL>/<source>/<path>``, at any path where none is given. A question bears ``token``, or is refused. A
    period that is not in ``counts`` has no records. ``port`` 0 takes any that is free.
    """
    world = _World(counts, token, contract or Contract(), path, faults or Faults(), Lock(), Event())
    server = _Server(port, world)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="demo-portal", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        world.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
