"""What tests ask the demo portal, under each of its contracts, and how they add up what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import requests

from catalogue.loader import load_programme
from catalogue.programme import Programme
from demo.portal import DemoPortal

ROOT = Path(__file__).parents[2]
UNITS, PROCEDURES = 6, 4
ONE_STOP = "/api/v1/BaoCaoTongHop/ThuTuc"
GATEWAY = "/jsp/rest.jsp"
IGATE = "/pa/dossier-statistic/--statistic-agency-kgg"
MARCH = {"tuNgay": "2024-03-01", "denNgay": "2024-03-31"}
ORDER = ["maDonVi", "maTTHC"]


@cache
def programme() -> Programme:
    return load_programme(ROOT / "programmes" / "vietnam")


def ask(portal: DemoPortal, page: int = 1, size: int | None = 10, **more: Any) -> requests.Response:
    """One question to the one-stop system about March."""
    size_asked = {} if size is None else {"pageSize": size}
    body = MARCH | {"pageNumber": page, "orderBy": ORDER} | size_asked | more
    return http().post(portal.url + ONE_STOP, json=body, headers={"Authorization": f"Bearer {portal.token}"}, timeout=5)


def ask_gateway(portal: DemoPortal, page: int = 1, size: int = 4, **more: Any) -> requests.Response:
    question = {"type": "ref", "service": "report_by_month_sum_service", "p_nam": 2024, "p_thang": 3, "p_tinh_id": "24"}
    params = json.dumps(question | {"pageIndex": page, "pageSize": size} | more)
    return http().post(portal.url + GATEWAY, data={"params": params}, timeout=5)


def ask_igate(
    portal: DemoPortal, page: int = 0, size: int = 4, days: Mapping[str, str] | None = None
) -> requests.Response:
    asked: dict[str, str | int] = {
        "agency-id": "24",
        "from-date": "2024-02-29T17:00:00Z",
        "to-date": "2024-03-31T16:59:59.999Z",
    }
    return http().get(
        portal.url + IGATE,
        params=asked | {"page": page, "size": size} | dict(days or {}),
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


def by_unit(records: list[dict[str, Any]], unit: str, key: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in records:
        held: Any = one
        for name in unit.split("."):
            held = held[name]
        found[held] = found.get(held, 0) + int(one[key])
    return found


def record(portal: DemoPortal, place: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = ask(portal, size=30).json()["data"][place]
    return found
