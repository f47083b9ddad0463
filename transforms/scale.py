"""What cells say only together: one scale in a column of percentages, a part and its whole in two columns of a row.

Percentages are never told by their size. But where a column has both 0.9 and 90, and no mark behind them, somebody
wrote in two ways, and nobody can tell which cells are meant as they stand.
"""

from __future__ import annotations

from catalogue.delivery import Cell
from catalogue.form import Field, Form
from catalogue.programme import Programme
from catalogue.rule import finding
from transforms.number import headed_percent
from transforms.resolve import Resolver
from warehouse.staging import Staging


def taken_from(form: Form, field: Field, own: str) -> str:
    """SQL of a field's value: its own cell's (SQL ``own``), or, where that is blank, what stands in a cell that says
    both.

    Lookups are ``of_<field>``, texts ``r``: "over 500" fills the field of its sign, "45/192" that of its whole.
    """
    if field.type in ("code", "text"):
        given = [f'"of_{one.field}".approx' for one in form.fields if one.approx == field.field]
    else:
        given = [f'"of_{one.field}".whole' for one in form.fields if one.whole == field.field]
    if not given:
        return own
    return f'CASE WHEN r."{field.field}" IS NULL THEN coalesce({", ".join(given)}) ELSE {own} END'


def sign_beside(sign: str | None, form: Form, field: Field, resolver: Resolver) -> str | None:
    """The sign of an approximate figure as the field beside it has it; None where that field knows no such sign."""
    beside = form.field(field.approx) if field.approx else None
    if sign is None or beside is None:
        return None
    return resolver.code(sign, beside.codelist, None).code if beside.codelist else sign


def judge_together(area: Staging, programme: Programme, form: Form) -> None:
    """Add findings to ``read_findings``: ``cell.mixed_scale``, ``cell.whole_differs``, and ``cell.approximate`` where
    the cell of the sign says otherwise.
    """
    for field in form.fields:
        if field.type == "percent":
            _judge(area, programme, field, "cell.mixed_scale", _mixed(field))
        if field.whole:
            _judge(area, programme, field, "cell.whole_differs", _differing(form, field, field.whole, "whole"))
        if field.approx:
            _judge(area, programme, field, "cell.approximate", _differing(form, field, field.approx, "approx"))


def _judge(area: Staging, programme: Programme, field: Field, rule: str, rows: str) -> None:
    told = finding(rule, Cell(), field.field, "", programme.language)
    area.run(
        f"""
        INSERT INTO read_findings
        SELECT r.delivery_no, NULL, r.row_no, ?, ?, r.sheet, r.source_row, coalesce(a.letter, ''), ?,
               r."{field.field}", ?, ?
        FROM raw r LEFT JOIN addresses a ON a.delivery_no = r.delivery_no AND a.sheet = r.sheet AND a.field = ?
        WHERE r.row_no IN ({rows}) ORDER BY r.row_no""",
        (rule, told.severity, field.field, told.allowed, told.advice, field.field),
    )


def _mixed(field: Field) -> str:
    """The rows whose unmarked percentage is on the scale that fewer cells of the column have; both where as many do.

    Nought and one are on either scale.
    """
    written = f's."{field.field}"' + (" * 100" if headed_percent(field) else "")
    return f"""
        SELECT row_no FROM (
            SELECT row_no, scale, count(*) OVER (PARTITION BY delivery_no, sheet, scale) AS alike,
                   count(*) OVER (PARTITION BY delivery_no, sheet) AS every
            FROM (SELECT s.row_no, s.delivery_no, s.sheet, abs({written}) > 1 AS scale
                  FROM staged s JOIN raw x USING (row_no)
                  WHERE abs({written}) NOT IN (0, 1) AND NOT regexp_matches(x."{field.field}", '[%/]')))
        WHERE alike < every AND 2 * alike <= every"""


def _differing(form: Form, field: Field, other: str, said: str) -> str:
    """The rows where a cell says of another (``said``: a column of its lookup) what that one does not say itself."""
    place = [one.field for one in form.fields].index(field.field) + 1
    return f"""
        SELECT s.row_no FROM staged s JOIN raw x USING (row_no)
        JOIN "of_{field.field}" l ON l.text = x."{field.field}" AND l.kind = substr(x.kinds, {place}, 1)
        WHERE l.{said} IS NOT NULL AND s."{other}" <> l.{said}"""
