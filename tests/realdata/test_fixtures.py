"""Other projects' fixtures, broken on purpose: each is read, or refused with a reason, and yields what it is named for.

They cover what offices send: old and damaged workbooks, passwords, 1904 dates, merged cells, text in many shapes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from catalogue.delivery import Delivery
from catalogue.errors import DeliveryRefused
from catalogue.period import Period
from flows.load import check
from receipts.receipt import Receipt
from tests.batch import form_of
from tests.world import World
from transforms.sheet import Book, letter
from transforms.workbook import open_book

pytestmark = pytest.mark.realdata

REASONS = {"file.unreadable", "file.empty"}
READABLE = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv")


def opened(path: Path) -> Book | DeliveryRefused:
    """A file as it opens, or its refusal."""
    try:
        return open_book(path.read_bytes(), path.name)
    except DeliveryRefused as refused:
        return refused


@pytest.mark.parametrize("folder", ["workbooks", "csv"])
def test_every_file_is_read_or_refused_with_a_reason(realdata: Path, folder: str) -> None:
    fates: Counter[str] = Counter()
    for path in sorted((realdata / folder).rglob("*")):
        if path.is_file():
            found = opened(path)
            fate = found.rule if isinstance(found, DeliveryRefused) else "read"
            fates[fate] += path.suffix.lower() in READABLE
            assert fate in ("read", *REASONS), (path.name, fate)
            if isinstance(found, DeliveryRefused):
                assert str(found).startswith(path.name), found
    assert fates["read"] > 5 * (fates["file.unreadable"] + fates["file.empty"]), fates


REFUSED = [
    ("workbooks/calamine/tests/pass_protected.xlsx", "file.unreadable", "password"),
    ("workbooks/calamine/tests/pass_protected.xlsb", "file.unreadable", "password"),
    ("workbooks/calamine/tests/pass_protected.ods", "file.unreadable", "password"),
    ("workbooks/python-calamine/tests/data/password.xls", "file.unreadable", "password"),
    ("workbooks/calamine/tests/issue_174.xlsx", "file.unreadable", "1048576 rows and 16384 columns"),
    ("workbooks/calamine/tests/issue_594_dos.ods", "file.unreadable", "damaged"),
    ("workbooks/calamine/tests/OOM_alloc3.xls", "file.unreadable", "damaged"),
    ("workbooks/calamine/tests/empty_sheet.xlsx", "file.empty", "no sheet holds anything"),
    ("workbooks/python-calamine/tests/data/empty_file.xlsx", "file.empty", "the file is empty"),
    ("csv/frictionless/data/empty.csv", "file.empty", "the file is empty"),
    ("csv/frictionless/data/compression/implicit-gz.csv", "file.unreadable", "no text"),
    ("csv/frictionless/data/table.bad", "file.unreadable", "plain text"),
    ("csv/frictionless/data/document.pdf", "file.unreadable", "PDF"),
]


@pytest.mark.parametrize(("name", "rule", "says"), REFUSED, ids=[name.rpartition("/")[2] for name, _, _ in REFUSED])
def test_why_a_file_is_refused(realdata: Path, name: str, rule: str, says: str) -> None:
    path = realdata / name
    with pytest.raises(DeliveryRefused, match=says) as refused:
        open_book(path.read_bytes(), path.name)
    assert refused.value.rule == rule


def cell(realdata: Path, name: str, address: str, sheet: int = 0) -> tuple[str | None, str]:
    found = opened(realdata / name)
    assert isinstance(found, Book)
    for line in found.sheets[sheet].lines:
        for column, (text, kind) in enumerate(zip(line.texts, line.kinds, strict=True), start=1):
            if f"{letter(column)}{line.row}" == address:
                return text, kind
    return None, "-"


CELLS = [
    # the 1904 system of old Macintoshes, in three formats
    ("workbooks/calamine/tests/date_1904.xlsx", "A1", ("2021-01-01", "d")),
    ("workbooks/calamine/tests/date_1904.xls", "A1", ("2021-01-01", "d")),
    ("workbooks/calamine/tests/date_1904.xlsb", "A1", ("2021-01-01", "d")),
    ("workbooks/readxl/tests/testthat/sheets/dates-1904.xls", "A1", ("2000-01-01", "d")),
    ("workbooks/calamine/tests/errors.xlsx", "A1", ("#DIV/0!", "e")),
    ("csv/frictionless/data/table.ods", "B3", ("中国人", "t")),
    ("csv/frictionless/data/table1.html", "B2", ("english", "t")),
    ("csv/frictionless/data/table.tsv", "B2", ("english", "t")),
    ("csv/frictionless/data/leading-zeros.csv", "A2", ("01", "t")),
    ("csv/csv-spectrum/csvs/comma_in_quotes.csv", "C2", ("120 any st.", "t")),
    ("csv/csv-spectrum/csvs/newlines.csv", "C3", ("6", "t")),
]


@pytest.mark.parametrize(("name", "address", "expected"), CELLS, ids=[f"{n.rpartition('/')[2]}" for n, _, _ in CELLS])
def test_what_cells_hold(realdata: Path, name: str, address: str, expected: tuple[str, str]) -> None:
    assert cell(realdata, name, address) == expected


def test_csv_spectrum_is_read_as_its_own_answers_say(realdata: Path) -> None:
    folder = realdata / "csv" / "csv-spectrum"
    # One of the answers is no list, and lost letters of its own.
    for path in sorted(set((folder / "csvs").glob("*.csv")) - {folder / "csvs" / "location_coordinates.csv"}):
        book = opened(path)
        assert isinstance(book, Book), path.name
        head, *rows = [[text or "" for text in line.texts] for line in book.sheets[0].lines]
        read = [dict(zip(head, [*row, *[""] * (len(head) - len(row))], strict=True)) for row in rows]
        wanted = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        # Line ends within cells are kept as they are written there.
        plain = [{key: str(text).replace("\r\n", "\n") for key, text in row.items()} for row in read]
        assert plain == [{key: text.replace("\r\n", "\n") for key, text in row.items()} for row in wanted], path.name


ID, NAME, AGE = ("id", "count"), ("name", "text"), ("age", "count")
Finds = set[tuple[str, str]]
FRICTIONLESS: list[tuple[str, tuple[tuple[str, str], ...], Finds]] = [
    # file, required fields, (rule, cell) of every finding
    ("invalid.csv", (ID, NAME), {("table.column_doubled", "D1"), ("table.column_unknown", "C1"),
                                 ("table.column_unknown", "E1")}),
    # Its short row lacks the cell of the label that stands twice, which no field is read from.
    ("capital-invalid.csv", (ID, NAME), {("table.column_doubled", "C1"), ("cell.not_number", "A12"),
                                         ("table.column_unknown", "D1")}),
    ("duplicate-column.csv", (("a", "text"), ("b", "text"), ("c", "text")), {("table.column_doubled", "C1")}),
    ("duplicate-headers.csv", (ID, NAME), {("table.column_doubled", "C1"), ("table.column_doubled", "E1"),
                                           ("table.column_unknown", "D1")}),
    ("blank-headers.csv", (ID, AGE), {("table.column_unknown", "B1")}),
    ("blank-headers.csv", (ID, NAME, AGE), {("table.column_missing", "1"), ("table.column_unknown", "B1")}),
    ("blank-cells.csv", (ID, NAME), {("cell.missing", "B6")}),
    ("blank-rows.csv", (ID, NAME, AGE), set()),
    ("blank-rows-no-fields.csv", (ID, NAME, AGE), set()),
    ("blank-rows-multiple.csv", (ID, NAME, AGE), set()),
    ("duplicate-rows.csv", (ID, NAME, AGE), set()),  # equal in every cell: counted once, as repeated
    ("defective-rows.csv", (ID, NAME, AGE), {("cell.missing", "C2"), ("table.column_unknown", "D1")}),
    ("structure-errors.csv", (ID, NAME, AGE), {("table.column_unknown", "D1"), ("table.column_unknown", "E1"),
                                               ("table.column_unknown", "F1")}),
    ("schema-errors.csv", (ID, NAME, AGE), {("cell.not_number", "A4"), ("cell.missing", "B4"), ("cell.missing", "C4"),
                                            ("cell.missing", "A5"), ("table.column_unknown", "D1"),
                                            ("table.column_unknown", "E1"), ("table.column_unknown", "F1")}),
    ("without-rows.csv", (ID, NAME), {("table.no_rows", "2")}),
    ("without-headers.csv", (ID, NAME), {("table.not_found", "")}),
]  # fmt: skip


def judged(world: World, path: Path, fields: tuple[tuple[str, str], ...], unique: str = "") -> Receipt:
    """The receipt of a file as a report by a form with these fields, all required, one of them perhaps unique."""
    checks = [{"kind": "unique", "fields": [unique]}] if unique else []
    form = form_of({name: {"type": kind, "required": True} for name, kind in fields}, checks)
    data = path.read_bytes()
    about: dict[str, Any] = {"source": "inbox", "received_at": datetime(2024, 2, 1), "form": form.form}
    delivery = Delivery(
        hashlib.sha256(data).hexdigest(), path.name, size=len(data), unit_key=111, unit_code="ON1",
        period=Period.parse("2024-01"), **about,
    )  # fmt: skip
    return check(world.house, form, delivery, data).receipts[0]


@pytest.mark.slow
def test_a_column_that_is_unique_names_every_row_that_shares_a_value(realdata: Path, embedded: World) -> None:
    """The fixture has "ao" in rows 2 and 10: neither is known to be the wrong one, so both are asked about."""
    path = realdata / "csv" / "frictionless" / "data" / "unique-field.csv"
    receipt = judged(embedded, path, (("id", "text"), NAME, ("slug", "text")), unique="id")
    assert {(one.rule, one.cell) for one in receipt.findings} == {("C1", "A2"), ("C1", "A10")}


@pytest.mark.slow
def test_frictionless_fixtures_yield_the_errors_they_are_named_after(realdata: Path, embedded: World) -> None:
    for name, fields, expected in FRICTIONLESS:
        receipt = judged(embedded, realdata / "csv" / "frictionless" / "data" / name, fields)
        assert {(one.rule, one.cell) for one in receipt.findings} == expected, name
        fates = (receipt.rows_loaded, receipt.rows_quarantined, receipt.rows_refused, receipt.rows_repeated)
        assert receipt.rows_read == sum(fates) + receipt.rows_furniture, name


def test_days_of_the_two_systems_are_the_same_days(realdata: Path) -> None:
    sheets = realdata / "workbooks" / "readxl" / "tests" / "testthat" / "sheets"
    first, second = (opened(sheets / name) for name in ("dates-1900.xls", "dates-1904.xls"))
    assert isinstance(first, Book)
    assert isinstance(second, Book)
    assert first.sheets[0].lines[0].texts[0] == second.sheets[0].lines[0].texts[0] == date(2000, 1, 1).isoformat()
