"""The past of a batch: what its units reported before, what others reported, and the targets of their places.

Laid only where a check of the form asks for it (``catalogue.check``). What counts as reported before is what the
warehouse holds, and what arrives in the same batch, except deliveries that are refused and rows that are set aside
anyhow: ``unfit`` (row_no). Adds to ``staged``

``<field>__past``      the figure of the same row (by the form's key) in the unit's last earlier period
``<field>__rose_<n>``  whether it rose without a break over the n - 1 periods of the year before this one
``past_rows``          how many rows the report of that period has
``past_next``          whether it is the period directly before
``past_adjoins``       the same, and no unit beside, above or below began or ended since

and what ``transforms.past_spans`` says of longer periods; lays ``alike`` (unit_key, period_code, fields: what is
reported for the same periods) and ``goals`` (part_no, indicator, value: targets of the places above the unit).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import MetaData

from catalogue.check import Check
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.register import BEFORE_RECORDS
from transforms.past_spans import earlier_in_span, lay_spans, span_columns, span_join, spans_of
from warehouse.dimensions import arrow_columns, target_entity
from warehouse.facts import fact_table
from warehouse.past import Past, remembered_columns
from warehouse.staging import Staging

# What ends or begins a unit, so that what its neighbours carry is no longer comparable.
_UPHEAVAL: Final = ("created", "merged", "split", "abolished")

_REFUSED: Final = "SELECT delivery_no FROM read_findings WHERE severity = 'reject_delivery'"

Opened = Callable[[], AbstractContextManager[Past]]
"""Opens what was reported before."""

Pick = tuple[int, int, str, bool, bool]
"""Part of the batch, how many steps back (1: the last), the period there, whether it is the one directly before, and
whether nothing was founded or dissolved in between."""


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    delivery: int
    unit: int
    period: Period


def lay_past(area: Staging, programme: Programme, form: Form, opened: Opened) -> None:
    """Lay out what the checks of a form remember. ``opened`` is asked only where a check does, and closed again."""
    checks = form.checks
    if not any(check.remembers() or check.kind in ("backfilled", "shared") for check in checks):
        return
    parts = [
        _Part(number, delivery, unit, Period.parse(code, programme.calendars))
        for number, delivery, unit, code in area.rows(
            "SELECT part_no, delivery_no, unit_key, period_code FROM parts WHERE unit_key IS NOT NULL"
        )
    ]
    refused = {number for (number,) in area.rows(_REFUSED)}
    here = {(one.unit, one.period.code) for one in parts if one.delivery not in refused}
    with opened() as past:
        if any(check.remembers() for check in checks):
            _lay_last(area, programme, form, parts, here, past)
        if any(check.kind == "shared" for check in checks):
            _lay_alike(area, programme, form, here, past)
    if any(check.kind == "backfilled" for check in checks):
        _lay_goals(area, programme, form, parts)


def _lay_last(
    area: Staging, programme: Programme, form: Form, parts: list[_Part], here: set[tuple[int, str]], past: Past
) -> None:
    known = past.parts(form, units={one.unit for one in parts})
    depth = max([check.times or 1 for check in form.checks if check.kind == "grows"], default=1)
    upheavals = _Upheavals(programme)
    picks = list(_picks(programme, parts, known.keys() | here, depth, upheavals))
    numbered = [(one.number, one.unit, one.period) for one in parts]
    spans = list(earlier_in_span(form, numbered, known.keys() | here, upheavals.between))
    units = {one.number: one.unit for one in parts}
    wanted = {(units[number], code) for number, _, code, *_ in picks}
    wanted |= {(units[number], code) for number, _, code, _ in spans}
    fields = list(dict.fromkeys([*form.key, *(name for check in form.checks for name in check.remembers())]))
    _lay_rows(area, programme, form, "earlier", fields, {key: known[key] for key in wanted - here}, wanted, past)
    area.put(
        "picks",
        {
            "part_no": pa.int64(),
            "step": pa.int64(),
            "period_code": pa.string(),
            "next": pa.bool_(),
            "adjoins": pa.bool_(),
        },
        picks,
    )
    if spans_of(form):
        lay_spans(area, spans)
    key = "".join(f", {_folded(form, name, 'e')} AS key_{place}" for place, name in enumerate(form.key))
    names = "".join(f", key_{place}" for place in range(len(form.key)))
    area.run(f"""
        CREATE OR REPLACE TABLE keyed AS
        SELECT *, count(*) OVER (PARTITION BY unit_key, period_code{names}) AS times,
               count(*) OVER (PARTITION BY unit_key, period_code) AS report_rows
        FROM (SELECT e.*{key} FROM earlier e)""")
    joins: list[str] = []
    columns: list[str] = []
    for step in range(1, max(depth, 2)):
        same = "".join(f" AND k{step}.key_{place} = {_folded(form, name, 's')}" for place, name in enumerate(form.key))
        joins.append(
            f"LEFT JOIN picks p{step} ON p{step}.part_no = s.part_no AND p{step}.step = {step} "
            f"LEFT JOIN keyed k{step} ON k{step}.unit_key = p.unit_key AND k{step}.times = 1 "
            f"AND k{step}.period_code = p{step}.period_code{same}"
        )
    for kind in spans_of(form):
        joins.append(span_join(form, kind, [_folded(form, name, "s") for name in form.key]))
        columns += span_columns(form, kind)
    columns += [f'k1."{name}" AS "{name}__past"' for name in fields if name not in form.key]
    columns += [_rose(check, name) for check in form.checks if check.kind == "grows" for name in check.fields]
    columns += ["r.report_rows AS past_rows", "coalesce(p1.next, false) AS past_next"]
    columns += ["coalesce(p1.adjoins, false) AS past_adjoins"]
    area.run(f"""
        CREATE OR REPLACE TABLE staged_past AS
        SELECT s.*, {", ".join(dict.fromkeys(columns))}
        FROM staged_cells s LEFT JOIN parts p ON p.part_no = s.part_no {" ".join(joins)}
        LEFT JOIN (SELECT DISTINCT unit_key, period_code, report_rows FROM keyed) r
               ON r.unit_key = p.unit_key AND r.period_code = p1.period_code
        ORDER BY s.row_no""")
    area.run("CREATE OR REPLACE VIEW staged_cells AS FROM staged_past")
    area.run("CREATE OR REPLACE VIEW staged AS FROM staged_cells")


def _rose(check: Check, name: str) -> str:
    times = check.times or 0
    steps = [f'k{step}."{name}" > k{step + 1}."{name}"' for step in range(1, times - 1)]
    return f'coalesce({" AND ".join(steps)}, false) AS "{name}__rose_{times}"'


def _folded(form: Form, name: str, alias: str) -> str:
    """A field of the key as it is compared: texts without case."""
    field = form.field(name)
    column = f'{alias}."{name}"'
    return f"lower({column})" if field and field.type == "text" else column


def _picks(
    programme: Programme, parts: Iterable[_Part], known: Iterable[tuple[int, str]], depth: int, upheavals: _Upheavals
) -> Iterable[Pick]:
    """For each part its unit's last earlier period of the same kind and calendar; and the ones before that, of the
    same year, as far as a check looks back."""
    of_unit: dict[int, list[Period]] = {}
    for unit, code in known:
        of_unit.setdefault(unit, []).append(Period.parse(code, programme.calendars))
    for part in parts:
        this = part.period
        before = [
            one
            for one in of_unit.get(part.unit, ())
            if one.calendar == this.calendar and one.kind == this.kind and one.end < this.start
        ]
        if not before:
            continue
        last = max(before, key=lambda one: one.end)
        adjoins = last == this.shifted(-1)
        calm = adjoins and not upheavals.between(part.unit, last.end, this.end)
        yield part.number, 1, last.code, adjoins, calm
        codes, step = {one.code for one in before}, last
        for place in range(2, depth):
            step = step.shifted(-1)
            if not adjoins or step.year != this.year or step.code not in codes:
                break
            yield part.number, place, step.code, True, True


class _Upheavals:
    """The days on which units began or ended, by the unit, the one above it, and those beside it."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.days: dict[int, set[date]] = {}
        for register in programme.registers:
            above: dict[int, int | None] = {}
            for version in sorted(register.versions, key=lambda one: (one.key, one.valid_from)):
                above[version.key] = version.parent if version.parent is not None else above.get(version.key)
                if version.event in _UPHEAVAL and version.valid_from > BEFORE_RECORDS:
                    for key in (version.key, above[version.key]):
                        if key is not None:
                            self.days.setdefault(key, set()).add(version.valid_from)

    def between(self, unit: int, after: date, until: date) -> bool:
        """Whether the unit, one directly below it, or one beside it began or ended after a day, up to another."""
        version = self.programme.version(unit, until) or self.programme.version(unit, after)
        keys = (unit, version.parent if version else None)
        return any(after < day <= until for key in keys if key is not None for day in self.days.get(key, ()))


