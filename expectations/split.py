"""The split: which rows go on, which are set aside, and every finding with its cell.

``findings``    delivery_no, part_no, row_no, rule, severity, sheet, source_row, letter, field, found, allowed, advice
``set_aside``   row_no, rules
``doubtful``    the rows of ``raw`` that have a finding
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from catalogue.check import Check
from catalogue.errors import ConservationError
from catalogue.language import Language
from catalogue.rule import RULES
from expectations.predicate import Rule
from warehouse.staging import Staging


def split(area: Staging, rules: Sequence[Rule], language: Language) -> None:
    """Write ``findings`` (those of reading first) and ``set_aside`` from the rows that break the rules, as they were
    counted (``expectations.count``); as set operations. Raises ConservationError where a rule has not as many findings
    as rows that break it: one without would be loaded."""
    area.run("CREATE OR REPLACE TABLE findings AS SELECT * FROM read_findings")
    # What was sent may be a large file: its texts are read once, and of these rows only.
    area.run("""
        CREATE OR REPLACE TABLE doubtful AS
        FROM raw WHERE row_no IN (SELECT row_no FROM broken UNION SELECT row_no FROM findings WHERE row_no IS NOT NULL)
        """)
    area.put_texts("rule_texts", [(code, *_worded(code, language)) for code in RULES])
    broken = dict(area.rows("SELECT rule, count(*) FROM broken GROUP BY rule"))
    for rule in rules:
        told, rows = area.one(_findings(rule)), broken.get(rule.code, 0)
        # Of a column that the file has not the one finding is the file's.
        if told != rows and not rule.in_column:
            raise ConservationError(f"{rule.code}: {rows} rows break it, {told} have a finding; nothing was loaded")
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
        f" || coalesce('; {name} = ' || CAST(s.\"{column}\" AS VARCHAR), '')" for name, column in rule.past
    )
    unique = rule.check is not None and rule.check.kind == "unique"
    found += f" || {_OTHERS}" if unique else ""
    said = f"coalesce(s.\"{field}__said\", '')" if rule.check is None else "''"
    allowed = _quoted(rule.allowed) if rule.allowed else "t.allowed"
    advice = _quoted(rule.advice) if rule.advice else "t.advice"
    in_column = " AND a.letter IS NOT NULL" if rule.in_column else ""
    return f"""
        INSERT INTO findings
        SELECT s.delivery_no, s.part_no, s.row_no, {rule.rule}, '{rule.severity}', s.sheet, s.source_row,
               coalesce(a.letter, ''), '{field}', {found},
               {allowed} || CASE WHEN {said} <> '' THEN ' (' || {said} || ')' ELSE '' END, {advice}
        FROM {rule.table} s JOIN doubtful r USING (row_no)
        LEFT JOIN addresses a ON a.delivery_no = s.delivery_no AND a.sheet = s.sheet AND a.field = '{field}'
        LEFT JOIN rule_texts t ON t.code = {rule.rule} {_alike(rule, rule.check) if unique and rule.check else ""}
        WHERE s.row_no IN ({_rows(rule)}){in_column}"""


def _rows(rule: Rule) -> str:
    """The rows that break a rule, as they were counted."""
    return f"SELECT row_no FROM broken WHERE rule = '{rule.code}'"


# The cells of rows that share what is to be unique, as " (= A7, A9)"; those of many are told by the first. A file of
# records has names for columns: " (= office 7)".
_OTHERS: Final = """coalesce(' (= ' || array_to_string(list_transform(
    list_filter(g.alike, lambda o: o.row_no <> s.row_no)[:3],
    lambda o: CASE WHEN o.sheet = s.sheet THEN '' ELSE o.sheet || '!' END || coalesce(a.letter, '')
        || CASE WHEN length(a.letter) > 3 THEN ' ' ELSE '' END || o.source_row
), ', ') || ')', '')"""


def _alike(rule: Rule, check: Check) -> str:
    """The join that gives each row the first of those that share the fields of a ``unique`` check with it."""
    keys = [f'"{name}__sound"' for name in check.fields]
    same = " AND ".join(f"g.{key} = s.{key}" for key in keys)
    # Those that share are broken all of them; where a condition spares some, they are looked for among all rows.
    among = "" if check.when else f"WHERE row_no IN ({_rows(rule)})"
    return f"""
        LEFT JOIN (
            SELECT part_no, {", ".join(keys)},
                   arg_min({{'row_no': row_no, 'sheet': sheet, 'source_row': source_row}}, row_no, 4) AS alike
            FROM staged {among} GROUP BY ALL HAVING count(*) > 1
        ) g ON g.part_no = s.part_no AND {same}"""
