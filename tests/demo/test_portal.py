"""The demo portal as an adapter meets it: over HTTP, contract by contract, fault by fault."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.errors import ChisoError, SettingsError, UsageError
from catalogue.loader import load_programme
from catalogue.programme import Programme
from demo.portal import FAULTS, DemoPortal, Figures, Procedure, Span, Unit, load_dialects, portal_of
from demo.portal.figures import month_span
from flows.command_line import app

ROOT = Path(__file__).parents[2]
VIETNAM = ROOT / "programmes" / "vietnam"
UNITS, PROCEDURES = 6, 4
ONE_STOP = "/api/v1/BaoCaoTongHop/ThuTuc"
GATEWAY = "/jsp/rest.jsp"
IGATE = "/pa/dossier-statistic/--statistic-agency-kgg"
MARCH = {"tuNgay": "2024-03-01", "denNgay": "2024-03-31"}
ORDER = ["maDonVi", "maTTHC"]


@cache
def programme() -> Programme:
    return load_programme(VIETNAM)


@pytest.fixture(scope="module")
def served() -> Iterator[DemoPortal]:
    with portal_of(programme(), units=UNITS, procedures=PROCEDURES, months=3) as portal:
        yield portal


@pytest.fixture
def portal(served: DemoPortal) -> DemoPortal:
    """The portal without a fault, its past as it was first counted."""
    served.faults.switch_off()
    served.faults.revision = 0
    served.faults.asked.clear()
    return served


def ask(portal: DemoPortal, page: int = 1, size: int | None = 10, **more: Any) -> requests.Response:
    """One question to the one-stop system about March."""
    size_asked = {} if size is None else {"pageSize": size}
    body = MARCH | {"pageNumber": page, "orderBy": ORDER} | size_asked | more
    return http().post(portal.url + ONE_STOP, json=body, headers={"Authorization": f"Bearer {portal.token}"}, timeout=5)


def ask_gateway(portal: DemoPortal, page: int = 1, size: int = 4, **more: Any) -> requests.Response:
    question = {"type": "ref", "service": "report_by_month_sum_service", "p_nam": 2024, "p_thang": 3, "p_tinh_id": "24"}
    params = json.dumps(question | {"pageIndex": page, "pageSize": size} | more)
    return http().post(portal.url + GATEWAY, data={"params": params}, timeout=5)


def ask_igate(portal: DemoPortal, page: int = 0, size: int = 4, **more: Any) -> requests.Response:
    asked = {"agency-id": "24", "from-date": "2024-02-29T17:00:00Z", "to-date": "2024-03-31T16:59:59.999Z"}
    return http().get(
        portal.url + IGATE,
        params=asked | {"page": page, "size": size} | more,
        headers={"Authorization": f"Bearer {portal.token}"},
        timeout=5,
    )


@cache
def http() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


@dataclass
class Pulled:
    """What all pages said."""

    keys: list[tuple[str | None, str]] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    more: list[bool] = field(default_factory=list)

    @property
    def said(self) -> tuple[int, int, list[int], list[int], list[bool]]:
        """Records, different ones, their number per page, totals and promises of more."""
        return len(self.keys), len(set(self.keys)), self.sizes, self.totals, self.more


def pull(portal: DemoPortal, pages: int = 3, **more: Any) -> Pulled:
    """So many pages, whatever they promise."""
    found = Pulled()
    for page in range(1, pages + 1):
        answer = ask(portal, page, **more).json()
        found.keys += [(one["maDonVi"], one["maTTHC"]) for one in answer["data"]]
        found.totals.append(answer["totalCount"])
        found.sizes.append(len(answer["data"]))
        found.more.append(answer["hasNextPage"])
    return found


# Contracts


def by_unit(records: list[dict[str, Any]], unit: str, key: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in records:
        held: Any = one
        for name in unit.split("."):
            held = held[name]
        found[held] = found.get(held, 0) + int(one[key])
    return found


def test_three_contracts_tell_the_same_truth(portal: DemoPortal) -> None:
    one_stop = [one for page in (1, 2, 3) for one in ask(portal, page).json()["data"]]
    gateway = [one for page in (1, 2) for one in ask_gateway(portal, page).json()]
    igate = [one for page in (0, 1) for one in ask_igate(portal, page).json()["content"]]
    assert (len(one_stop), len(gateway), len(igate)) == (UNITS * PROCEDURES, UNITS, UNITS)
    for measure, keys in {
        "received_total": ("tongTiepNhan", "HS_TOTAL", "received"),
        "received_online": ("tiepNhanQuaMang", "HTN_TRUCTUYEN", "receivedOnline"),
        "resolved_late": ("daXuLyQuaHan", "HTQH", "resolvedOverdue"),
        "pending_total": ("tongDangXuLy", "HS_DANGXULY", "unresolved"),
    }.items():
        truth = {unit: held[measure] for unit, held in portal.truth("2024-03").items()}
        assert by_unit(one_stop, "maDonVi", keys[0]) == truth
        assert by_unit(gateway, "MA_DON_VI", keys[1]) == truth
        assert by_unit(igate, "agency.code", keys[2]) == truth


def test_an_answer_of_the_one_stop_system_is_that_of_the_contract(portal: DemoPortal) -> None:
    answer = ask(portal, 2).json()
    assert {key: value for key, value in answer.items() if key != "data"} == {
        "currentPage": 2, "totalPages": 3, "totalCount": 24, "pageSize": 10, "hasPreviousPage": True,
        "hasNextPage": True,
    }  # fmt: skip
    record = answer["data"][0]
    assert (record["maDonVi"], record["catalog"], record["mucDo"]) == ("000.00.03.H02", "so-ban-nganh", "3")
    assert record["maTTHC"].endswith(".000.00.00.H02")


@pytest.mark.parametrize(
    ("asked", "records"),
    [
        ({"p_tinh_id": "24"}, 6),
        ({"p_tinh_id": None}, 6),
        ({"p_tinh_id": "398126"}, 0),
        ({"p_thang": None, "p_quy": 1}, 6),
        ({"p_thang": 0, "p_6thang": 2}, 0),
        ({"p_nam": "2024"}, 6),
        ({"p_nam": 2023}, 0),
    ],
)
def test_the_gateway_is_asked_by_number_of_year_and_part_and_answers_a_bare_list(
    portal: DemoPortal, asked: dict[str, Any], records: int
) -> None:
    found = ask_gateway(portal, size=20, **asked).json()
    assert len(found) == records
    assert all(isinstance(one["HS_TOTAL"], str) for one in found)


def test_a_quarter_is_the_sum_of_its_months(portal: DemoPortal) -> None:
    quarter = ask_gateway(portal, size=1, p_thang=None, p_quy=1).json()[0]
    months = [ask_gateway(portal, size=1, p_thang=month).json()[0] for month in (1, 2, 3)]
    assert int(quarter["HTN_TRUCTUYEN"]) == sum(int(one["HTN_TRUCTUYEN"]) for one in months)
    assert int(quarter["HS_DAXULY"]) == sum(int(one["HS_DAXULY"]) for one in months)
    assert (quarter["HS_KYTRUOC"], quarter["HS_DANGXULY"]) == (months[0]["HS_KYTRUOC"], months[2]["HS_DANGXULY"])


def test_days_in_utc_are_not_the_days_of_the_portal(portal: DemoPortal) -> None:
    right = ask_igate(portal).json()
    wrong = ask_igate(portal, **{"from-date": "2024-03-01T00:00:00Z", "to-date": "2024-03-31T23:59:59Z"}).json()
    assert (right["number"], right["first"], right["last"], right["totalElements"]) == (0, True, False, 6)
    assert right["content"][0]["agency"] == wrong["content"][0]["agency"]
    assert right["content"] != wrong["content"]


@pytest.mark.parametrize(
    ("put", "words"),
    [
        (lambda portal: ask(portal, tuNgay="01/03/2024"), "tuNgay is '01/03/2024'; allowed is a day"),
        (lambda portal: ask(portal, denNgay=None), "denNgay is None"),
        (lambda portal: ask(portal, page=0), "pageNumber is 0; allowed is a whole number from 1 to"),
        (lambda portal: ask(portal, size=-5), "pageSize is -5"),
        (lambda portal: ask(portal, orderBy=7), "orderBy is 7"),
        (lambda portal: ask(portal, maDinhDanh=["x"]), "maDinhDanh is"),
        (lambda portal: ask_gateway(portal, service="other"), "service is 'other'; allowed is report_by_month"),
        (lambda portal: ask_gateway(portal, p_thang=13), "p_thang is 13"),
        (lambda portal: ask_igate(portal, **{"from-date": "2024-03-01"}), "without a zone"),
        (lambda portal: ask_igate(portal, page=-1), "page is '-1'; allowed is a whole number from 0"),
    ],
)
def test_a_question_out_of_the_contract_is_refused_in_words(
    portal: DemoPortal, put: Callable[[DemoPortal], requests.Response], words: str
) -> None:
    answer = put(portal)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", ONE_STOP, 405),
        ("DELETE", GATEWAY, 405),
        ("POST", IGATE, 405),
        ("GET", "/nowhere", 404),
        ("PUT", "/_token", 405),
    ],
)
def test_other_methods_and_paths_are_told_apart(portal: DemoPortal, method: str, path: str, status: int) -> None:
    answer = http().request(method, portal.url + path, timeout=5)
    assert (answer.status_code, "Allow" in answer.headers) == (status, status == 405)


def test_a_unit_or_a_level_may_be_asked_for(portal: DemoPortal) -> None:
    assert ask(portal, size=50, maDinhDanh="000.00.03.H02").json()["totalCount"] == PROCEDURES
    assert ask(portal, size=50, maDinhDanh="H02.03").json()["totalCount"] == 0
    assert ask(portal, size=50, catalog="xa-phuong").json()["totalCount"] == 0


# Faults


def test_without_a_fault_every_record_comes_once_in_the_order_asked_for(portal: DemoPortal) -> None:
    found = pull(portal)
    assert found.said == (24, 24, [10, 10, 4], [24, 24, 24], [True, True, False])
    assert found.keys == sorted(found.keys, key=str)
    by_procedure = pull(portal, orderBy=["maTTHC", "maDonVi"]).keys
    assert by_procedure == sorted(by_procedure, key=lambda key: (key[1], key[0]))
    assert pull(portal, pages=1, size=None).said == (24, 24, [24], [24], [False])


PAGES = [
    # fault, (records, different ones, per page, totals, promises) of three pages of ten of 24 records
    ("page_size_ignored", (24, 24, [24, 0, 0], [24, 24, 24], [False, False, False])),
    ("rows_shift", (24, 23, [10, 10, 4], [24, 24, 24], [True, True, False])),
    ("row_lost", (22, 22, [10, 9, 3], [24, 24, 24], [True, True, False])),
    ("duplicate_across_pages", (25, 24, [10, 11, 4], [24, 24, 24], [True, True, False])),
    ("page_repeats", (30, 10, [10, 10, 10], [24, 24, 24], [True, True, True])),
    ("total_changes", (24, 24, [10, 10, 4], [24, 25, 25], [True, True, False])),
    ("total_wrong", (24, 24, [10, 10, 4], [25, 25, 25], [True, True, False])),
    ("more_but_empty", (24, 24, [10, 10, 4], [24, 24, 24], [True, True, True])),
    ("not_built", (0, 0, [0, 0, 0], [0, 0, 0], [False, False, False])),
    ("no_dossiers", (24, 24, [10, 10, 4], [24, 24, 24], [True, True, False])),
    ("levels_added_twice", (28, 28, [10, 10, 8], [28, 28, 28], [True, True, False])),
    ("order_needed", (24, 24, [10, 10, 4], [24, 24, 24], [True, True, False])),
]


@pytest.mark.parametrize(("fault", "said"), PAGES, ids=[name for name, _ in PAGES])
def test_pages_with_a_fault(portal: DemoPortal, fault: str, said: tuple[Any, ...]) -> None:
    portal.faults.switch_on(fault)
    assert pull(portal).said == said


def test_a_forced_page_size_is_said_by_the_answer(portal: DemoPortal) -> None:
    portal.faults.switch_on("page_size_forced")
    portal.faults.forced_size = 5
    answer = ask(portal, size=20).json()
    portal.faults.forced_size = 50
    assert (len(answer["data"]), answer["pageSize"], answer["totalPages"]) == (5, 5, 5)


@pytest.mark.parametrize(("fault", "order"), [("order_unstable", ORDER), ("order_needed", None)])
def test_an_unstable_order_repeats_records_and_leaves_others_out(portal: DemoPortal, fault: str, order: Any) -> None:
    portal.faults.switch_on(fault)
    found = pull(portal, orderBy=order)
    assert len(found.keys) == 24
    assert len(set(found.keys)) < 24
    assert pull(portal, pages=1, size=24, orderBy=order).said[:2] == (24, 24)


def record(portal: DemoPortal, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = ask(portal, size=30).json()["data"][place]
    return found


def test_figures_with_a_fault(portal: DemoPortal) -> None:
    good = record(portal)
    for fault, changed in {
        "null_channel": {"tiepNhanTrucTiep": None},
        "null_due_date": {"daXuLyDungHan": None},
        "string_numbers": {key: str(value) for key, value in good.items() if isinstance(value, int)},
        "no_dossiers": {key: 0 for key, value in good.items() if isinstance(value, int)},
        "ids_changed": {"maDonVi": "H02.01"},
    }.items():
        portal.faults.switch_off()
        portal.faults.switch_on(fault)
        assert record(portal) == good | changed, fault
    assert ask_igate(portal).json()["totalElements"] == 0
    assert ask_gateway(portal, p_tinh_id="398126").json()[0]["MA_DON_VI"] == "000.00.01.H02"


def test_totals_to_which_levels_are_added_twice_are_no_truth() -> None:
    with portal_of(programme(), units=25, procedures=1, months=3) as portal:
        portal.faults.switch_on("levels_added_twice")
        *units, total = ask(portal, size=50).json()["data"]
        top = {one["maDonVi"] for one in units if one["catalog"] == "so-ban-nganh"}
        assert (len(units), len(top), total["maDonVi"]) == (25, 19, None)
        assert total["tongTiepNhan"] == sum(one["tongTiepNhan"] * (1 if one["maDonVi"] in top else 2) for one in units)


def test_history_that_changes_stays_changed_and_the_truth_with_it(portal: DemoPortal) -> None:
    before, truth = ask(portal, size=30).json()["data"], portal.truth("2024-03")
    portal.faults.switch_on("history_changes:3")
    portal.faults.switch_off()
    after = ask(portal, size=30).json()["data"]
    assert before != after
    assert [one["maTTHC"] for one in before] == [one["maTTHC"] for one in after]
    assert by_unit(after, "maDonVi", "tongTiepNhan") == {
        unit: held["received_total"] for unit, held in portal.truth("2024-03").items()
    }
    assert truth != portal.truth("2024-03")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("too_many_requests", lambda answer: (answer.status_code, answer.headers["Retry-After"]) == (429, "1")),
        ("server_error", lambda answer: answer.status_code == 500),
        ("unavailable", lambda answer: (answer.status_code, answer.text[:14]) == (503, "<!DOCTYPE html")),
        ("html_login", lambda answer: (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")),
        ("token_refused", lambda answer: answer.status_code == 401),
        ("token_expires", lambda answer: answer.status_code == 401),
        ("empty_body", lambda answer: (answer.status_code, answer.content) == (200, b"")),
        ("half_a_page", lambda answer: answer.status_code == 200 and not answer.text.endswith("}")),
        ("redirect_elsewhere", lambda answer: "login.invalid" in str(answer.history or answer.headers)),
    ],
)
def test_instead_of_an_answer_once(portal: DemoPortal, fault: str, said: Callable[[requests.Response], bool]) -> None:
    portal.faults.switch_on(f"{fault}:1")
    body = MARCH | {"pageNumber": 1, "pageSize": 10}
    headers = {"Authorization": f"Bearer {portal.token}"}
    answer = http().post(portal.url + ONE_STOP, json=body, headers=headers, timeout=5, allow_redirects=False)
    assert said(answer)
    assert ask(portal).status_code == 200


@pytest.mark.parametrize("fault", ["dies_mid_page", "no_answer"])
def test_a_connection_that_ends_once(portal: DemoPortal, fault: str) -> None:
    portal.faults.switch_on(f"{fault}:1")
    with pytest.raises(requests.exceptions.RequestException):
        ask(portal)
    assert ask(portal).status_code == 200


def test_an_answer_that_comes_late_and_one_at_another_address(portal: DemoPortal) -> None:
    portal.faults.once, portal.faults.slow_seconds = ["slow_answer", "redirect_here"], 0.2
    slow, here = ask(portal), ask(portal)
    assert (slow.status_code, slow.elapsed.total_seconds() >= 0.2) == (200, True)
    assert (here.status_code, len(here.history)) == (200, 1)


def test_a_token_that_is_void_stays_so_and_a_new_one_is_given_out(portal: DemoPortal) -> None:
    old = portal.token
    portal.faults.switch_on("token_expires:1")
    assert ask(portal).status_code == 401
    headers = {"Authorization": f"Bearer {old}"}
    assert http().post(portal.url + ONE_STOP, json=MARCH, headers=headers, timeout=5).status_code == 401
    new = http().post(f"{portal.url}/_token", timeout=5).json()["access_token"]
    assert new == portal.renew() != old
    assert ask(portal).status_code == 200
    assert ask_gateway(portal).status_code == 200


# Where faults are switched on


def test_faults_are_switched_on_over_http_and_counted(portal: DemoPortal) -> None:
    address = f"{portal.url}/_faults"
    said = http().post(address, params={"fault": ["server_error:2", "string_numbers"]}, timeout=5).json()
    assert said == {"steady": ["string_numbers"], "counted": {"server_error": 2}, "once": [], "revision": 0}
    assert [ask(portal).status_code for _ in range(3)] == [500, 500, 200]
    assert isinstance(record(portal)["tongTiepNhan"], str)
    http().delete(address, timeout=5)
    listed = http().get(address, timeout=5).json()
    assert listed["faults"] == {name: fault.words for name, fault in FAULTS.items()}
    assert listed["on"] == {"steady": [], "counted": {}, "once": [], "revision": 0}


def test_a_question_may_bring_its_own_faults(portal: DemoPortal) -> None:
    def asked(header: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {portal.token}", "X-Fault": header}
        return http().post(portal.url + ONE_STOP, json=MARCH, headers=headers, timeout=5)

    assert asked("server_error").status_code == 500
    assert asked("").status_code == 200
    told = asked("string_numbers, null_channel").json()["data"][0]
    assert (told["tiepNhanTrucTiep"], isinstance(told["tongTiepNhan"], str)) == (None, True)
    assert "no fault of one answer" in asked("history_changes").json()["error"]
    assert "there is no fault 'nope'" in asked("nope").json()["error"]


@pytest.mark.parametrize("text", ["", "nope", "server_error:0", "server_error:", "server_error:x", "server_error:-1"])
def test_a_fault_that_is_none_switches_nothing_on(portal: DemoPortal, text: str) -> None:
    with pytest.raises(UsageError):
        portal.faults.switch_on("rows_shift", text)
    assert portal.faults.on() == {"steady": [], "counted": {}, "once": [], "revision": 0}


def test_the_truth_is_readable_whatever_is_answered(portal: DemoPortal) -> None:
    portal.faults.switch_on("server_error", "ids_changed")
    told = http().get(f"{portal.url}/_truth", params={"period": "2024-03"}, timeout=5).json()
    truth = portal.truth("2024-03")
    assert told["total"]["received_total"] == sum(held["received_total"] for held in truth.values())
    assert {one["unit_code"]: one["received_total"] for one in told["units"]} == {
        unit: held["received_total"] for unit, held in truth.items()
    }
    assert told["units"][0]["other_code"] == "H02.01"
    outside = http().get(f"{portal.url}/_truth", params={"period": "2025-01"}, timeout=5).json()
    assert (outside["built"], outside["units"]) == (False, [])
    assert http().get(f"{portal.url}/_truth", timeout=5).json()["periods"] == ["2024-01", "2024-02", "2024-03"]
    assert http().get(f"{portal.url}/_truth", params={"period": "2024-3"}, timeout=5).status_code == 400


# Figures


FIGURES = Figures(
    tuple(Unit(f"u{number:04}") for number in range(3321)), tuple(Procedure(f"p{number:03}") for number in range(300)),
    "2020-01", 60,
)  # fmt: skip
PLACES = np.arange(0, 3321, 415, dtype=np.int64)
IDENTITIES = {
    "received_total": ("carried_over", "received_new"),
    "received_new": ("received_online", "received_direct", "received_post"),
    "resolved_total": ("resolved_early", "resolved_on_time", "resolved_late"),
    "pending_total": ("pending_in_time", "pending_late"),
}
DAYS = st.dates(month_span("2023-12").start.date(), month_span("2024-03").end.date())


@settings(max_examples=30)
@given(st.lists(DAYS, min_size=3, max_size=3, unique=True))
def test_what_a_portal_counts_adds_up_over_any_days(some: list[Any]) -> None:
    first, middle, last = (datetime.combine(day, datetime.min.time()) for day in sorted(some))
    early, late, both = (
        FIGURES.table(span, PLACES, PLACES % 300)
        for span in (Span(first, middle), Span(middle, last), Span(first, last))
    )
    for table in (early, late, both):
        assert all((column >= 0).all() for column in table.values())
        for total, parts in IDENTITIES.items():
            assert (table[total] == sum(table[part] for part in parts)).all()
        assert (table["received_total"] == table["resolved_total"] + table["pending_total"]).all()
    for flow in ("received_online", "received_direct", "received_post", "resolved_total"):
        assert (early[flow] + late[flow] == both[flow]).all()
    assert (early["pending_total"] == late["carried_over"]).all()


def test_a_country_costs_no_more_than_its_page() -> None:
    """The last page of a million rows in the last of 60 months is the same as in a portal of that unit alone."""
    alone = Figures((Unit("u3320"),), FIGURES.procedures, "2020-01", 60)
    places = np.arange(100, 300, dtype=np.int64)
    big = FIGURES.table(month_span("2024-12"), np.full(200, 3320, dtype=np.int64), places)
    small = alone.table(month_span("2024-12"), np.zeros(200, dtype=np.int64), places)
    assert all((big[name] == small[name]).all() for name in big)


# Command and declarations


def test_the_command_answers_until_it_is_stopped() -> None:
    options = ["--port", "0", "--units", "2", "--procedures", "2", "--months", "1", "--fault", "server_error:1"]
    code = "from flows.command_line import main; main()"
    command = [sys.executable, "-c", code, "demo-portal", *options]
    question = json.dumps({"type": "ref", "p_nam": 2024, "service": "report_by_year_sum_service"})
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = said.split(",")[0] + GATEWAY
        try:
            told = [http().post(url, data={"params": question}, timeout=5) for _ in range(2)]
        finally:
            process.send_signal(signal.SIGINT)
        assert "SYNTHETIC" in said
        assert ([answer.status_code for answer in told], len(told[1].json())) == ([500, 200], 2)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--fault", "nope"], "there is no fault 'nope'; allowed are too_many_requests, "),
        (["--fault", "rows_shift:0"], "fault rows_shift: '0' is not how often it hits"),
        (["--first", "2024-13"], "'2024-13' is no month"),
        (["--units", "0"], "--units is 0"),
        (["--port", "70000"], "port 70000 cannot be taken"),
        (["--programme", "canada"], "no portal to try against"),
    ],
)
def test_the_command_says_what_is_wrong(options: list[str], words: str) -> None:
    with pytest.raises(ChisoError, match=re.escape(words)):
        app(["demo-portal", *options], result_action="return_value")


NO_SPAN = """
dialect: x
title: {en: X}
method: GET
path: /x
per: unit
asked: {borne: query, page: p, size: s}
answered: {}
record: {}
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dialect: [", "one.yml:"),
        ("dialect: x", "method: Field required"),
        (NO_SPAN, "start and end, or a year"),
        (None, "declares one contract in each portal/"),
    ],
)
def test_a_contract_that_is_declared_wrong_is_named(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "one.yml").write_text(text)
    with pytest.raises(SettingsError, match=words):
        load_dialects(tmp_path)


def test_every_fault_stands_in_the_guide_with_its_sentence() -> None:
    guide = (ROOT / "docs" / "guides" / "demo-portal.md").read_text(encoding="utf-8")
    assert [name for name, fault in FAULTS.items() if f"| `{name}` | {fault.words} |" not in guide] == []
