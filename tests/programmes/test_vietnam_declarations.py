"""The Vietnam programme's declarations: what the public documents state, what the forms ask, what is documented."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.fact import Measure
from catalogue.programme import Programme
from catalogue.source import Inbox

ROOT = Path(__file__).parents[2]
ADR = ROOT / "docs" / "adr" / "0002-indicator-and-check-kinds.md"

# Every figure and target of the five public documents: (place, year, indicator, operator, value, what it is).
STATED = [
    # Bắc Giang, March 2022
    ("24", 2020, "DTI.RANK", "=", "10", "actual"),
    ("24", 2020, "DTI.RANK.DG", "=", "7", "actual"),
    ("24", 2025, "DTI.RANK", "<=", "15", "target"),
    ("24", 2022, "MIL.TRAINPLAN", "<=", "0", "target"),
    ("24", 2022, "MIL.TASKS", "=", "6", "target"),
    # Bắc Giang, 2024
    ("24", 2023, "HR.COURSES", "=", "66", "actual"),
    # Bắc Giang, the Scheme
    ("24", 2025, "HR.OFF.TRAINED", "=", "1", "target"),
    ("24", 2025, "HR.LEAD.TRAINED", "=", "1", "target"),
    ("24", 2025, "CIT.SKILL", ">=", "0.7", "target"),
    ("24", 2030, "CIT.SKILL", ">", "0.9", "target"),
    ("24", 2025, "EDU.STEM", ">=", "0.5", "target"),
    ("24", 2030, "EDU.STEM", ">", "0.8", "target"),
    ("24", 2025, "HR.EXPERTS", ">=", "50", "target"),
    ("24", 2030, "HR.EXPERTS", ">=", "100", "target"),
    ("24", 2030, "HR.OFF.DATASKILL", ">", "0.9", "target"),
    ("24", 2025, "ECO.GRDP.RANK", "<=", "15", "target"),
    ("24", 2025, "ECO.INCOME.RATIO", ">", "1", "target"),
    # Phú Thọ, 2022
    ("25", 2021, "ECO.LAB.TRAINED", "=", "0.7", "actual"),
    ("25", 2021, "ECO.LAB.CERT", "=", "0.28", "actual"),
    ("25", 2021, "CIT.SMARTPHONE", "=", "0.85", "actual"),
    ("25", 2021, "HR.OFF.COMPUTER", "=", "1", "actual"),
    ("25", 2021, "HR.IT.COVER", "=", "1", "actual"),
    ("25", 2021, "CIT.TRAINED", ">", "800000", "actual"),
    ("25", 2025, "HR.OFF.CUM", ">", "3400", "target"),
    ("25", 2025, "CIT.FIBRE", "=", "1", "target"),
    ("25", 2025, "CIT.5G", "=", "1", "target"),
    ("25", 2025, "CIT.EPAY", ">", "0.8", "target"),
    # Long An, February 2022
    ("80", 2021, "SVC.ONLINE", ">", "133000", "actual"),
    ("80", 2021, "SVC.ONLINE.GROWTH", "=", "4", "actual"),
]

# How the columns of form II.06a behave over time (the worked example of adding January and February).
OVER_TIME = [
    ("received_total", "none"),
    ("received_online", "sum"),
    ("received_direct", "sum"),
    ("carried_over", "first"),
    ("resolved_total", "sum"),
    ("resolved_early", "sum"),
    ("resolved_on_time", "sum"),
    ("resolved_late", "sum"),
    ("pending_total", "last"),
    ("pending_in_time", "last"),
    ("pending_late", "last"),
]

# The official identities: (rule, left, right), by the column numbers of form II.06a.
COLUMNS = {
    "BM-07": {
        3: "tong_tiep_nhan", 4: "tiep_nhan_truc_tuyen", 5: "tiep_nhan_truc_tiep", 6: "tiep_nhan_ky_truoc",
        7: "tong_da_giai_quyet", 8: "da_giai_quyet_truoc_han", 9: "da_giai_quyet_dung_han",
        10: "da_giai_quyet_qua_han", 11: "tong_dang_giai_quyet", 12: "dang_giai_quyet_trong_han",
        13: "dang_giai_quyet_qua_han",
    },
    "DVC-06": {
        3: "tong_tiep_nhan", 4: "tiep_nhan_qua_mang", 5: "tiep_nhan_truc_tiep tiep_nhan_qua_bcci",
        6: "tiep_nhan_ky_truoc", 7: "tong_da_xu_ly", 8: "da_xu_ly_truoc_han", 9: "da_xu_ly_dung_han",
        10: "da_xu_ly_qua_han", 11: "tong_dang_xu_ly", 12: "dang_xu_ly_trong_han", 13: "dang_xu_ly_qua_han",
    },
}  # fmt: skip
IDENTITIES = [("D1", 3, (4, 5, 6)), ("D2", 7, (8, 9, 10)), ("D3", 11, (12, 13)), ("D4", 3, (7, 11))]


def test_the_programme_declares_what_was_asked(programme: Programme) -> None:
    facts = {"dossiers", "courses", "staff", "experts", "citizens", "schools", "published_values", "service_scores"}
    facts |= {"website_items", "data_services", "open_data", "work_records", "service_quality", "unit_scores"}
    forms = {"BM-01", "BM-02", "BM-03", "BM-04", "BM-05", "BM-06", "BM-07", "BM-08A", "BM-08B", "BM-08C", "REF-01"}
    forms |= {"BM-09", "DVC-06", "DVC-07", "DVC-08", "DVC-09", "P766-01"}
    assert set(programme.fact) == facts
    assert set(programme.form) == forms


def test_every_figure_and_target_of_the_documents_is_there_as_stated(programme: Programme) -> None:
    declared = sorted(
        (found.place, found.year, found.indicator, found.operator, found.value, found.kind)
        for found in programme.targets
    )
    stated = sorted((place, year, code, sign, Decimal(value), kind) for place, year, code, sign, value, kind in STATED)
    assert declared == stated


def test_targets_are_of_the_provinces_before_the_mergers_of_2025(programme: Programme) -> None:
    places = programme.register_named["localities"]
    names = {found.place: places.by_code(found.place, found.boundary) for found in programme.targets}
    assert {code: version.name for code, version in names.items() if version} == {
        "24": "Tỉnh Bắc Giang",
        "25": "Tỉnh Phú Thọ",
        "80": "Tỉnh Long An",
    }


def test_targets_can_be_measured_by_the_year(programme: Programme) -> None:
    assert [
        found.target for found in programme.targets if "year" not in programme.indicator[found.indicator].periods
    ] == []


def test_rates_of_targets_are_fractions(programme: Programme) -> None:
    rates = [found for found in programme.targets if programme.indicator[found.indicator].scale == "percent"]
    assert [found.target for found in rates if not 0 <= found.value <= 1] == []


def test_forms_indicators_and_facts_speak_both_languages(programme: Programme) -> None:
    texts = {
        **{f"fact {fact.fact}": [fact.title] for fact in programme.facts},
        **{f"{fact.fact}.{one.dimension}": [one.title] for fact in programme.facts for one in fact.dimensions},
        **{f"{fact.fact}.{one.measure}": [one.title] for fact in programme.facts for one in fact.measures},
        **{f"form {form.form}": [form.title] for form in programme.forms},
        **{f"{form.form}.{one.field}": [one.title] for form in programme.forms for one in form.fields},
        **{one.check: [one.title, one.advice] for form in programme.forms for one in form.checks},
        **{one.indicator: [one.title, one.definition] for one in programme.indicators},
        **{one.target: [one.words] for one in programme.targets},
    }
    lacking = [name for name, words in texts.items() if any(not one.get("vi") or not one.get("en") for one in words)]
    assert lacking == []


@pytest.mark.parametrize(("measure", "rule"), OVER_TIME)
def test_columns_of_the_dossier_form_add_over_time_as_they_must(programme: Programme, measure: str, rule: str) -> None:
    found = programme.fact["dossiers"].measure(measure)
    assert isinstance(found, Measure)
    assert found.over_time == rule


@pytest.mark.parametrize(("form", "severity"), [("BM-07", "reject_row"), ("DVC-06", "warn")])
@pytest.mark.parametrize(("rule", "whole", "parts"), IDENTITIES)
def test_the_official_identities_reject_in_submissions_and_warn_in_pulls(
    programme: Programme, form: str, severity: str, rule: str, whole: int, parts: tuple[int, ...]
) -> None:
    columns = COLUMNS[form]
    check = next(found for found in programme.form[form].checks if found.check == f"{form}.{rule}")
    left, right = ([operand.field for operand in side] for side in (check.left, check.right))
    assert (check.kind, check.operator, check.tolerance) == ("compare", "=", Decimal(0))
    assert check.severity == severity
    assert left == [columns[whole]]
    assert sorted(map(str, right)) == sorted(" ".join(columns[part] for part in parts).split())


def test_ids_of_checks_begin_with_their_form_and_occur_once(programme: Programme) -> None:
    checks = [(form.form, check.check) for form in programme.forms for check in form.checks]
    assert [check for form, check in checks if not check.startswith(f"{form}.")] == []
    assert len({check for _, check in checks}) == len(checks)


def test_counts_are_never_below_zero_in_any_form(programme: Programme) -> None:
    fields = [(form.form, field) for form in programme.forms for field in form.fields if field.type == "count"]
    assert [f"{form}.{field.field}" for form, field in fields if field.minimum is None or field.minimum < 0] == []


def test_no_blank_count_is_taken_for_zero(programme: Programme) -> None:
    fields = [field for form in programme.forms for field in form.fields if field.type in ("count", "decimal")]
    assert {field.blank for field in fields} == {"missing"}


def test_services_are_counted_from_the_portal_alone_and_compared_with_others(programme: Programme) -> None:
    terms = [
        (found.indicator, term.forms)
        for found in programme.indicators
        if found.fact == "dossiers" and found.kind != "gap"
        for term in found.terms
    ]
    assert [code for code, forms in terms if forms != ("DVC-06",)] == []
    gaps = {code: programme.indicator[code] for code in ("SVC.GAP.RATE", "SVC.SYNC")}
    sources = {
        code: ({one.forms for one in gap.numerator}, {one.forms for one in gap.against}) for code, gap in gaps.items()
    }
    assert sources == {
        "SVC.GAP.RATE": ({("BM-07",)}, {("DVC-06",)}),
        "SVC.SYNC": ({("DVC-07",)}, {("DVC-06",)}),
    }


def test_nothing_in_the_form_of_experts_names_a_person(programme: Programme) -> None:
    fields = {field.field for field in programme.form["BM-03"].fields}
    assert fields == {"ma_chuyen_gia", "don_vi", "linh_vuc", "chung_chi", "ngay_cong_nhan", "ngay_thoi", "chuyen_trach"}


def test_the_record_of_kinds_maps_68_indicators_and_agrees_with_what_is_declared(programme: Programme) -> None:
    rows = re.findall(r"(?m)^\| ([A-Z]+\.[A-Z0-9.]+)[^|]*\| (\w+) \|[^|]*\| (now|later)", ADR.read_text("utf-8"))
    beside = {f"DTI.RANK.{pillar}" for pillar in ("DG", "DE", "DS")} | {"DTI.SCORE.2020"}
    assert len(rows) == 68
    assert {(code, kind) for code, kind, state in rows if state == "now"} == {
        (found.indicator, found.kind) for found in programme.indicators if found.indicator not in beside
    }


def test_the_record_of_kinds_names_every_declared_check_kind(programme: Programme) -> None:
    used = {check.kind for form in programme.forms for check in form.checks}
    record = ADR.read_text("utf-8")
    assert [kind for kind in sorted(used) if f"| `{kind}` |" not in record] == []


def test_what_clerks_fill_in_says_its_source_in_their_language(programme: Programme) -> None:
    filled = {code for one in programme.sources if isinstance(one, Inbox) for code in one.forms}
    same = [form.form for form in programme.forms if form.form in filled and form.basis("vi") == form.basis("en")]
    assert same == []
