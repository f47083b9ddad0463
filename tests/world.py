"""A warehouse that tests report to and read from, in the words of an analyst: codes of places, periods, figures.

What is reported goes in by the public append, as if it had been read, judged and conformed; what is read comes from the
views that people read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
from sqlalchemy import Connection, MetaData, text

from catalogue.fact import Fact
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.register import Version
from flows.compute import compute
from flows.house import House
from transforms.derive import derive
from transforms.evaluate import figure
from transforms.indicate import figures
from transforms.owe import owed, owed_periods
from transforms.scope import Scope
from warehouse import schema
from warehouse.append import Appended, append
from warehouse.dimensions import Rows, arrow_columns, period_rows
from warehouse.facts import fact_table
from warehouse.figures import add_figures, derive_values, lay_scope
from warehouse.release import Release
from warehouse.staging import Staging, staging_area

LAND = Path(__file__).parent / "land"
KINDS = Path(__file__).parent / "land_of_kinds"
BACKENDS = ("duckdb", "postgresql")
FIRST_DAY = datetime(2024, 1, 1)


Part = tuple[str, str, Sequence[Mapping[str, Any]]]
"""A report: code of the unit, code of the period, rows."""


@dataclass(frozen=True)
class Figure:
    """A line of the view ``indicator``, as far as tests ask."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    received: int
    expected: int
    status: str
    target_status: str

    @property
    def coverage(self) -> str:
        """Reports received of those expected, as 2/3."""
        return f"{self.received}/{self.expected}"


