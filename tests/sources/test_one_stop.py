"""Pulls from a portal: a real server on loopback that is slow, busy, broken, and sometimes well."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from catalogue.errors import SettingsError, SourceBroken, SourceUnavailable
from catalogue.period import CALENDARS, Period
from catalogue.source import Portal
from demo.portal import Faults, serve
from sources.portal import pull
from sources.session import Refresh, Wait

TOKEN = "a-token-nobody-else-has"
MARCH = Period.parse("2024-03")
CONTRACT = {"start": "fromDay", "end": "toDay"}


def records(count: int) -> list[dict[str, Any]]:
    return [
        {"unit": f"000.00.{number:02}.H02", "procedure": f"1.{number:06}", "received": number, "name": "Cấp giấy"}
        for number in range(count)
    ]


def portal(**more: object) -> Portal:
    return Portal.model_validate(
        {
            "source": "north",
            "kind": "portal",
            "title": {"en": "North"},
            "adapter": "one_stop",
            "form": "F",
            "unit": "H02",
            "address": "north",
            "path": "/api/v1/Report/Procedure",
            "token": "north_token",
            "contract": CONTRACT,
            "order_by": ["unit", "procedure"],
            "key": ["unit", "procedure"],
            "page_size": 10,
            "first": "2024-01",
            "attempts": 3,
        }
        | more
    )


@dataclass
class House:
    """A portal of 35 records in March, and what a pull from it did."""

    base: str
    faults: Faults
    folder: Path
    waits: list[float] = field(default_factory=list)
    renewals: int = 0

    def renew(self) -> str:
        self.renewals += 1
        return TOKEN

    def pull(self, token: str = TOKEN, period: Period = MARCH, **declared: object) -> bytes:
        return pulled(
            self.folder,
            portal(**declared),
            period,
            f"{self.base}/north",
            token,
            refresh=self.renew,
            wait=self.waits.append,
        )


def pulled(
    folder: Path,
    source: Portal,
    period: Period,
    address: str,
    token: str,
    *,
    refresh: Refresh | None = None,
    wait: Wait = time.sleep,
) -> bytes:
    """The bytes of a pull."""
    into = folder / "records.jsonl"
    return b"".join(pull(source, period, address, token, into, refresh=refresh, wait=wait).chunks())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    faults = Faults()
    counts = {
        "north": {"2024-03-01": records(35), "2024-04-01": records(30), "2024-02-15": records(1)},
        "south": {"2024-03-01": records(3)},
    }
    with serve(counts, TOKEN, contract=portal().contract, path=portal().path, faults=faults) as base:
        yield House(base, faults, tmp_path)


def parsed(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    header, *rest = [json.loads(line) for line in data.decode().splitlines()]
    return header, rest


COMPLETE = {
    "chiso": "pull/1",
    "source": "north",
    "period": "2024-03",
    "adapter": "one_stop",
    "total": 35,
    "complete": True,
    "notes": [],
}


def test_a_pull_takes_every_page_and_is_the_same_for_the_same_answer(house: House) -> None:
    data = house.pull()
    header, rest = parsed(data)
    assert header == COMPLETE
    assert [one["record"] for one in rest] == records(35)
    assert [(one["page"], one["row"]) for one in rest] == [(1 + at // 10, 1 + at % 10) for at in range(35)]
    assert data.endswith(b"}\n")
    assert "Cấp giấy".encode() in data
    assert hashlib.sha256(house.pull()).digest() == hashlib.sha256(data).digest()
    assert house.waits == []
    assert house.renewals == 0


def test_a_question_says_days_page_size_and_order_whatever_else_is_declared(house: House) -> None:
    house.pull(query={"level": "all", "withChildren": True, "code": None, "pageSize": 9999})
    assert house.faults.asked[1] == (
        "/north/api/v1/Report/Procedure",
        {
            "level": "all",
            "withChildren": True,
            "code": None,
            "fromDay": "2024-03-01",
            "toDay": "2024-03-31",
            "pageNumber": 2,
            "pageSize": 10,
            "orderBy": ["unit", "procedure"],
        },
    )


def test_the_days_are_those_of_the_calendar(house: House) -> None:
    header, rest = parsed(house.pull(period=Period.parse("2024-03@R15", CALENDARS)))
    assert (header["period"], header["total"], len(rest)) == ("2024-03@R15", 1, 1)
    assert (house.faults.asked[0][1]["fromDay"], house.faults.asked[0][1]["toDay"]) == ("2024-02-15", "2024-03-14")


@pytest.mark.parametrize(("period", "total", "pages"), [("2024-04", 30, 3), ("2024-05", 0, 1)])
def test_full_last_pages_and_empty_periods_are_complete(house: House, period: str, total: int, pages: int) -> None:
    header, rest = parsed(house.pull(period=Period.parse(period)))
    assert (header["total"], header["complete"], len(rest), len(house.faults.asked)) == (total, True, total, pages)


def test_several_portals_live_on_one_server(house: House) -> None:
    south = pulled(house.folder, portal(source="south"), MARCH, f"{house.base}/south/", TOKEN)
    assert parsed(south)[0]["total"] == 3


@pytest.mark.parametrize(
    ("once", "waits"),
    [
        (["too_many_requests"], [7.0]),
        (["server_error", "server_error"], [1.0, 2.0]),
        ([None, "server_error", None, "server_error", "too_many_requests"], [1.0, 1.0, 7.0]),
        (["dies_mid_page"], [1.0]),
        ([None, None, "dies_mid_page"], [1.0]),
        (["slow_answer"], [1.0]),
    ],
)
def test_passing_faults_are_waited_out_and_leave_no_trace(house: House, once: list[Any], waits: list[float]) -> None:
    calm = house.pull()
    house.faults.once, house.faults.retry_after, house.faults.slow_seconds = once, "7", 2.0
    assert house.pull(timeout_seconds=0.3 if "slow_answer" in once else 30) == calm
    assert house.waits == waits


@pytest.mark.parametrize(
    ("fault", "said"), [("too_many_requests", "429"), ("server_error", "500"), ("dies_mid_page", "lost|broke off")]
)
def test_a_portal_that_stays_down_is_unavailable_after_the_budget(house: House, fault: Any, said: str) -> None:
    house.faults.once = [fault] * 3
    with pytest.raises(SourceUnavailable, match=f"north.*Procedure.*({said}).*3 times"):
        house.pull()
    assert len(house.waits) == 2
    assert len(house.faults.asked) == 3


def test_a_portal_that_asks_for_too_long_a_pause_is_unavailable_at_once(house: House) -> None:
    house.faults.once, house.faults.retry_after = ["too_many_requests"], "86400"
    with pytest.raises(SourceUnavailable, match="come back after 86400 s"):
        house.pull()
    assert house.waits == []


@pytest.mark.parametrize("asked", ["soon", "", "Thu, 01 Jan 1970 00:00:00 GMT", "-5"])
def test_a_pause_that_makes_no_sense_does_no_harm(house: House, asked: str) -> None:
    house.faults.once, house.faults.retry_after = ["too_many_requests"], asked
    assert parsed(house.pull())[0] == COMPLETE
    assert house.waits[0] in (0.0, 1.0)


def test_nobody_there_is_unavailable(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        waits: list[float] = []
        with pytest.raises(SourceUnavailable, match="no connection"):
            pulled(tmp_path, portal(), MARCH, address, TOKEN, wait=waits.append)
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize(
    ("token", "once"),
    [("stale", []), (TOKEN, ["html_login"]), (TOKEN, ["token_refused"]), (TOKEN, [None, "html_login"])],
)
def test_an_expired_token_is_renewed_once(house: House, token: str, once: list[Any]) -> None:
    house.faults.once = once
    assert parsed(house.pull(token))[0] == COMPLETE
    assert (house.renewals, house.waits) == (1, [])


@pytest.mark.parametrize("fault", ["html_login", "token_refused"])
def test_a_token_that_stays_refused_ends_without_a_loop_and_is_never_shown(house: House, fault: Any) -> None:
    house.faults.once = [fault] * 9
    with pytest.raises(SourceBroken, match=r"north.*Procedure.*north_token") as caught:
        house.pull()
    assert TOKEN not in str(caught.value)
    assert (house.renewals, len(house.faults.asked)) == (1, 2)


def test_a_token_that_cannot_be_renewed_is_broken(house: House) -> None:
    with pytest.raises(SourceBroken, match="401") as caught:
        pulled(house.folder, portal(), MARCH, f"{house.base}/north", "stale-token")
    assert "stale-token" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "Bearer x", "mã"])
def test_a_secret_that_is_no_token_is_a_setting(token: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="north_token") as caught:
        pulled(tmp_path, portal(), MARCH, "http://127.0.0.1:9", token)
    assert not token.strip() or token.strip() not in str(caught.value).replace("'Bearer'", "")


@pytest.mark.parametrize("address", ["", "portal.example", "ftp://portal.example", "http://", "C:\\portal"])
def test_an_address_that_is_none_is_a_setting(address: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="portal 'north'"):
        pulled(tmp_path, portal(), MARCH, address, TOKEN)


@pytest.mark.parametrize(
    ("steady", "note", "taken"),
    [
        ("rows_shift", "came before, as 000.00.09.H02 1.000009", 35),
        ("total_wrong", "35 records came where totalCount says 36", 35),
        ("total_changes", "totalCount was 35 on the first page and 36 on the last", 35),
        ("page_repeats", "came before", 50),
    ],
)
def test_a_pull_that_never_adds_up_is_taken_three_times_and_marked(
    house: House, steady: Any, note: str, taken: int
) -> None:
    house.faults.steady = {steady}
    header, rest = parsed(house.pull())
    assert header["complete"] is False
    assert note in " ".join(header["notes"])
    assert len(rest) == taken
    assert len([question for _, question in house.faults.asked if question["pageNumber"] == 1]) == 3
    assert house.pull() == house.pull()


def test_rows_that_shift_once_leave_no_trace(house: House) -> None:
    calm = house.pull()
    house.faults.asked.clear()
    house.faults.steady = {"rows_shift"}
    house.faults.once = [None] * 4

    def stop_shifting(_: float) -> None:
        house.faults.steady = set()

    house.faults.once[3] = "too_many_requests"  # The last page of the first pull: from there on nothing shifts.
    again = pulled(house.folder, portal(), MARCH, f"{house.base}/north", TOKEN, wait=stop_shifting)
    assert again == calm
    assert len(house.faults.asked) == 4 + 1 + 4


def test_more_pages_that_are_promised_and_empty_end_with_a_note(house: House) -> None:
    house.faults.steady = {"more_but_empty"}
    header, rest = parsed(house.pull())
    assert (header["complete"], len(rest)) == (True, 35)
    assert header["notes"] == ["page 5 is empty and yet says that more follow; stopped there"]


def test_a_portal_that_ignores_the_page_size_is_taken_whole(house: House) -> None:
    house.faults.steady = {"page_size_ignored"}
    header, rest = parsed(house.pull())
    assert (header["complete"], len(rest), rest[-1]["page"]) == (True, 35, 1)


def test_half_a_page_is_broken(house: House) -> None:
    house.faults.once = [None, "half_a_page"]
    with pytest.raises(SourceBroken, match=r"north.*/north/api/v1/Report/Procedure.*not JSON"):
        house.pull()


def test_a_redirect_to_another_host_is_refused_and_one_on_the_same_host_followed(house: House) -> None:
    house.faults.once = ["redirect_here"]
    assert parsed(house.pull())[0] == COMPLETE
    house.faults.once = ["redirect_elsewhere"]
    with pytest.raises(SourceBroken, match=r"redirects to https://login\.invalid"):
        house.pull()
    house.faults.once = ["redirect_here"] * 9
    with pytest.raises(SourceBroken, match="redirected more than"):
        house.pull()


def test_a_wrong_path_is_broken(house: House) -> None:
    with pytest.raises(SourceBroken, match="/north/api/v2: it answered 404"):
        house.pull(path="/api/v2")


@contextmanager
def answering(content: bytes, kind: str = "application/json") -> Iterator[tuple[str, list[str]]]:
    """A server that answers every question with the same bytes; its address, and the Authorization headers it saw."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    with ExitStack() as stack:
        server = stack.enter_context(HTTPServer(("127.0.0.1", 0), Handler))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        yield f"http://127.0.0.1:{server.server_port}", seen


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\xff", "not JSON"),
        (b'{"data": [NaN]}', "NaN is no number"),
        (b'{"data": [{"a": 1, "a": 2}]}', "the key 'a' twice"),
        (b"[" * 100_000, "not JSON"),
        (b'{"data": 1e99999999999999999999}', "not JSON"),
        (b"[]", "the answer is .* contract says an object"),
        (b"{}", "page 1: data is nothing where the contract says a list"),
        (b'{"data": {}, "totalCount": 0, "hasNextPage": false}', "data is .* a list"),
        (b'{"data": [1], "totalCount": 1, "hasNextPage": false}', "data, record 1, is 1 where .* an object"),
        (b'{"data": [], "hasNextPage": false}', "totalCount is nothing"),
        (b'{"data": [], "totalCount": "0", "hasNextPage": false}', "totalCount is '0' .* a whole number"),
        (b'{"data": [], "totalCount": -1, "hasNextPage": false}', "totalCount is -1"),
        (b'{"data": [], "totalCount": 0}', "hasNextPage is nothing .* true or false"),
        (b'{"data": [], "totalCount": 0, "hasNextPage": false, "currentPage": 7}', "currentPage is 7 .* says 1"),
        (b'{"data": [{"a": "\\ud800"}], "totalCount": 1, "hasNextPage": false}', "half a character"),
    ],
)
def test_what_is_out_of_contract_is_broken_and_says_what_was_found(content: bytes, said: str, tmp_path: Path) -> None:
    with answering(content) as (address, _), pytest.raises(SourceBroken, match=said) as caught:
        pulled(tmp_path, portal(), MARCH, address, TOKEN)
    assert TOKEN not in str(caught.value)


def test_figures_are_kept_as_sent(tmp_path: Path) -> None:
    record = (
        b'{"unit":"u","procedure":"p","a":0.10000000000000001,"b":1.50,"c":12345678901234567890,"d":null,'
        b'"e":{"f":[0.1,true]}}'
    )
    content = b'{"data":[' + record + b'],"totalCount":1,"hasNextPage":false}'
    with answering(content, "text/plain") as (address, seen):
        data = pulled(tmp_path, portal(), MARCH, address, f" {TOKEN}\n")
    assert data.splitlines()[1] == b'{"page":1,"row":1,"record":' + record + b"}"
    assert seen == [f"Bearer {TOKEN}"]
