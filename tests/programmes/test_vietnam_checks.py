"""The rules of the Vietnamese forms that no world of the demo sends: rows in, findings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from catalogue.form import Form
from catalogue.programme import Programme
from expectations.gate import gate
from expectations.predicate import rules
from expectations.soundness import set_unfit
from expectations.split import split
from flows.past import past_of
from tests.batch import arrived, stage
from transforms.past import lay_past
from transforms.stage import Arrived
from warehouse.staging import staging_area
from warehouse.store import Warehouse

UNIT = "000.00.10.H02"

Cells = Mapping[str, str | None]
ITEM: Cells = {"url": "https://stttt.example.vn", "ma_muc": "LIEN_HE", "ap_dung": "có", "da_dang": "DU",
               "cap_nhat_cuoi": "01/06/2023", "bang_chung": None}  # fmt: skip
SERVICE: Cells = {"ma_dich_vu": "DV-01", "ten": "Dân cư", "co_quan_cung_cap": "Bộ Công an", "nen_tang": "NDXP",
                  "trang_thai": "HOAT_DONG", "luot_goi": "120", "luot_loi": "3"}  # fmt: skip
DATASET: Cells = {"ma_bo_du_lieu": "BDL-01", "ten": "Trường học", "don_vi": UNIT, "ngay_cong_bo": "05/01/2022",
                  "tan_suat": "HANG_QUY", "cap_nhat_cuoi": "15/06/2023", "dinh_dang": "CSV",
                  "trang_thai": "CONG_BO"}  # fmt: skip
RECORDS: Cells = {"ma_co_quan": UNIT, "ten_co_quan": "Sở", "tong_hs_cong_viec": "200", "hs_xu_ly_mang": "190"}
EXPERT: Cells = {"ma_chuyen_gia": "CG-01", "don_vi": UNIT, "linh_vuc": "DU_LIEU", "chung_chi": None,
                 "ngay_cong_nhan": "01/02/2022", "ngay_thoi": None, "chuyen_trach": "x"}  # fmt: skip

# (form, period, what differs from a right row per row, [(rule, field)])
RULES: list[tuple[str, str, Cells, Sequence[Cells], list[tuple[str, str]]]] = [
    ("BM-06", "2023-H1", ITEM, [{}], []),
    ("BM-06", "2023-H1", ITEM, [{}, {"ma_muc": "Sơ đồ tổ chức"}], []),
    ("BM-06", "2023-H1", ITEM, [{"ap_dung": "không"}], [("BM-06.C1", "ap_dung")]),
    ("BM-06", "2023-H1", ITEM, [{"ap_dung": "không", "da_dang": "KHONG_CO"}], []),
    ("BM-06", "2023-H1", ITEM, [{"cap_nhat_cuoi": "01/07/2023"}], [("BM-06.C2", "cap_nhat_cuoi")]),
    ("BM-06", "2023-H1", ITEM, [{"cap_nhat_cuoi": "01/06/2022"}], []),  # contacts are not due yearly
    ("BM-06", "2023-H1", ITEM, [{"ma_muc": "THONG_KE", "cap_nhat_cuoi": "30/06/2022"}], []),
    ("BM-06", "2023-H1", ITEM, [{"ma_muc": "THONG_KE", "cap_nhat_cuoi": "29/06/2022"}],
     [("BM-06.C3", "cap_nhat_cuoi")]),
    ("BM-06", "2023-H1", ITEM, [{"url": "stttt.example.vn"}], [("BM-06.C4", "url")]),
    ("BM-06", "2023-H1", ITEM, [{}, {"da_dang": "THIEU"}], [("BM-06.R04", "url"), ("BM-06.R04", "url")]),
    ("BM-06", "2023-H1", ITEM, [{"ma_muc": "MUC_KHAC"}], [("cell.unknown_code", "ma_muc")]),
    ("BM-06", "2022-H1", {**ITEM, "cap_nhat_cuoi": None}, [{}], [("cell.unknown_code", "ma_muc")]),  # not yet in force
    ("BM-08A", "2023-Q2", SERVICE, [{}], []),
    ("BM-08A", "2023-Q2", SERVICE, [{"luot_loi": "121"}], [("BM-08A.C1", "luot_loi")]),
    ("BM-08A", "2023-Q2", SERVICE, [{"luot_goi": "-1"}], [("cell.out_of_range", "luot_goi")]),
    ("BM-08A", "2023-Q2", SERVICE, [{}, {"luot_goi": "99"}],
     [("BM-08A.R04", "ma_dich_vu"), ("BM-08A.R04", "ma_dich_vu")]),
    ("BM-08B", "2023-Q2", DATASET, [{}], []),
    ("BM-08B", "2023-Q2", DATASET, [{"cap_nhat_cuoi": "04/01/2022", "tan_suat": "KHI_CO"}],
     [("BM-08B.C1", "cap_nhat_cuoi")]),
    ("BM-08B", "2023-Q2", DATASET, [{"cap_nhat_cuoi": "01/07/2023"}], [("BM-08B.C2", "cap_nhat_cuoi")]),
    ("BM-08B", "2023-Q2", DATASET, [{"tan_suat": "HANG_THANG", "cap_nhat_cuoi": "29/05/2023"}],
     [("BM-08B.C3", "cap_nhat_cuoi")]),
    ("BM-08B", "2023-Q2", DATASET, [{"cap_nhat_cuoi": "29/03/2023"}], [("BM-08B.C4", "cap_nhat_cuoi")]),
    ("BM-08B", "2023-Q2", DATASET, [{"cap_nhat_cuoi": "29/03/2023", "trang_thai": "THU_HOI"}], []),
    ("BM-08B", "2023-Q2", DATASET, [{"tan_suat": "HANG_NAM", "cap_nhat_cuoi": "29/06/2022"}],
     [("BM-08B.C5", "cap_nhat_cuoi")]),
    ("BM-08C", "2023-Q2", RECORDS, [{}], []),
    ("BM-08C", "2023-Q2", RECORDS, [{"hs_xu_ly_mang": "201"}], [("BM-08C.C1", "hs_xu_ly_mang")]),
    ("BM-03", "2023-H1", EXPERT, [{}], []),
    ("BM-03", "2023-H1", EXPERT, [{"ngay_cong_nhan": "31/12/2020"}], [("BM-03.C2", "ngay_cong_nhan")]),
]  # fmt: skip


Found = list[tuple[str, str]]


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], dict[int, Found]]:
    """What was found already: by form and period, the findings of its cases by their place in ``RULES``."""
    return {}


def found_in(programme: Programme, folder: Path, form: Form, period: str) -> dict[int, Found]:
    """The findings, as (rule, field), of all cases of a form and a period: one report each, in one batch. Nothing was
    reported before."""
    unit = programme.register_named["organisations"].by_code(UNIT, programme.targets[0].boundary)
    assert unit is not None
    cases = [place for place, (code, of, *_) in enumerate(RULES) if (code, of) == (form.form, period)]
    batch = []
    for number, place in enumerate(cases, start=1):
        _, _, right, rows, _ = RULES[place]
        texts = [[{**right, **row}[field.field] for field in form.fields] for row in rows]
        batch.append(arrived(form, texts, number=number, unit=(unit.key, unit.code), period=period))
    told = judged(programme, folder, form, batch)
    return {
        place: [(rule, field) for of, rule, field in told if of == number]
        for number, place in enumerate(cases, start=1)
    }


def judged(programme: Programme, folder: Path, form: Form, batch: Sequence[Arrived]) -> list[tuple[int, str, str]]:
    """The findings of a batch as (number of the delivery, rule, field), of which nothing was reported before."""
    with staging_area(folder / "staging.duckdb") as area:
        stage(area, programme, form, batch)
        nothing = Warehouse(f"duckdb:///{folder / 'none.duckdb'}", folder / "none_published.duckdb")
        form_rules = rules(form, "vi")
        set_unfit(area, form_rules)
        lay_past(area, programme, form, past_of(nothing, published=True))
        verdicts = gate(area, form, form_rules)
        assert [(one.rule, one.error) for one in verdicts if one.verdict == "error"] == []
        split(area, form_rules, programme.language)
        found = area.rows("SELECT delivery_no, rule, field FROM findings ORDER BY delivery_no, source_row, rule")
    return [(int(number), rule, field) for number, rule, field in found]


@pytest.mark.parametrize("place", range(len(RULES)), ids=[f"{form}-{period}" for form, period, *_ in RULES])
def test_a_row_breaks_exactly_these_rules(
    programme: Programme, known: dict[tuple[str, str], dict[int, Found]], tmp_path: Path, place: int
) -> None:
    form, period, _, _, expected = RULES[place]
    if (form, period) not in known:
        known[form, period] = found_in(programme, tmp_path, programme.form[form], period)
    assert known[form, period][place] == expected


# Form: who reports, the fields that hold figures, what else a row has.
DOSSIERS: dict[str, tuple[str, str, Cells]] = {
    "DVC-06": ("000.00.00.H02",
               "tong_tiep_nhan tiep_nhan_qua_mang tiep_nhan_truc_tiep tiep_nhan_ky_truoc tong_da_xu_ly "
               "da_xu_ly_truoc_han tong_dang_xu_ly dang_xu_ly_trong_han",
               {"ma_don_vi": "000.00.10.H02", "ma_tthc": "1.001193", "tiep_nhan_qua_bcci": "0",
                "da_xu_ly_dung_han": "0", "da_xu_ly_qua_han": "0", "dang_xu_ly_qua_han": "0"}),
    "BM-07": ("000.00.01.H39",
              "tong_tiep_nhan tiep_nhan_truc_tuyen tiep_nhan_truc_tiep tiep_nhan_ky_truoc tong_da_giai_quyet "
              "da_giai_quyet_truoc_han tong_dang_giai_quyet dang_giai_quyet_trong_han",
              {"linh_vuc": "Đất đai", "da_giai_quyet_dung_han": "0", "da_giai_quyet_qua_han": "0",
               "dang_giai_quyet_qua_han": "0"}),
}  # fmt: skip
# Online, direct, carried over, resolved, pending: the worked example of two months, and a third that goes on.
JANUARY, FEBRUARY, MARCH = (300, 100, 100, 420, 80), (200, 100, 80, 350, 30), (150, 50, 30, 190, 40)
FIRST_QUARTERS: list[tuple[str, tuple[tuple[int, ...], ...], list[str]]] = [
    # 100 + 700 + 200 = 770 + 190 + 40
    ("a quarter that balances", (JANUARY, FEBRUARY, MARCH), []),
    # Each month is right by itself: ten that were pending in February are lost on the way.
    ("ten are lost between two months", (JANUARY, FEBRUARY, (150, 50, 20, 190, 30)), ["D5", "D6"]),
    # Ten lost and ten found again: no month's beginning is the end before it, and the quarter balances.
    ("what is lost comes back", (JANUARY, (200, 100, 70, 350, 20), (150, 50, 30, 190, 40)), ["D5", "D5"]),
]  # fmt: skip


@pytest.mark.parametrize("form", DOSSIERS)
def test_a_quarter_balances_by_its_first_stock_its_flows_and_its_last_stock(
    programme: Programme, tmp_path: Path, form: str
) -> None:
    code, names, constant = DOSSIERS[form]
    declared = programme.form[form]
    unit = programme.register_named["organisations"].by_code(code, programme.targets[0].boundary)
    assert unit is not None
    for name, months, expected in FIRST_QUARTERS:
        batch = []
        for number, (online, direct, carried, resolved, pending) in enumerate(months, start=1):
            total = online + direct + carried
            figures = (total, online, direct, carried, resolved, resolved, pending, pending)
            row = {**constant, **dict(zip(names.split(), map(str, figures), strict=True))}
            texts = [[row.get(field.field) for field in declared.fields]]
            period = f"2023-0{number}"
            batch.append(arrived(declared, texts, number=number, unit=(unit.key, unit.code), period=period))
        told = [rule.removeprefix(f"{form}.") for _, rule, _ in judged(programme, tmp_path, declared, batch)]
        assert [rule for rule in told if rule.startswith("D")] == expected, name


def test_every_form_of_figures_is_compared_with_its_past(programme: Programme) -> None:
    """R06 and the copied file: forms whose rows recur with figures."""
    kinds = {form.form: {check.kind for check in form.checks} for form in programme.forms}
    recurring = {"BM-02", "BM-04", "BM-05", "BM-07", "BM-08A", "BM-08C"}
    assert {form for form, used in kinds.items() if "jump" in used} == recurring
    assert {form for form, used in kinds.items() if "repeats" in used} == recurring | {"DVC-06"}
    assert [form for form in recurring if not programme.form[form].key] == []
