"""Conforming: staged rows that were not set aside become rows of the fact, under durable keys; parts get their hash.

``conformed``     part_no, source_sheet, source_row and the columns of the fact
``part_content``  part_no, rows_loaded, rows_quarantined, complete, content_hash
"""

from __future__ import annotations

from collections.abc import Collection

from catalogue.fact import Dimension, Fact, Measure
from catalogue.form import Field, Form
from catalogue.programme import Programme
from transforms.submission import refuse_outdated
from warehouse.facts import fact_columns
from warehouse.staging import Staging


def conform(area: Staging, programme: Programme, form: Form, held_back: Collection[int]) -> None:
    """Conform every row that is neither set aside nor of a part or delivery that is held back; what does not count its
    submissions on is refused and held back, too."""
    fact = programme.fact[form.fact]
    columns = []
    for dimension in fact.dimensions:
        columns += _dimension(form, dimension)
    for measure in fact.measures:
        columns += _measure(form, measure)
    area.put_numbers("held_back", held_back)
    area.run(f"""
        CREATE OR REPLACE VIEW conformed AS
        SELECT s.part_no, s.sheet AS source_sheet, s.source_row, {", ".join(columns)}
        FROM staged_cells s
        JOIN reporters d ON d.delivery_no = s.delivery_no AND d.sheet = s.sheet
        WHERE s.part_no > 0
          AND s.row_no NOT IN (SELECT row_no FROM set_aside)
          AND s.part_no NOT IN (SELECT number FROM held_back)""")
    _hash_parts(area, fact)
    outdated = refuse_outdated(area)
    if outdated:
        conform(area, programme, form, {*held_back, *outdated})


def _hash_parts(area: Staging, fact: Fact) -> None:
    """The content of each part in one hash: its conformed rows in any order, whether anything is set aside, and what
    people decided about its rows: the same figure for another reason is another vintage.

    Rows are hashed one by one and their hashes added up: an order would have to be made first, and a country's rows
    would have to be held for it. Those of extracts by the database's own function, which is ten times as fast; a later
    version of it may have another, and then what is sent again unchanged is a new vintage once.
    """
    names = fact_columns(fact)
    # Each value behind its length: what is in one column can never be read as part of the next.
    texts = [f'CAST(c."{name}" AS VARCHAR)' for name in names]
    values = ", ".join(f"coalesce(length({text}) || ':' || {text}, '~')" for text in texts)
    line = f"md5_number_lower(concat({values}))"
    bulk = [part for (part,) in area.rows("SELECT part_no FROM parts JOIN laid_rows USING (delivery_no)")]
    if bulk:
        columns = ", ".join(f'c."{name}"' for name in names)
        line = f"CASE WHEN part_no IN ({', '.join(map(str, bulk))}) THEN hash({columns}) ELSE {line} END"
    area.run(f"""
        CREATE OR REPLACE TABLE part_content AS
        SELECT p.part_no, coalesce(c.n, 0) AS rows_loaded, coalesce(q.n, 0) AS rows_quarantined,
               coalesce(q.n, 0) = 0 AND coalesce(u.n, 0) = 0 AS complete,
               sha256(coalesce(c.n || ':' || c.lines, '')
                      || CASE WHEN coalesce(q.n, 0) + coalesce(u.n, 0) > 0 THEN '!' ELSE '' END
                      || coalesce(n.notes, '')) AS content_hash
        FROM parts p
        LEFT JOIN (SELECT part_no, count(*) AS n, sum({line}) AS lines
                   FROM conformed c GROUP BY part_no) c USING (part_no)
        LEFT JOIN (SELECT part_no, count(*) AS n FROM staged_cells WHERE row_no IN (SELECT row_no FROM set_aside)
                   GROUP BY part_no) q USING (part_no)
        LEFT JOIN (SELECT delivery_no, count(*) AS n FROM staged_cells WHERE part_no < 0 GROUP BY delivery_no) u
               USING (delivery_no)
        LEFT JOIN (SELECT s.part_no, string_agg(f.rule || f.allowed, '' ORDER BY f.rule || f.allowed) AS notes
                   FROM findings f JOIN staged_cells s USING (row_no)
                   WHERE f.rule IN ('override.applied', 'correction.applied') GROUP BY s.part_no) n USING (part_no)""")


def _feeding(form: Form, name: str) -> list[Field]:
    return [field for field in form.fields if field.to == name]


def _dimension(form: Form, dimension: Dimension) -> list[str]:
    """The columns of a dimension: from its field, from the form's constant, from the reporting unit, or empty."""
    name, fields = dimension.dimension, _feeding(form, dimension.dimension)
    constant = form.constants.get(name)
    literal = "'" + constant.replace("'", "''") + "'" if constant is not None else None
    match dimension.type:
        case "entity":
            if form.unit_to == name:
                return [f"d.unit_key AS {name}_key", f"d.unit_code AS {name}_code"]
            if fields:
                return [f's."{fields[0].field}" AS {name}_key', f's."{fields[0].field}__text" AS {name}_code']
            return [f"CAST(NULL AS BIGINT) AS {name}_key", f"CAST(NULL AS VARCHAR) AS {name}_code"]
        case "code" | "codes" | "period":
            suffix = "codes" if dimension.type == "codes" else "code"
            value = f's."{fields[0].field}"' if fields else literal or "CAST(NULL AS VARCHAR)"
            return [f"{value} AS {name}_{suffix}"]
        case "text":
            return [f'{_first(fields, literal, "VARCHAR")} AS "{name}"']
        case "date":
            return [f'{_first(fields, None, "DATE")} AS "{name}"']
        case "flag":
            return [f'{_first(fields, None, "BOOLEAN")} AS "{name}"']


def _first(fields: list[Field], literal: str | None, kind: str) -> str:
    return f's."{fields[0].field}"' if fields else literal or f"CAST(NULL AS {kind})"


def _measure(form: Form, measure: Measure) -> list[str]:
    """The column of a measure: its field, or the sum of its fields (empty where one of them is)."""
    name, fields = measure.measure, _feeding(form, measure.measure)
    kind = "BIGINT" if measure.type == "count" else "DECIMAL(38, 6)"
    value = " + ".join(f's."{field.field}"' for field in fields) or "NULL"
    columns = [f'CAST({value} AS {kind}) AS "{name}"']
    if measure.missing:
        marks = [f's."{field.field}__missing"' for field in fields if field.missing]
        why = f"coalesce({', '.join(marks)})" if marks else "CAST(NULL AS VARCHAR)"
        blank = f"CASE WHEN ({value}) IS NULL THEN 'missing' END"
        columns.append(f'coalesce({why}, {blank}) AS "{name}_missing"')
    return columns
