"""The story of a batch, told with workbooks: what becomes of each delivery, of each row, of what was there before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from catalogue.correction import Correction
from catalogue.delivery import Delivery
from expectations import predicate
from flows import load as loading
from flows.load import Loaded, check, load
from tests.batch import delivered, workbook
from tests.world import World, redeclared

#         topic   total carried received resolved on time pending
DATA = ("data", 500, 100, 400, 420, 400, 80)
WEB = ("Web", 10, 0, 10, 4, 4, 6)
WRONG = ("web", 11, 0, 10, 4, 4, 6)  # 11 is not 0 + 10, and not 4 + 6


def sent(world: World, unit: str, month: str, rows: Sequence[Sequence[object]], *below: Sequence[object]) -> Delivery:
    """A workbook on cases in the folder of its unit."""
    return delivered(world.house, workbook(world.programme.form["CASES"], unit, month, rows, *below), unit)


def loaded(world: World, *deliveries: Delivery, form: str = "CASES") -> Loaded:
    return load(world.house, world.programme.form[form], deliveries, "batch")


def fates(world: World) -> list[tuple[object, ...]]:
    return world.sql(
        "SELECT status, rows_read, rows_loaded, rows_quarantined, rows_refused, rows_repeated, rows_furniture, "
        "adds_up, quarantine_found, loaded_found, furniture_found FROM fates ORDER BY delivery_key"
    )


def test_a_clean_delivery_becomes_facts_with_their_addresses(world: World) -> None:
    total = ("Total", 510, 100, 410, 424, 404, 86)
    done = loaded(world, sent(world, "ON1", "01/2024", [DATA, WEB], total, ("Signed",)))

    assert [(one.status, one.unit, one.period, one.findings_total) for one in done.receipts] == [
        ("accepted", "ON1", "2024-01", 0)
    ]
    assert world.sql(
        "SELECT source_sheet, source_row, topic_code, received, pending FROM cases ORDER BY source_row"
    ) == [
        ("Sheet", 7, "data", 400, 80),
        ("Sheet", 8, "web", 10, 6),
    ]
    # title, form, unit, period, header, total, signature
    assert fates(world) == [("accepted", 9, 2, 0, 0, 0, 7, True, 0, 2, 7)]
    assert {verdict for (verdict,) in world.sql("SELECT verdict FROM check_result")} == {"pass"}


def test_a_bad_row_is_set_aside_with_its_cell_and_the_rest_is_loaded(world: World) -> None:
    done = loaded(world, sent(world, "ON1", "01/2024", [DATA, WRONG]))

    receipt = done.receipts[0]
    assert (receipt.status, receipt.rows_loaded, receipt.rows_quarantined) == ("partly_accepted", 1, 1)
    assert [(one.rule, one.cell, one.found) for one in receipt.findings] == [
        ("CASES.IN", "B8", "total = 11; carried = 0; received = 10"),
        ("CASES.OUT", "B8", "total = 11; resolved = 4; pending = 6"),
    ]
    assert world.sql("SELECT source_row, rules, part_key FROM quarantine") == [(8, "CASES.IN;CASES.OUT", 1)]
    assert world.sql("SELECT complete, rows_quarantined FROM dim_part") == [(False, 1)]
    assert fates(world) == [("partly_accepted", 7, 1, 1, 0, 0, 5, True, 1, 1, 5)]


def test_repeated_rows_count_once_and_contradicting_ones_not_at_all(embedded: World) -> None:
    other = ("data", 501, 100, 401, 421, 400, 80)
    done = loaded(
        embedded,
        sent(embedded, "ON1", "01/2024", [WEB, WEB, WEB]),
        sent(embedded, "ON2", "01/2024", [DATA, other, WEB]),
    )
    assert [(one.status, one.rows_loaded, one.rows_repeated, one.rows_quarantined) for one in done.receipts] == [
        ("accepted", 1, 2, 0),
        ("partly_accepted", 1, 0, 2),
    ]
    assert {one.rule for one in done.receipts[1].findings} == {"CASES.ONCE"}


def test_a_resubmission_supersedes_and_a_spoiled_one_does_not(world: World) -> None:
    loaded(world, sent(world, "ON1", "01/2024", [WRONG, DATA]))
    loaded(world, sent(world, "ON1", "01/2024", [WEB, DATA]))
    spoiled = loaded(world, sent(world, "ON1", "01/2024", [WRONG]))

    assert spoiled.receipts[0].status == "rejected"
    assert world.sql("SELECT reason, rows_loaded, complete FROM dim_part ORDER BY part_key") == [
        ("first", 1, False),
        ("resubmission", 2, True),
    ]
    assert world.one("SELECT sum(received) FROM cases") == 410
    # The spoiled row is in quarantine all the same, of no part.
    assert world.sql("SELECT delivery_key, part_key FROM quarantine ORDER BY delivery_key") == [(1, 1), (3, None)]
    assert [row[0] for row in fates(world)] == ["partly_accepted", "accepted", "rejected"]
    assert all(row[7] for row in fates(world))


def test_the_same_bytes_again_change_nothing_whatever_their_name(embedded: World) -> None:
    data = workbook(embedded.programme.form["CASES"], "ON1", "01/2024", [DATA])
    loaded(embedded, delivered(embedded.house, data, "ON1", "first.xlsx"))
    before = fates(embedded)
    again = loaded(embedded, delivered(embedded.house, data, "ON1", "second.xlsx"))
    assert again.appended is not None
    assert (again.appended.deliveries, again.appended.parts, again.appended.rows) == ({}, 0, 0)
    assert fates(embedded) == before


def test_the_same_content_in_another_file_is_a_vintage_that_stores_nothing(embedded: World) -> None:
    loaded(embedded, sent(embedded, "ON1", "01/2024", [DATA, WEB]))
    done = loaded(embedded, sent(embedded, "ON1", "01/2024", [WEB, DATA], ("Signed",)))
    assert done.appended is not None
    assert (done.appended.parts, done.appended.rows, done.appended.repeats) == (1, 0, 1)
    assert embedded.one("SELECT count(*) FROM fact_cases") == 2
    assert embedded.one("SELECT count(*) FROM cases") == 2


def test_a_delivery_that_is_refused_leaves_the_others_alone(embedded: World) -> None:
    book = workbook(embedded.programme.form["CASES"], "OS1", "01/2024", [DATA])
    foreign = delivered(embedded.house, book, "ON1")  # a unit of the south in a folder of the north
    done = loaded(embedded, foreign, sent(embedded, "ON2", "01/2024", [DATA]))
    assert [(one.status, [line.rule for line in one.findings]) for one in done.receipts] == [
        ("rejected", ["file.foreign_unit"]),
        ("accepted", []),
    ]
    assert fates(embedded)[0][:7] == ("rejected", 6, 0, 0, 1, 0, 5)
    assert embedded.sql("SELECT unit_key FROM dim_part") == [(112,)]


def test_a_table_without_rows_is_a_report_only_where_its_form_says_so(embedded: World) -> None:
    """And where the table says so itself: a forgotten table looks the same as one with nothing to tell."""
    courses = embedded.programme.form["COURSES"]
    forgotten = loaded(
        embedded, delivered(embedded.house, workbook(courses, "ON1", "Q1 2024", []), "ON1"), form="COURSES"
    )
    cases = loaded(embedded, sent(embedded, "ON1", "01/2024", [], ("none",)))
    for done in (forgotten, cases):
        assert [(one.status, [line.rule for line in one.findings]) for one in done.receipts] == [
            ("rejected", ["table.no_rows"])
        ]
    assert embedded.one("SELECT count(*) FROM dim_part") == 0

    nothing = workbook(courses, "ON1", "Q1 2024", [], ("none",))
    empty = loaded(embedded, delivered(embedded.house, nothing, "ON1"), form="COURSES")
    assert [(one.status, [line.rule for line in one.findings]) for one in empty.receipts] == [("accepted", [])]
    assert embedded.sql("SELECT form_code, rows_loaded, complete FROM dim_part") == [("COURSES", 0, True)]
    embedded.release()
    assert embedded.value("COURSES", "ON1", "2024-Q1") == "0"


def test_what_cannot_be_recognised_is_kept_with_its_reason(world: World) -> None:
    unknown = delivered(world.house, b"neither a workbook nor anything else", "ON1", "notes.xlsx")
    assert unknown.form is None
    done = load(world.house, None, [unknown], "unknown")
    assert [(one.status, [line.rule for line in one.findings]) for one in done.receipts] == [
        ("rejected", ["file.unreadable"])
    ]
    assert fates(world) == [("rejected", 0, 0, 0, 0, 0, 0, True, 0, 0, 0)]
    assert world.sql("SELECT rule_code FROM issue") == [("file.unreadable",)]


def test_a_disputed_part_is_an_error_and_the_rest_of_the_batch_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One predicate is broken on purpose: it no longer sees what Great Expectations counts."""

    def broken(*asked: object) -> tuple[predicate.Rule, ...]:
        every = predicate.rules(*asked)  # type: ignore[arg-type]
        return tuple(replace(one, breaks="false") if one.code == "CASES.PART" else one for one in every)

    monkeypatch.setattr(loading, "rules", broken)
    too_many = ("web", 10, 0, 10, 4, 5, 6)  # more on time than resolved
    done = loaded(world, sent(world, "ON1", "01/2024", [too_many]), sent(world, "ON2", "01/2024", [DATA]))

    assert [one.status for one in done.receipts] == ["error", "accepted"]
    assert [line.rule for line in done.receipts[0].findings] == ["check.error"]
    assert world.sql("SELECT unit_key FROM dim_part") == [(112,)]
    assert fates(world)[0][:7] == ("error", 6, 0, 0, 1, 0, 5)
    assert world.sql(
        "SELECT verdict, rows_failed, rows_failed_gx FROM check_result WHERE check_code = 'CASES.PART'"
    ) == [("error", 0, 1)]
    assert world.sql("SELECT trace_id FROM dim_delivery ORDER BY delivery_key") == [(world.house.run_id,), (None,)]

    # Mended, the same bytes are taken again.
    monkeypatch.undo()
    again = loaded(world, sent(world, "ON1", "01/2024", [too_many]))
    assert [(one.status, [line.rule for line in one.findings]) for one in again.receipts] == [
        ("rejected", ["CASES.PART"])
    ]
    assert world.one("SELECT count(*) FROM dim_delivery") == 3


