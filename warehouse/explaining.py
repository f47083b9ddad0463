"""From a figure to the cells it stands on, as views: the same SQL on both backends.

explain_row    one row per row of a fact, place above it and term   (its select comes from ``transforms.explain``)
explain_part   added up per unit and delivery                       explain_cell   with file, sheet and address

They hold all that the newest release knows, of every figure: always ask with indicator_code, entity_key, period_code.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, SelectBase, text
from sqlalchemy.sql.ddl import CreateView

from catalogue.programme import Programme

WIDE: Final = frozenset({"explain_row", "explain_part", "explain_cell"})
"""Views that are asked about one figure, never written out whole."""
_NAMED: Final = """LEFT JOIN place {alias}
     ON {alias}.entity_key = {key} AND p.as_of_date BETWEEN {alias}.valid_from AND {alias}.named_to"""
PARTS: Final = f"""
SELECT g.indicator_code, g.entity_key, g.period_code, g.side, g.term_no, g.measure, g.over_time,
       p.period_code AS reported_period, g.place_key, u.code AS unit_code, u.name AS unit_name,
       p.form_code, p.part_key, p.delivery_key, d.name AS delivery, d.source_code, d.received_at, d.status,
       p.complete, g.amount, g.rows
FROM (SELECT indicator_code, entity_key, period_code, side, term_no, measure, over_time, place_key, part_key,
             CAST(sum(amount) AS NUMERIC(38, 6)) AS amount, count(*) AS rows
      FROM explain_row
      GROUP BY indicator_code, entity_key, period_code, side, term_no, measure, over_time, place_key, part_key) g
JOIN dim_part p ON p.part_key = g.part_key
JOIN dim_delivery d ON d.delivery_key = p.delivery_key
{_NAMED.format(alias="u", key="g.place_key")}
"""


def cells(programme: Programme) -> str:
    """The select of ``explain_cell`` over ``explain_row``."""
    said = _columns(programme)
    # The records of portals and extracts have keys, which stand in no column of letters.
    keyed = ", ".join(f"'{one.source}'" for one in programme.sources if one.kind != "inbox") or "NULL"
    return f"""
SELECT r.indicator_code, r.entity_key, r.period_code, r.side, r.term_no, r.measure,
       p.period_code AS reported_period, r.place_key, u.code AS unit_code, u.name AS unit_name, p.form_code,
       p.delivery_key, d.name AS delivery, d.source_code, r.source_sheet, r.source_row, c.source_column,
       CASE WHEN c.source_column IS NULL OR d.source_code IN ({keyed}) THEN c.source_column
            ELSE concat(replace(c.source_column, ' + ', concat(r.source_row, ' + ')), r.source_row) END AS cell,
       r.amount, w.override_reason, w.correction_reason, d.sha256, p.part_key
FROM explain_row r
JOIN dim_part p ON p.part_key = r.part_key
JOIN dim_delivery d ON d.delivery_key = p.delivery_key
LEFT JOIN sheet_layout l ON l.delivery_key = p.delivery_key AND l.source_sheet = r.source_sheet
LEFT JOIN (SELECT y.layout_hash, f.form_code, f.measure,
                  string_agg(y.source_column, ' + ' ORDER BY f.place) AS source_column
           FROM layout_column y JOIN ({said}) f ON f.field = y.field
           GROUP BY y.layout_hash, f.form_code, f.measure) c
     ON c.layout_hash = l.layout_hash AND c.form_code = p.form_code AND c.measure = r.measure
LEFT JOIN row_reason w ON w.part_key = r.part_key AND w.source_sheet = r.source_sheet AND w.source_row = r.source_row
{_NAMED.format(alias="u", key="r.place_key")}
"""


def _columns(programme: Programme) -> str:
    """Which fields of each form feed which measure: form_code, measure, field, place."""
    lines = [
        f"('{form.form}', '{field.to}', '{field.field}', {place})"
        for form in programme.forms
        for place, field in enumerate(form.fields)
        if field.to and programme.fact[form.fact].measure(field.to)
    ]
    return f"SELECT * FROM (VALUES {', '.join(lines)}) AS m(form_code, measure, field, place)" if lines else _NO_FIELD


_NO_FIELD: Final = (
    "SELECT CAST(NULL AS TEXT) AS form_code, CAST(NULL AS TEXT) AS measure, CAST(NULL AS TEXT) AS field, 0 AS place "
    "FROM ledger WHERE 1 = 0"
)


def drop_explaining(connection: Connection) -> None:
    """Drop the views, which read others, before those are made anew."""
    for name in ("explain_cell", "explain_part", "explain_row"):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def create_explaining(connection: Connection, programme: Programme, rows: SelectBase | None) -> None:
    """Create the views over the rows behind every figure; none where the programme has no indicator of rows."""
    drop_explaining(connection)
    if rows is None:
        return
    connection.execute(CreateView(rows, "explain_row"))
    connection.execute(text(f"CREATE VIEW explain_part AS {PARTS}"))
    connection.execute(text(f"CREATE VIEW explain_cell AS {cells(programme)}"))
