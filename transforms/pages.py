"""Pages: the records of a large pull laid into staging straight from its file, as sets, without a row of Python.

Sets give exactly what is a text, a whole number, yes or no, or nothing. A pull in which a field holds anything else (a
fraction, a list), and whatever is no pull, is read record by record (``transforms.pull``): both ways say the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from catalogue.delivery import Cell, Finding
from catalogue.errors import DeliveryRefused
from catalogue.form import Form
from catalogue.language import Language
from catalogue.rule import finding
from transforms.bulk import Laid, lay_repeats
from transforms.lookup import fitting, letter_of, may_be_plain, whole
from transforms.pull import findings_of, header_in, key_of, read_pull
from transforms.table import File
from warehouse.staging import Staging, scan_of

LARGE: Final = 1_000_000
"""A pull of more bytes is laid as sets; a smaller one is read before the first of their statements has run."""
_CHUNK: Final = 1 << 20
_BLANK: Final = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
# The text of a cell, from its JSON; and the letter of ``transforms.table``, or ? where the text is not exactly it.
_DECODED: Final = "CASE WHEN contains({0}, '\\') THEN {0} ->> '$' ELSE substr({0}, 2, length({0}) - 2) END"
_TEXT: Final = (
    f"CASE left({{0}}, 1) WHEN '\"' THEN CASE WHEN ltrim({_DECODED}, '{_BLANK}') <> '' THEN {_DECODED} END "
    "ELSE {0} END"
)
_LETTER: Final = (
    "CASE WHEN {0} IS NULL THEN '-' WHEN left({0}, 1) = '\"' THEN 't' WHEN {0} IN ('true', 'false') THEN 'b' "
    "WHEN TRY_CAST({0} AS BIGINT) IS NOT NULL AND NOT contains({0}, '.') AND NOT contains({0}, 'e') THEN 'n' "
    "WHEN regexp_full_match({0}, '-?[0-9]+') THEN 'n' ELSE '?' END"
)


def open_pages(area: Staging, number: int, base: int, file: File, form: Form, language: Language) -> Laid:
    """Write ``file_<number>``: the records of a pull of the batch in the shape of ``raw``, numbered from ``base`` on.
    Its columns and findings are those of ``transforms.pull.read_pull``."""
    try:
        laid = _as_sets(area, number, base, file.path, form, language)
    except DeliveryRefused:
        laid = None  # Reading it record by record says what is wrong with it, and where.
    try:
        return laid or _by_record(area, number, base, file.path, form, language)
    except DeliveryRefused as refused:
        return Laid({}, (finding(refused.rule, Cell(), "", str(refused), language),), 0, "")


def _as_sets(area: Staging, number: int, base: int, path: Path, form: Form, language: Language) -> Laid | None:
    """None where sets would not give exactly what stands there."""
    header = header_in(path)
    with path.open("rb") as lines:
        count = sum(chunk.count(b"\n") for chunk in iter(lambda: lines.read(_CHUNK), b"")) - 1
    with area.reading():
        area.run(f"""
            CREATE OR REPLACE TEMP TABLE page_records AS
            SELECT row_number() OVER () - 2 AS place, page, "row", record FROM {scan_of(path, "pull")}""")
    found = area.rows("""
        SELECT count(*), count(*) FILTER (place >= 0 AND page IS NOT NULL AND "row" IS NOT NULL AND record IS NOT NULL)
        FROM page_records""")
    if found != [(count + 1, count)]:
        return None
    alike = area.rows("""
        SELECT map_keys(record), arg_min(page, place) FROM page_records WHERE place >= 0
        GROUP BY 1 ORDER BY min(place)""")
    first_on: dict[str, str] = {}
    for present, page in alike:
        for key in present:
            first_on.setdefault(key, f"page {page}")
    keys = {field.field: key for field in form.fields if (key := key_of(field, first_on)) in first_on}
    # Portals send the same keys in every record, nearly always: a value is found by its place then.
    places = {key: place for place, key in enumerate(alike[0][0], start=1)} if len(alike) == 1 else {}
    values = {
        name: f"map_values(record)[{places[key]}]" if places else "record['" + key.replace("'", "''") + "']"
        for name, key in keys.items()
    }
    _lay_records(area, number, base, form, values)
    pages = area.rows("SELECT DISTINCT page FROM page_records WHERE place >= 0 ORDER BY 1")
    area.run("DROP TABLE page_records")
    if area.one(f"SELECT count(*) FROM file_{number} WHERE contains(kinds, '?')"):
        return None
    columns = {(f"page {page}", name): key for (page,) in pages for name, key in keys.items()}
    return _laid(area, number, form, columns, findings_of(header, count, form, first_on, language), count)


def _lay_records(area: Staging, number: int, base: int, form: Form, values: Mapping[str, str]) -> None:
    """Write ``file_<number>`` from ``page_records``; ``values`` is SQL of the JSON of each field that records have."""
    cells = "".join(f', CAST({value} AS VARCHAR) AS "{name}"' for name, value in values.items())
    area.run(f"""
        CREATE OR REPLACE TEMP TABLE page_cells AS
        SELECT place, page, "row"{cells} FROM page_records WHERE place >= 0""")
    whole_only = _whole_only(area, [*values])
    texts, kinds, named = [], [], []
    for field in form.fields:
        name = field.field
        if name not in values:
            named.append(f'CAST(NULL AS VARCHAR) AS "{name}"')
            kinds.append("'-'")
        elif name in whole_only:
            named.append(f'"{name}"')
            kinds.append("'n'")
        else:
            texts.append(
                f"""{_TEXT.format(f'"{name}"')} AS "{name}", {_LETTER.format(f'"{name}"')} AS "{name}__letter" """
            )
            named.append(f'"{name}"')
            kinds.append(f"""CASE WHEN "{name}" IS NULL THEN '-' ELSE "{name}__letter" END""")
    kept = "".join(f', "{name}"' for name in whole_only)
    area.run(f"""
        CREATE OR REPLACE TABLE file_{number} AS
        SELECT r.*{_numbers(form, whole_only)} FROM (
            SELECT CAST({base} + place AS BIGINT) AS row_no, CAST({number} AS BIGINT) AS delivery_no,
                   'page ' || page AS sheet, "row" AS source_row, false AS is_total,
                   {" || ".join(kinds) or "''"} AS kinds{"".join(f", {one}" for one in named)}
            FROM (SELECT place, page, "row"{kept}{"".join(f", {one}" for one in texts)} FROM page_cells)) r""")
    area.run("DROP TABLE page_cells")


def _whole_only(area: Staging, names: Sequence[str]) -> set[str]:
    """The fields of ``page_cells`` in which every record has a whole number: most of a portal's."""
    if not names:
        return set()
    told = ", ".join(f"""bool_and(TRY_CAST("{name}" AS BIGINT) IS NOT NULL AND left("{name}", 1) <> '"'
        AND NOT contains("{name}", '.') AND NOT contains("{name}", 'e'))""" for name in names)  # fmt: skip
    return {
        name for name, all_are in zip(names, area.rows(f"SELECT {told} FROM page_cells")[0], strict=True) if all_are
    }


