"""A notice names form, unit and everything above the unit as they were in the delivery's period."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from alerts.notice import Notice, notice
from catalogue.delivery import Delivery
from catalogue.period import Period
from catalogue.programme import Header, Programme
from catalogue.register import Register, Version

PLACES: Final = Register(
    register="places",
    entity="place",
    title={"en": "Places"},
    versions=(
        Version(key=1, code="P1", name="Bắc", name_en="North"),
        Version(key=1, code="P1", name="Đại Bắc", name_en="Grand North", valid_from=date(2025, 7, 1), event="renamed"),
    ),
)
OFFICES: Final = Register(
    register="offices",
    entity="office",
    title={"en": "Offices"},
    links="places",
    versions=(
        Version(key=10, code="D", name="Sở Nội vụ", name_en="Home Affairs", link=1),
        Version(key=10, code="D", name="Sở Nội vụ mới", valid_from=date(2025, 1, 1), event="renamed", link=1),
        Version(key=11, code="D.1", name="Phòng Một", parent=10),
    ),
)
PROGRAMME: Final = Programme(
    header=Header(programme="tiny", title={"vi": "Nhỏ", "en": "Tiny"}, languages=("vi", "en")),
    folder=Path(),
    digest="",
    languages=(),
    registers=(PLACES, OFFICES),
)
ARRIVED: Final = Delivery(
    sha256="ab",
    name="a.xlsx",
    source="post",
    received_at=datetime(2025, 2, 1, 8),
    size=1,
    form="F",
    unit_key=10,
    unit_code="D",
    period=Period.parse("2024-Q4"),
)


def of(delivery: Delivery) -> Notice:
    return notice(PROGRAMME, delivery, "rejected", findings=3, set_aside=2, receipt="r.json")


def test_a_notice_carries_codes_names_and_counts() -> None:
    assert of(ARRIVED) == Notice(
        name="a.xlsx",
        status="rejected",
        findings=3,
        set_aside=2,
        receipt="r.json",
        form="F",
        unit="D",
        unit_name={"vi": "Sở Nội vụ", "en": "Home Affairs"},
        period="2024-Q4",
        above=frozenset({"D", "P1"}),
        unit_key=10,
    )


def test_a_unit_is_named_as_of_the_period_and_without_one_as_of_its_arrival() -> None:
    told = of(replace(ARRIVED, period=None))
    assert (told.period, told.unit_name) == (None, {"vi": "Sở Nội vụ mới", "en": "Sở Nội vụ mới"})


def test_everything_above_a_unit_counts_its_parents_and_what_these_link_to() -> None:
    assert of(replace(ARRIVED, unit_key=11, unit_code="D.1")).above == {"D.1", "D", "P1"}


def test_what_is_unknown_stays_unknown() -> None:
    told = of(replace(ARRIVED, form=None, unit_key=None, unit_code=None, period=None))
    assert (told.form, told.unit, told.unit_name, told.period, told.above) == (None, None, {}, None, frozenset())
