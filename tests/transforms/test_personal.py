"""Personal data in free text: the cell and the kind are told, the text is told nowhere, and the row stands."""

from __future__ import annotations

import pytest

from catalogue.personal import Personal
from catalogue.personal_rules import patterns_of_personal_data_hold
from catalogue.programme import Programme
from tests.batch import arrived, form_of, stage
from tests.world import World
from transforms.personal import mask_found
from warehouse.staging import staging_area

PHONE = Personal(personal="phone", title={"en": "telephone"}, pattern=r"(?<!\w)0\d{9}(?!\w)", finds=("0912345678",))
MAIL = Personal(personal="email", title={"en": "mail"}, pattern=r"\w+@\w+\.\w+", finds=("a@b.cd",), passes=("a@b",))
FORM = form_of({"remark": "text", "code": {"type": "text", "free": False}, "received": "count"})


def declaring(programme: Programme, *patterns: Personal) -> Programme:
    return programme.model_copy(update={"personal": patterns})


@pytest.mark.parametrize("backend", ["duckdb"], indirect=True)
def test_the_cell_and_the_kind_are_told_and_not_the_text(world: World) -> None:
    programme = declaring(world.programme, PHONE, MAIL)
    rows: list[list[str | None]] = [
        ["call 0912345678", "a", "1"],
        ["a.b@c.example, 0912345678", "b", "2"],
        ["nothing to say", "0912345678", "3"],
        [None, "c", "4"],
        ["call 0912345678", "d", "5"],
        ["too long " * 60 + "0912345678", "e", "6"],
    ]
    with staging_area(world.house.staging_path("personal")) as area:
        stage(area, programme, FORM, [arrived(FORM, rows)])
        told = area.rows("SELECT * EXCLUDE (row_no, part_no) FROM read_findings ORDER BY source_row, found")
        assert [(one[1], one[2], one[4], one[5], one[7]) for one in told] == [
            ("cell.personal", "warn", 1, "A", "phone"),
            ("cell.personal", "warn", 2, "A", "phone; email"),
            ("cell.personal", "warn", 5, "A", "phone"),
            ("cell.personal", "warn", 6, "A", "phone"),
        ]
        assert not [part for one in told for part in one if "0912" in str(part) or "@" in str(part)]
        assert area.rows("SELECT remark FROM staged ORDER BY row_no")[0] == ("call 0912345678",)
        # What else is found about such a cell would quote it.
        area.run("""
            CREATE TABLE findings AS FROM read_findings
            UNION ALL SELECT * REPLACE ('C1' AS rule, 'call 0912345678' AS found) FROM read_findings
            UNION ALL SELECT * REPLACE ('C2' AS rule, 'B' AS letter, '7' AS found) FROM read_findings""")
        mask_found(area)
        found = area.rows("SELECT DISTINCT rule, found FROM findings WHERE rule <> 'cell.personal' ORDER BY rule")
        assert found == [("C1", "…"), ("C2", "7")]


@pytest.mark.parametrize("backend", ["duckdb"], indirect=True)
def test_a_programme_that_declares_nothing_seeks_nothing(world: World) -> None:
    with staging_area(world.house.staging_path("nothing")) as area:
        stage(area, world.programme, FORM, [arrived(FORM, [["call 0912345678", "a", "1"]])])
        assert area.rows("FROM read_findings") == []


@pytest.mark.parametrize(
    ("changed", "key", "told"),
    [
        ({}, None, None),
        ({"pattern": "("}, "pattern", "no regular expression"),
        ({"pattern": "(?i)a0"}, "pattern", "no regular expression"),
        ({"pattern": "0?"}, "pattern", "empty text"),
        ({"finds": ("none",)}, "finds", "'none', in which the pattern finds nothing"),
        ({"passes": ("0912345678",)}, "passes", "finds something"),
    ],
)
def test_patterns_are_tried_on_their_examples(
    embedded: World, changed: dict[str, object], key: str | None, told: str | None
) -> None:
    programme = declaring(embedded.programme, PHONE.model_copy(update=changed))
    problems = [*patterns_of_personal_data_hold(programme)]
    assert [one.place[2] for one in problems] == ([key] if key else [])
    assert all(str(told) in one.found for one in problems)
