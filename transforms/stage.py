"""Staging: what was read of a batch of deliveries of one form, laid out in DuckDB; first as texts, then typed.

``deliveries``  delivery_no, sha256, unit_key, unit_code, unit_last_day, period_code, period_start, period_end
``reporters``   delivery_no, sheet, unit_key, unit_code, unit_last_day: the unit that each sheet reports on
``read_findings``  what reading found wrong, in the shape of ``findings`` (expectations.split)
``raw``         row_no, delivery_no, sheet, source_row, is_total, repeated, kinds, and a text ``<field>`` per field
``addresses``   delivery_no, sheet, field, letter
``staged``      the rows to judge: row_no, delivery_no, part_no, sheet, source_row, period_*, and per field
                ``<field>`` typed, ``<field>__rule`` why it is not (an engine rule), ``<field>__said`` what it may be,
                ``<field>__missing`` why it is absent (where the field declares marks)
``totals``      total rows in the same shape
``parts``       part_no, delivery_no, unit_key, period_code, as_of_date
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

import pyarrow as pa

from catalogue.delivery import Delivery
from catalogue.form import Field, Form
from catalogue.period import Period
from catalogue.programme import Programme
from transforms.decided import lay_decisions
from transforms.lookup import same_text, warn, warns
from transforms.parse import parse
from transforms.resolve import Resolver
from transforms.scale import judge_together, sign_beside, taken_from
from transforms.span import read_period
from transforms.submission import lay_submissions
from transforms.table import Table
from transforms.text import clean
from warehouse.schema import AMOUNT
from warehouse.staging import Staging

# Field type -> (Arrow type of the lookup, DuckDB type of the staged column).
_TYPES: Final[dict[str, tuple[pa.DataType, str]]] = {
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


_FINDING: Final = {
    "delivery_no": pa.int64(),
    "part_no": pa.int64(),
    "row_no": pa.int64(),
    "rule": pa.string(),
    "severity": pa.string(),
    "sheet": pa.string(),
    "source_row": pa.int64(),
    "letter": pa.string(),
    "field": pa.string(),
    "found": pa.string(),
    "allowed": pa.string(),
    "advice": pa.string(),
}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery of the batch, by number, with what was read of it."""

    number: int
    delivery: Delivery
    table: Table


