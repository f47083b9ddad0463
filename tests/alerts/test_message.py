"""What a route is told: which deliveries, in which words, how many of them; and never more than codes and counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

import pytest

from alerts.message import CAPPED, LONGEST, PHRASES, Message, compose
from alerts.notice import Notice
from catalogue.document import YamlDocument
from catalogue.language import Language, Phrase
from catalogue.route import Route

PACKS: Final = Path(__file__).parents[2] / "programmes" / "vietnam" / "languages"
TITLE: Final = {"vi": "Thống kê chuyển đổi số", "en": "Digital statistics"}
ALL: Final = ("accepted", "accepted_with_warnings", "partly_accepted", "rejected", "error")
REJECTED: Final = Notice(
    name="Biểu 01.xlsx",
    status="rejected",
    findings=1234,
    set_aside=20,
    receipt="/home/receipts/ab.json",
    form="BM-01",
    form_title={"vi": "Khóa đào tạo", "en": "Courses"},
    unit="H02.24",
    unit_name={"vi": "Sở Nội vụ", "en": "Home Affairs"},
    period="2024-Q1",
    above=frozenset({"H02.24", "H02"}),
)
PARTLY: Final = replace(
    REJECTED, name="b.xlsx", status="partly_accepted", form="BM-02", unit="H44.1", above=frozenset({"H44.1", "H44"})
)
STRANGE: Final = Notice(name="thư.docx", status="error", findings=1, set_aside=0, receipt="")
RUN: Final = (REJECTED, PARTLY, STRANGE)


def pack(name: str) -> Language:
    return Language.model_validate(YamlDocument((PACKS / f"{name}.yml").read_text(encoding="utf-8")).value)


LANGUAGES: Final = {name: pack(name) for name in ("vi", "en")}


def route(**more: object) -> Route:
    stated = {"route": "stewards", "title": {"en": "Stewards"}, "address": "mail", "language": "en"} | more
    return Route.model_validate(stated)


def message(to: Route, notices: tuple[Notice, ...] = RUN, run_id: str = "run7") -> Message | None:
    return compose(to, notices, run_id, LANGUAGES[to.language], TITLE)


def said(notices: tuple[Notice, ...] = RUN, run: str = "run7", **more: object) -> Message:
    found = message(route(**more), notices, run)
    assert found is not None
    return found


ENGLISH: Final = """\
Failed inside the system: 1; Rejected: 1; Partly accepted: 1.

1. Failed inside the system - form unknown - unit unknown - period unknown
File: thư.docx. Findings: 1. Rows set aside: 0.
Findings are in: no receipt

2. Rejected - BM-01 Courses - H02.24 Home Affairs - 2024-Q1
File: Biểu 01.xlsx. Findings: 1,234. Rows set aside: 20.
Findings are in: /home/receipts/ab.json

3. Partly accepted - BM-02 Courses - H44.1 Home Affairs - 2024-Q1
File: b.xlsx. Findings: 1,234. Rows set aside: 20.
Findings are in: /home/receipts/ab.json

What to do:
- Failed inside the system: the office need not do anything; give the run to the engineer, the next run takes the \
file again.
- Rejected: nothing of it was loaded; mend what the receipt lists, send the whole file again.
- Partly accepted: rows with errors were not loaded; mend what the receipt lists, send the whole file again.

Run: run7. Message: {id}.
"""

VIETNAMESE: Final = """\
Không được tiếp nhận: 1.

1. Không được tiếp nhận - BM-01 Khóa đào tạo - H02.24 Sở Nội vụ - 2024-Q1
Tệp: Biểu 01.xlsx. Số lỗi và cảnh báo: 1.234. Số dòng bị giữ lại: 20.
Chi tiết xem tại phiếu tiếp nhận: /home/receipts/ab.json

Việc cần làm:
- Không được tiếp nhận: chưa ghi nhận số liệu nào của tệp; sửa những lỗi nêu trong phiếu tiếp nhận rồi gửi lại cả tệp.

