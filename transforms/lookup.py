"""The lookups of a form's fields, ``of_<field>``: how a row finds its cell in one, and the findings of those that warn.

A lookup holds each distinct text of a column once, with what it is: ``value``; ``rule``, the engine's rule by which it
is none; ``warned``, the engine's rule that warns of a value which stands; ``said``, what either may add; ``missing``.
"""

from __future__ import annotations

from catalogue.delivery import Cell
from catalogue.form import Field, Form
from catalogue.programme import Programme
from catalogue.rule import RULES, finding
from warehouse.staging import Staging


def same_text(form: Form, field: Field) -> str:
    """The condition under which a row (r, with period t and delivery d) finds its cell in the lookup of a field."""
    name, alias = field.field, f"of_{field.field}"
    context = ""
    if field.type in ("code", "codes", "entity"):
        context = f' AND "{alias}".period_code IS NOT DISTINCT FROM t.period_code'
    if field.type == "entity":
        context += f' AND "{alias}".unit_key IS NOT DISTINCT FROM d.unit_key'
    place = [one.field for one in form.fields].index(name) + 1
    return f'r."{name}" IS NOT DISTINCT FROM "{alias}".text AND substr(r.kinds, {place}, 1) = "{alias}".kind{context}'


def warns(rule: str | None) -> bool:
    """True for a rule that lets the value stand."""
    return rule is not None and RULES[rule][0] == "warn"


def warn(area: Staging, programme: Programme, form: Form) -> None:
    """Add a finding to ``read_findings`` for each cell that was read under a rule which warns."""
    for field in form.fields:
        name, alias = field.field, f"of_{field.field}"
        for (rule,) in area.rows(f'SELECT DISTINCT warned FROM "{alias}" WHERE warned IS NOT NULL ORDER BY warned'):
            told = finding(rule, Cell(), name, "", programme.language)
            area.run(
                f"""
                INSERT INTO read_findings
                SELECT r.delivery_no, NULL, r.row_no, ?, 'warn', r.sheet, r.source_row, coalesce(a.letter, ''), ?,
                       r."{name}", ? || coalesce(' (' || "{alias}".said || ')', ''), ?
                FROM raw r JOIN row_periods t USING (row_no) JOIN reporters d USING (delivery_no, sheet)
                JOIN "{alias}" ON {same_text(form, field)}
                LEFT JOIN addresses a ON a.delivery_no = r.delivery_no AND a.sheet = r.sheet AND a.field = ?
                WHERE "{alias}".warned = ? AND NOT r.is_total AND NOT r.repeated
                ORDER BY r.row_no""",
                (rule, name, told.allowed, told.advice, name, rule),
            )