@dataclass(repr=False)
class World:
    """A house with an empty, prepared warehouse."""

    house: House
    clock: datetime = FIRST_DAY
    sent: int = field(default=0)
    figures: dict[tuple[str, int, str], Figure] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Short: a programme is long, and test tools print what they are given."""
        return f"World({self.house.warehouse.url})"

    @property
    def programme(self) -> Programme:
        """The programme of the house."""
        return self.house.programme

    def entity(self, code: str, period: Period) -> Version:
        """The entity that bears a code at the end of a period, or at its start, whatever its register."""
        for day in (period.end, period.start):
            found = [version for register in self.programme.registers if (version := register.by_code(code, day))]
            if found:
                return found[0]
        raise AssertionError(f"nothing bears the code {code} in {period.code}")

    def report(
        self, form: str, unit: str, period: str, rows: Sequence[Mapping[str, Any]], *, complete: bool = True
    ) -> Appended:
        """Append one report. Rows name columns of the fact; entities and codes by their code."""
        return self.reports(form, [(unit, period, rows)], complete=complete)

    def reports(self, form: str, parts: Sequence[Part], *, complete: bool = True) -> Appended:
        """Append several reports of a form in one batch, each a delivery of one part: (unit, period, rows)."""
        with staging_area(self.house.staging_path(uuid4().hex)) as area:
            self.lay_out(area, self.programme.form[form], parts, complete=complete)
            return self.append(area, form, [period for _, period, _ in parts])

    def append(self, area: Staging, form: str, periods: Sequence[str]) -> Appended:
        """Append what is laid out in staging."""
        declared = self.programme.form[form]
        spans = [Period.parse(code, self.programme.calendars) for code in periods]
        return append(
            area,
            self.house.warehouse.url,
            declared,
            self.programme.fact[declared.fact],
            period_rows([*spans, *owed_periods(self.programme, declared, spans)]),
            owed(self.programme, declared, spans),
            self.house.run_id,
            self.clock,
        )

    def lay_out(
        self,
        area: Staging,
        form: Form,
        parts: Sequence[Part],
        *,
        complete: bool = True,
    ) -> None:
        """Write the tables that an append reads."""
        fact = self.programme.fact[form.fact]
        columns = {"part_no": pa.int64()} | {
            name: kind for name, kind in arrow_columns(fact_table(fact, MetaData(), "en")).items() if name != "part_key"
        }
        deliveries, laid, contents, conformed = [], [], [], []
        for number, (unit, code, rows) in enumerate(parts, start=1):
            self.sent += 1
            self.clock += timedelta(hours=1)
            period = Period.parse(code, self.programme.calendars)
            register = self.programme.register_named[form.respondents.register_name]
            entity = register.by_code(unit, period.end) or register.by_code(unit, period.start)
            assert entity is not None, f"{unit} does not exist in {code}"
            lines = [self.fact_row(fact, form, row, entity, period) for row in rows]
            content = hashlib.sha256(repr((sorted(map(repr, lines)), complete)).encode()).hexdigest()
            sha = hashlib.sha256(f"{self.house.run_id} {self.sent}".encode()).hexdigest()
            aside, status = (0, "accepted") if complete else (1, "partly_accepted")
            name = f"{form.form}-{unit}-{code}.xlsx"
            deliveries.append((
                number, sha, name, "inbox", form.form, form.version, entity.key, entity.code, period.code, self.clock,
                status, len(lines) + aside, len(lines), aside, 0, 0, 0, self.house.run_id, None, None, None,
                None,
            ))  # fmt: skip
            laid.append((number, number, entity.key, period.code, self.programme.as_of(entity.key, period)))
            contents.append((number, len(lines), aside, complete, content))
            conformed += [
                (number, "sheet", place, *(line.get(name) for name in list(columns)[3:]))
                for place, line in enumerate(lines, start=1)
            ]
        kinds = {name: kind for name, kind in arrow_columns(schema.dim_delivery).items() if name != "delivery_key"}
        area.put("out_deliveries", {"delivery_no": pa.int64(), **kinds}, deliveries)
        area.put(
            "parts",
            {"part_no": pa.int64(), "delivery_no": pa.int64(), "unit_key": pa.int64(), "period_code": pa.string(),
             "as_of_date": pa.date32()},
            laid,
        )  # fmt: skip
        area.put(
            "part_content",
            {"part_no": pa.int64(), "rows_loaded": pa.int64(), "rows_quarantined": pa.int64(), "complete": pa.bool_(),
             "content_hash": pa.string()},
            contents,
        )  # fmt: skip
        area.put("conformed", columns, conformed)
        area.put_numbers("held_back", ())
        filled: dict[str, Rows] = {
            # Every batch was put to the checks of its form: what was not is never released.
            "out_checks": [(self.house.run_id, form.form, "rows", "pass", len(conformed), 0, 0)],
            "out_quarantine": []
            if complete
            else [(number, number, "sheet", 0, "cell.type", "{}") for number, *_ in laid],
        }
        for name, table, own in (
            ("out_quarantine", schema.quarantine, ("delivery_no", "part_no")),
            ("out_issues", schema.issue, ("delivery_no",)),
            ("out_furniture", schema.furniture, ("delivery_no",)),
            ("out_checks", schema.check_result, ()),
            ("out_signatures", schema.delivery_signature, ("delivery_no",)),
            ("out_layouts", schema.sheet_layout, ("delivery_no",)),
            ("out_layout_columns", schema.layout_column, ()),
        ):
            rest = {n: kind for n, kind in arrow_columns(table).items() if n not in ("delivery_key", "part_key")}
            area.put(name, dict.fromkeys(own, pa.int64()) | rest, filled.get(name, []))

    def write(self, connection: Connection, form: str, parts: Sequence[Part]) -> None:
        """Write parts past the append, over a connection that may be rolled back: later ones are later vintages."""
        declared = self.programme.form[form]
        fact = self.programme.fact[declared.fact]
        table = self.house.tables[f"fact_{fact.fact}"]
        newest = connection.execute(text("SELECT coalesce(max(part_key), 0) FROM dim_part")).scalar_one()
        known = set(connection.execute(text("SELECT period_code FROM dim_period")).scalars())
        spans, heads, lines = [], [], []
        for key, (unit, code, rows) in enumerate(parts, start=newest + 1):
            period = Period.parse(code, self.programme.calendars)
            entity = self.entity(unit, period)
            spans.append(period)
            heads.append(
                {
                    "part_key": key,
                    "delivery_key": key,
                    "form_code": form,
                    "unit_key": entity.key,
                    "period_code": period.code,
                    "as_of_date": self.programme.as_of(entity.key, period),
                    "content_hash": str(key),
                    "facts_part_key": key,
                    "reason": "first",
                    "rows_loaded": len(rows),
                    "rows_quarantined": 0,
                    "complete": True,
                    "received_at": self.clock,
                }
            )
            for place, row in enumerate(rows, start=1):
                values = self.fact_row(fact, declared, row, entity, period)
                identity = {"part_key": key, "source_sheet": "sheet", "source_row": place}
                lines.append(dict.fromkeys(table.columns.keys()) | identity | values)
        names = [column.name for column in schema.dim_period.columns]
        fresh = [dict(zip(names, row, strict=True)) for row in period_rows(spans) if row[0] not in known]
        for target, values_of in ((schema.dim_part, heads), (table, lines), (schema.dim_period, fresh)):
            if values_of:
                connection.execute(target.insert(), values_of)

    def write_reports(self, connection: Connection, given: Sequence[Mapping[str, Any]]) -> None:
        """Write what was owed of the forms and years of some reports, and when each came with how many rows."""
        spans = {str(row["period"]): Period.parse(str(row["period"]), self.programme.calendars) for row in given}
        for code in sorted({str(row["form"]) for row in given}):
            form = self.programme.form[code]
            rows = owed(self.programme, form, spans.values())
            names = [column.name for column in schema.fact_reporting.columns]
            connection.execute(schema.fact_reporting.insert(), [dict(zip(names, row, strict=True)) for row in rows])
            periods = owed_periods(self.programme, form, spans.values())
            spans |= {period.code: period for period in periods}
        names = [column.name for column in schema.dim_period.columns]
        lines = [dict(zip(names, row, strict=True)) for row in period_rows(list(spans.values()))]
        connection.execute(schema.dim_period.insert(), lines)
        for key, row in enumerate(given, start=1):
            period = spans[str(row["period"])]
            unit, aside = self.entity(str(row["unit"]), period), int(row.get("quarantined", 0))
            told = {
                "part_key": key, "delivery_key": key, "form_code": str(row["form"]), "unit_key": unit.key,
                "period_code": period.code, "as_of_date": self.programme.as_of(unit.key, period),
                "content_hash": str(key), "facts_part_key": key, "reason": "first", "rows_loaded": row.get("loaded", 0),
                "rows_quarantined": aside, "complete": not aside,
                "received_at": datetime.combine(date.fromisoformat(str(row["received"])), time()),
            }  # fmt: skip
            connection.execute(schema.dim_part.insert(), [told])

    def fact_row(
        self, fact: Fact, form: Form, row: Mapping[str, Any], unit: Version, period: Period
    ) -> dict[str, object]:
        """A row of the fact's table from codes and figures."""
        day = self.programme.as_of(unit.key, period)
        found: dict[str, object] = {}
        if form.unit_to:
            found |= {f"{form.unit_to}_key": unit.key, f"{form.unit_to}_code": unit.code}
        for name, value in row.items():
            dimension, measure = fact.dimension(name), fact.measure(name)
            if dimension is None:
                decimal = measure is not None and measure.type == "decimal" and value is not None
                found[name] = Decimal(str(value)) if decimal else value
                continue
            match dimension.type:
                case "entity":
                    register = self.programme.register_named[dimension.register_name or ""]
                    entity = register.by_code(str(value), day) or register.by_code(str(value), period.start)
                    assert entity is not None, f"{value} does not exist on {day}"
                    found |= {f"{name}_key": entity.key, f"{name}_code": str(value)}
                case "code" | "period":
                    found[f"{name}_code"] = value
                case "codes":
                    found[f"{name}_codes"] = value
                case "date":
                    found[name] = date.fromisoformat(str(value))
                case _:
                    found[name] = value
        return found

    def computed(self, code: str, connection: Connection, area: Staging) -> dict[tuple[int, str], Figure]:
        """What one indicator comes to over a connection, by (entity, period), without a release."""
        indicator = self.programme.indicator[code]
        base = self.programme.indicator[indicator.of] if indicator.of else indicator
        base = base.model_copy(update={"periods": indicator.periods, "calendar": indicator.calendar})
        newest = connection.execute(text("SELECT coalesce(max(part_key), 0) FROM dim_part")).scalar_one()
        scope = Scope(self.programme, self.house.tables, newest)
        found = [figure(base, row, None) for row in connection.execute(figures(base, scope))]
        codes = connection.execute(text("SELECT period_code FROM dim_period")).scalars()
        if indicator.of:
            spans = {code: Period.parse(code, self.programme.calendars) for code in codes}
            found = derive(indicator, found, spans, self.programme)
        rows = [
            (one.indicator, one.version, one.entity, one.period, one.numerator, one.denominator, one.approx, one.of_n,
             one.received, one.expected, one.status, None, "no_target", one.reason, one.on_time)
            for one in found
        ]  # fmt: skip
        lay_scope(area, [])
        add_figures(area, rows)
        derive_values(area)
        return {
            (entity, period): Figure(*rest)
            for entity, period, *rest in area.rows("""
                SELECT entity_key, period_code, value, numerator, denominator, reports_received, reports_expected,
                       status, target_status FROM "values" """)
        }

    def release(self, name: str = "") -> Release | None:
        """Compute and seal."""
        sealed = compute(self.house, name)
        lines = self.sql(
            "SELECT indicator_code, entity_key, period_code, value, numerator, denominator, reports_received, "
            "reports_expected, status, target_status FROM indicator"
        )
        self.figures = {(code, entity, period): Figure(*rest) for code, entity, period, *rest in lines}
        assert len(self.figures) == len(lines), "the view indicator shows a figure twice"
        return sealed

    def figure(self, indicator: str, place: str, period: str) -> Figure | None:
        """What the latest release says; None where it says nothing."""
        span = Period.parse(period, self.programme.calendars)
        return self.figures.get((indicator, self.entity(place, span).key, span.code))

    def value(self, indicator: str, place: str, period: str) -> str | None:
        """The value as a plain number without trailing zeros: "0.75", "770"; None where there is none."""
        found = self.figure(indicator, place, period)
        return None if found is None or found.value is None else plain(found.value)

    def sql(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Rows of a query over the warehouse."""
        with self.house.warehouse.connection() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def one(self, statement: str, **values: object) -> Any:
        """The one value of a query."""
        return self.sql(statement, **values)[0][0]


def redeclared(programme: Programme, **values: object) -> Programme:
    """A programme with some of its lists replaced."""
    return Programme.model_validate({name: getattr(programme, name) for name in Programme.model_fields} | values)


def plain(number: Decimal) -> str:
    """A number without trailing zeros and exponent."""
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
