"""Reading a form's table: sheets drawn as text, and what each of their rows was found to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.language import Language
from catalogue.loader import load_programme
from tests.transforms.drawing import BODY, COURSES, DOSSIERS, HEADER, drawn, drawn_sheets, form, kinds, rules
from transforms.layout import read_workbook


@pytest.fixture(scope="module")
def vietnamese() -> Language:
    return load_programme(Path(__file__).parents[2] / "programmes" / "vietnam").language


def test_a_form_as_offices_send_it(vietnamese: Language) -> None:
    table = read_workbook(
        drawn(
            """
            SỞ THÔNG TIN VÀ TRUYỀN THÔNG | | | | | Biểu số: BM-01
            BÁO CÁO LỚP TẬP HUẤN CHUYỂN ĐỔI SỐ | < | < | < | < | <
            Đơn vị báo cáo: | UBND xã Tân Phú
            Kỳ báo cáo: Quý I/2024
            Đơn vị tính: lượt người

            STT | Mã lớp (*) | TÊN LỚP | Số người | < | Ngày
            ^ | ^ | ^ | Tham gia | Nữ | ^
            (1) | (2) | (3) | (4) | (5)=(4)-(6) | (7)
            I | Khối xã
            1 | L1 | Kỹ năng số | 1.234 | 20 | 05/03/2024
            2 | L2 | Công nghệ mới | 30 | | 06/03/2024
            3
            Tổng cộng | < | < | 1.264 | 20
            Ghi chú: số liệu đến hết quý
            - lớp L2 không thống kê nữ
            | | | | Tân Phú, ngày 05 tháng 4 năm 2024 | <
            | Người lập biểu | | | Thủ trưởng đơn vị | <
            | (Ký, ghi rõ họ tên) | | | (Ký tên, đóng dấu) | <
            | Nguyễn Văn A | | | Trần Thị B
            """
        ),
        "a.xlsx",
        COURSES,
        vietnamese,
    )
    assert kinds(table) == {
        1: "title", 2: "title", 3: "title", 4: "title", 5: "title", 7: "header", 8: "header", 9: "numbers",
        10: "section", 11: "data", 12: "data", 13: "blank", 14: "total", 15: "note", 16: "note", 17: "note",
        18: "signature", 19: "signature", 20: "signature",
    }  # fmt: skip
    assert table.fields == ("ma", "ten", "so", "nu", "ngay")
    assert [(row.row, row.texts, row.kinds) for row in table.rows] == [
        (11, ("L1", "Kỹ năng số", "1.234", "20", "05/03/2024"), "tttnt"),
        (12, ("L2", "Công nghệ mới", "30", None, "06/03/2024"), "ttn-t"),
    ]
    assert table.columns == {("Sheet1", name): at for name, at in zip(table.fields, "BCDEF", strict=True)}
    assert [(row.row, row.texts[2:4]) for row in table.totals] == [(14, ("1.264", "20"))]
    assert table.clues.form is not None
    assert table.clues.unit is not None
    assert table.clues.period is not None
    assert (table.clues.form[0], str(table.clues.form[1])) == ("BM-01", "Sheet1!F1")
    assert (table.clues.unit[0], str(table.clues.unit[1])) == ("UBND xã Tân Phú", "Sheet1!B3")
    assert (table.clues.period[0], str(table.clues.period[1])) == ("Quý I/2024", "Sheet1!A4")
    assert table.findings == ()


def test_three_labels_alike_are_told_apart_by_what_stands_above(vietnamese: Language) -> None:
    drawing = """
        TT | Đơn vị | Tiếp nhận | < | Giải quyết
        ^ | ^ | Tổng số | Trực tuyến | Tổng số
        A | B | 1 | 2 | 3
        1 | Sở Tư pháp | 10 | 4 | 9
        """
    table = read_workbook(drawn(drawing), "a.xlsx", DOSSIERS, vietnamese)
    assert table.columns == {
        ("Sheet1", "don_vi"): "B", ("Sheet1", "c3"): "C", ("Sheet1", "c4"): "D", ("Sheet1", "c7"): "E",
    }  # fmt: skip
    assert kinds(table) == {1: "header", 2: "header", 3: "numbers", 4: "data"}


@pytest.mark.parametrize(
    ("first", "second", "column", "unknown"),
    [("4", "", "C", []), ("", "4", "D", []), ("4", "5", "C", ["D3"])],
)
def test_a_label_over_two_columns_is_that_of_the_one_that_is_filled(
    vietnamese: Language, first: str, second: str, column: str, unknown: list[str]
) -> None:
    drawing = f"""
        TT | Đơn vị | Tiếp nhận | < | Giải quyết
        ^ | ^ | Tổng số | < | Tổng số
        A | B | 1 | 2 | 3
        1 | Sở Tư pháp | {first} | {second} | 9
        """
    table = read_workbook(drawn(drawing), "a.xlsx", DOSSIERS, vietnamese)
    assert table.columns["Sheet1", "c3"] == column
    assert [str(one.cell) for one in table.findings if one.rule == "table.column_unknown"] == [
        f"Sheet1!{cell[0]}2" for cell in unknown
    ]


def test_a_text_file_has_no_merged_cells_but_the_same_header(vietnamese: Language) -> None:
    data = "TT;Đơn vị;Tiếp nhận;;Giải quyết\n;;Tổng số;Trực tuyến;Tổng số\n1;Sở Tư pháp;1.000;4;9\n".encode()
    table = read_workbook(data, "a.csv", DOSSIERS, vietnamese)
    assert [row.texts for row in table.rows] == [("Sở Tư pháp", "1.000", "4", "9")]
    assert table.columns["", "c7"] == "E"
    assert str(table.rows[0].row) == "3"


def test_headers_without_marks_moved_and_mixed(vietnamese: Language) -> None:
    drawing = """
        | | NGAY | SO THAM GIA | Tên  lớp | So nu | Ma lop
        | | 05/03/2024 | 7 | A | 1 | L1
        """
    table = read_workbook(drawn(drawing), "a.xlsx", COURSES, vietnamese)
    assert [row.texts for row in table.rows] == [("L1", "A", "7", "1", "05/03/2024")]
    assert table.findings == ()


DECOYS: list[tuple[str, str]] = [
    ("1 | L9 | Tổng quan về chuyển đổi số | 7 | 1 | 05/03/2024", "data"),
    ("1 | L9 | Công nghệ số | 7 | 1 | 05/03/2024", "data"),
    ("| | Công chứng | 7 | 1 | ", "data"),  # folded, "Cộng chung"
    ("| | Cong chung | 7 | 1 | ", "total"),
    ("| | CỘNG CHUNG | 7 | 1 | ", "total"),
    ("1 | L9 | Tổng số hóa hồ sơ | 7 | 1 | 05/03/2024", "data"),
    ("1 | L9 | Giám đốc và chuyển đổi số | 7 | 1 | 05/03/2024", "data"),
    ("1 | L9 | Ghi chú trên máy tính | 7 | 1 | 05/03/2024", "data"),
    ("1 | L9 | Cấp xã: kỹ năng số | 7 | 1 | 05/03/2024", "data"),
    ("1 | L9 | Không phát sinh giấy tờ | 7 | 1 | 05/03/2024", "data"),
    ("1 | L9 | A | | | ", "data"),  # cells are missing: quarantined where people see it, never dropped
    ("1 | L9 | | | | ", "data"),
    ("1 | | A | 7 | | ", "data"),
    ("| | Tổng cộng | 7 | 1 | ", "total"),
    ("Tổng số: | | | 7 | 1 | ", "total"),
    ("| Cộng | | 7 | 1 | ", "total"),
    ("| Cộng (I+II) | | 7 | 1 | ", "total"),
    ("| TOÀN TỈNH | x | 7 | 1 | x", "total"),
    ("| - Trong đó: nữ | | 7 | 1 | ", "total"),
    ("| TONG CONG | | 7 | 1 | ", "total"),
    ("II | Sở, ban, ngành | | | | ", "section"),
    ("| II. Huyện, thị xã, thành phố | | | | ", "section"),
    ("I | Các đơn vị khác | | | | ", "section"),
    ("Các đơn vị khác | < | < | < | < | <", "section"),
    ("1 | L | Mã lớp | Số tham gia | Số nữ | Ngày", "data"),
    ("STT | Mã lớp | Tên lớp | Số tham gia | Số nữ | Ngày", "header"),
    ("9 | | | | | ", "blank"),
    ("| (*) tính cả lớp trực tuyến | | | | ", "note"),
    ("| | | | | | ghi bên cạnh bảng", "note"),
    ("| Nơi nhận: | | | | Thủ trưởng đơn vị", "signature"),
    ("| | | TM. ỦY BAN NHÂN DÂN | | ", "signature"),
]


@pytest.mark.parametrize(("row", "kind"), DECOYS)
def test_what_a_row_is(row: str, kind: str, vietnamese: Language) -> None:
    table = read_workbook(drawn(HEADER + BODY + row), "a.xlsx", COURSES, vietnamese)
    assert kinds(table) == {1: "header", 2: "data", 3: kind}


def test_rows_of_one_key_are_data_unless_their_words_say_otherwise(vietnamese: Language) -> None:
    drawing = """
        Đơn vị | Tiếp nhận | < | Giải quyết
        ^ | Tổng số | Trực tuyến | Tổng số
        Tổng số | 30 | 9 | 20
        I. Sở, ban, ngành | 10 | 4 | 9
        Sở Công Thương | 10 | 4 | 9
        Sở Nội vụ | - | KPS | không
        II. Xã, phường, thị trấn
        Xã Phương Sơn | 20 | 5 | 11
        Phường Cộng Hòa | | |
        Trong đó: qua bưu chính | 3 | 1 | 2
        """
    table = read_workbook(drawn(drawing), "a.xlsx", DOSSIERS, vietnamese)
    assert kinds(table) == {
        1: "header", 2: "header", 3: "total", 4: "section", 5: "data", 6: "data", 7: "section", 8: "data", 9: "data",
        10: "total",
    }  # fmt: skip
    assert [row.row for row in table.totals] == [3]


@pytest.mark.parametrize(
    ("serials", "found"),
    [
        (["I", "1", "2", "II", "3"], ["section", "data", "data", "section", "data"]),
        (["A", "1", "2", "B", "3"], ["section", "data", "data", "section", "data"]),
        (["I", "II", "III"], ["data", "data", "data"]),  # only another way of numbering
        (["", "", ""], ["data", "data", "data"]),
    ],
)
def test_a_numeral_among_numbered_rows_is_a_subtotal(
    serials: list[str], found: list[str], vietnamese: Language
) -> None:
    head = "TT | Đơn vị | Tiếp nhận | < | Giải quyết\n^ | ^ | Tổng số | Trực tuyến | Tổng số\n"
    rows = "\n".join(f"{serial} | Vùng {place} | 5 | 1 | 1" for place, serial in enumerate(serials))
    table = read_workbook(drawn(head + rows), "a.xlsx", DOSSIERS, vietnamese)
    assert list(kinds(table).values())[2:] == found


@pytest.mark.parametrize(
    ("labels", "grand"),
    [
        (["-", "-", "Tổng cộng"], ["Tổng cộng"]),
        (["Tổng cộng", "-", "-"], ["Tổng cộng"]),
        (["Tổng cộng", "-", "Tổng cộng"], ["Tổng cộng", "Tổng cộng"]),
        (["-", "Cộng", "-", "Cộng"], []),
        (["-", "Cộng mục I", "-", "Cộng mục II", "Tổng cộng"], ["Tổng cộng"]),
        (["-", "-"], []),
    ],
)
def test_only_totals_of_all_rows_are_given_to_the_checks(
    labels: list[str], grand: list[str], vietnamese: Language
) -> None:
    figures = {"-": 5, "Tổng cộng": 10}
    named = [f"Sở {place}" if label == "-" else label for place, label in enumerate(labels)]
    rows = [f"{name} | {figures.get(label, 5)} | 1 | 1" for name, label in zip(named, labels, strict=True)]
    words = vietnamese.model_copy(update={"total": ("Tổng cộng", "Cộng", "Cộng mục")})
    head = "Đơn vị | Tiếp nhận | < | Giải quyết\n^ | Tổng số | Trực tuyến | Tổng số\n"
    table = read_workbook(drawn(head + "\n".join(rows)), "a.xlsx", DOSSIERS, words)
    assert [row.texts[0] for row in table.totals] == grand
    assert sum(piece.kind == "total" for piece in table.furniture) == len([label for label in labels if label != "-"])


NOTHING: list[tuple[Form, str, list[str]]] = [
    (DOSSIERS, "| Không phát sinh", []),
    (DOSSIERS, "1 | KPS", []),
    (DOSSIERS, "Không phát sinh hồ sơ trong kỳ | < | < | < | <", []),
    (DOSSIERS, "", ["table.no_rows"]),
    (DOSSIERS, "Tổng số | | 0 | 0 | 0", ["table.no_rows"]),
    (COURSES, "| Không phát sinh", ["table.no_rows"]),
]


@pytest.mark.parametrize(("form_", "row", "found"), NOTHING)
def test_a_table_without_rows(form_: Form, row: str, found: list[str], vietnamese: Language) -> None:
    head = "TT | Đơn vị | Tiếp nhận | < | Giải quyết\n^ | ^ | Tổng số | Trực tuyến | Tổng số\n"
    table = read_workbook(drawn((HEADER if form_ is COURSES else head) + row), "a.xlsx", form_, vietnamese)
    assert table.rows == ()
    assert [finding.rule for finding in table.findings] == found


COLUMNS: list[tuple[str, str, list[tuple[str, str, str]]]] = [
    ("STT | Mã lớp | Tên lớp | Số tham gia | Ngày", "1|L1|A|7|1/3/2024", []),
    ("Mã lớp | Tên lớp | Số tham gia", "L1|A|7", [("table.column_missing", "Sheet1!1:", "ngay")]),
    (
        "Mã lớp | Tên lớp | Số tham gia | Ngày | Điện thoại",
        "L1|A|7|1/3/2024|090",
        [("table.column_unknown", "Sheet1!E1", "")],
    ),
    (
        "Mã lớp | Tên lớp | Số tham gia | Số tham gia | Ngày",
        "L1|A|7|8|1/3/2024",
        [("table.column_doubled", "Sheet1!D1", "so")],
    ),
    ("Mã lớp | Tên lớp | Số tham gia | | Ngày", "L1|A|7|lost?|1/3/2024", [("table.column_unknown", "Sheet1!D1", "")]),
    ("Mã lớp | Tên lớp | Số tham gia | | Ngày", "L1|A|7||1/3/2024", []),
    ("Mã lớp | Tên lớp | < | Số tham gia | Ngày", "L1|A|<|7|1/3/2024", []),
    ("Mã lớp | Tên lớp | < | Số tham gia | Ngày", "L1|A|B|7|1/3/2024", [("table.column_unknown", "Sheet1!C1", "")]),
]


@pytest.mark.parametrize(("header", "row", "found"), COLUMNS)
def test_columns_that_do_not_fit(
    header: str, row: str, found: list[tuple[str, str, str]], vietnamese: Language
) -> None:
    table = read_workbook(drawn(f"{header}\n{row}"), "a.xlsx", COURSES, vietnamese)
    assert rules(table) == found
    assert len(table.rows) == 1


def test_a_file_without_the_table_is_refused_by_what_came_nearest(vietnamese: Language) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        read_workbook(drawn("Danh sách\nHọ tên | Ngày\nA | 1/3/2024"), "b.xlsx", COURSES, vietnamese)
    assert refused.value.rule == "table.not_found"
    for words in ("b.xlsx", "BM-01", "'Mã lớp'", "row 2 of sheet 'Sheet1'", "without ma, ten, so"):
        assert words in str(refused.value)


def test_the_header_is_sought_in_the_first_rows_only(vietnamese: Language) -> None:
    deep = "tiêu đề\n" * 45 + HEADER + BODY
    with pytest.raises(DeliveryRefused, match="first 40 rows"):
        read_workbook(drawn(deep), "a.xlsx", COURSES, vietnamese)
    roomy = COURSES.model_copy(update={"layout": COURSES.layout.model_copy(update={"scan_rows": 60})})
    assert len(read_workbook(drawn(deep), "a.xlsx", roomy, vietnamese).rows) == 1


def test_which_sheets_are_read(vietnamese: Language) -> None:
    data = drawn_sheets({"Bìa": "Bìa", "A": HEADER + BODY, "B": HEADER + BODY + BODY, "C": "trống"})
    assert {row.sheet for row in read_workbook(data, "a.xlsx", COURSES, vietnamese).rows} == {"A"}

    def naming(*sheets: str) -> Form:
        return COURSES.model_copy(update={"layout": COURSES.layout.model_copy(update={"sheets": sheets})})

    both = read_workbook(data, "a.xlsx", naming("a", "B", "Không có"), vietnamese)
    assert [(row.sheet, row.row) for row in both.rows] == [("A", 2), ("B", 2), ("B", 3)]
    assert both.columns["B", "ma"] == "B"
    assert rules(read_workbook(data, "a.xlsx", naming("A", "C"), vietnamese)) == [("table.not_found", "C", "")]
    with pytest.raises(DeliveryRefused, match="none of 'Z'; the file has 'Bìa', 'A', 'B', 'C'"):
        read_workbook(data, "a.xlsx", naming("Z"), vietnamese)


CLUES: list[tuple[str, str | None, str | None, str | None]] = [
    ("Biểu số: BM-01", "BM-01", None, None),
    ("Biểu số BM-01", "BM-01", None, None),
    ("Biểu số | BM-01", "BM-01", None, None),
    ("Biểu số\nBM-01", "BM-01", None, None),
    ("Biểu số: BM-01\\nBan hành kèm theo QĐ 12", "BM-01", None, None),
    ("Đơn vị tính: hồ sơ", None, None, None),
    ("Đơn vị báo cáo: UBND xã Tân Phú", None, "UBND xã Tân Phú", None),
    ("Đơn vị báo cáo UBND xã Tân Phú", None, "UBND xã Tân Phú", None),
    ("ĐƠN VỊ BÁO CÁO ......... | | UBND xã Tân Phú", None, "UBND xã Tân Phú", None),
    ("Mã đơn vị: | Kỳ báo cáo: | Quý I/2024", None, None, "Quý I/2024"),
    ("(Kỳ báo cáo: Quý I/2024)", None, None, "Quý I/2024"),
    ("QUÝ I NĂM 2024", None, None, "QUÝ I NĂM 2024"),
    ("Kỳ báo cáo: Quý I/2024\nKỳ: 15/12/2023 đến 14/3/2024", None, None, "15/12/2023 đến 14/3/2024"),
    ("(Từ ngày 15/12/2023 đến ngày 14/3/2024)", None, None, "Từ ngày 15/12/2023 đến ngày 14/3/2024"),
    ("Hà Nội, ngày 05 tháng 4 năm 2024", None, None, None),
]


@pytest.mark.parametrize(("head", "stamp", "unit", "period"), CLUES)
def test_clues_above_the_table(
    head: str, stamp: str | None, unit: str | None, period: str | None, vietnamese: Language
) -> None:
    clues = read_workbook(drawn(f"{head}\n\n{HEADER}{BODY}"), "a.xlsx", COURSES, vietnamese).clues
    found = [clue[0] if clue else None for clue in (clues.form, clues.unit, clues.period)]
    assert found == [stamp, unit, period]


RANKS = form(
    "RANKS",
    [("ten", "text", "Đơn vị"), ("diem", "decimal", "Điểm"), ("hang", "count", "Xếp hạng")],
    required=("ten", "diem"),
    ignore_left_of=["Nhân lực"],
    layout={"label": "ten", "ends": ["Hạng"]},
).model_copy(update={"ignore": ("Hạng", "Nhân lực")})
RANKS = RANKS.model_copy(
    update={"fields": (RANKS.fields[0].model_copy(update={"left_of": ("Điểm",)}), *RANKS.fields[1:])}
)


@pytest.mark.parametrize("label", ["", "Đơn vị", "Tên"])
def test_a_column_is_known_by_the_label_directly_right_of_it(vietnamese: Language, label: str) -> None:
    """Two rankings side by side: each has its units left of its scores, under a label of their own or none."""
    drawing = f"""
        Hạng | Đơn vị | Nhân lực | {label} | Điểm | Xếp hạng
        1 | A | 9 | B | 71 | 1
        2 | B | 8 | A | 70 | 2
        """
    table = read_workbook(drawn(drawing), "a.xlsx", RANKS, vietnamese)
    assert [row.texts for row in table.rows] == [("B", "71", "1"), ("A", "70", "2")]
    assert table.columns["Sheet1", "ten"] == "D"
    assert table.findings == ()


def test_a_word_may_end_the_table(vietnamese: Language) -> None:
    drawing = """
        Đơn vị | Điểm | Xếp hạng
        A | 71 | 1
        Hạng | của | A
        A | 71 | 1
        """
    table = read_workbook(drawn(drawing), "a.xlsx", RANKS.model_copy(update={"ignore_left_of": ()}), vietnamese)
    assert [row.row for row in table.rows] == [2]
    assert [(piece.row, piece.rule) for piece in table.furniture][1:] == [(3, "layout.ended"), (4, "layout.ended")]


def test_a_field_may_be_the_name_of_its_sheet(vietnamese: Language) -> None:
    named = form(
        "SHEETS", [("ten", "text", "Đơn vị"), ("so", "count", "Số")], required=("ten",),
        layout={"sheets": ["Quý I", "Quý II"], "label": "ten"},
    )  # fmt: skip
    by_sheet = named.fields[0].model_copy(update={"field": "quy", "header": (), "taken": "sheet"})
    named = named.model_copy(update={"fields": (by_sheet, *named.fields)})
    drawing = "Đơn vị | Số\nA | 7\n"
    table = read_workbook(drawn_sheets({"Quý I": drawing, "Quý II": drawing}), "a.xlsx", named, vietnamese)
    assert [row.texts for row in table.rows] == [("Quý I", "A", "7"), ("Quý II", "A", "7")]
    assert {row.kinds for row in table.rows} == {"ttn"}
    assert ("Quý I", "quy") not in table.columns
    assert table.findings == ()
