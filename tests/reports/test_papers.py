"""``chiso dictionary``, ``chiso brief`` and ``chiso official``: what they say is what SQL says, the same every time."""

from __future__ import annotations

import csv
from pathlib import Path

import docx
import openpyxl
import pytest

from tests.flows.office import Installation, good, install

pytestmark = pytest.mark.long

BRIEF = """
place: N
period: quarter
title: {en: "The cases of {place}"}
lead: {en: "Release {release}."}
phrases:
  en:
    rose: ", up by {amount} on {before} ({was})"
    fell: ", down by {amount} on {before} ({was})"
    partial: "; {received} of {expected} reports"
    no_figure: "{title}: no figure."
    indicator: Indicator
    target: Target
    standing: Standing
    rank: No.
    place: Place
    value: Value
    table: Table
    chart: Chart
sections:
  - title: {en: Cases}
    sentences:
      - {indicator: RECEIVED, text: {en: "In {period} the offices of {place} received {value} cases{change}{partial}."}}
      - {indicator: SKILL, text: {en: "{value} are skilled."}}
    chart: {title: {en: Received and resolved}, indicators: [RECEIVED, RESOLVED]}
    table: {title: {en: Quarters}, indicators: [RECEIVED, RESOLVED, SKILL], periods: 2}
    ranking: {title: {en: Towns}, indicator: RECEIVED, level: town}
"""
OFFICIAL = """
- official: T1
  fact: cases
  forms: [CASES]
  rows: topic
  stamp: {en: Form T1}
  title: {en: CASES}
  reporter: {en: "Office:"}
  period: {en: "Period: {period}"}
  days: {en: "{first} to {last}"}
  serial: {en: No.}
  label: {en: Topic}
  columns:
    - {number: 3, title: {en: Received > Total}, sum_of: [4, 5]}
    - {number: 4, title: {en: Received > New}, measure: received}
    - {number: 5, title: {en: Received > Carried over}, measure: carried}
    - {number: 6, title: {en: Resolved}, measure: resolved}
    - {number: 7, title: {en: Pending}, measure: pending}
  subtotal: {en: Subtotal}
  total: {en: TOTAL}
  identities:
    - {left: [3], right: [6, 7], note: {en: "{rows} rows do not add up, first {first}."}}
  source: {en: "From {form}, {release}: {received}/{expected} reports."}
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Two towns that reported two quarters; the second is not complete."""
    office = install(tmp_path_factory.mktemp("papers"), prepared=True)
    (office.programme / "report").mkdir()
    office.declare("report/brief.yml", BRIEF)
    office.declare("report/official.yml", OFFICIAL)
    office.send("ON1", "1.xlsx", "01/2024", [good("Data", 1, 10, 5), good("Web", 2, 4, 3)])
    office.send("ON1", "2.xlsx", "02/2024", [good("Data", 6, 20, 16), good("Web", 3, 6, 9)])
    office.send("ON1", "4.xlsx", "04/2024", [good("Data", 10, 45, 50)])
    office.send("ON2", "1.xlsx", "01/2024", [good("Data", 3, 6, 4)])
    assert office.chiso("run", "--no-flow").returncode == 0
    return office


def written(office: Installation, path: Path, *words: str) -> Path:
    """The file that a command wrote; written again elsewhere, it is the same bytes."""
    for target in (path, path.with_name(f"again{path.suffix}")):
        done = office.chiso(*words, "-o", str(target))
        assert done.returncode == 0, done.stderr
    assert path.read_bytes() == path.with_name(f"again{path.suffix}").read_bytes()
    return path


def test_the_brief_tells_the_figures_and_what_is_missing(office: Installation, tmp_path: Path) -> None:
    document = docx.Document(str(written(office, tmp_path / "brief.docx", "brief")))
    said = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    owed = office.asked(
        "SELECT reports_received AS r, reports_expected AS e, value FROM indicator WHERE indicator_code = 'RECEIVED' "
        "AND place_code = 'N' AND period_code = '2024-Q2'"
    )[0]
    assert "The cases of North" in said
    # 10 + 4 + 20 + 6 + 6 = 46 in the first quarter, 45 in the second.
    told = "In Q2 2024 the offices of North received 45 cases, down by 2.17% on Q1 2024 (46*)"
    assert f"{told}; {owed['r']} of {owed['e']} reports." in said
    assert "SKILL: no figure." in said
    assert [one for one in said if one.startswith("Table")] == ["Table 1. Quarters", "Table 2. Towns, Q2 2024"]
    quarters, towns = ([[cell.text for cell in row.cells] for row in table.rows] for table in document.tables)
    assert quarters == [
        ["Indicator", "Q1 2024", "Q2 2024", "Target", "Standing"],
        ["RECEIVED", "46*", "45*", "–", "–"],
        ["RESOLVED", "37*", "50*", "–", "–"],
    ]
    assert towns[1][:2] == ["1", "Firsttown"]
    charts = [part for part in document.part.package.iter_parts() if "/charts/" in str(part.partname)]
    assert [b"<c:v>46" in part.blob and b"<c:v>45" in part.blob for part in charts] == [True]


