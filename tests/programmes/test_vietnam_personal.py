"""Personal data as Vietnam's programme seeks it: what must be found, and what of its own texts must not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from catalogue.programme import Programme
from receipts.receipt import Line, Receipt
from receipts.words import worded, words_of
from tests.programmes.vietnam import FOLDER
from transforms.personal import sought

# Made-up people. What each pattern finds and passes by stands beside it, and is tried whenever the programme is loaded.
TEXTS = [
    ("Người hướng dẫn: ông Trần Văn B, ĐT 0912 345 678", "phone; person"),
    ("Đ/c Nguyễn Thị C (CCCD 024301004567) nhận", "citizen_id; person"),
    ("bà L\u00ea Thi\u0323 Hoa, lehoa@example.vn", "email; person"),
    ("Số CMND: 121 234 567", "identity_card"),
    ("ThS Phạm Văn D; TS. Đỗ Thị E", "person"),
    ("Kinh phí 1.250.000.000 đồng, giải ngân 912.345.678 đồng", ""),
    ("Mã hồ sơ H02.05.06-240315-0912345678", ""),
    ("000.00.30.H02-240101-0012", ""),
    ("Từ 01/01/2024 đến 31/03/2024, quyết định 0912/QĐ-UBND", ""),
    ("QĐ số 1234567890/QĐ-UBND; mã số thuế 2400123456", ""),
    ("Lớp kỹ năng số cho cán bộ xã Trần Phú, phường Lê Lợi", ""),
    ("Tổng đài 1022; (0204) 3856 789", ""),
    ("Trường THCS Trần Quốc Toản; Trường Tiểu học Lý Tự Trọng", ""),
    ("https://dichvucong.example.vn/p/home/dvc-trang-chu.html?id=0912345678", ""),
]


@pytest.mark.parametrize(("text", "kinds"), TEXTS)
def test_a_text_holds_these_kinds(programme: Programme, text: str, kinds: str) -> None:
    seek = sought(programme)
    assert seek is not None
    assert seek(text) == kinds


def test_a_citizens_number_begins_with_the_code_of_a_province(programme: Programme) -> None:
    seek = sought(programme)
    assert seek is not None
    register = programme.register_named["localities"]
    provinces = {version.code for version in register.versions if version.level == "province"}
    assert {code for code in map("{:02}".format, range(100)) if seek(f"0{code}199012345")} == provinces
    assert not seek("001499012345")  # Nobody alive was born in that century.


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(inner)


def test_nothing_is_found_in_what_the_programme_and_its_made_up_world_say(programme: Programme) -> None:
    seek = sought(programme)
    assert seek is not None
    texts = {text for path in sorted((FOLDER / "world").glob("*.yml")) for text in strings(YAML(typ="safe").load(path))}
    for register in programme.registers:
        texts |= {text for version in register.versions for text in (version.code, version.name, *version.aliases)}
    for codelist in programme.codelists:
        texts |= {text for entry in codelist.entries for text in (entry.code, *entry.name.values(), *entry.aliases)}
    assert len(texts) > 20_000
    assert {text for text in texts if seek(text)} == set()


@pytest.mark.parametrize(("language", "told"), [("vi", "số điện thoại di động; họ tên người"),
                                                ("en", "mobile telephone number; name of a person")])  # fmt: skip
def test_a_receipt_names_the_kinds_in_its_language(programme: Programme, language: str, told: str) -> None:
    line = Line("cell.personal", "warn", "Sheet1", "D7", "ten_lop", "phone; person", "", "")
    receipt = Receipt("a.xlsx", "0" * 64, "BM-01", None, None, "accepted_with_warnings", 1, 1, 0, 0, 0, 0, 1, (line,))
    (found,) = worded(receipt, programme, words_of(programme, language)).findings
    assert found.found == told
    assert found.allowed
    assert found.advice
