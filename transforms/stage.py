"""Staging: what was read of a batch of deliveries of one form, laid out in DuckDB; first as texts, then typed.

``deliveries``  delivery_no, sha256, unit_key, unit_code, unit_last_day, period_code, period_start, period_end
``reporters``   delivery_no, sheet, unit_key, unit_code, unit_last_day: the unit that each sheet reports on
``read_findings``  what reading found wrong, in the shape of ``findings`` (expectations.split)
``raw``         row_no, delivery_no, sheet, source_row, is_total, repeated, kinds, and a text ``<field>`` per field;
                of counts and decimals ``<field>__number``, where the text is a plain whole number (transforms.lookup)
``addresses``   delivery_no, sheet, field, letter
``laid_rows``   delivery_no, rows: how many records the file of an extract holds
``staged``      the rows to judge: row_no, delivery_no, part_no, sheet, source_row, period_*, and per field
                ``<field>`` typed, ``<field>__rule`` why it is not (an engine rule), ``<field>__said`` what it may be,
                ``<field>__missing`` why it is absent (where the field declares marks)
``totals``      total rows in the same shape
                Both are views: over what is stored of them, ``<table>_rows``; with a column for every field, also where
                no cell has what it would say, ``<table>_cells``; to which others add (expectations.soundness)
``parts``       part_no, delivery_no, unit_key, period_code, as_of_date
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from catalogue.delivery import Delivery
from catalogue.form import Field, Form
from catalogue.language import Language
from catalogue.programme import Programme
from transforms.bulk import Laid, open_file
from transforms.decided import lay_decisions
from transforms.lookup import REPORTERS, letter_of, may_be_plain, periods_of, plain, same_text, warn, whole
from transforms.meaning import TYPES, Meaning, lay_meaning, lay_periods
from transforms.pages import open_pages
from transforms.resolve import Resolver
from transforms.scale import judge_together, taken_from
from transforms.submission import lay_submissions
from transforms.table import Table
from warehouse.staging import Staging, without_nul

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


def open_files(area: Staging, programme: Programme, form: Form, batch: Sequence[Arrived]) -> dict[int, Laid]:
    """Look at the files of a batch, by number; outside of a transaction, which a file that is broken would break."""
    opened: dict[int, Laid] = {}
    base = sum(len(one.table.rows) + len(one.table.totals) for one in batch)
    for one in batch:
        if one.table.file is not None:
            look = open_pages if one.table.file.kind == "pull" else open_file
            opened[one.number] = look(area, one.number, base, one.table.file, form, programme.language)
            base += opened[one.number].rows
    return opened


def lay(
    area: Staging, programme: Programme, form: Form, batch: Sequence[Arrived], files: Mapping[int, Laid] | None = None
) -> None:
    """Lay a batch out as texts. ``files`` are those of ``open_files``."""
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
    plain_fields = [field.field for field in form.fields if may_be_plain(field)]
    numbers = "".join(
        f', {whole(f"""r."{name}" """, letter_of(form, name))} AS "{name}__number"' for name in plain_fields
    )
    _lay_units(area, programme, batch)
    area.run(f"""
        CREATE OR REPLACE TABLE raw AS
        SELECT r.*{numbers}, NOT r.is_total AND row_number() OVER (
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
    laid = {one.number: _NO_FILE for one in batch} | dict(files or {})
    _lay_files(area, programme, form, batch, laid)
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
            for f in (*one.delivery.refusal, *one.table.findings, *laid[one.number].findings)
        ],
    )
    area.put(
        "addresses",
        {"delivery_no": pa.int64(), "sheet": pa.string(), "field": pa.string(), "letter": pa.string()},
        [
            (one.number, sheet, field, letter)
            for one in batch
            for (sheet, field), letter in (one.table.columns | laid[one.number].columns).items()
        ],
    )
    lay_decisions(area, [(one.number, one.delivery) for one in batch])
    lay_submissions(area, [(one.number, one.delivery, one.table.clues) for one in batch])


_NO_FILE: Final = Laid({}, (), 0, "")


