"""What the demo portal does wrong when it is told to, fault by fault, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from catalogue.errors import UsageError
from demo.portal import FAULTS, DemoPortal, portal_of
from tests.demo.questions import (
    MARCH,
    ONE_STOP,
    ORDER,
    ROOT,
    ask,
    ask_gateway,
    ask_igate,
    by_unit,
    http,
    programme,
    pull,
    record,
)


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


def test_figures_with_a_fault(portal: DemoPortal) -> None:
    good = record(portal)
    changes: dict[str, dict[str, Any]] = {
        "null_channel": {"tiepNhanTrucTiep": None},
        "null_due_date": {"daXuLyDungHan": None},
        "string_numbers": {key: str(value) for key, value in good.items() if isinstance(value, int)},
        "no_dossiers": {key: 0 for key, value in good.items() if isinstance(value, int)},
        "ids_changed": {"maDonVi": "H02.01"},
    }
    for fault, changed in changes.items():
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


def test_every_fault_stands_in_the_guide_with_its_sentence() -> None:
    guide = (ROOT / "docs" / "guides" / "demo-portal.md").read_text(encoding="utf-8")
    assert [name for name, fault in FAULTS.items() if f"| `{name}` | {fault.words} |" not in guide] == []
