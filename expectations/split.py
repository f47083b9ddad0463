"""The split: which rows go on, which are set aside, and every finding with its cell.

``findings``    delivery_no, part_no, row_no, rule, severity, sheet, source_row, letter, field, found, allowed, advice
``set_aside``   row_no, rules
"""

from __future__ import annotations

from collections.abc import Sequence

from catalogue.language import Language
from catalogue.rule import RULES
from expectations.predicate import Rule
from warehouse.staging import Staging


def split(area: Staging, rules: Sequence[Rule], language: Language) -> None:
    """Write ``findings`` (those of reading first) and ``set_aside`` from the rules' predicates, as set operations."""
    area.run("CREATE OR REPLACE TABLE findings AS SELECT * FROM read_findings")
    area.put_texts("rule_texts", [(code, *_worded(code, language)) for code in RULES])
    for rule in rules:
        area.run(_findings(rule))
    _override(area)
    area.run("""
        CREATE OR REPLACE TABLE set_aside AS
        SELECT row_no, string_agg(DISTINCT rule, ';' ORDER BY rule) AS rules
        FROM findings WHERE severity = 'reject_row' AND row_no IS NOT NULL GROUP BY row_no""")


def _override(area: Staging) -> None:
    """Findings that a person accepted set no row aside: they warn, and a finding beside each gives the reason.

    Of several decisions that cover a finding, the one about its row counts, then the one about its sheet.
    """
    area.run("""
        CREATE OR REPLACE TEMP TABLE accepted AS
        SELECT f.rowid AS finding, max_by(o.said, (o.source_row > 0, o.sheet <> '', o.number)) AS said
        FROM findings f JOIN overrides o ON o.delivery_no = f.delivery_no AND o.rule = f.rule
            AND o.sheet IN ('', f.sheet) AND o.source_row IN (0, f.source_row)
        WHERE f.severity = 'reject_row' GROUP BY f.rowid""")
    area.run("UPDATE findings SET severity = 'warn' WHERE rowid IN (SELECT finding FROM accepted)")
    area.run("""
        INSERT INTO findings
        SELECT f.delivery_no, f.part_no, f.row_no, t.code, 'warn', f.sheet, f.source_row, f.letter, f.field,
               f.rule || ': ' || f.found, a.said, t.advice
        FROM accepted a JOIN findings f ON f.rowid = a.finding JOIN rule_texts t ON t.code = 'override.applied'""")


def _worded(code: str, language: Language) -> tuple[str, str]:
    _, allowed, advice = RULES[code]
    if worded := language.messages.get(code):
        allowed, _, advice = (part.strip() for part in worded.partition("|"))
    return allowed, advice


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _findings(rule: Rule) -> str:
    """The statement that adds the findings of one rule: at the cell of its first field, with all operands as found."""
    field = rule.fields[0]
    if len(rule.fields) == 1:
        found = f"coalesce(r.\"{field}\", '')"
    else:
        found = " || '; ' || ".join(f"'{name} = ' || coalesce(r.\"{name}\", '')" for name in rule.fields)
    if rule.past and len(rule.fields) == 1:
        found = f"'{field} = ' || {found}"
    found += "".join(
        f" || coalesce('; {name}(t-1) = ' || CAST(s.\"{column}\" AS VARCHAR), '')" for name, column in rule.past
    )
    said = f"coalesce(s.\"{field}__said\", '')" if rule.check is None else "''"
    allowed = _quoted(rule.allowed) if rule.allowed else "t.allowed"
    advice = _quoted(rule.advice) if rule.advice else "t.advice"
    return f"""
        INSERT INTO findings
        SELECT s.delivery_no, s.part_no, s.row_no, {rule.rule}, '{rule.severity}', s.sheet, s.source_row,
               coalesce(a.letter, ''), '{field}', {found},
               {allowed} || CASE WHEN {said} <> '' THEN ' (' || {said} || ')' ELSE '' END, {advice}
        FROM {rule.table} s JOIN raw r USING (row_no)
        LEFT JOIN addresses a ON a.delivery_no = s.delivery_no AND a.sheet = s.sheet AND a.field = '{field}'
        LEFT JOIN rule_texts t ON t.code = {rule.rule}
        WHERE {rule.breaks}{" AND a.letter IS NOT NULL" if rule.in_column else ""}"""