def test_a_brief_of_a_place_without_figures_says_so(office: Installation, tmp_path: Path) -> None:
    done = office.chiso("brief", "-o", str(tmp_path / "x.docx"), "--place", "Nowhere")
    assert done.returncode == 2
    assert "has no figure of a place 'Nowhere'" in done.stderr
    assert office.chiso("brief", "-o", str(tmp_path / "x.pdf")).returncode == 2


def test_a_gap_that_nothing_fills_is_told_when_the_brief_is_read(office: Installation, tmp_path: Path) -> None:
    office.declare("report/brief.yml", BRIEF.replace("{value} are skilled", "{values} are skilled"))
    done = office.chiso("brief", "-o", str(tmp_path / "x.docx"))
    office.declare("report/brief.yml", BRIEF)
    assert done.returncode == 2
    assert "the gap 'values' is not known" in done.stderr
    assert "report/brief.yml" in done.stderr


def test_the_official_layout_adds_flows_and_takes_stocks_at_the_ends(office: Installation, tmp_path: Path) -> None:
    path = written(office, tmp_path / "t1.xlsx", "official", "ON", "2024-Q1")
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path)["T1"].iter_rows()]
    table = [row for row in rows if row[1] in ("Data", "Web", "Subtotal", "TOTAL")]
    # label: total, received, carried over of the first month, resolved, pending of the last; ON2 sent January alone.
    assert [row[1:] for row in table] == [
        ["Data", 40, 36, 4, 25, 15],
        ["Web", 12, 10, 2, 12, 0],
        ["Subtotal", 52, 46, 6, 37, 15],
        ["TOTAL", 52, 46, 6, 37, 15],
    ]
    said = [str(row[0]) for row in rows if row[0]]
    assert any(one.startswith("From CASES, release-1: 3/") for one in said)
    assert not any("do not add up" in one for one in said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ON", "2023-Q1"), "has nothing of forms CASES for this unit in 2023-Q1"),
        (("XX", "2024-Q1"), "no unit is called 'XX'"),
        (("ON", "Q1 2024"), "is no period code"),
        (("ON", "2024-Q1", "--layout", "T9"), "has no layout 'T9'; it has: T1"),
    ],
)
def test_what_cannot_be_filled_is_refused(
    office: Installation, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = office.chiso("official", *words, "-o", str(tmp_path / "x.xlsx"))
    assert done.returncode == 2
    assert said in done.stderr


def test_the_dictionary_says_what_everything_means_and_where_it_stood(office: Installation, tmp_path: Path) -> None:
    for name in ("one", "two"):
        done = office.chiso("dictionary", "-o", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
    for name in ("dictionary.csv", "dictionary.html", "dictionary.xlsx"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with (tmp_path / "one" / "dictionary.csv").open(encoding="utf-8") as file:
        found = {(row["kind"], row["table or form"], row["name"]): row for row in csv.DictReader(file)}
    assert not [key for key, row in found.items() if not row["meaning"]]
    asked = office.asked("SELECT table_name AS t, column_name AS c FROM information_schema.columns")
    there = {(one["t"], one["c"]) for one in asked if one["t"] != "alembic_version"}
    assert {(of, name) for kind, of, name in found if kind == "column"} == there
    received = found["column", "cases", "received"]
    assert (received["unit"], received["source form and column"]) == ("case", "CASES: Received")
    assert received["cells"] == "CASES: D6:D7 (4 sheets)"
    indicator = found["indicator", "cases", "RECEIVED"]
    assert (indicator["first period"], indicator["last period"]) == ("2024", "2024")
    assert indicator["formula or test"] == "cases.received"
    assert ("rule", "every form", "cell.missing") in found
    book = openpyxl.load_workbook(tmp_path / "one" / "dictionary.xlsx", read_only=True)
    assert book.sheetnames == ["Indicators", "Fields of forms", "Rules", "Tables and views", "Columns"]
    page = (tmp_path / "one" / "dictionary.html").read_text(encoding="utf-8")
    assert "CASES: D6:D7 (4 sheets)" in page
    assert "http" not in page.replace("http://www.w3.org", "")
