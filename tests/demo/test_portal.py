"""The demo portal as an adapter meets it: over HTTP, contract by contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from demo.portal import DemoPortal
from tests.demo.questions import (
    GATEWAY,
    IGATE,
    ONE_STOP,
    PROCEDURES,
    UNITS,
    ask,
    ask_gateway,
    ask_igate,
    by_unit,
    http,
)


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
    wrong = ask_igate(portal, days={"from-date": "2024-03-01T00:00:00Z", "to-date": "2024-03-31T23:59:59Z"}).json()
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
        (lambda portal: ask_igate(portal, days={"from-date": "2024-03-01"}), "without a zone"),
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
