"""The provincial competitiveness index of 2015 as its authors publish it, by a programme in YAML alone (``pci/``)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.realdata.conftest import Install, Installation

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Unknown extension is not supported:UserWarning"),
]

PCI = Path(__file__).parent / "pci"
PROVINCES = 63
SUB_INDICES = 10
GROUPS = {"1": "Rất tốt", "2": "Tốt", "3": "Khá", "4": "Trung bình", "5": "Tương đối thấp", "6": "Thấp"}


@pytest.fixture(scope="module")
def workbook(realdata: Path) -> Path:
    return realdata / "vietnam" / "workbooks" / "PCI_2015.xlsx"


@pytest.fixture(scope="module")
def authors(workbook: Path, install: Install) -> Installation:
    installed = install(str(PCI), "inbox")
    installed.lay("PCI/VN/2015/PCI_2015.xlsx", workbook)
    installed.run()
    return installed


def test_every_row_is_loaded_repeated_or_furniture(authors: Installation) -> None:
    """Below each component one province is looked up again, in equal cells: it counts once."""
    assert authors.ask("SELECT rule_code, source_sheet, source_row, found FROM issue") == []
    fates = authors.ask("SELECT rows_loaded, rows_quarantined, rows_refused, rows_repeated, adds_up FROM fates")
    assert fates == [(PROVINCES * (1 + SUB_INDICES), 0, 0, SUB_INDICES, True)]
    kinds: dict[str, int] = dict(authors.ask("SELECT rule, sum(rows) FROM furniture GROUP BY 1"))
    # The median, the least and the greatest of each component; the box below the rankings, with its header.
    assert (kinds["layout.total"], kinds["layout.ended"]) == (3 * SUB_INDICES, 3)


def test_the_component_is_the_name_of_the_sheet(authors: Installation, workbook: Path) -> None:
    found = authors.ask("SELECT source_sheet, component_code, count(*) FROM competitiveness GROUP BY 1, 2")
    assert {count for *_, count in found} == {PROVINCES}
    assert len({component for _, component, _ in found}) == 1 + SUB_INDICES
    visible = {sheet.title for sheet in openpyxl.load_workbook(workbook).worksheets if sheet.sheet_state == "visible"}
    assert {sheet for sheet, *_ in found} == visible


def test_each_province_is_resolved_in_every_sheet(authors: Installation) -> None:
    found = authors.ask("SELECT component_code, count(DISTINCT province_key) FROM competitiveness GROUP BY 1")
    assert {count for _, count in found} == {PROVINCES}


def test_scores_and_ranks_are_the_cells_left_and_right_of_a_label(authors: Installation, workbook: Path) -> None:
    """The provinces of the index stand in a column without a label, left of "PCI 2015"."""
    sheet = openpyxl.load_workbook(workbook, data_only=True)["Summary_VN"]
    cells = sheet.iter_rows(min_row=2, max_row=1 + PROVINCES, min_col=23, max_col=25, values_only=True)
    wanted: dict[int, object] = {
        row: (pytest.approx(score, abs=1e-6), rank, group) for row, (score, rank, group) in enumerate(cells, 2)
    }
    rows = authors.ask(
        """SELECT source_row, score, place_among_provinces, rating_code FROM competitiveness
           WHERE component_code = 'PCI'"""
    )
    assert {row: (float(score), rank, GROUPS[group]) for row, score, rank, group in rows} == wanted
    best = "SELECT province_name FROM competitiveness WHERE component_code = 'PCI' AND source_row = 2"
    ((name,),) = authors.ask(best)
    assert name.endswith(str(sheet["V2"].value))


def test_the_index_is_the_weighted_sum_of_its_components(authors: Installation) -> None:
    differ = authors.ask(
        """SELECT max(abs(i.value - c.score)), count(*)
           FROM competitiveness c JOIN indicator i ON i.entity_key = c.province_key
           WHERE c.component_code = 'PCI' AND i.indicator_code = 'INDEX' AND i.period_code = '2015'"""
    )
    ((most, compared),) = differ
    assert compared == PROVINCES
    assert most < Decimal("0.00001")


def test_ranks_are_those_published(authors: Installation) -> None:
    pairs = authors.ask(
        """SELECT c.place_among_provinces, i.value
           FROM competitiveness c JOIN indicator i ON i.entity_key = c.province_key
           WHERE c.component_code = 'PCI' AND i.indicator_code = 'RANK' AND i.period_code = '2015'"""
    )
    assert Counter(published == computed for published, computed in pairs) == {True: PROVINCES}