def test_a_check_that_crashes_holds_back_and_says_so(embedded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def crashing(*asked: object) -> tuple[predicate.Rule, ...]:
        every = predicate.rules(*asked)  # type: ignore[arg-type]
        return tuple(replace(one, breaks="s.nothing = 1") if one.code == "CASES.IN" else one for one in every)

    monkeypatch.setattr(loading, "rules", crashing)
    done = loaded(embedded, sent(embedded, "ON1", "01/2024", [DATA]))
    assert [(one.status, [line.rule for line in one.findings]) for one in done.receipts] == [("error", ["check.error"])]
    assert [one.verdict for one in done.verdicts if one.rule == "CASES.IN"] == ["error"]
    assert embedded.one("SELECT count(*) FROM fact_cases") == 0


def test_rows_that_bear_their_own_period_make_parts_of_their_own(embedded: World) -> None:
    """Published figures of two years in one file; a year that is none belongs to no part."""
    rows = [
        ("RANK", "N", "2023", 4, "=", 63),
        ("RANK", "N", "2024", 3, "=", 63),
        ("RANK", "N", "soon", 9, "=", 63),
    ]
    book = workbook(embedded.programme.form["PUB"], "ON", "", rows)
    done = loaded(embedded, delivered(embedded.house, book, "ON"), form="PUB")
    assert [(one.status, [(line.rule, line.cell) for line in one.findings]) for one in done.receipts] == [
        ("partly_accepted", [("cell.not_period", "C9")])
    ]
    assert embedded.sql("SELECT period_code, rows_loaded, complete FROM dim_part ORDER BY period_code") == [
        ("2023", 1, False),
        ("2024", 1, False),
    ]
    embedded.release()
    assert [embedded.value("RANK", "N", year) for year in ("2023", "2024")] == ["4", "3"]


def test_a_known_error_of_a_source_is_mended_and_told(embedded: World) -> None:
    correction = Correction.model_validate(
        {
            "correction": "K1",
            "form": "CASES",
            "unit": "ON1",
            "where": {"topic": "web"},
            "field": "total",
            "expect": "11",
            "replace": "10",
            "reason": "a slip",
            "provider": "the office",
        }
    )
    embedded.house = replace(embedded.house, programme=redeclared(embedded.programme, corrections=(correction,)))
    done = loaded(
        embedded,
        sent(embedded, "ON1", "01/2024", [WRONG]),
        sent(embedded, "ON2", "01/2024", [WRONG]),  # another unit
        sent(embedded, "ON1", "02/2024", [("web", 12, 0, 12, 6, 4, 6)]),  # no longer the wrong text
    )
    assert [(one.status, [(line.rule, line.found) for line in one.findings]) for one in done.receipts] == [
        ("accepted_with_warnings", [("correction.applied", "11")]),
        (
            "rejected",
            [
                ("CASES.IN", "total = 11; carried = 0; received = 10"),
                ("CASES.OUT", "total = 11; resolved = 4; pending = 6"),
            ],
        ),
        ("accepted_with_warnings", [("correction.stale", "12")]),
    ]
    assert embedded.sql("SELECT total FROM cases ORDER BY total") == [(10,), (12,)]


def test_checking_a_file_tells_the_same_and_stores_nothing(embedded: World) -> None:
    delivery = sent(embedded, "ON1", "01/2024", [DATA, WRONG])
    form = embedded.programme.form["CASES"]
    told = check(embedded.house, form, delivery, embedded.house.archive.get(delivery.sha256))
    assert (told.appended, embedded.one("SELECT count(*) FROM dim_delivery")) == (None, 0)
    assert told.receipts == loaded(embedded, delivery).receipts