def _lay_files(
    area: Staging, programme: Programme, form: Form, batch: Sequence[Arrived], laid: Mapping[int, Laid]
) -> None:
    """Add the records of the files of a batch to ``raw`` and ``reporters``, and write ``laid_rows``.

    ``raw`` is a view over the files then, unless a register of known errors is to be applied to it.
    """
    for one in batch:
        if one.table.file is not None:
            area.run(
                "INSERT INTO reporters SELECT delivery_no, unnest(?), unit_key, unit_code, unit_last_day "
                "FROM deliveries WHERE delivery_no = ?",
                ([*laid[one.number].sheets], one.number),
            )
    area.put(
        "laid_rows",
        {"delivery_no": pa.int64(), "rows": pa.int64()},
        [(number, found.rows) for number, found in laid.items() if found.select],
    )
    selects = [found.select for found in laid.values() if found.select]
    if any(one.form == form.form and one.status == "active" for one in programme.corrections):
        for select in selects:
            area.run(f"INSERT INTO raw BY NAME {select}")
    elif selects:
        laid_rows = ["FROM raw_laid"] if area.one("SELECT count(*) FROM raw") else []
        area.run("ALTER TABLE raw RENAME TO raw_laid")
        area.run(f"CREATE VIEW raw AS {' UNION ALL BY NAME '.join([*laid_rows, *selects])}")


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
            f"CREATE OR REPLACE VIEW {table} AS SELECT row_no, delivery_no, 0 AS part_no, sheet, source_row FROM raw"
        )
    area.run(
        "CREATE OR REPLACE TABLE parts (part_no BIGINT, delivery_no BIGINT, unit_key BIGINT, period_code VARCHAR, "
        "as_of_date DATE)"
    )
    area.run("CREATE OR REPLACE TABLE findings AS SELECT * FROM read_findings")
    area.run("CREATE OR REPLACE TABLE set_aside (row_no BIGINT, rules VARCHAR)")
    area.run("CREATE OR REPLACE VIEW doubtful AS FROM raw")
    area.run("CREATE OR REPLACE TABLE conformed (part_no BIGINT)")
    area.put_numbers("held_back", ())
    area.put_numbers("disputed", ())
    area.run("""CREATE OR REPLACE TABLE part_content (
        part_no BIGINT, rows_loaded BIGINT, rows_quarantined BIGINT, complete BOOLEAN, content_hash VARCHAR)""")


def type_cells(area: Staging, resolver: Resolver, form: Form, today: date) -> None:
    """Turn texts into values: each distinct text once, then a join; plain numbers as they stand. A text that is none
    becomes a rule, not a guess."""
    programme = resolver.programme
    own_period = next((field for field in form.fields if field.type == "period"), None)
    meanings = {own_period.field: lay_periods(area, programme, form, own_period)} if own_period else {}
    _lay_parts(area, form)
    stored, derived, joins, alone = [], [], [], True
    for field in form.fields:
        meaning = meanings.get(field.field) or lay_meaning(area, form, field, resolver, today)
        columns = _columns(form, field, meaning, programme.language)
        stored += [f"{sql} AS {name}" for name, sql in columns.items() if sql is not None]
        derived += [f"CAST(NULL AS VARCHAR) AS {name}" for name, sql in columns.items() if sql is None]
        if meaning.texts or field.approx or field.whole:
            joins.append(f'LEFT JOIN "of_{field.field}" ON {_same(form, field, meaning)}')
            alone = alone and meaning.by_text
    shared = {} if own_period else _shared(area)
    if shared:
        derived += [f"{sql} AS {name}" for name, sql in shared.items()]
        beside = "" if alone else f"{periods_of(form)} {REPORTERS}"
    else:
        # Rows whose own period cannot be read belong to no part; a negative number keeps them apart per delivery.
        stored = [
            "coalesce(p.part_no, -r.delivery_no) AS part_no", "r.delivery_no", "r.sheet", "t.period_code",
            "t.period_start", "t.period_end", *stored,
        ]  # fmt: skip
        beside = f"""{periods_of(form)} {REPORTERS}
            LEFT JOIN parts p ON p.delivery_no = r.delivery_no AND p.period_code = t.period_code
                 AND p.unit_key IS NOT DISTINCT FROM d.unit_key"""
    for table, condition in (("staged", "NOT r.is_total AND NOT r.repeated"), ("totals", "r.is_total")):
        area.run(f"""
            CREATE OR REPLACE TABLE {table}_rows AS
            SELECT r.row_no, r.source_row, {", ".join(stored)}
            FROM raw r {beside} {" ".join(joins)} WHERE {condition}""")
        area.run(f"CREATE OR REPLACE VIEW {table}_cells AS SELECT {', '.join(['*', *derived])} FROM {table}_rows")
        area.run(f"CREATE OR REPLACE VIEW {table} AS FROM {table}_cells")
    warn(area, programme, form)
    judge_together(area, programme, form)