def lay(area: Staging, programme: Programme, form: Form, batch: Sequence[Arrived]) -> None:
    """Lay a batch out as texts."""
    area.put(
        "deliveries",
        {
            "delivery_no": pa.int64(),
            "sha256": pa.string(),
            "unit_key": pa.int64(),
            "unit_code": pa.string(),
            "unit_last_day": pa.date32(),
            "period_code": pa.string(),
            "period_start": pa.date32(),
            "period_end": pa.date32(),
        },
        [
            (
                one.number,
                one.delivery.sha256,
                one.delivery.unit_key,
                one.delivery.unit_code,
                programme.last_day(one.delivery.unit_key),
                one.delivery.period.code if one.delivery.period else None,
                one.delivery.period.start if one.delivery.period else None,
                one.delivery.period.end if one.delivery.period else None,
            )
            for one in batch
        ],
    )
    names = [field.field for field in form.fields]
    rows: list[tuple[object, ...]] = []
    for one in batch:
        places = [one.table.fields.index(name) if name in one.table.fields else None for name in names]
        for is_total, group in ((False, one.table.rows), (True, one.table.totals)):
            for row in group:
                kinds = "".join("-" if place is None else row.kinds[place] for place in places)
                texts = (None if place is None else row.texts[place] for place in places)
                rows.append((len(rows), one.number, row.sheet, row.row, is_total, kinds, *texts))
    area.put(
        "raw_rows",
        {
            "row_no": pa.int64(),
            "delivery_no": pa.int64(),
            "sheet": pa.string(),
            "source_row": pa.int64(),
            "is_total": pa.bool_(),
            "kinds": pa.string(),
            **{name: pa.string() for name in names},
        },
        rows,
    )
    same = "".join(f', r."{name}"' for name in names)
    _lay_units(area, programme, batch)
    area.run(f"""
        CREATE OR REPLACE TABLE raw AS
        SELECT r.*, NOT r.is_total AND row_number() OVER (
            PARTITION BY r.delivery_no, u.unit_key, r.is_total, r.kinds{same} ORDER BY r.row_no) > 1 AS repeated
        FROM raw_rows r LEFT JOIN sheet_units u USING (delivery_no, sheet)""")
    area.run("""
        CREATE OR REPLACE TABLE reporters AS
        SELECT * FROM sheet_units
        UNION ALL
        SELECT DISTINCT r.delivery_no, r.sheet, d.unit_key, d.unit_code, d.unit_last_day
        FROM raw_rows r JOIN deliveries d USING (delivery_no)
        WHERE NOT EXISTS (FROM sheet_units s WHERE s.delivery_no = r.delivery_no AND s.sheet = r.sheet)""")
    area.run("DROP TABLE raw_rows")
    area.put(
        "read_findings",
        _FINDING,
        [
            (
                one.number,
                None,
                None,
                f.rule,
                f.severity,
                f.cell.sheet,
                f.cell.row,
                f.cell.column,
                f.field,
                f.found,
                f.allowed,
                f.advice,
            )
            for one in batch
            for f in (*one.delivery.refusal, *one.table.findings)
        ],
    )
    area.put(
        "addresses",
        {"delivery_no": pa.int64(), "sheet": pa.string(), "field": pa.string(), "letter": pa.string()},
        [(one.number, sheet, field, letter) for one in batch for (sheet, field), letter in one.table.columns.items()],
    )
    lay_decisions(area, [(one.number, one.delivery) for one in batch])
    lay_submissions(area, [(one.number, one.delivery, one.table.clues) for one in batch])


def _lay_units(area: Staging, programme: Programme, batch: Sequence[Arrived]) -> None:
    """Lay out the units of workbooks with one sheet per unit.

    A sheet that says nothing at all is no report of its unit; one without rows that says so is.
    """
    area.put(
        "sheet_units",
        {
            "delivery_no": pa.int64(),
            "sheet": pa.string(),
            "unit_key": pa.int64(),
            "unit_code": pa.string(),
            "unit_last_day": pa.date32(),
        },
        [
            (one.number, unit.sheet, unit.key, unit.code, programme.last_day(unit.key))
            for one in batch
            for unit in one.delivery.units
            if unit.sheet not in one.table.silent
        ],
    )


def lay_nothing(area: Staging, programme: Programme, batch: Sequence[Arrived]) -> None:
    """Lay out deliveries whose form is not known: they have findings and nothing else."""
    nothing = Form.model_construct(form="", fields=(), checks=())
    lay(area, programme, nothing, batch)
    for table in ("staged", "totals"):
        area.run(
            f"CREATE OR REPLACE TABLE {table} AS SELECT row_no, delivery_no, 0 AS part_no, sheet, source_row FROM raw"
        )
    area.run(
        "CREATE OR REPLACE TABLE parts (part_no BIGINT, delivery_no BIGINT, unit_key BIGINT, period_code VARCHAR, "
        "as_of_date DATE)"
    )
    area.run("CREATE OR REPLACE TABLE findings AS SELECT * FROM read_findings")
    area.run("CREATE OR REPLACE TABLE set_aside (row_no BIGINT, rules VARCHAR)")
    area.run("CREATE OR REPLACE TABLE conformed (part_no BIGINT)")
    area.put_numbers("held_back", ())
    area.put_numbers("disputed", ())
    area.run("""CREATE OR REPLACE TABLE part_content (
        part_no BIGINT, rows_loaded BIGINT, rows_quarantined BIGINT, complete BOOLEAN, content_hash VARCHAR)""")


