"""From a figure to the cells it stands on, as views: the same SQL on both backends.

explain_row    one row per row of a fact, place above it and term   (its select comes from ``transforms.explain``)
explain_part   added up per unit and delivery                       explain_cell   with file, sheet and address
explain_report one row per report and place above its unit, of the figures that are about reports

explain_row_on_boundaries and so on: the same behind figures on the boundaries of each day that the programme declares,
with ``share``: how much of what a row says moved into the place.

They hold all that the newest release knows, of every figure: always ask with indicator_code, entity_key, period_code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, SelectBase, text
from sqlalchemy.sql.ddl import CreateView

from catalogue.programme import Programme

ON_BOUNDARIES: Final = ("explain_row_on_boundaries", "explain_part_on_boundaries", "explain_cell_on_boundaries")
WIDE: Final = frozenset({"explain_row", "explain_part", "explain_cell", "explain_report", *ON_BOUNDARIES})
"""Views that are asked about one figure, never written out whole."""
_NAMED: Final = """LEFT JOIN place {alias}
     ON {alias}.entity_key = {key} AND p.as_of_date BETWEEN {alias}.valid_from AND {alias}.named_to"""
_PARTS: Final = """
SELECT {g}g.indicator_code, g.entity_key, g.period_code, g.side, g.term_no, g.measure, g.over_time,
       p.period_code AS reported_period, g.place_key, u.code AS unit_code, u.name AS unit_name,
       p.form_code, p.part_key, p.delivery_key, d.name AS delivery, d.source_code, d.received_at, d.status,
       p.complete, g.amount, g.stated, g.rows
FROM (SELECT {also}indicator_code, entity_key, period_code, side, term_no, measure, over_time, place_key, part_key,
             CAST(sum(amount) AS NUMERIC(38, {places})) AS amount, CAST(sum(stated) AS NUMERIC(38, 6)) AS stated,
             count(*) AS rows
      FROM {rows}
      GROUP BY {also}indicator_code, entity_key, period_code, side, term_no, measure, over_time, place_key, part_key) g
JOIN dim_part p ON p.part_key = g.part_key
JOIN dim_delivery d ON d.delivery_key = p.delivery_key
{named}
"""
# What the views on other boundaries have besides; there, an amount is not rounded.
_ALSO: Final = ("boundary_version", "share")


def parts(rows: str = "explain_row", *, on_boundaries: bool = False) -> str:
    """The select of ``explain_part`` over ``rows``; with boundary_version and share where these are on boundaries."""
    also = _ALSO if on_boundaries else ()
    named = _NAMED.format(alias="u", key="g.place_key")
    listed, from_g = (f"{', '.join(names)}, " if names else "" for names in (also, [f"g.{name}" for name in also]))
    return _PARTS.format(g=from_g, also=listed, rows=rows, places=12 if on_boundaries else 6, named=named)


REPORTS: Final = f"""
SELECT r.indicator_code, r.entity_key, r.period_code, r.form_code, r.unit_key, u.code AS unit_code,
       u.name AS unit_name, r.reported_period, r.due_at, r.part_key, q.delivery_key, d.name AS delivery, d.source_code,
       q.received_at, d.status, q.complete, r.numerator, r.denominator
FROM report_behind r
LEFT JOIN dim_part q ON q.part_key = r.part_key
LEFT JOIN dim_delivery d ON d.delivery_key = q.delivery_key
{_NAMED.format(alias="u", key="r.unit_key").replace("p.as_of_date", "r.as_of_date")}
"""
"""The select of ``explain_report`` over ``report_behind``."""
# The cells for which a report is not complete, or its rows are in error.
ASIDE: Final = """
SELECT e.indicator_code, e.entity_key, e.period_code, 'numerator' AS side, 1 AS term_no, CAST(NULL AS TEXT) AS measure,
       e.reported_period, e.unit_key AS place_key, e.unit_code, e.unit_name, e.form_code, e.delivery_key, e.delivery,
       e.source_code, q.source_sheet, q.source_row, i.source_column,
       CASE WHEN length(i.source_column) <= 3 THEN concat(i.source_column, q.source_row) ELSE i.source_column END
       AS cell, i.rule_code, i.found AS text
FROM explain_report e
JOIN quarantine q ON q.part_key = e.part_key
LEFT JOIN (SELECT delivery_key, source_sheet, source_row, min(rule_code) AS rule_code,
                  min(source_column) AS source_column, min(found) AS found
           FROM issue WHERE severity = 'reject_row' GROUP BY delivery_key, source_sheet, source_row) i
  ON i.delivery_key = q.delivery_key AND i.source_sheet = q.source_sheet AND i.source_row = q.source_row
"""


@dataclass(frozen=True)
class Behind:
    """The selects of what is behind every figure: rows of facts, reports, and rows on the boundaries of declared days;
    None where no indicator needs them."""

    rows: SelectBase | None = None
    reports: SelectBase | None = None
    on_boundaries: SelectBase | None = None


def cells(programme: Programme, rows: str = "explain_row", *, on_boundaries: bool = False) -> str:
    """The select of ``explain_cell`` over ``rows``; with boundary_version and share where these are on boundaries."""
    also = "".join(f"r.{name}, " for name in _ALSO) if on_boundaries else ""
    said = _columns(programme)
    # The records of portals and extracts have keys, which stand in no column of letters.
    keyed = ", ".join(f"'{one.source}'" for one in programme.sources if one.kind != "inbox") or "NULL"
    return f"""
SELECT {also}r.indicator_code, r.entity_key, r.period_code, r.side, r.term_no, r.measure,
       p.period_code AS reported_period, r.place_key, u.code AS unit_code, u.name AS unit_name, p.form_code,
       p.delivery_key, d.name AS delivery, d.source_code, r.source_sheet, r.source_row, c.source_column,
       CASE WHEN c.source_column IS NULL OR d.source_code IN ({keyed}) THEN c.source_column
            ELSE concat(replace(c.source_column, ' + ', concat(r.source_row, ' + ')), r.source_row) END AS cell,
       r.amount, r.stated, w.override_reason, w.correction_reason, d.sha256, p.part_key
FROM {rows} r
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
    names = ("explain_cell", "explain_part", "explain_row", "explain_report", "report_behind")
    for name in (*reversed(ON_BOUNDARIES), *names):
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def create_explaining(connection: Connection, programme: Programme, behind: Behind) -> None:
    """Create the views over what is behind every figure; none where the programme has no indicator of the sort."""
    drop_explaining(connection)
    if behind.rows is not None:
        connection.execute(CreateView(behind.rows, "explain_row"))
        connection.execute(text(f"CREATE VIEW explain_part AS {parts()}"))
        connection.execute(text(f"CREATE VIEW explain_cell AS {cells(programme)}"))
    if behind.on_boundaries is not None:
        rows, part, cell = ON_BOUNDARIES
        connection.execute(CreateView(behind.on_boundaries, rows))
        connection.execute(text(f"CREATE VIEW {part} AS {parts(rows, on_boundaries=True)}"))
        connection.execute(text(f"CREATE VIEW {cell} AS {cells(programme, rows, on_boundaries=True)}"))
    if behind.reports is not None:
        connection.execute(CreateView(behind.reports, "report_behind"))
        connection.execute(text(f"CREATE VIEW explain_report AS {REPORTS}"))
