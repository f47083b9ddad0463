"""The number of a submission: what changes a report must count it on; what changes nothing, or says no number, may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import openpyxl

from flows.load import load
from flows.overriding import chosen
from flows.replaying import replay
from tests.batch import delivered, workbook
from tests.world import World, redeclared

DATA = ("data", 500, 100, 400, 420, 400, 80)
LESS = ("data", 400, 100, 300, 320, 300, 80)

SENT = [
    # submission, rows, what becomes of it, rules
    ("1", [DATA], "accepted", []),
    ("1", [LESS], "rejected", ["file.submission"]),  # another content under the same number
    ("no. 2", [LESS], "accepted", []),
    ("1", [DATA], "rejected", ["file.submission"]),  # the old file, saved again
    ("2", [LESS], "accepted", []),  # the same content again: nothing changes
    ("", [DATA], "accepted", []),  # says no number
    ("1", [LESS], "accepted", []),  # what counts now says none
]


def send(world: World, number: str, rows: Sequence[Sequence[object]], place: int) -> tuple[str, list[str]]:
    form = world.programme.form["CASES"]
    book = openpyxl.load_workbook(BytesIO(workbook(form, "ON1", "01/2024", rows)))
    sheet = book.worksheets[0]
    if number:
        sheet["A5"], sheet["B5"] = "Submission", number
    sheet["H20"] = " " * place
    held = BytesIO()
    book.save(held)
    done = load(world.house, form, [delivered(world.house, held.getvalue(), "ON1", f"ON1/{place}.xlsx")], "batch")
    return done.receipts[0].status, [one.rule for one in done.receipts[0].findings]


def test_a_changed_report_must_count_its_submissions_on(world: World) -> None:
    form = world.programme.form["CASES"]
    layout = form.layout.model_copy(update={"submission": ("Submission",)})
    forms = [form.model_copy(update={"layout": layout}), *world.programme.forms[1:]]
    world.house = replace(world.house, programme=redeclared(world.programme, forms=forms))

    became = [send(world, number, rows, place) for place, (number, rows, _, _) in enumerate(SENT, start=1)]
    assert became == [(status, rules) for _, _, status, rules in SENT]
    assert world.sql("SELECT submission_no, status FROM dim_delivery ORDER BY delivery_key")[:3] == [
        (1, "accepted"),
        (1, "rejected"),
        (2, "accepted"),
    ]
    assert world.sql(
        "SELECT source_column, source_row, found FROM issue WHERE rule_code = 'file.submission' ORDER BY delivery_key"
    ) == [("B", 5, "1"), ("B", 5, "1")]
    assert all(adds_up for (adds_up,) in world.sql("SELECT adds_up FROM fates"))
    # Judged anew, what counts is not measured against itself, and what was refused stays so.
    done = replay(world.house, chosen(world.house, [], every=True), "why", "who")
    assert {one.became for one in done} <= {"same", "superseded"}
