"""Drift: figures of a period that a portal has restated since it was last pulled, told per measure.

Every pull is a vintage; the view ``drift`` shows each change of each unit. What is told is what the source declares.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa

from catalogue.delivery import Cell
from catalogue.fact import Fact
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.rule import finding
from catalogue.source import Drift, Portal
from transforms.past import Opened
from transforms.stage import Arrived
from warehouse.staging import Staging

_AMOUNT = pa.decimal128(38, 6)
Change = tuple[int, str, int | None, Decimal, Decimal, int, Decimal, Decimal]
"""Part, measure, the unit that changed most, what it was and is, how many units changed, the sums of all before and
now."""


def tell_drift(area: Staging, programme: Programme, form: Form, batch: Sequence[Arrived], opened: Opened) -> None:
    """After ``conform``: add a finding for each measure of a part in which a unit's figure changed by more than its
    source declares. ``opened`` is asked only where a source declares it."""
    limits = {one.number: limit for one in batch if (limit := _limit(programme, one))}
    if not limits:
        return
    fact = programme.fact[form.fact]
    parts = area.rows(f"""
        SELECT part_no, delivery_no, unit_key, period_code FROM parts
        WHERE delivery_no IN ({", ".join(map(str, limits))}) AND part_no NOT IN (SELECT number FROM held_back)""")
    with opened() as past:
        known = past.parts(form, units={unit for _, _, unit, _ in parts})
        before = {part: known[unit, period] for part, _, unit, period in parts if (unit, period) in known}
        sums = past.sums(fact, set(before.values()))
    _lay(area, fact, {part: limits[delivery] for part, delivery, *_ in parts if part in before}, before, sums)
    about = {part: (delivery, Period.parse(code, programme.calendars)) for part, delivery, _, code in parts}
    for change in _changes(area, fact):
        delivery, period = about[change[0]]
        _tell(area, programme, form, delivery, period, change)


def _limit(programme: Programme, one: Arrived) -> Drift | None:
    source = programme.source.get(one.delivery.source)
    return source.drift if isinstance(source, Portal) else None


def _lay(
    area: Staging, fact: Fact, limits: dict[int, Drift], before: dict[int, int], sums: Sequence[Sequence[object]]
) -> None:
    """Write ``drift_limits``, and ``drift_before``: the figures of each unit as they were known."""
    area.put(
        "drift_limits",
        {"part_no": pa.int64(), "share": _AMOUNT, "least": _AMOUNT},
        [(part, limit.share, limit.least) for part, limit in limits.items()],
    )
    by_part: dict[object, list[Sequence[object]]] = {}
    for row in sums:
        by_part.setdefault(row[0], []).append(row)
    area.put(
        "drift_before",
        {"part_no": pa.int64(), "place": pa.int64(), **{one.measure: _AMOUNT for one in fact.measures}},
        [(part, *row[1:]) for part, stored in before.items() for row in by_part.get(stored, ())],
    )


def _changes(area: Staging, fact: Fact) -> list[Change]:
    """The changes to tell, by part and measure."""
    place = f"{fact.place}_key" if fact.place else "CAST(NULL AS BIGINT)"
    now = ", ".join(f'CAST(sum("{one.measure}") AS DECIMAL(38, 6)) AS "{one.measure}"' for one in fact.measures)
    area.run(f"""
        CREATE OR REPLACE TABLE drift_now AS
        SELECT part_no, {place} AS place, {now} FROM conformed
        WHERE part_no IN (SELECT part_no FROM drift_limits) GROUP BY ALL""")
    found: list[Change] = []
    for one in fact.measures:
        name = one.measure
        found += area.rows(f"""
            WITH pairs AS (
                SELECT coalesce(n.part_no, b.part_no) AS part_no, coalesce(n.place, b.place) AS place,
                       n."{name}" IS DISTINCT FROM b."{name}" AS differs,
                       coalesce(b."{name}", 0) AS was, coalesce(n."{name}", 0) AS now
                FROM drift_now n FULL JOIN drift_before b
                     ON n.part_no = b.part_no AND n.place IS NOT DISTINCT FROM b.place),
            sums AS (SELECT part_no, sum(was) AS was_all, sum(now) AS now_all FROM pairs GROUP BY part_no)
            SELECT part_no, '{name}', place, was, now, changed, was_all, now_all
            FROM (SELECT p.*, count(*) OVER (PARTITION BY part_no) AS changed,
                         row_number() OVER (PARTITION BY part_no ORDER BY abs(now - was) DESC, place) AS line
                  FROM pairs p JOIN drift_limits l USING (part_no)
                  WHERE differs AND abs(now - was) >= l.least AND abs(now - was) >= abs(was) * l.share)
            JOIN sums USING (part_no) WHERE line = 1 ORDER BY part_no""")
    return found


def _tell(area: Staging, programme: Programme, form: Form, delivery: int, period: Period, change: Change) -> None:
    _, measure, place, was, now, changed, was_all, now_all = change
    version = programme.version(place, programme.as_of(place, period)) if place is not None else None
    most = f"; {version.code}: {was.normalize():f} → {now.normalize():f}" if version else ""
    more = f", … (+{changed - 1})" if changed > 1 else ""
    found = f"{was_all.normalize():f} → {now_all.normalize():f}{most}{more}"
    told = finding("pull.drift", Cell(), "", found, programme.language)
    field = next((field.field for field in form.fields if field.to == measure), measure)
    area.run(
        "INSERT INTO findings VALUES (?, NULL, NULL, ?, ?, '', 0, '', ?, ?, ?, ?)",
        (delivery, told.rule, told.severity, field, told.found, told.allowed, told.advice),
    )
