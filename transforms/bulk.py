"""Bulk: the records of an extract laid into staging straight from its file, as sets; no row of Python is made of them.

A Parquet file is left where it is and looked at through a view; CSV and JSON lines, which have no columns that could be
read alone, are written into staging once. ``source_row`` is the record's place in the file, from 1.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from catalogue.delivery import Cell, Finding
from catalogue.errors import DeliveryRefused
from catalogue.form import Field, Form
from catalogue.language import Language
from catalogue.rule import finding
from transforms.lookup import fitting, may_be_plain, whole
from transforms.table import File
from warehouse.staging import Staging, scan_of

_DELIMITERS: Final = (",", ";", "\t", "|")
_WHOLE: Final = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT)")
_LONGEST_HEADER: Final = 1 << 20
_TIME = r"strftime({0}, '%Y-%m-%dT%H:%M:%S')"
# What a column of a Parquet file is: how its values read as texts, and the letter of ``transforms.table`` for them.
_READ: Final[tuple[tuple[str, str, str], ...]] = (
    (r"VARCHAR", "CASE WHEN trim({0}) <> '' THEN {0} END", "t"),
    (r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)", "CAST({0} AS VARCHAR)", "n"),
    (r"DECIMAL\(\d+,0\)", "CAST({0} AS VARCHAR)", "n"),
    (r"DECIMAL\(.*\)", "rtrim(rtrim(CAST({0} AS VARCHAR), '0'), '.')", "n"),
    (r"FLOAT|DOUBLE", r"regexp_replace(CAST({0} AS VARCHAR), '\.0$', '')", "n"),
    (r"BOOLEAN", "CAST({0} AS VARCHAR)", "b"),
    (r"DATE", "CAST({0} AS VARCHAR)", "d"),
    (r"TIMESTAMP WITH TIME ZONE", _TIME.format("make_timestamp(epoch_us({0}))"), "d"),
    (r"TIMESTAMP.*", _TIME, "d"),
    (r".*", "CAST({0} AS VARCHAR)", "t"),
)


@dataclass(frozen=True, slots=True)
class Laid:
    """What was found out about a file: the column of each (sheet, field) that it has, its findings, how many records it
    holds, the SELECT that gives them in the shape of ``raw``, none where the file cannot be read; and their sheets."""

    columns: dict[tuple[str, str], str]
    findings: tuple[Finding, ...]
    rows: int
    select: str
    sheets: tuple[str, ...] = ()


def open_file(area: Staging, number: int, base: int, file: File, form: Form, language: Language) -> Laid:
    """Look at the file of a delivery of the batch, whose records are to be numbered from ``base`` on.

    Findings: columns that the form neither reads nor ignores, required ones that are missing, two for one field, no
    records at all, and a file that cannot be read.
    """
    try:
        scan, kinds = scan_file(area, file)
        columns = _columns(form, kinds)
        values, scan, told = _rows(area, scan, number, base, file, form, columns, kinds)
        with area.reading():
            count = int(area.one(f"SELECT count(*) FROM {scan}"))
            repeats = lay_repeats(area, values, scan, told, number, form)
    except DeliveryRefused as refused:
        return Laid({}, (finding(refused.rule, Cell(), "", str(refused), language),), 0, "", (file.label,))
    found = list(_column_findings(form, kinds, language, file.label))
    if not count and not form.empty:
        found.append(finding("table.no_rows", Cell(file.label), "", "0 records", language))
    repeated = f"row_no IN (FROM repeats_{number})" if repeats else "false"
    named = {(file.label, field): column for field, column in columns.items()}
    select = f"SELECT *, {repeated} AS repeated FROM (SELECT {values} FROM {scan} f)"
    return Laid(named, tuple(found), count, select, (file.label,))


def scan_file(area: Staging, file: File) -> tuple[str, dict[str, str]]:
    """The file as a relation, and the types of its columns."""
    if file.kind == "csv":
        delimiter, header = _header(file.path)
        scan = scan_of(file.path, "csv", delimiter, header)
    else:
        scan = scan_of(file.path, file.kind)
    kinds = area.describe(scan)
    kinds.pop("file_row_number", None)
    if file.kind == "jsonl":
        scan = scan_of(file.path, "jsonl", keys=tuple(kinds))
        kinds = dict.fromkeys(kinds, "JSON")
    return scan, kinds


def _header(path: Path) -> tuple[str, list[str]]:
    """What separates the columns of a CSV file, by its first line, and their names."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            line = text.readline(_LONGEST_HEADER)
    except UnicodeDecodeError as error:
        raise DeliveryRefused("file.unreadable", f"the file is not UTF-8 ({error}); write it in UTF-8") from error
    delimiter = max(_DELIMITERS, key=line.count)
    header = next(csv.reader([line], delimiter=delimiter), [])
    if not header or len(set(header)) < len(header) or not all(header):
        raise DeliveryRefused(
            "file.unreadable", f"the first line must name each column once, it is {line.strip()[:200]!r}"
        )
    return delimiter, header


def _columns(form: Form, kinds: dict[str, str]) -> dict[str, str]:
    """The column of each field: the first of its headers that the file has."""
    found = ((field.field, next((label for label in field.header if label in kinds), None)) for field in form.fields)
    return {name: label for name, label in found if label is not None}