def _lay_rows(
    area: Staging,
    programme: Programme,
    form: Form,
    table: str,
    fields: list[str],
    loaded: Mapping[tuple[int, str], int],
    wanted: Iterable[tuple[int, str]] | None,
    past: Past,
    alike: str = "",
) -> None:
    """Lay (unit_key, period_code, fields) of loaded parts, and of the parts of the batch that take their place."""
    fact = programme.fact[form.fact]
    columns = remembered_columns(form, fact)
    kinds = arrow_columns(fact_table(fact, MetaData(), ""))
    owners: dict[int, list[tuple[int, str]]] = {}
    for key, part in loaded.items():
        owners.setdefault(part, []).append(key)
    rows: list[tuple[Any, ...]] = []
    if owners:
        narrow = None
        if alike:
            values = area.rows(f'SELECT DISTINCT "{alike}" FROM staged WHERE "{alike}" IS NOT NULL')
            narrow = (columns[alike], [value for (value,) in values])
        # Of fields that are added up in one column, the first has the sum: the others are zero beside it.
        first = {columns[name]: name for name in reversed(fields)}
        for part, *values in past.rows(fact, owners, [columns[name] for name in first.values()], narrow):
            known = dict(zip(first.values(), values, strict=True))
            told = [known.get(name, 0) for name in fields]
            rows += [(unit, code, *told) for unit, code in owners[part]]
    types = {name: kinds[columns[name]] for name in fields}
    area.put(table, {"unit_key": pa.int64(), "period_code": pa.string(), **types}, rows)
    chosen = ""
    if wanted is not None:
        area.put("wanted_spans", {"unit_key": pa.int64(), "period_code": pa.string()}, list(wanted))
        chosen = "AND (p.unit_key, p.period_code) IN (SELECT (unit_key, period_code) FROM wanted_spans)"
    area.run(f"""
        INSERT INTO {table}
        SELECT p.unit_key, p.period_code, {", ".join(f's."{name}"' for name in fields)}
        FROM staged s JOIN parts p USING (part_no)
        WHERE s.row_no NOT IN (SELECT row_no FROM unfit) {chosen}
          AND p.delivery_no NOT IN ({_REFUSED})
        QUALIFY p.part_no = max(p.part_no) OVER (PARTITION BY p.unit_key, p.period_code)""")


