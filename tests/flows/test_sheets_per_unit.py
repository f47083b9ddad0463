"""One sheet per unit: each states its unit in its head, and becomes a report of that unit, if it is the sender's."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import openpyxl

from flows.load import Loaded, load
from tests.batch import delivered
from tests.flows.office import CASES, good
from tests.world import World

Sheets = Mapping[str, tuple[str, str, Sequence[Sequence[object]]]]
"""Sheet name: what it says of its unit, of its period, and its rows."""


def book(sheets: Sheets) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, (unit, period, rows) in sheets.items():
        sheet = made.create_sheet(name)
        for line in (["Form: CASES"], ["Unit:", unit], ["Period:", period], [], list(CASES), *map(list, rows)):
            sheet.append(line)
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def loaded(world: World, sender: str, sheets: Sheets) -> Loaded:
    return load(world.house, world.programme.form["CASES"], [delivered(world.house, book(sheets), sender)], "batch")


def found(done: Loaded) -> list[tuple[str, str, str]]:
    return [(one.rule, one.sheet, one.cell) for one in done.receipts[0].findings]


def parts(world: World) -> list[tuple[object, ...]]:
    return world.sql("SELECT unit_key, period_code, rows_loaded FROM dim_part ORDER BY unit_key")


def test_each_sheet_is_a_report_of_its_unit(embedded: World) -> None:
    done = loaded(
        embedded,
        "ON",
        {
            "first": ("ON1", "01/2024", [good("data"), good("web")]),
            "second": ("ON2", "01/2024", [good("data")]),
        },
    )
    assert (done.receipts[0].status, done.receipts[0].unit, done.receipts[0].rows_loaded) == ("accepted", "ON", 3)
    assert parts(embedded) == [(111, "2024-01", 2), (112, "2024-01", 1)]
    assert embedded.sql("SELECT source_sheet, office_code, count(*) FROM cases GROUP BY ALL ORDER BY ALL") == [
        ("first", "ON1", 2),
        ("second", "ON2", 1),
    ]


def test_a_sheet_of_another_branch_refuses_the_file(embedded: World) -> None:
    sheets = {"a": ("ON1", "01/2024", [good("data")]), "b": ("OS1", "01/2024", [good("data")])}
    done = loaded(embedded, "ON", sheets)
    assert done.receipts[0].status == "rejected"
    assert found(done) == [("file.foreign_unit", "b", "B2")]
    assert parts(embedded) == []


def test_what_sheets_may_not_say(embedded: World) -> None:
    twice = {"a": ("ON1", "01/2024", [good("data")]), "b": ("ON-1", "01/2024", [good("web")])}
    later = {"a": ("ON1", "01/2024", [good("data")]), "b": ("ON2", "02/2024", [good("web")])}
    assert found(loaded(embedded, "ON", twice)) == [("file.unit", "b", "B2")]
    assert found(loaded(embedded, "ON", later)) == [("file.period", "b", "B3")]
    assert parts(embedded) == []


def test_a_sheet_without_rows_is_no_report_of_its_unit(embedded: World) -> None:
    done = loaded(embedded, "ON", {"a": ("ON1", "01/2024", [good("data")]), "b": ("ON2", "01/2024", [])})
    assert (done.receipts[0].status, found(done)) == ("accepted_with_warnings", [("table.sheet_empty", "b", "")])
    assert parts(embedded) == [(111, "2024-01", 1)]


def test_a_second_sheet_of_the_same_unit_is_named_and_not_read(embedded: World) -> None:
    done = loaded(
        embedded, "ON1", {"new": ("ON1", "01/2024", [good("data")]), "old": ("ON1", "12/2023", [good("web")])}
    )
    assert (done.receipts[0].status, found(done)) == ("accepted_with_warnings", [("table.sheet_unread", "old", "")])
    assert parts(embedded) == [(111, "2024-01", 1)]