def _rows(
    area: Staging, scan: str, number: int, base: int, file: File, form: Form, columns: dict[str, str],
    kinds: dict[str, str],
) -> tuple[str, str, str]:  # fmt: skip
    """The columns of ``raw`` but for ``repeated``, as SQL over the file ``f``; what ``f`` is; and SQL of a hash of the
    cells of a record."""
    texts, letters, told = [], [], []
    for field in form.fields:
        text, letter = "CAST(NULL AS VARCHAR)", "'-'"
        if field.field in columns:
            text, letter = _text(f'f."{columns[field.field]}"', kinds[columns[field.field]])
        texts.append(f'{text} AS "{field.field}"')
        letters.append(letter)
        if field.field in columns:
            kind = kinds[columns[field.field]]
            told.append(f'f."{columns[field.field]}"' if kind == "DATE" or _WHOLE.fullmatch(kind) else text)
        if may_be_plain(field):
            whole_number = whole(f"({text})", letter)
            if field.field in columns and _WHOLE.fullmatch(kinds[columns[field.field]]):
                whole_number = fitting(f'f."{columns[field.field]}"')
            texts.append(f'{whole_number} AS "{field.field}__number"')
    place = "file_row_number"
    if file.kind != "parquet":
        # Read once, in the order of the file, and numbered as they come.
        with area.reading():
            area.run(f"""
                CREATE OR REPLACE TABLE file_{number} AS
                SELECT *, row_number() OVER () - 1 AS file_row_number FROM {scan}""")
        scan = f"file_{number}"
    label = file.label.replace("'", "''")
    all_alike = all(len(letter) == len("'-'") for letter in letters)
    kind = "'" + "".join(letter.strip("'") for letter in letters) + "'" if all_alike else " || ".join(letters)
    values = f"""
        CAST({base} + {place} AS BIGINT) AS row_no, CAST({number} AS BIGINT) AS delivery_no,
        '{label}' AS sheet, CAST({place} + 1 AS BIGINT) AS source_row, false AS is_total,
        {kind} AS kinds{"".join(f", {text}" for text in texts)}"""
    return values, scan, f"hash({', '.join([kind, *told])})"


def _text(column: str, kind: str) -> tuple[str, str]:
    """How a column reads as text, and SQL of the letter that tells how it was stored.

    The letter of an empty cell is that of its column: what is empty is told by its text.
    """
    if kind == "JSON":
        plain = f"WHEN 'n' THEN NULL ELSE CAST({column} AS VARCHAR)"
        text = f"CASE left({column}, 1) WHEN '\"' THEN {column} ->> '$' {plain} END"
        first = f"coalesce(left({column}, 1), 'n')"
        letter = f"CASE WHEN {first} IN ('\"', '{{', '[') THEN 't' WHEN {first} IN ('t', 'f') THEN 'b' ELSE 'n' END"
        return f"CASE WHEN trim({text}) <> '' THEN {text} END", letter
    text, letter = next((text, letter) for pattern, text, letter in _READ if re.fullmatch(pattern, kind))
    return text.format(column), f"'{letter}'"


def lay_repeats(area: Staging, values: str, scan: str, told: str, number: int, form: Form) -> bool:
    """Write ``repeats_<number>`` (row_no): the records that are equal in every cell to an earlier one of the file.

    Returns whether there are any. Told by a hash first (``told``), and of those that share one by their cells.
    """
    area.run(f"""
        CREATE OR REPLACE TEMP TABLE shared_hashes AS
        SELECT {told} AS shared FROM {scan} f GROUP BY 1 HAVING count(*) > 1""")
    if not area.one("SELECT count(*) FROM shared_hashes"):
        return False
    cells = ", ".join(["kinds", *(f'"{field.field}"' for field in form.fields)])
    area.run(f"""
        CREATE OR REPLACE TABLE repeats_{number} AS
        SELECT row_no FROM (
            SELECT row_no, row_number() OVER (PARTITION BY {cells} ORDER BY row_no) AS place
            FROM (SELECT {values}, {told} AS told FROM {scan} f) WHERE told IN (FROM shared_hashes))
        WHERE place > 1""")
    return bool(area.one(f"SELECT count(*) FROM repeats_{number}"))


def _column_findings(form: Form, kinds: dict[str, str], language: Language, label: str) -> list[Finding]:
    read = {header: field for field in form.fields for header in field.header}
    found = [
        finding("table.column_unknown", Cell(label, 0, name), "", name, language)
        for name in kinds
        if name not in read and name not in form.ignore
    ]
    for field in form.fields:
        present = [header for header in field.header if header in kinds]
        if field.required and not present:
            found.append(_missing(field, label, ", ".join(kinds), language))
        if len(present) > 1:
            cell = Cell(label, 0, present[1])
            found.append(finding("table.column_doubled", cell, field.field, ", ".join(present), language))
    return found


def _missing(field: Field, label: str, has: str, language: Language) -> Finding:
    header = field.header[0] if field.header else field.field
    return finding("table.column_missing", Cell(label, 0, header), field.field, f"the file has {has}"[:500], language)