Mã lần chạy: run7. Mã thông báo: {id}.
"""


def test_a_message_says_worst_first_what_how_bad_where_and_what_to_do() -> None:
    told = said()
    assert told.title == "Digital statistics - Failed inside the system: 1; Rejected: 1; Partly accepted: 1"
    assert told.body == ENGLISH.format(id=told.message_id)
    assert (told.route, told.secret, told.deliveries) == ("stewards", "mail", 3)


def test_a_message_is_in_the_language_of_its_route() -> None:
    told = said((REJECTED,), language="vi")
    assert told.title == "Thống kê chuyển đổi số - Không được tiếp nhận: 1"
    assert told.body == VIETNAMESE.format(id=told.message_id)


def test_every_phrase_is_there_in_english_and_in_the_programmes_language() -> None:
    assert set(PHRASES) == set(get_args(Phrase)) == set(LANGUAGES["vi"].alerts)


def test_a_phrase_that_a_pack_leaves_out_is_said_in_english() -> None:
    sparse = LANGUAGES["vi"].model_copy(update={"alerts": {"rejected": "Bị loại"}})
    told = compose(route(language="vi"), [REJECTED], "r", sparse, TITLE)
    assert told is not None
    assert "1. Bị loại - BM-01 Khóa đào tạo" in told.body
    assert "Rows set aside: 20" in told.body


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({}, ["thư.docx", "Biểu 01.xlsx", "b.xlsx"]),
        ({"on": ["rejected"]}, ["Biểu 01.xlsx"]),
        ({"on": ["accepted"]}, []),
        ({"forms": ["BM-02"]}, ["b.xlsx"]),
        ({"forms": ["BM-01", "BM-02"]}, ["Biểu 01.xlsx", "b.xlsx"]),
        ({"forms": ["BM-09"]}, []),
        ({"branches": ["H02"]}, ["Biểu 01.xlsx"]),
        ({"branches": ["H44.1"]}, ["b.xlsx"]),
        ({"branches": ["H0"]}, []),
        ({"forms": ["BM-01"], "branches": ["H44"]}, []),
        ({"on": ["partly_accepted"], "forms": ["BM-02"], "branches": ["H44"]}, ["b.xlsx"]),
    ],
)
def test_a_route_is_told_of_its_outcomes_forms_and_branches(stated: dict[str, object], told: list[str]) -> None:
    found = message(route(**stated))
    lines = found.body.splitlines() if found else []
    assert [line.split(": ")[1].removesuffix(". Findings") for line in lines if line.startswith("File: ")] == told
    assert (found.deliveries if found else 0) == len(told)


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("accepted", "info"),
        ("accepted_with_warnings", "warning"),
        ("partly_accepted", "warning"),
        ("rejected", "failure"),
        ("error", "failure"),
    ],
)
def test_the_tone_is_that_of_the_worst(status: str, tone: str) -> None:
    worst = Notice(name="w", status=status, findings=0, set_aside=0, receipt="")  # type: ignore[arg-type]
    best = replace(worst, status="accepted")
    assert said((best, worst), on=ALL).tone == tone


def test_what_was_accepted_asks_for_nothing() -> None:
    assert "What to do" not in said((replace(REJECTED, status="accepted"),), on=ALL).body


def test_a_delivery_that_is_known_already_is_no_news() -> None:
    assert message(route(on=ALL), (replace(REJECTED, status="repeated"),)) is None


@pytest.mark.parametrize(("count", "listed", "more"), [(CAPPED, CAPPED, None), (1_500, CAPPED, "1,470")])
def test_a_long_run_is_cut_and_counted_in_full(count: int, listed: int, more: str | None) -> None:
    told = said(tuple(replace(REJECTED, name=f"{number:04}.xlsx") for number in range(count)))
    assert told.title == f"Digital statistics - Rejected: {count:,}"
    assert told.body.count("File: ") == listed
    assert [line for line in told.body.splitlines() if line.startswith("Not listed")] == (
        [f'Not listed here, see "chiso alerts list": {more}'] if more else []
    )
    assert told.deliveries == count


def test_the_worst_are_listed_when_a_message_is_cut() -> None:
    many = tuple(replace(PARTLY, name=f"{number}.xlsx") for number in range(CAPPED))
    assert "\n1. Rejected - BM-01" in said((*many, REJECTED)).body


def test_a_message_is_the_same_whatever_the_order_of_its_deliveries() -> None:
    assert said(RUN) == said(RUN[::-1])


def test_the_id_is_that_of_run_and_route() -> None:
    ids = {
        (run, name): said(notices, run, route=name).message_id
        for run in ("r1", "r2")
        for name in ("a", "b")
        for notices in (RUN, RUN[:1])
    }
    assert len(set(ids.values())) == len(ids) == 4
    assert said((REJECTED,)).message_id == said(RUN).message_id


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\r\nBcc: x@y.example\r\n\r\nb.xlsx", "a Bcc: x@y.example b.xlsx"),
        ("report\u202excod.exe", "report xcod.exe"),
        ("  two\tspaces\x00 ", "two spaces"),
        ("{name} %s {0}", "{name} %s {0}"),
        ("dài" * 100, ("dài" * 100)[: LONGEST - 1] + "…"),
    ],
)
def test_a_name_is_one_short_line_of_what_prints(name: str, shown: str) -> None:
    lines = said((replace(REJECTED, name=name, unit_name={"en": name}),)).body.splitlines()
    assert f"File: {shown}. Findings: 1,234. Rows set aside: 20." in lines
    assert len([line for line in lines if line.startswith("1. ")]) == 1
    assert len(lines) == len(said((REJECTED,)).body.splitlines())


def test_a_subject_stays_below_what_a_mail_header_may_hold() -> None:
    every = tuple(replace(REJECTED, status=status) for status in ALL)
    to = route(language="vi", on=ALL)
    told = compose(to, every, "r", LANGUAGES["vi"], {"vi": "Thống kê chuyển đổi số " * 20})
    assert told is not None
    encoded = sum(1 if letter.isascii() else 3 * len(letter.encode()) for letter in told.title)
    assert encoded < 998 - len("Subject: =?utf-8?q??=")
