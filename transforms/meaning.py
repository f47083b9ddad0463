"""Meaning: what each distinct text of a column is, in its period and unit where that matters; once, however many rows.

Writes ``of_<field>`` (``transforms.lookup``) for every field, and ``row_spans`` where rows bear their own period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

import pyarrow as pa

from catalogue.form import Field, Form
from catalogue.period import Period
from catalogue.programme import Programme
from transforms.lookup import REPORTERS, letter_of, periods_of, plain, warns
from transforms.parse import parse
from transforms.personal import RULE as PERSONAL
from transforms.personal import sought
from transforms.resolve import Resolver
from transforms.scale import sign_beside
from transforms.span import read_period
from transforms.text import clean
from warehouse.schema import AMOUNT
from warehouse.staging import Staging, without_nul

# Field type -> (Arrow type of the lookup, DuckDB type of the staged column).
TYPES: Final[dict[str, tuple[pa.DataType, str]]] = {
    "count": (pa.int64(), "BIGINT"),
    "decimal": (pa.decimal128(38, 6), "DECIMAL(38, 6)"),
    "percent": (pa.decimal128(38, 6), "DECIMAL(38, 6)"),
    "text": (pa.string(), "VARCHAR"),
    "code": (pa.string(), "VARCHAR"),
    "codes": (pa.string(), "VARCHAR"),
    "flag": (pa.bool_(), "BOOLEAN"),
    "date": (pa.date32(), "DATE"),
    "entity": (pa.int64(), "BIGINT"),
    "period": (pa.string(), "VARCHAR"),
}
_PLACES, _DIGITS = AMOUNT.scale or 0, AMOUNT.precision or 0
_EXACT = Context(prec=_DIGITS, rounding=ROUND_HALF_UP)
_FINEST, _LARGEST = Decimal(1).scaleb(-_PLACES), Decimal(10) ** (_DIGITS - _PLACES - 1)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the lookup of a field holds: how many texts of which there is anything to say, and whether any of them has a
    rule, a word about it, a reason for being absent; whether the text alone tells them apart, and whether one is that
    of an empty cell of which there is anything to say."""

    texts: int
    rules: bool
    said: bool
    missing: bool
    by_text: bool = False
    blanks: bool = True


def lay_periods(area: Staging, programme: Programme, form: Form, field: Field) -> Meaning:
    """Write the lookup of the field in which rows bear their own period, and ``row_spans``: text, kind, period_*."""
    rows: list[tuple[object, ...]] = []
    texts = area.rows(f'SELECT DISTINCT r."{field.field}", {letter_of(form, field.field)} FROM raw r')
    for text, kind in texts:
        calendar = programme.calendars[form.calendar]
        reading = read_period(text or "", "year", calendar, programme.language, programme.calendars)
        period = reading.period
        rule = "cell.not_period" if text and period is None else None
        days = (period.code, period.start, period.end) if period else (None, None, None)
        rows.append((text, kind, *days, rule, reading.said, None, reading.warned, None, None))
    kinds = {"value": pa.string(), "first_day": pa.date32(), "last_day": pa.date32()}
    area.put(f"of_{field.field}", _lookup_columns(kinds), rows)
    area.run(f"""
        CREATE OR REPLACE VIEW row_spans AS
        SELECT text, kind, value AS period_code, first_day AS period_start, last_day AS period_end
        FROM "of_{field.field}" """)
    return Meaning(len(rows), any(row[5] for row in rows), any(row[6] for row in rows), missing=False)


def _lookup_columns(values: dict[str, pa.DataType]) -> dict[str, pa.DataType]:
    words = {"rule": pa.string(), "said": pa.string(), "missing": pa.string(), "warned": pa.string()}
    beside = {"approx": pa.string(), "whole": pa.int64()}
    return {"text": pa.string(), "kind": pa.string(), **values, **words, **beside}