def _by_record(area: Staging, number: int, base: int, path: Path, form: Form, language: Language) -> Laid:
    table = read_pull(path.read_bytes(), form, language)
    shape: dict[str, pa.DataType] = {
        "row_no": pa.int64(), "delivery_no": pa.int64(), "sheet": pa.string(), "source_row": pa.int64(),
        "is_total": pa.bool_(), "kinds": pa.string(),
    }  # fmt: skip
    rows = [
        (place, number, row.sheet, row.row, False, row.kinds, *row.texts)
        for place, row in enumerate(table.rows, start=base)
    ]
    area.put("page_rows", shape | dict.fromkeys(table.fields, pa.string()), rows)
    area.run(f"CREATE OR REPLACE TABLE file_{number} AS SELECT r.*{_numbers(form)} FROM page_rows r")
    area.run("DROP TABLE page_rows")
    return _laid(area, number, form, table.columns, table.findings, len(rows))


def _numbers(form: Form, whole_only: Collection[str] = ()) -> str:
    """SQL of the whole numbers that the cells of a row (r) are; of those fields every cell is one."""
    found = []
    for name in (field.field for field in form.fields if may_be_plain(field)):
        text = f'r."{name}"'
        number = fitting(f"CAST({text} AS BIGINT)") if name in whole_only else whole(text, letter_of(form, name))
        found.append(f', {number} AS "{name}__number"')
    return "".join(found)


def _laid(
    area: Staging, number: int, form: Form, columns: dict[tuple[str, str], str], findings: tuple[Finding, ...],
    count: int,
) -> Laid:  # fmt: skip
    told = ", ".join(["kinds", *(f'"{field.field}"' for field in form.fields)])
    repeats = lay_repeats(area, "*", f"file_{number}", f"hash({told})", number, form)
    repeated = f"row_no IN (FROM repeats_{number})" if repeats else "false"
    sheets = tuple(sheet for (sheet,) in area.rows(f"SELECT DISTINCT sheet FROM file_{number} ORDER BY 1"))
    return Laid(columns, findings, count, f"SELECT *, {repeated} AS repeated FROM file_{number}", sheets)
