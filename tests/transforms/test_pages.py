"""A large pull is laid as sets; a small one record by record: what stands in staging afterwards is the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalogue.delivery import Delivery
from catalogue.loader import load_programme
from tests.batch import arrived, form_of
from tests.portal_server import portal
from tests.world import LAND, redeclared
from transforms.read import open_pull, read
from transforms.stage import Arrived, lay, open_files
from transforms.table import Table
from warehouse.staging import staging_area

PORTAL = portal("one_stop")
PROGRAMME = redeclared(load_programme(LAND), sources=(PORTAL,))
FORM = form_of(
    {
        "office": {"type": "text", "required": True, "header": ("office", "agency.code")},
        "count": {"type": "count"},
        "share": {"type": "decimal"},
        "flag": "flag",
    }
)


def pull(*records: str, **header: Any) -> bytes:
    said = {"chiso": "pull/1", "total": len(records), "complete": True, "notes": [], **header}
    lines = [f'{{"page":{1 + at // 2},"row":{1 + at % 2},"record":{one}}}' for at, one in enumerate(records)]
    return "\n".join([json.dumps(said), *lines, ""]).encode()


VALUES = (
    *("1", "0", "-12", "1000000000000000000001", "12.50", "12.0", "-0.0", "0.10000000000000001", "1e3", "1e999999999"),
    *("true", "false", "null", '""', '" "', '"\\t"', '"\u00a0\u3000"', '"12"', '"1.234,5"', '"Sở Nội vụ"', '"\\u00e9"'),
    *('"a\\"b\\\\"', '"null"', '["x","y"]', '{"a":1.50}', "[]", '"[]"', "18446744073709551615", '"1e5"', '"?"'),
)
GOOD = '{"office":"ON1","count":1,"share":2,"flag":true}'
PULLS = {
    **{
        f"count is {value}": pull(GOOD, f'{{"office":"a","count":{value},"share":{value},"flag":{value}}}')
        for value in VALUES
    },
    "texts and numbers in one column": pull(
        *(f'{{"office":{one},"count":3}}' for one in ('"7"', "7", "null", '"7"', "7"))
    ),
    "records twice": pull(GOOD, '{"office":"ON2","count":1}', GOOD, '{"office":"ON2","count":1,"share":null}', GOOD),
    "a key in some records only": pull('{"office":"a"}', GOOD, '{"count":5,"office":"b"}'),
    "a required key in none": pull('{"count":1}', '{"count":2}'),
    "another name of a key": pull('{"agency.code":"a","count":1}', '{"agency.code":"b","count":1}'),
    "two names of a key": pull('{"office":"a"}', '{"agency.code":"b","office":"c"}'),
    "keys that nobody reads": pull(GOOD, GOOD, '{"office":"b","it\'s":1,"new":[1.5]}', '{"office":"c","new":2}'),
    "no keys": pull("{}", "{}"),
    "nothing": pull(),
    "not complete": pull(GOOD, total=3, complete=False, notes=["2 doubled"]),
    "remarks and totals": pull(GOOD, notes=["one", "two"], totals=2),
}
NO_PULLS = {
    "empty": b"",
    "not UTF-8": pull(GOOD).replace(b"ON1", b"\xff"),
    "another version": b'{"chiso":"pull/9","total":0,"complete":true,"notes":[]}\n',
    "a line that is no record": pull(GOOD) + b"{}\n",
    "a list": pull(GOOD) + b"[1]\n",
    "an empty line": pull(GOOD) + b"\n",
    "a record that is a number": pull(GOOD) + b'{"page":1,"row":2,"record":7}\n',
    "a page that is none": pull(GOOD) + b'{"page":"first","row":2,"record":{"office":"a"}}\n',
    "cut off": pull(GOOD, GOOD)[:-9],
}


def staged(folder: Path, tables: Sequence[Table]) -> dict[str, list[tuple[Any, ...]]]:
    """What is laid into staging of a batch of pulls."""
    batch = [Arrived(place, _delivery(place), table) for place, table in enumerate(tables, start=1)]
    with staging_area(folder / "area.duckdb") as area:
        files = open_files(area, PROGRAMME, FORM, batch)
        lay(area, PROGRAMME, FORM, batch, files)
        names = sorted(name for name, *_ in area.rows("DESCRIBE raw"))
        asked = {name: f"SELECT * FROM {name} ORDER BY ALL" for name in ("addresses", "read_findings", "reporters")}
        asked["raw"] = f"SELECT {', '.join(names)} FROM raw ORDER BY delivery_no, row_no"
        return {name: area.rows(query) for name, query in asked.items()}


def _delivery(number: int) -> Delivery:
    return replace(arrived(FORM, [], number=number).delivery, source=PORTAL.source)


def test_a_pull_laid_as_sets_is_what_it_is_record_by_record(tmp_path: Path) -> None:
    pulls, opened = {**PULLS, **NO_PULLS}, []
    for place, data in enumerate(pulls.values()):
        path = tmp_path / f"{place}.jsonl"
        path.write_bytes(data)
        opened.append(open_pull(path, PROGRAMME))
    by_record = [read(_delivery(1), data, FORM, PROGRAMME) for data in pulls.values()]
    assert [len(one.furniture) for one in opened] == [len(one.furniture) for one in by_record]
    as_sets, expected = staged(tmp_path, opened), staged(tmp_path, by_record)
    for name, rows in expected.items():
        assert as_sets[name] == rows, name
    refused = {row[0] for row in as_sets["read_findings"] if row[3] == "file.unreadable"}
    assert refused == {place for place, name in enumerate(pulls, start=1) if name in NO_PULLS}