def type_cells(area: Staging, resolver: Resolver, form: Form, today: date) -> None:
    """Turn texts into values: each distinct text once, then a join. A text that is none becomes a rule, not a guess."""
    programme = resolver.programme
    own_period = next((field for field in form.fields if field.type == "period"), None)
    if own_period:
        _period_lookup(area, programme, form, own_period)
        place = _place_of(form, own_period.field)
        area.run(f"""
            CREATE OR REPLACE TABLE row_periods AS
            SELECT r.row_no, l.value AS period_code, l.first_day AS period_start, l.last_day AS period_end
            FROM raw r LEFT JOIN "of_{own_period.field}" l
              ON r."{own_period.field}" IS NOT DISTINCT FROM l.text AND substr(r.kinds, {place}, 1) = l.kind""")
    else:
        area.run("""
            CREATE OR REPLACE TABLE row_periods AS
            SELECT r.row_no, d.period_code, d.period_start, d.period_end
            FROM raw r JOIN deliveries d USING (delivery_no)""")
    columns, joins = [], []
    for field in form.fields:
        if field is not own_period:
            _lookup(area, form, field, resolver, today)
        name, alias = field.field, f"of_{field.field}"
        columns += [
            f'{taken_from(form, field)} AS "{name}"',
            f'"{alias}".rule AS "{name}__rule"',
            f'"{alias}".said AS "{name}__said"',
        ]
        columns += [f'"{alias}".missing AS "{name}__missing"'] if field.missing else []
        joins.append(f'LEFT JOIN "{alias}" ON {same_text(form, field)}')
    area.run(f"""
        CREATE OR REPLACE TABLE typed AS
        SELECT r.row_no, r.delivery_no, r.sheet, r.source_row, r.is_total, r.repeated,
               t.period_code, t.period_start, t.period_end, {", ".join(columns)}
        FROM raw r JOIN row_periods t USING (row_no) JOIN reporters d USING (delivery_no, sheet) {" ".join(joins)}""")
    area.run("""
        CREATE OR REPLACE TABLE parts AS
        SELECT row_number() OVER (ORDER BY delivery_no, period_code, unit_key) AS part_no, delivery_no, unit_key,
               period_code,
               CASE WHEN unit_last_day BETWEEN period_start AND period_end THEN unit_last_day
                    ELSE period_end END AS as_of_date
        FROM (SELECT DISTINCT t.delivery_no, d.unit_key, d.unit_last_day, t.period_code, t.period_start, t.period_end
              FROM typed t JOIN reporters d USING (delivery_no, sheet)
              WHERE NOT t.is_total AND t.period_code IS NOT NULL
              UNION SELECT d.delivery_no, coalesce(s.unit_key, d.unit_key),
                           CASE WHEN s.unit_key IS NULL THEN d.unit_last_day ELSE s.unit_last_day END,
                           d.period_code, d.period_start, d.period_end
              FROM deliveries d LEFT JOIN sheet_units s USING (delivery_no)
              WHERE d.period_code IS NOT NULL)""")
    # Rows whose own period cannot be read belong to no part; a negative number keeps them apart per delivery.
    for table, condition in (("staged", "NOT is_total AND NOT repeated"), ("totals", "is_total")):
        area.run(f"""
            CREATE OR REPLACE TABLE {table} AS
            SELECT coalesce(p.part_no, -t.delivery_no) AS part_no, t.* EXCLUDE (is_total, repeated)
            FROM typed t JOIN reporters d USING (delivery_no, sheet)
            LEFT JOIN parts p ON p.delivery_no = t.delivery_no AND p.period_code = t.period_code
                 AND p.unit_key IS NOT DISTINCT FROM d.unit_key
            WHERE {condition} ORDER BY row_no""")
    area.run("DROP TABLE typed")
    warn(area, programme, form)
    judge_together(area, programme, form)