def _shared(area: Staging) -> dict[str, str]:
    """The columns that have the same value in every row, and SQL of it, where the batch is one sheet of one delivery:
    they need not be stored. None where it is more."""
    columns = {
        "part_no": "BIGINT", "delivery_no": "BIGINT", "sheet": "VARCHAR", "period_code": "VARCHAR",
        "period_start": "DATE", "period_end": "DATE",
    }  # fmt: skip
    rows = area.rows("""
        SELECT coalesce(p.part_no, -t.delivery_no), t.delivery_no, d.sheet, t.period_code, t.period_start, t.period_end
        FROM deliveries t JOIN reporters d USING (delivery_no)
        LEFT JOIN parts p ON p.delivery_no = t.delivery_no AND p.period_code = t.period_code
             AND p.unit_key IS NOT DISTINCT FROM d.unit_key""")
    if len(rows) != 1:
        return {}
    values = ("NULL" if value is None else "'" + str(value).replace("'", "''") + "'" for value in rows[0])
    return {name: f"CAST({value} AS {kind})" for (name, kind), value in zip(columns.items(), values, strict=True)}


def _same(form: Form, field: Field, meaning: Meaning) -> str:
    return same_text(form, field, by_text=meaning.by_text, blanks=meaning.blanks)


def _columns(form: Form, field: Field, meaning: Meaning, language: Language) -> dict[str, str | None]:
    """The columns of a field and SQL of each, None where no cell has what it would say."""
    name, alias = field.field, f"of_{field.field}"
    kind = TYPES[field.type][1]
    value = f'"{alias}".value' if meaning.texts else f"CAST(NULL AS {kind})"
    number = plain(field, language)
    own = f"coalesce({number}, {value})" if number else value
    columns: dict[str, str | None] = {
        f'"{name}"': taken_from(form, field, own),
        f'"{name}__rule"': f'"{alias}".rule' if meaning.rules else None,
        f'"{name}__said"': f'"{alias}".said' if meaning.said else None,
    }
    if field.missing:
        columns[f'"{name}__missing"'] = f'"{alias}".missing' if meaning.missing else None
    if field.type == "entity":
        # Where every text is in the lookup, it has been trimmed there.
        looked_up = meaning.texts and meaning.by_text and not meaning.blanks
        columns[f'"{name}__text"'] = f'"{alias}".shown' if looked_up else without_nul(f'trim(r."{name}")')
    return columns


def _lay_parts(area: Staging, form: Form) -> None:
    """Write ``parts``: each unit and period of each delivery, also where it has no rows."""
    area.run(f"""
        CREATE OR REPLACE TABLE parts AS
        SELECT row_number() OVER (ORDER BY delivery_no, period_code, unit_key) AS part_no, delivery_no, unit_key,
               period_code,
               CASE WHEN unit_last_day BETWEEN period_start AND period_end THEN unit_last_day
                    ELSE period_end END AS as_of_date
        FROM (SELECT DISTINCT r.delivery_no, d.unit_key, d.unit_last_day, t.period_code, t.period_start, t.period_end
              FROM raw r {periods_of(form)} {REPORTERS}
              WHERE NOT r.is_total AND t.period_code IS NOT NULL
              UNION SELECT d.delivery_no, coalesce(s.unit_key, d.unit_key),
                           CASE WHEN s.unit_key IS NULL THEN d.unit_last_day ELSE s.unit_last_day END,
                           d.period_code, d.period_start, d.period_end
              FROM deliveries d LEFT JOIN sheet_units s USING (delivery_no)
              WHERE d.period_code IS NOT NULL)""")
