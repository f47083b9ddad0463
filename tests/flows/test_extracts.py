"""Extracts: files of records from a folder, whole or split by month, in every format, on both backends."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.flows.office import LONG_AGO, Installation, install

pytestmark = pytest.mark.long

FORM = """
form: COUNTS
title: {en: Counts of a system}
fact: cases
frequency: month
respondents: {register: offices, types: [region_office], reports: branch}
ignore: [month]
fields:
  - {field: office, header: [office], title: {en: Office}, type: entity, register: offices, to: office, required: true}
  - {field: topic, header: [topic], title: {en: Topic}, type: code, codelist: topic, to: topic, required: true}
  - {field: received, header: [received], title: {en: Received}, type: count, to: received, required: true, minimum: 0}
checks:
  - check: COUNTS.ONCE
    kind: unique
    title: {en: An office and a topic occur once}
    advice: {en: Remove the row that is wrong}
    fields: [office, topic]
"""
SOURCE = """
source: extracts
kind: extract
title: {en: Extracts of a system}
address: extracts
unit: ON
forms: [COUNTS]
"""
COLUMNS = ("month", "office", "topic", "received")
Rows = Sequence[tuple[str, str, str, object]]
JANUARY: Rows = [("2024-01", "ON1", "data", 7), ("2024-01", "ON1", "web", 3), ("2024-01", "ON2", "data", 5)]
FEBRUARY: Rows = [("2024-02", "ON1", "data", 8), ("2024-02", "ON2", "data", 6)]
FACTS = (
    "SELECT period_code, office_code, topic_code, received, source_row FROM cases "
    "ORDER BY period_code, office_code, topic_code"
)


def parquet(rows: Rows) -> bytes:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    kinds = (pa.string(), pa.string(), pa.string(), pa.int64())
    arrays = [pa.array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
    held = io.BytesIO()
    pq.write_table(pa.table(arrays, names=list(COLUMNS)), held)
    return held.getvalue()


def comma_separated(rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    return text.getvalue().encode()


def json_lines(rows: Rows) -> bytes:
    return "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in rows).encode()


WRITTEN = {"parquet": parquet, "csv": comma_separated, "jsonl": json_lines}


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    made = install(tmp_path)
    made.declare("forms/COUNTS.yml", FORM)
    made.declare("sources/extracts.yml", SOURCE)
    (tmp_path / "extracts").mkdir()
    made.addresses = {"extracts": str(tmp_path / "extracts")}
    return made


def lay(made: Installation, name: str, data: bytes) -> None:
    path = Path(made.addresses["extracts"]) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, LONG_AGO)


def facts(made: Installation) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in made.asked(FACTS)]


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_format_brings_the_same(made: Installation, warehouse_url: str, kind: str) -> None:
    made.environment["CHISO_WAREHOUSE"] = warehouse_url
    lay(made, f"Office 'N'/2024-01.{kind}", WRITTEN[kind](JANUARY))
    done = made.chiso("run", "--no-flow")
    assert done.returncode == 0, done.stdout + done.stderr
    assert facts(made) == [
        ("2024-01", "ON1", "data", 7, 1),
        ("2024-01", "ON1", "web", 3, 2),
        ("2024-01", "ON2", "data", 5, 3),
    ]


def test_every_record_has_one_fate(made: Installation) -> None:
    dirty = [
        ("2024-01", "ON1", "data", 7),
        ("2024-01", "ON1", "data", 7),  # repeats the one before in every cell
        ("2024-01", "ON1", "sport", 1),  # no such topic
        ("2024-01", "XX", "web", 1),  # no such office
        ("2024-01", "ON1", "web", None),
        ("2024-01", "ON2", "web", -1),
        ("2024-01", "ON2", "data", 1),  # twice, and different
        ("2024-01", "ON2", "data", 2),
    ]
    lay(made, "2024-01.parquet", parquet(dirty))
    assert made.chiso("run", "--no-flow").returncode == 1
    told = made.asked(
        "SELECT rows_read, rows_loaded, rows_quarantined, rows_repeated, rows_refused, status FROM dim_delivery"
    )
    assert told == [
        {
            "rows_read": 8,
            "rows_loaded": 1,
            "rows_quarantined": 6,
            "rows_repeated": 1,
            "rows_refused": 0,
            "status": "partly_accepted",
        }
    ]
    issues = made.asked("SELECT source_row, source_column, rule_code, found FROM issue ORDER BY source_row")
    assert [tuple(one.values()) for one in issues] == [
        (3, "topic", "cell.unknown_code", "sport"),
        (4, "office", "cell.unknown_entity", "XX"),
        (5, "received", "cell.missing", ""),
        (6, "received", "cell.out_of_range", "-1"),
        (7, "office", "COUNTS.ONCE", "office = ON2; topic = data (= office 8)"),
        (8, "office", "COUNTS.ONCE", "office = ON2; topic = data (= office 7)"),
    ]


def test_a_letter_that_no_server_keeps_does_not_cost_the_file(made: Installation, warehouse_url: str) -> None:
    made.environment["CHISO_WAREHOUSE"] = warehouse_url
    lay(made, "2024-01.csv", comma_separated([*JANUARY, ("2024-01", "ON\0", "web", 3), ("2024-01", "ON2", "w\0b", 1)]))
    done = made.chiso("run", "--no-flow")
    assert done.returncode == 1, done.stdout + done.stderr
    # What nobody sees is passed over where a name is looked up; what was reported is kept.
    assert [one for one in facts(made) if "␀" in str(one)] == [("2024-01", "ON␀", "web", 3, 4)]
    found = made.asked("SELECT source_row, rule_code, found FROM issue ORDER BY source_row")
    assert [tuple(one.values()) for one in found] == [
        (5, "cell.unknown_code", "w␀b"),
    ]


def test_a_file_of_several_months_is_split_and_a_restated_month_alone_is_new(made: Installation) -> None:
    made.declare("sources/extracts.yml", SOURCE + "split_by: month\n")
    lay(made, "all.csv", comma_separated([*JANUARY, *FEBRUARY]))
    assert made.chiso("run", "--no-flow").returncode == 0
    restated = [*FEBRUARY[:-1], ("2024-02", "ON2", "data", 60)]
    lay(made, "all.csv", comma_separated([*JANUARY, *restated]))
    assert made.chiso("run", "--no-flow").returncode == 0
    assert [row[:4] for row in facts(made)] == sorted([*JANUARY, *restated])
    brought = made.asked("SELECT name, status FROM dim_delivery ORDER BY delivery_key")
    assert [one["name"] for one in brought] == [
        "all.csv/2024-01.parquet",
        "all.csv/2024-02.parquet",
        "all.csv/2024-02.parquet",
    ]
    assert made.asked("SELECT count(*) AS n FROM fact_cases") == [{"n": 7}]


UNFIT = {
    "2024-01.parquet": (b"PAR1 no parquet at all", "file.unreadable"),
    "2024-02.csv": (b"month,office,topic,received\n2024-02,ON1\n", "file.unreadable"),
    "2024-03.jsonl": (b'{"office": "ON1", \n', "file.unreadable"),
    "2024-04.csv": (b"month,office,topic\n2024-04,ON1,data\n", "table.column_missing"),
    "2024-05.csv": (b"month,office,topic,received\n", "table.no_rows"),
    "2024-13.csv": (comma_separated(JANUARY), "file.period"),
    "2024-06.zip": (b"PK", "file.unreadable"),
}


def test_what_cannot_be_taken_is_refused_with_the_reason(made: Installation) -> None:
    for name, (data, _) in UNFIT.items():
        lay(made, name, data)
    assert made.chiso("run", "--no-flow").returncode == 1
    found = made.asked("SELECT DISTINCT name, status, rule_code FROM dim_delivery JOIN issue USING (delivery_key)")
    assert {one["name"] for one in found if one["status"] == "rejected"} == set(UNFIT)
    reasons = {(one["name"], one["rule_code"]) for one in found}
    assert {(name, rule) for name, (_, rule) in UNFIT.items()} <= reasons
    assert facts(made) == []


def test_of_more_rows_than_a_group_holds_none_is_taken_for_sound(made: Installation) -> None:
    # All break the same rules, and no other finding comes before theirs.
    many = 130_000
    lay(made, "2024-01.parquet", parquet([("2024-01", "ON1", "data", -number) for number in range(1, many + 1)]))
    assert made.chiso("run", "--no-flow").returncode == 1
    told = made.asked(
        "SELECT status, rows_read, rows_loaded, rows_quarantined, (SELECT count(*) FROM issue) AS findings "
        "FROM delivery_standing"
    )
    assert told == [
        {"status": "rejected", "rows_read": many, "rows_loaded": 0, "rows_quarantined": many, "findings": 2 * many}
    ]