def _place_of(form: Form, name: str) -> int:
    """The place of a field's letter in ``kinds``, from 1."""
    return [field.field for field in form.fields].index(name) + 1


def _period_lookup(area: Staging, programme: Programme, form: Form, field: Field) -> None:
    """The lookup of a field in which rows bear their own period."""
    rows: list[tuple[object, ...]] = []
    texts = area.rows(f'SELECT DISTINCT "{field.field}", substr(kinds, {_place_of(form, field.field)}, 1) FROM raw')
    for text, kind in texts:
        calendar = programme.calendars[form.calendar]
        reading = read_period(text or "", "year", calendar, programme.language, programme.calendars)
        period = reading.period
        rule = "cell.not_period" if text and period is None else None
        days = (period.code, period.start, period.end) if period else (None, None, None)
        rows.append((text, kind, *days, rule, reading.said, None, reading.warned, None, None))
    kinds = {"value": pa.string(), "first_day": pa.date32(), "last_day": pa.date32()}
    area.put(f"of_{field.field}", _lookup_columns(kinds), rows)


def _lookup_columns(values: dict[str, pa.DataType]) -> dict[str, pa.DataType]:
    words = {"rule": pa.string(), "said": pa.string(), "missing": pa.string(), "warned": pa.string()}
    beside = {"approx": pa.string(), "whole": pa.int64()}
    return {"text": pa.string(), "kind": pa.string(), **values, **words, **beside}


def _lookup(area: Staging, form: Form, field: Field, resolver: Resolver, today: date) -> None:
    """The lookup of one field: every distinct text (in its period and unit, where that matters) and what it is."""
    programme = resolver.programme
    name, letter = field.field, f"substr(r.kinds, {_place_of(form, field.field)}, 1)"
    values: dict[str, pa.DataType] = {"value": _TYPES[field.type][0]}
    if field.type in ("code", "codes", "entity"):
        values["period_code"] = pa.string()
    if field.type == "entity":
        values["unit_key"] = pa.int64()
    known = area.rows(f"""
        SELECT DISTINCT r."{name}", {letter}{", t.period_code" if "period_code" in values else ""}
               {", d.unit_key" if "unit_key" in values else ""}
        FROM raw r JOIN row_periods t USING (row_no) JOIN reporters d USING (delivery_no, sheet)""")
    rows: list[tuple[object, ...]] = []
    periods: dict[str | None, Period | None] = {None: None}
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
        if isinstance(value, Decimal):
            value, rule = _kept(value, rule)
        # A rule that only warns lets the value stand; ``transforms.lookup.warn`` writes its finding.
        warned, rule = (rule, None) if value is not None and warns(rule) else (None, rule)
        if rule:
            value = None
        # A blank gives no reason; "missing" is one only where the form declares a mark for it.
        missing = None if parsed.missing == "missing" and clean(text or "") not in field.missing else parsed.missing
        sign = sign_beside(parsed.approx, form, field, resolver)
        rows.append((text, kind, value, *context, rule, said, missing, warned, sign, parsed.of))
    area.put(f"of_{name}", _lookup_columns(values), rows)


def _kept(value: Decimal, rule: str | None) -> tuple[Decimal, str | None]:
    """A figure as the warehouse keeps it: half-up to the places of AMOUNT, as a spreadsheet's binary fractions are
    longer than anybody meant; a figure too large for it is out of range.
    """
    if value.copy_abs() >= _LARGEST:
        return value, "cell.out_of_range"
    return value.quantize(_FINEST, context=_EXACT), rule


_PLACES, _DIGITS = AMOUNT.scale or 0, AMOUNT.precision or 0
_EXACT = Context(prec=_DIGITS, rounding=ROUND_HALF_UP)
_FINEST, _LARGEST = Decimal(1).scaleb(-_PLACES), Decimal(10) ** (_DIGITS - _PLACES - 1)


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
