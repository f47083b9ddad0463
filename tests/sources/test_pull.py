"""The bytes of a pull, read as a table by the form whose fields name the record's keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.period import Period
from catalogue.source import Portal
from demo.portal import serve
from sources.portal import pull
from transforms.pull import read_pull


def form(**more: object) -> Form:
    fields = [
        {"field": "unit", "header": ["Đơn vị", "unitCode"], "title": {"en": "Unit"}, "type": "text", "required": True},
        {"field": "received", "header": ["received"], "title": {"en": "Received"}, "type": "count", "required": True},
        {"field": "share", "header": ["share"], "title": {"en": "Share"}, "type": "decimal"},
    ]
    return Form.model_validate(
        {
            "form": "F",
            "title": {"en": "Form"},
            "fact": "counts",
            "respondents": {"register": "organisations"},
            "fields": fields,
            "ignore": ["unitName"],
        }
        | more
    )


def pulled(*records: str, total: int | None = None, complete: bool = True, notes: tuple[str, ...] = ()) -> bytes:
    header = {
        "chiso": "pull/1",
        "source": "north",
        "period": "2024-03",
        "adapter": "one_stop",
        "total": len(records) if total is None else total,
        "complete": complete,
        "notes": notes,
    }
    rows = [f'{{"page":{1 + at // 2},"row":{1 + at % 2},"record":{record}}}' for at, record in enumerate(records)]
    return "\n".join([json.dumps(header), *rows, ""]).encode()


def found(data: bytes, declared: Form | None = None) -> list[tuple[str, str, str, str]]:
    table = read_pull(data, declared or form())
    return [(one.rule, one.severity, str(one.cell), one.found) for one in table.findings]


def test_records_become_rows_with_their_page_place_and_key() -> None:
    table = read_pull(
        pulled(
            '{"unitCode":"a","received":1,"share":0.5}',
            '{"unitCode":"b","received":null}',
            '{"unitCode":"c","received":3}',
        ),
        form(),
    )
    assert table.fields == ("unit", "received", "share")
    assert [(row.sheet, row.row, row.texts, row.kinds) for row in table.rows] == [
        ("page 1", 1, ("a", "1", "0.5"), "tnn"),
        ("page 1", 2, ("b", None, None), "t--"),
        ("page 2", 1, ("c", "3", None), "tn-"),
    ]
    assert table.columns == {
        (page, field): key
        for page in ("page 1", "page 2")
        for field, key in {"unit": "unitCode", "received": "received", "share": "share"}.items()
    }
    assert (table.findings, table.furniture, table.totals) == ((), (), ())


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        ("12", "12", "n"),
        ("0", "0", "n"),
        ("-0", "0", "n"),
        ("-12", "-12", "n"),
        ("12.50", "12.5", "n"),
        ("12.0", "12", "n"),
        ("-0.0", "0", "n"),
        ("0.10000000000000001", "0.10000000000000001", "n"),
        ("1e3", "1000", "n"),
        ("1.5E-3", "0.0015", "n"),
        ("1000000000000000000001", "1000000000000000000001", "n"),
        ("1e999999999", "1e999999999", "n"),
        ("true", "true", "b"),
        ("false", "false", "b"),
        ("null", None, "-"),
        ('""', None, "-"),
        ('"  "', None, "-"),
        ('"12"', "12", "t"),
        ('" 1.234,5 "', " 1.234,5 ", "t"),
        ('"Sở Nội vụ"', "Sở Nội vụ", "t"),
        ('["x","y"]', '["x", "y"]', "t"),
    ],
)
def test_values_keep_their_exact_text_and_how_they_were_stored(value: str, text: str | None, kind: str) -> None:
    (row,) = read_pull(pulled(f'{{"unitCode":"a","received":{value}}}'), form()).rows
    assert (row.texts[1], row.kinds[1]) == (text, kind)


RECORD = '{"unitCode":"a","received":1}'


@pytest.mark.parametrize(
    ("data", "findings"),
    [
        (pulled(RECORD), []),
        (pulled('{"unitCode":"a","received":1,"unitName":"A"}'), []),
        (
            pulled(RECORD, RECORD, '{"unitCode":"a","received":1,"new":1}', '{"unitCode":"a","received":1,"new":2}'),
            [("table.column_unknown", "warn", "page 2!0:new", "new")],
        ),
        (
            pulled('{"unitCode":"a"}', '{"unitCode":"b"}'),
            [("table.column_missing", "reject_delivery", "page 1!0:received", "no record has it")],
        ),
        (pulled('{"unitCode":"a"}', RECORD), []),
        (
            pulled('{"unitCode":"a","Đơn vị":"b","received":1}'),
            [("table.column_doubled", "reject_delivery", "page 1!0:unitCode", "Đơn vị, unitCode")],
        ),
        (
            pulled(RECORD, total=3, complete=False, notes=("1 records came where 3 are",)),
            [("pull.incomplete", "reject_delivery", "", "1 of 3 records; 1 records came where 3 are")],
        ),
        (pulled(RECORD, total=2), [("pull.incomplete", "reject_delivery", "", "1 of 2 records")]),
        (pulled(), [("table.no_rows", "reject_delivery", "page 1", "0 records")]),
        (pulled(total=5, complete=False), [("pull.incomplete", "reject_delivery", "", "0 of 5 records")]),
    ],
)
def test_what_a_table_lacks_or_has_too_much_is_found_once(data: bytes, findings: list[Any]) -> None:
    assert found(data) == findings


def test_no_records_may_be_a_report_of_nothing() -> None:
    assert found(pulled(), form(empty=True)) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"PK\x03\x04",
        b"{}",
        b'{"chiso":"pull/9","total":0,"complete":true,"notes":[]}',
        b'{"chiso":"pull/1","total":"0","complete":true,"notes":[]}',
        b"[" * 100_000,
        pulled() + b"{}\n",
        pulled() + b"[1]\n",
        pulled() + b"\n\n",
        pulled() + b'{"page":1,"row":1,"record":7}\n',
        pulled(RECORD)[:-5],
    ],
)
def test_bytes_that_are_no_pull_are_refused(data: bytes) -> None:
    with pytest.raises(DeliveryRefused) as caught:
        read_pull(data, form())
    assert caught.value.rule == "file.unreadable"


def test_what_a_portal_answers_is_what_the_table_holds(tmp_path: Path) -> None:
    records = [{"unitCode": f"u{at:03}", "received": at, "share": at / 4} for at in range(25)]
    portal = Portal.model_validate(
        {
            "source": "north",
            "kind": "portal",
            "title": {"en": "North"},
            "adapter": "one_stop",
            "form": "F",
            "unit": "H02",
            "address": "north",
            "path": "/api/v1/counts",
            "token": "north",
            "order_by": ["unitCode"],
            "key": ["unitCode"],
            "page_size": 10,
            "first": "2024-01",
        }
    )
    with serve({"north": {"2024-03-01": records}}, "token") as base:
        asked = pull(portal, Period.parse("2024-03"), f"{base}/north", "token", tmp_path / "records.jsonl")
        table = read_pull(b"".join(asked.chunks()), form())
    assert [row.texts for row in table.rows] == [
        (one["unitCode"], str(one["received"]), f"{one['share']:g}") for one in records
    ]
    assert [(row.sheet, row.row) for row in table.rows][-1] == ("page 3", 5)
    assert table.findings == ()