def lay_meaning(area: Staging, form: Form, field: Field, resolver: Resolver, today: date) -> Meaning:
    """Write the lookup of one field: every distinct text (in its period and unit, where that matters) and what it is,
    but for plain numbers (``transforms.lookup``)."""
    programme, name = resolver.programme, field.field
    letter, number = letter_of(form, name), plain(field, programme.language)
    values: dict[str, pa.DataType] = {"value": TYPES[field.type][0]}
    if field.type in ("code", "codes", "entity"):
        values["period_code"] = pa.string()
    if field.type == "entity":
        values["unit_key"] = pa.int64()
    of_period = (", t.period_code", periods_of(form)) if "period_code" in values else ("", "")
    of_unit = (", d.unit_key", REPORTERS) if "unit_key" in values else ("", "")
    # The few different texts first, so that only they are looked up in periods and units, and not every row.
    own = next((f', r."{one.field}"' for one in form.fields if one.type == "period"), "")
    raw = f'SELECT DISTINCT r."{name}", r.kinds, r.delivery_no, r.sheet{own} FROM raw r'
    known = area.rows(f"""
        SELECT DISTINCT r."{name}", {letter}{of_period[0]}{of_unit[0]}
        FROM ({raw}{f" WHERE ({number}) IS NULL" if number else ""}) r {of_period[1]} {of_unit[1]}""")
    rows: list[tuple[object, ...]] = []
    periods: dict[str | None, Period | None] = {None: None}
    personal = sought(programme) if field.type == "text" and field.free else None
    for text, kind, *context in known:
        parsed = parse(text, kind, field, programme.language)
        value: Any = parsed.value
        rule, said = parsed.rule or parsed.warned, parsed.said
        if field.type in ("code", "codes", "entity") and value is not None:
            code = context[0]
            if code not in periods:
                periods[code] = Period.parse(code, programme.calendars)
            unit = context[1] if field.type == "entity" and field.to == programme.fact[form.fact].place else None
            if field.code_parts:
                value = ".".join(str(value).split(".")[: field.code_parts])
            value, rule, said = _found(value, field, resolver, periods[code], unit, today)
            rule, said = (rule, said) if rule else (parsed.warned, parsed.said)
        if field.type == "text" and value is not None and len(str(value)) > field.max_length:
            rule = "cell.too_long"
        elif personal is not None and value is not None and (kinds := personal(str(value))):
            rule, said = PERSONAL, kinds
        if isinstance(value, Decimal):
            value, rule = _kept(value, rule)
        # A rule that only warns lets the value stand; ``transforms.lookup.warn`` writes its finding.
        warned, rule = (rule, None) if value is not None and warns(rule) else (None, rule)
        if rule == "cell.too_long" and personal is not None and (kinds := personal(text or "")):
            # Told beside, so that what quotes the cell is masked.
            warned, said = PERSONAL, kinds
        if rule:
            value = None
        # A blank gives no reason; "missing" is one only where the form declares a mark for it.
        missing = None if parsed.missing == "missing" and clean(text or "") not in field.missing else parsed.missing
        sign = sign_beside(parsed.approx, form, field, resolver)
        rows.append((text, kind, value, *context, rule, said, missing, warned, sign, parsed.of))
    area.put(f"of_{name}", _lookup_columns(values), rows)
    if field.type == "entity":
        area.run(f'ALTER TABLE "of_{name}" ADD COLUMN shown VARCHAR')
        area.run(f'UPDATE "of_{name}" SET shown = {without_nul("trim(text)")}')
    *told, absent = (any(row[place] is not None for row in rows) for place in range(-6, -3))
    # Cells of which there is nothing to say, as most blanks, need not be looked up.
    saying = [row[0] for row in rows if row[2] is not None or any(part is not None for part in row[-6:])]
    # Beside a plain number there may be the same text in a cell of another kind, which is none.
    alone = len({row[0] for row in rows}) == len(rows) and number is None
    return Meaning(len(saying), told[0], told[1], missing=absent, by_text=alone, blanks=None in saying)


def _kept(value: Decimal, rule: str | None) -> tuple[Decimal, str | None]:
    """A figure as the warehouse keeps it: half-up to the places of AMOUNT, as a spreadsheet's binary fractions are
    longer than anybody meant; a figure too large for it is out of range.
    """
    if value.copy_abs() >= _LARGEST:
        return value, "cell.out_of_range"
    return value.quantize(_FINEST, context=_EXACT), rule


def _found(
    value: Any, field: Field, resolver: Resolver, period: Period | None, unit: int | None, today: date
) -> tuple[object, str | None, str | None]:
    """What a code, several codes or an entity resolve to: (value, rule, what could be meant)."""
    if field.type == "entity":
        one = resolver.entity(str(value), field.register_name or "", period, unit, today)
        return one.key, one.rule, one.candidates or None
    texts = value if isinstance(value, tuple) else (str(value),)
    found = [resolver.code(text, field.codelist or "", period) for text in texts]
    wrong = next((one for one in found if one.rule), None)
    if wrong:
        return None, wrong.rule, None
    return ";".join(sorted({one.code or "" for one in found})), None, None
