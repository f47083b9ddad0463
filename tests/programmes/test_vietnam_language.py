"""The words of the programme of Vietnam: of its codelists, of periods and names, and what is said to the clerk."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from catalogue.period import CALENDAR, CALENDARS, Period, PeriodKind
from catalogue.rule import RULES
from transforms.resolve import Resolver
from transforms.span import parse_period
from transforms.text import fold, fold_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from catalogue.programme import Programme


@pytest.mark.parametrize(
    ("codelist", "written", "code"),
    [
        ("course_statuses", "Hoàn thành", "HOAN_THANH"),
        ("course_statuses", "hoan thanh", "HOAN_THANH"),
        ("course_statuses", "HT", "HOAN_THANH"),
        ("course_topics", "An toàn thông tin mạng", "ATTT"),
        ("course_topics", "Kĩ năng số", "KY_NANG_SO"),
        ("audiences", "Bộ phận một cửa", "CB_MOT_CUA"),
        ("course_forms", "Online", "TRUC_TUYEN"),
        ("school_levels", "TH&THCS", "TH_THCS"),
        ("service_levels", "Toàn trình", "4"),
        ("approx", "trên", ">"),
    ],
)
def test_how_codes_are_written(programme: Programme, codelist: str, written: str, code: str) -> None:
    assert Resolver(programme).code(written, codelist, Period.parse("2024")).code == code


def test_the_district_level_ends_with_the_districts(programme: Programme) -> None:
    for codelist, code in (("course_levels", "HUYEN"), ("agency_catalogs", "quan-huyen")):
        assert Resolver(programme).code(code, codelist, Period.parse("2025-H1")).code == code
        assert Resolver(programme).code(code, codelist, Period.parse("2025-H2")).rule == "cell.unknown_code"


def test_no_word_means_two_codes(programme: Programme) -> None:
    for codelist in programme.codelists:
        owners: dict[str, set[str]] = {}
        for entry in codelist.entries:
            for word in (entry.code, *entry.name.values(), *entry.aliases):
                owners.setdefault(fold(word, programme.language), set()).add(entry.code)
        assert {word: codes for word, codes in owners.items() if len(codes) > 1} == {}, codelist.codelist


PERIODS: Iterable[tuple[str, PeriodKind, str | None]] = [
    ("Quý I/2024", "quarter", "2024-Q1"),
    ("Quý 1 năm 2024", "quarter", "2024-Q1"),
    ("Q1-2024", "quarter", "2024-Q1"),
    ("QI.2024", "quarter", "2024-Q1"),
    ("Quí I/2024", "quarter", "2024-Q1"),
    ("QUÝ IV NĂM 2024", "quarter", "2024-Q4"),
    (unicodedata.normalize("NFD", "Quý III năm 2024"), "quarter", "2024-Q3"),
    ("Quy II/2024", "quarter", "2024-Q2"),
    ("Quý l/2024", "quarter", "2024-Q1"),
    ("Báo cáo Quý 2/2024", "year", "2024-Q2"),
    ("Quý 5/2024", "quarter", None),
    ("6 tháng đầu năm 2024", "half", "2024-H1"),
    ("6T/2024", "half", "2024-H1"),
    ("06 tháng năm 2024", "half", "2024-H1"),
    ("6 tháng cuối năm 2024", "half", "2024-H2"),
    ("9 tháng năm 2024", "nine_months", "2024-9M"),
    ("Tháng 03/2024", "month", "2024-03"),
    ("T3/2024", "month", "2024-03"),
    ("03/2024", "month", "2024-03"),
    ("tháng Ba năm 2024", "month", "2024-03"),
    ("Tháng 13/2024", "month", None),
    ("Năm 2024", "year", "2024"),
    ("Kỳ báo cáo: năm 2024", "year", "2024"),
    ("năm học 2023-2024", "year", "2023-2024@SCHOOL"),
    ("2023-2024", "year", "2023-2024@SCHOOL"),
    ("giai đoạn 2021-2025", "year", None),
    ("Từ ngày 15/12/2023 đến ngày 14/3/2024", "quarter", "2024-Q1@R15"),
]


@pytest.mark.parametrize(("written", "due", "code"), PERIODS)
def test_how_periods_are_written(programme: Programme, written: str, due: PeriodKind, code: str | None) -> None:
    period = parse_period(written, due, CALENDAR, programme.language, CALENDARS)
    assert (period.code if period else None) == code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TP. Bắc Giang", "Thành phố Bắc Giang"),
        ("TP.Bắc Giang", "Thanh pho Bac Giang"),
        ("TX. Việt Yên", "Thị xã Việt Yên"),
        ("X. Tân Sơn", "Xã Tân Sơn"),
        ("TT. Chũ", "Thị trấn Chũ"),
        ("Xã Đồng Hoà", "Xã Ðồng Hòa"),
        ("Xã Qui Đức", "Xã Quy Đức"),
        ("Sở VH,TT&DL", "Sở Văn hóa, Thể thao và Du lịch"),
        ("Sở LĐ-TB&XH", "Sở Lao động - Thương binh và Xã hội"),
        ("Sở NN&PTNT", "Sở Nông nghiệp và Phát triển nông thôn"),
    ],
)
def test_two_ways_to_write_a_name(programme: Programme, one: str, other: str) -> None:
    assert fold_name(one, programme.language) == fold_name(other, programme.language)


def test_every_rule_is_worded_for_the_clerk(programme: Programme) -> None:
    messages = programme.language.messages
    assert set(messages) == set(RULES)
    for rule, text in messages.items():
        allowed, mark, advice = text.partition(" | ")
        assert allowed, rule
        assert mark, rule
        assert advice, rule
