"""A portal of three contracts on loopback, as small as can be, whose faults a test names question by question.

``one_stop`` POST /one_stop, JSON; ``gateway`` POST /gateway, a form; ``listing`` GET /listing. All count the same.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from catalogue.source import Portal

Rows = dict[tuple[str, str], int | None]
"""(office, topic) -> received."""

PLACES = [(office, topic) for office in ("ON", "ON1", "ON2") for topic in ("data", "web")]
"""Where a row may come in, the first at the front."""

ANSWERS = ("busy", "error", "cut", "garbled", "login", "expired", "nothing")
"""Faults of one answer: it does not come, or is none."""
PAGES = ("doubled", "lost", "counted", "promised", "first_again", "forced")
"""Faults of one page: a record twice, a record less, a total one too high, no records and yet more promised, the first
page instead, at most one record."""
CHANGES = ("restated", "added", "removed")
"""What happens in the portal before it answers: a figure changes, a row comes in at the front, the first row goes."""


@dataclass
class Truth:
    """What the portal counts, by first day of the month; every state it was in, in order."""

    months: dict[str, Rows]
    states: dict[str, list[Rows]] = field(default_factory=dict)
    faults: list[str | None] = field(default_factory=list)
    always: set[str] = field(default_factory=set)
    token: str = "token-1"
    asked: list[dict[str, Any]] = field(default_factory=list)
    extra: Callable[[dict[str, Any]], dict[str, Any]] = lambda record: record
    totals: bool = False
    """Whether a record that adds up the others comes along."""
    renewed: Callable[[str], object] = str
    """Told of a new token."""

    def __post_init__(self) -> None:
        for month, rows in self.months.items():
            self.states[month] = [dict(rows)]

    def change(self, month: str, kind: str) -> None:
        """Change the past."""
        rows = self.months[month]
        free = [key for key in PLACES if key not in rows]
        if kind == "added" and free:
            rows[free[0]] = 7
        elif rows and kind == "removed":
            del rows[min(rows)]
        elif rows:
            rows[max(rows)] = (rows[max(rows)] or 0) + 10
        self.states[month].append(dict(rows))


@dataclass(frozen=True)
class _Asked:
    month: str
    page: int
    size: int


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 30
    truth: Truth

    def do_GET(self) -> None:
        query = {name: held[0] for name, held in parse_qs(urlsplit(self.path).query).items()}
        # The instant at which a month begins at +07 is on the day before in UTC.
        year, month = int(query["from"][:4]), int(query["from"][5:7]) + 1
        year, month = (year + 1, 1) if month > 12 else (year, month)
        assert query["from"].endswith("T17:00:00.000Z"), query
        assert query["to"].endswith("T16:59:59.999Z"), query
        self._answer("listing", query, _Asked(f"{year}-{month:02}-01", int(query["page"]) + 1, int(query["size"])))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if urlsplit(self.path).path == "/gateway":
            asked = json.loads(parse_qs(body.decode())["params"][0])
            month = f"{asked['p_year']}-{asked['p_month']:02}-01"
            self._answer("gateway", asked, _Asked(month, asked["pageIndex"], asked["pageSize"]))
        else:
            asked = json.loads(body)
            self._answer("one_stop", asked, _Asked(asked["from"], asked["pageNumber"], asked["pageSize"]))

    def _answer(self, contract: str, question: dict[str, Any], asked: _Asked) -> None:
        truth = self.truth
        truth.asked.append(question)
        fault = truth.faults.pop(0) if truth.faults else None
        if fault == "expired":
            truth.token += "1"
            truth.renewed(truth.token)
        if fault in CHANGES and asked.month in truth.months:
            truth.change(asked.month, fault)
        if contract != "gateway" and self.headers["Authorization"] != f"Bearer {truth.token}":
            return self._say(401, b"{}")
        if fault in ("busy", "error"):
            return self._say(429 if fault == "busy" else 503, b"{}", {"Retry-After": "0"})
        if fault == "login":
            return self._say(200, b"<!DOCTYPE html><form></form>", {"Content-Type": "text/html"})
        if fault == "nothing":
            return self._say(200, b"")
        answer = json.dumps(self._page(contract, asked, {fault} | truth.always)).encode()
        return self._say(200, answer[: len(answer) // 2] if fault == "garbled" else answer, cut=fault == "cut")

    def _page(self, contract: str, asked: _Asked, faults: set[str | None]) -> Any:
        rows = self.truth.months.get(asked.month, {})
        records = [self._record(contract, *key, rows[key]) for key in sorted(rows)]
        if self.truth.totals:
            records.append(self._record(contract, "ALL", "data", sum(count or 0 for count in rows.values())))
        size = min(1, asked.size) if "forced" in faults else asked.size
        if "unpaged" in faults:
            size = max(1, len(records))
            start = 0
        else:
            start = 0 if "first_again" in faults else (asked.page - 1) * size
        total = len(records) + ("counted" in faults)
        more = start + size < len(records) or "promised" in faults
        page = records[start : start + size]
        if "doubled" in faults:
            page = [*page, *page[-1:]]
        if "lost" in faults or "promised" in faults:
            page = page[1:] if "lost" in faults else []
        if contract == "gateway":
            return page
        if contract == "listing":
            return {"content": page, "totalElements": total, "last": not more, "number": asked.page - 1}
        return {"data": page, "totalCount": total, "hasNextPage": more, "currentPage": asked.page}

    def _record(self, contract: str, office: str, topic: str, count: int | None) -> dict[str, Any]:
        if contract == "gateway":
            return {"OFFICE": office, "TOPIC": topic, "RECEIVED": None if count is None else str(count)}
        if contract == "listing":
            return {"agency": {"code": office}, "topic": topic, "received": count}
        return self.truth.extra({"office": office, "topic": topic, "received": count})

    def _say(self, status: int, content: bytes, headers: dict[str, str] | None = None, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def answering(truth: Truth) -> Iterator[str]:
    """The base URL of a portal, while the ``with`` lasts."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"truth": truth}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


CONTRACTS: dict[str, dict[str, Any]] = {
    "one_stop": {"key": ["office", "topic"], "order_by": ["office", "topic"], "token": "token"},
    "gateway": {
        "key": ["OFFICE", "TOPIC"],
        "ids": [{"id": "17"}, {"id": "1700", "valid_from": "2024-02-01"}],
        "contract": {
            "year": "p_year", "month": "p_month", "quarter": "p_quarter", "unit": "p_unit", "page": "pageIndex",
            "size": "pageSize", "order": None, "total": None,
        },
    },
    "listing": {
        "key": ["agency.code", "topic"],
        "order_by": ["agency.code,asc", "topic,asc"],
        "token": "token",
        "contract": {
            "page": "page", "size": "size", "order": "sort", "data": "content", "total": "totalElements",
            "current": "number",
        },
    },
}  # fmt: skip


def portal(adapter: str, **more: Any) -> Portal:
    """The declaration of the portal under one of its contracts."""
    return Portal.model_validate(
        {
            "source": adapter,
            "kind": "portal",
            "title": {"en": adapter},
            "adapter": adapter,
            "form": "COUNTS",
            "unit": "ON",
            "address": adapter,
            "path": f"/{adapter}",
            "page_size": 2,
            "first": "2024-01",
            "last": "2024-02",
            "restate": 2,
            "attempts": 3,
        }
        | CONTRACTS[adapter]
        | more
    )
