"""The Ministry of Finance's final accounts of provincial budgets, by a programme in YAML alone (``budgets/``)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.realdata.conftest import Install, Installation

pytestmark = [pytest.mark.realdata, pytest.mark.slow]

BUDGETS = Path(__file__).parent / "budgets"
# In million dong, as given by the ministry in its row "TỔNG SỐ".
REVENUE = {"2010": Decimal(728300190), "2013": Decimal(1076723842)}


@pytest.fixture(scope="module")
def ministry(realdata: Path, install: Install) -> Installation:
    installed = install(str(BUDGETS), "inbox")
    for year in REVENUE:
        name = f"Final_{year}.xls"
        installed.lay(f"CKTC-09/VN/{year}/{name}", realdata / "vietnam" / "workbooks" / name)
    installed.run()
    return installed


def test_both_years_are_accepted_without_a_finding(ministry: Installation) -> None:
    assert ministry.ask("SELECT period_code, status FROM dim_delivery ORDER BY 1") == [
        ("2010", "accepted"),
        ("2013", "accepted"),
    ]
    assert ministry.ask("SELECT rule_code, source_row, found FROM issue") == []


def test_every_row_is_a_province_or_furniture(ministry: Installation) -> None:
    fates = ministry.ask("SELECT rows_loaded, rows_quarantined, rows_refused, adds_up FROM fates")
    assert fates == [(63, 0, 0, True)] * 2
    kinds = ministry.ask(
        "SELECT kind, sum(rows) FROM furniture WHERE kind IN ('total', 'section') GROUP BY 1 ORDER BY 1"
    )
    assert kinds == [("section", 12), ("total", 2)]


def test_each_of_the_63_provinces_is_resolved_in_both_years(ministry: Installation) -> None:
    found = ministry.ask("SELECT period_code, count(DISTINCT province_key) FROM budgets GROUP BY 1 ORDER BY 1")
    assert found == [("2010", 63), ("2013", 63)]


@pytest.mark.parametrize("year", REVENUE)
def test_the_ministrys_total_is_the_sum_of_its_provinces(ministry: Installation, year: str) -> None:
    ((revenue,),) = ministry.ask("SELECT round(sum(revenue)) FROM budgets WHERE period_code = :year", {"year": year})
    assert revenue == REVENUE[year]
    ((value,),) = ministry.ask(
        "SELECT round(value) FROM indicator "
        "WHERE indicator_code = 'REVENUE' AND place_code = 'VN' AND period_code = :year",
        {"year": year},
    )
    assert value == REVENUE[year]


def test_a_provinces_figure_is_the_cell_of_the_workbook(ministry: Installation) -> None:
    assert ministry.ask(
        "SELECT source_sheet, source_row, round(revenue, 3) FROM budgets WHERE province_name = 'Tỉnh Bắc Giang' "
        "ORDER BY period_code"
    ) == [("M09+", 23, Decimal("3237745.419")), ("M09+", 24, Decimal("4680899.520"))]


def test_a_label_over_two_columns_is_that_of_the_one_that_is_filled(ministry: Installation) -> None:
    """In 2010 the share that a province keeps has a column; in 2013 its label is merged over a blank one and it."""
    found = ministry.ask(
        "SELECT period_code, count(kept_percent), min(kept_percent) FROM budgets GROUP BY 1 ORDER BY 1"
    )
    assert [(period, count) for period, count, _ in found] == [("2010", 63), ("2013", 63)]
    assert [int(least) for *_, least in found] == [26, 23]
