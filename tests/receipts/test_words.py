"""What a clerk reads: the same findings in Vietnamese and in English, with columns by their titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.loader import load_programme
from catalogue.programme import Programme
from receipts.page import html, letter, place, text
from receipts.receipt import Line
from receipts.words import worded, words_of
from tests.receipts.slips import engine_line, line, slip

VIETNAM = Path(__file__).parents[2] / "programmes" / "vietnam"
UNIT = {"form": "BM-07", "unit": "000.00.01.H39", "unit_key": 139001}


@pytest.fixture(scope="module")
def vietnam() -> Programme:
    return load_programme(VIETNAM)


def told(programme: Programme, one: Line, language: str) -> Line:
    words = words_of(programme, language)
    return worded(slip("rejected", [line(rule="other"), one], **UNIT), programme, words).findings[1]


@pytest.mark.parametrize(
    ("language", "title", "allowed", "advice"),
    [
        ("vi", "Tiếp nhận: tổng số (3)", "một số", "chỉ ghi chữ số, không ghi chữ trong ô số liệu"),
        ("en", "Received: total (3)", "a number", "write digits only"),
    ],
)
def test_a_rule_of_the_engine_is_said_in_the_readers_language(
    vietnam: Programme, language: str, title: str, allowed: str, advice: str
) -> None:
    found = told(vietnam, engine_line(vietnam, "cell.not_number", "B7", "tong_tiep_nhan", "mười"), language)
    assert (found.title, found.allowed, found.advice, found.found) == (title, allowed, advice, "mười")


@pytest.mark.parametrize(
    ("language", "found", "allowed", "advice"),
    [
        (
            "vi",
            "Đang giải quyết: tổng số (11): 4; Đang giải quyết: trong hạn (12): 3; "
            "Đang giải quyết: quá hạn (13): (để trống)",
            "(11) = (12) + (13)",
            "Cộng lại các cột đang giải quyết",
        ),
        (
            "en",
            "Pending: total (11): 4; Pending: not yet due (12): 3; Pending: overdue (13): (blank)",
            "Pending total = not yet due + overdue: (11) = (12) + (13)",
            "Add up the columns of pending dossiers again",
        ),
    ],
)
def test_a_check_of_the_form_names_columns_not_fields(
    vietnam: Programme, language: str, found: str, allowed: str, advice: str
) -> None:
    values = "tong_dang_giai_quyet = 4; dang_giai_quyet_trong_han = 3; dang_giai_quyet_qua_han = "
    judged = line("BM-07.D3", field="tong_dang_giai_quyet", found=values)
    one = told(vietnam, judged, language)
    assert (one.found, one.allowed, one.advice) == (found, allowed, advice)


@pytest.mark.parametrize(
    ("rule", "found", "allowed", "vi", "en"),
    [
        ("cell.out_of_range", "-3", ">= 0", ("-3", ">= 0"), ("-3", ">= 0")),
        (
            "file.period",
            "",
            "a month of calendar CAL",
            ("", "kỳ báo cáo theo tháng"),
            ("", "a month of calendar CAL"),
        ),
        (
            "file.form",
            "BM-99",
            "one of BM-01, BM-07",
            ("BM-99", "một trong các giá trị: BM-01, BM-07"),
            ("BM-99", "one of BM-01, BM-07"),
        ),
        (
            "file.foreign_unit",
            "H40",
            "H39.1 or a unit below it",
            ("H40", "H39.1 hoặc đơn vị trực thuộc"),
            ("H40", "H39.1 or a unit below it"),
        ),
        (
            "cell.ambiguous",
            "Tân An",
            "tên chỉ một đơn vị mang (1001 Tân An; 1002 Tân An)",
            ("Tân An", "tên chỉ một đơn vị mang (1001 Tân An; 1002 Tân An)"),
            ("Tân An", "a name that only one entity bears (1001 Tân An; 1002 Tân An)"),
        ),
        (
            "file.empty",
            "a.xlsx: the file is empty; fill in the form and send it again",
            "",
            ("tệp rỗng", "tệp có ít nhất một dòng số liệu"),
            ("a.xlsx: the file is empty; fill in the form and send it again", "a file with at least one row"),
        ),
    ],
)
def test_what_is_more_exact_than_a_rule_is_kept(
    vietnam: Programme, rule: str, found: str, allowed: str, vi: tuple[str, str], en: tuple[str, str]
) -> None:
    judged = engine_line(vietnam, rule, "", "", found, allowed)
    for language, expected in (("vi", vi), ("en", en)):
        one = told(vietnam, judged, language)
        assert (one.found, one.allowed) == expected


def test_a_page_is_in_one_language_and_needs_nothing_else(vietnam: Programme) -> None:
    made = slip("rejected", [engine_line(vietnam, "cell.missing", "C9", "tiep_nhan_truc_tuyen", "")], **UNIT)
    pages = {name: words_of(vietnam, name) for name in ("vi", "en")}
    vi, en = (html(worded(made, vietnam, words), words, "Title") for words in pages.values())
    for said in (
        '<html lang="vi">',
        "Phiếu tiếp nhận báo cáo",
        "Không được tiếp nhận",
        "Sở Nội vụ tỉnh Long An",
        "Tiếp nhận trực tuyến (4)",
        "<strong>C9</strong><span>trang tính Sheet1</span>",
        "Tháng 1/2024 (2024-01)",
        "15:00 01/02/2024 (UTC+7)",
        "(để trống)",
        "Không nhận dòng này",
        "bản sao của tệp Excel",
    ):
        assert said in vi
    for said in ('<html lang="en">', "Receipt", "Rejected", "Department of Home Affairs", "Received online (4)"):
        assert said in en
    for page in (vi, en):
        assert not {"http:", "https:", "src=", "<script", "<link", "url("} & set(page.split())
        assert "://" not in page
    assert "What to do" not in vi
    assert "Cách sửa" not in en


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "'\"><b>"])
def test_what_a_sender_wrote_is_text_on_the_page(vietnam: Programme, evil: str) -> None:
    words = words_of(vietnam, "vi")
    wrong = line(found=evil, sheet=evil, allowed=evil, advice=evil)
    page = html(worded(slip("rejected", [wrong], name=f"a/{evil}.xlsx", unit=evil), vietnam, words), words, evil)
    assert evil not in page
    assert "<script" not in page
    assert "<img" not in page


def test_a_page_lists_examples_and_says_how_many_there_are(vietnam: Programme) -> None:
    words = words_of(vietnam, "vi")
    lines = [line(cell=f"B{row}", sheet="S") for row in range(1, 251)]
    page = html(worded(slip("rejected", lines, **UNIT), vietnam, words), words, "T")
    assert page.count('<tr class="reject_row">') == 100
    assert "Còn 150 trường hợp khác của quy tắc cell.missing" in page
    said = text(worded(slip("rejected", lines, **UNIT), vietnam, words), words, per_rule=10)
    assert "Còn 240 trường hợp khác" in said
    assert "Số lỗi và cảnh báo: 250" in said


def test_a_letter_is_in_the_clerks_language_on_one_line_of_subject(vietnam: Programme) -> None:
    words = words_of(vietnam, "vi")
    made = worded(slip("rejected", [line()], name="H39/tháng\n1.xlsx", **UNIT), vietnam, words)
    subject, body = letter(made, words, "Thống kê")
    assert subject == "Thống kê - Không được tiếp nhận: tháng 1.xlsx"
    assert body.startswith("Hệ thống thông báo kết quả tiếp nhận tệp báo cáo")
    assert "Việc cần làm: chưa ghi nhận số liệu nào của tệp" in body


@pytest.mark.parametrize(
    ("sheet", "cell", "said"),
    [("S", "B7", "S!B7"), ("", "B7", "B7"), ("S", "6", "S, dòng 6"), ("S", "", "S"), ("", "", "cả tệp")],
)
def test_a_place_is_said_as_a_clerk_says_it(vietnam: Programme, sheet: str, cell: str, said: str) -> None:
    assert place(line(cell=cell, sheet=sheet), words_of(vietnam, "vi")) == said


def test_every_phrase_and_rule_has_its_vietnamese(vietnam: Programme) -> None:
    from receipts.words import ENGLISH, SENTENCES  # noqa: PLC0415

    words = words_of(vietnam, "vi")
    for phrase in (*ENGLISH, *(name for name, _ in SENTENCES)):
        assert words(phrase) != ENGLISH.get(phrase, phrase), phrase


def test_a_language_without_a_pack_is_said_in_english(vietnam: Programme) -> None:
    one = told(vietnam, engine_line(vietnam, "cell.missing", "C9", "tong_tiep_nhan", ""), "fr")
    assert one.advice == "fill in the cell; write 0 where it is zero"


@pytest.mark.parametrize(
    ("code", "vi", "en"),
    [
        ("2024-03", "Tháng 3/2024 (2024-03)", "2024-03"),
        ("2024-Q4", "Quý IV/2024 (2024-Q4)", "2024-Q4"),
        ("2024-H2", "6 tháng cuối năm 2024 (2024-H2)", "2024-H2"),
        ("2024-9M", "9 tháng đầu năm 2024 (2024-9M)", "2024-9M"),
        ("2024", "Năm 2024", "2024"),
        ("2023-2024@SCHOOL", "Năm 2023-2024 (2023-2024@SCHOOL)", "2023-2024@SCHOOL"),
    ],
)
def test_a_period_is_said_as_offices_say_it_with_its_code(vietnam: Programme, code: str, vi: str, en: str) -> None:
    made = slip("rejected", [line()], **{**UNIT, "period": code})
    said = [worded(made, vietnam, words_of(vietnam, language)).period_label for language in ("vi", "en")]
    assert said == [vi, en]


def test_a_figure_of_the_period_before_stands_under_its_columns_title(vietnam: Programme) -> None:
    judged = line("BM-07.R06", field="tong_da_giai_quyet", found="tong_da_giai_quyet = 9; tong_da_giai_quyet(t-1) = 90")
    one = told(vietnam, judged, "vi")
    assert one.found == "Đã giải quyết: tổng số (7): 9; Đã giải quyết: tổng số (7) (kỳ trước): 90"


def test_a_column_that_is_not_there_is_not_called_blank(vietnam: Programme) -> None:
    missing = engine_line(vietnam, "table.column_missing", "10", "tong_tiep_nhan", "", "Tổng số | Tiếp nhận")
    words = words_of(vietnam, "vi")
    said = text(worded(slip("rejected", [missing], **UNIT), vietnam, words), words)
    assert "Nội dung trong tệp: (không thấy trong tệp)" in said
    assert "Yêu cầu: cột có tiêu đề: Tổng số hoặc Tiếp nhận" in said
