"""The lookups of a form's fields, ``of_<field>``: how a row finds its cell in one, and the findings of those that warn.

A lookup holds each distinct text of a column once, with what it is: ``value``; ``rule``, the engine's rule by which it
is none; ``warned``, the engine's rule that warns of a value which stands; ``said``, what either may add; ``missing``.
Texts that are plain whole numbers are in none: what they are needs no looking up (``plain``).
"""

from __future__ import annotations

import re
from typing import Final

from catalogue.delivery import Cell
from catalogue.form import Field, Form
from catalogue.language import Language
from catalogue.programme import Programme
from catalogue.rule import RULES, finding
from transforms.parse import parse
from transforms.personal import RULE as PERSONAL
from transforms.text import fold
from transforms.value import Parsed
from warehouse.staging import Staging

_LARGEST: Final = 10**18 - 1
"""The largest whole number that is never out of range (``transforms.number``)."""
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")


def place_of(form: Form, name: str) -> int:
    """The place of a field's letter in ``kinds``, from 1."""
    return [field.field for field in form.fields].index(name) + 1


def letter_of(form: Form, name: str) -> str:
    """SQL of how a row (r) stores a cell: a letter of ``transforms.table``."""
    return f"substr(r.kinds, {place_of(form, name)}, 1)"


def periods_of(form: Form) -> str:
    """SQL that joins to the rows (r) their periods (t): those of their deliveries, or, of a form whose rows bear their
    own, what their cells say (``row_spans``)."""
    own = next((field.field for field in form.fields if field.type == "period"), None)
    if own is None:
        return "JOIN deliveries t ON t.delivery_no = r.delivery_no"
    return f'LEFT JOIN row_spans t ON t.text IS NOT DISTINCT FROM r."{own}" AND t.kind = {letter_of(form, own)}'


REPORTERS = "JOIN reporters d ON d.delivery_no = r.delivery_no AND d.sheet = r.sheet"
"""SQL that joins to the rows (r) the units that report them (d)."""


def same_text(form: Form, field: Field, *, by_text: bool = False, blanks: bool = True) -> str:
    """The condition under which a row (r, with period t and delivery d) finds its cell in the lookup of a field.

    ``by_text``: the text alone tells, as the lookup holds none twice; ``blanks``: it holds that of an empty cell.
    """
    name, alias = field.field, f"of_{field.field}"
    if by_text:
        return f'r."{name}" {"IS NOT DISTINCT FROM" if blanks else "="} "{alias}".text'
    context = ""
    if field.type in ("code", "codes", "entity"):
        context = f' AND "{alias}".period_code IS NOT DISTINCT FROM t.period_code'
    if field.type == "entity":
        context += f' AND "{alias}".unit_key IS NOT DISTINCT FROM d.unit_key'
    return f'r."{name}" IS NOT DISTINCT FROM "{alias}".text AND {letter_of(form, name)} = "{alias}".kind{context}'


def plain(field: Field, language: Language) -> str | None:
    """SQL of the value of a cell (r) that is a whole number as every program writes it, NULL of every other; None for
    fields of which no cell is looked at so.

    It says exactly what ``transforms.parse`` would: a text that the form or the language gives another meaning is left
    to that, and so is whatever is not digits alone.
    """
    if not may_be_plain(field):
        return None
    words = (*field.missing, *(field.zero or ()), *language.missing, *language.not_applicable, *language.zero)
    numbers = {int(folded) for word in words if _WHOLE.fullmatch(folded := fold(word, language))}
    meant = sorted(number for number in numbers if not _itself(number, field, language))
    number = f'r."{field.field}__number"'
    value = number if field.type == "count" else f"CAST({number} AS DECIMAL(38, 6))"
    return f"CASE WHEN {number} NOT IN ({', '.join(map(str, meant))}) THEN {value} END" if meant else value


def _itself(number: int, field: Field, language: Language) -> bool:
    """Whether a number that is among the words of a form or language means nothing but that number."""
    read = (parse(str(number), kind, field, language) for kind in ("n", "t"))
    return all(one == Parsed(one.value) and one.value == number for one in read)


def may_be_plain(field: Field) -> bool:
    """Whether ``raw`` has a column ``<field>__number`` beside the texts of a field: its whole numbers."""
    return field.type in ("count", "decimal")


def whole(text: str, letter: str) -> str:
    """SQL of the whole number that a text is, where it is written as every program writes it; NULL of every other.

    ``letter`` is SQL of how the cell is stored: dates and answers of yes or no are no numbers.
    """
    number = f"TRY_CAST({text} AS BIGINT)"
    return f"CASE WHEN CAST({number} AS VARCHAR) = {text} AND {letter} IN ('n', 't') THEN {fitting(number)} END"


def fitting(number: str) -> str:
    """SQL of a whole number, NULL where it has more digits than are never out of range."""
    return f"CASE WHEN {number} BETWEEN -{_LARGEST} AND {_LARGEST} THEN CAST({number} AS BIGINT) END"


def warns(rule: str | None) -> bool:
    """True for a rule that lets the value stand."""
    return rule is not None and RULES[rule][0] == "warn"


def warn(area: Staging, programme: Programme, form: Form) -> None:
    """Add a finding to ``read_findings`` for each cell that was read under a rule which warns."""
    for field in form.fields:
        name, alias = field.field, f"of_{field.field}"
        for (rule,) in area.rows(f'SELECT DISTINCT warned FROM "{alias}" WHERE warned IS NOT NULL ORDER BY warned'):
            told, said = finding(rule, Cell(), name, "", programme.language), f'"{alias}".said'
            # Of personal data the kind is told, and the text itself nowhere.
            found, beside = (said, "NULL") if rule == PERSONAL else (f'r."{name}"', said)
            area.run(
                f"""
                INSERT INTO read_findings
                SELECT r.delivery_no, NULL, r.row_no, ?, 'warn', r.sheet, r.source_row, coalesce(a.letter, ''), ?,
                       {found}, ? || coalesce(' (' || {beside} || ')', ''), ?
                FROM raw r {periods_of(form)} {REPORTERS}
                JOIN "{alias}" ON {same_text(form, field)}
                LEFT JOIN addresses a ON a.delivery_no = r.delivery_no AND a.sheet = r.sheet AND a.field = ?
                WHERE "{alias}".warned = ? AND NOT r.is_total AND NOT r.repeated
                ORDER BY r.row_no""",
                (rule, name, told.allowed, told.advice, name, rule),
            )