def _lay_alike(area: Staging, programme: Programme, form: Form, here: set[tuple[int, str]], past: Past) -> None:
    found = past.parts(form, periods={code for _, code in here})
    shared = [check for check in form.checks if check.kind == "shared"]
    fields = list(
        dict.fromkeys(name for check in shared for name in (*check.fields, *(when.field for when in check.when)))
    )
    first = {check.fields[0] for check in shared}
    narrow = first.pop() if len(first) == 1 else ""
    loaded = {key: part for key, part in found.items() if key not in here}
    _lay_rows(area, programme, form, "alike", fields, loaded, None, past, narrow)


def _lay_goals(area: Staging, programme: Programme, form: Form, parts: list[_Part]) -> None:
    """Rates that a place has to reach: above none and below all, as these come about by themselves."""
    asked = {check.target for check in form.checks if check.kind == "backfilled"}
    of_place: dict[int, set[tuple[str, Decimal]]] = {}
    for target in programme.targets:
        place = target_entity(programme, target)
        if target.kind != "target" or target.indicator not in asked:
            continue
        if place is not None and 0 < target.value < 1:
            of_place.setdefault(place, set()).add((target.indicator, target.value))
    rows = [
        (part.number, indicator, value)
        for part in parts
        for place in programme.ancestors(part.unit, programme.as_of(part.unit, part.period))
        for indicator, value in sorted(of_place.get(place, ()))
    ]
    kinds = {"part_no": pa.int64(), "indicator": pa.string(), "value": pa.decimal128(38, 12)}
    area.put("goals", kinds, [(part, indicator, value.quantize(Decimal(10) ** -12)) for part, indicator, value in rows])
