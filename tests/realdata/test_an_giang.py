"""An Giang's workbook of the national portal, scores of Decision 766 for October 2025, loads as a form."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.realdata.conftest import Install, Installation

pytestmark = [pytest.mark.realdata, pytest.mark.slow]

SHEETS = {"Điểm tháng": 34, "Sở Ban": 15, "Xã Phường": 102}
GROUPS = {
    "progress_score": "TDGQ",
    "satisfaction_score": "MDHL",
    "digitisation_score": "MDSH",
    "tttt_score": "TTTT",
    "clgq_score": "CLGQ",
    "transparency_score": "CKMB",
}


@pytest.fixture(scope="module")
def workbook(realdata: Path) -> Path:
    return realdata / "vietnam" / "portal_766" / "an_giang_2025-10.xlsx"


@pytest.fixture(scope="module")
def an_giang(workbook: Path, install: Install) -> Installation:
    installed = install("vietnam", "inbox_766")
    installed.lay("P766-01/H01/2025-10/an_giang_2025-10.xlsx", workbook)
    installed.run()
    return installed


def test_the_folders_tell_form_unit_and_month(an_giang: Installation) -> None:
    assert an_giang.ask("SELECT form_code, unit_code, period_code, status FROM dim_delivery") == [
        ("P766-01", "H01", "2025-10", "accepted")
    ]


def test_every_row_of_the_three_sheets_is_loaded(an_giang: Installation) -> None:
    sheets = an_giang.ask("SELECT source_sheet, count(*) FROM service_scores GROUP BY 1")
    assert dict(sheets) == SHEETS
    fates = an_giang.ask(
        "SELECT rows_loaded, rows_quarantined, rows_refused, rows_repeated, rows_furniture, adds_up FROM fates"
    )
    # Furniture: the header of each sheet.
    assert fates == [(151, 0, 0, 0, 3, True)]


def test_the_six_group_scores_add_up_to_the_total_in_every_row(an_giang: Installation) -> None:
    groups = " + ".join(GROUPS)
    found = an_giang.ask(f"SELECT count(*), count(*) FILTER (abs({groups} - total_score) <= 0.02) FROM service_scores")
    assert found == [(151, 151)]


def test_scores_are_those_of_the_workbook(an_giang: Installation, workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook, read_only=True)
    wanted = set()
    for sheet in SHEETS:
        header, *rows = [[str(cell) for cell in row] for row in book[sheet].iter_rows(values_only=True)]
        for number, row in enumerate(rows, start=2):
            record = dict(zip(header, row, strict=True))
            scores = (Decimal(record[name]) for name in (*GROUPS.values(), "TONG_SCORE", "ROW_STT"))
            wanted.add((sheet, number, record["ID"], record["MA_COQUAN"], *scores))
    columns = ", ".join(GROUPS)
    found = an_giang.ask(
        f"""SELECT source_sheet, source_row, agency_id, agency_code, {columns}, total_score, national_rank
            FROM service_scores"""
    )
    assert set(found) == wanted
