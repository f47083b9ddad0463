"""From facts to a sealed release: the indicators whose inputs changed since the last one, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from catalogue.indicator import Indicator
from catalogue.period import Period
from catalogue.target import Target
from flows.house import ENGINE_VERSION, House, now
from transforms.evaluate import Figure, change, figure, target_status
from transforms.indicate import reported
from transforms.scope import Scope, feeding
from warehouse.dimensions import target_entity
from warehouse.release import Release, known, seal, stage_figures
from warehouse.schema import dim_indicator, dim_part, dim_period
from warehouse.staging import staging_area

Work = dict[str, tuple[str, ...] | None]
"""Indicator -> the periods to compute; None: all of them."""


def compute(house: House, name: str = "") -> Release | None:
    """Compute what changed, and seal it as a release. None where nothing changed."""
    with house.warehouse.connection() as connection:
        state = known(connection)
        periods = _periods(house, connection)
        whole = state.release is None or state.programme_hash != house.programme.digest
        work = _everything(house) if whole else _changed(house, connection, state.last_part, periods)
        if not work:
            return None
        results = _results(house, connection, work, state.parts_now, periods)
        undeclared = _undeclared(house, connection) if whole else []
    targets = _targets(house)
    rows, statuses = [], []
    for one in results:
        standing = _standing(one, targets.get((one.indicator, one.entity), ()), periods[one.period])
        statuses += [(target.target, one.indicator, one.entity, one.period, status) for target, status in standing]
        rows.append(_row(one, standing))
    scope = [(code, period) for code, chosen in work.items() for period in chosen or (None,)]
    scope += [(code, None) for code in undeclared]
    with staging_area(house.staging_path("release")) as area:
        with area.at_once():
            stage_figures(area, rows, scope, statuses)
        return seal(
            area,
            house.warehouse.url,
            name=name,
            programme=(house.programme.name, house.programme.digest),
            engine=ENGINE_VERSION,
            last_part=state.parts_now,
            run_id=house.run_id,
            now=now(),
        )


def _everything(house: House) -> Work:
    return {one.indicator: None for one in house.programme.indicators}


def _undeclared(house: House, connection: Connection) -> list[str]:
    """Indicators that were once declared: their figures are withdrawn."""
    codes = connection.execute(select(dim_indicator.c.indicator_code).distinct()).scalars()
    return sorted(set(codes) - set(house.programme.indicator))


def _changed(house: House, connection: Connection, last_part: int, periods: Mapping[str, Period]) -> Work:
    """The periods of each indicator that parts since the last release feed. A change is felt a year later, too."""
    changed = _parts_after(connection, last_part)
    work: Work = {}
    for indicator in house.programme.indicators:
        forms = feeding(house.programme, indicator)
        base = {period for form, period in changed if form in forms}
        wanted = {
            code
            for code, period in periods.items()
            if period.kind in indicator.periods and period.calendar.code == indicator.calendar
            for part in base
            if _inside(periods[part], period)
            or (indicator.kind == "change" and _inside(periods[part], period.year_before()))
        }
        if wanted:
            work[indicator.indicator] = tuple(sorted(wanted))
    return work


def _parts_after(connection: Connection, part_key: int) -> set[tuple[str, str]]:
    """(form, period) of the parts that came after one; 0: of all parts."""
    rows = connection.execute(
        select(dim_part.c.form_code, dim_part.c.period_code).where(dim_part.c.part_key > part_key).distinct()
    )
    return {(form, period) for form, period in rows}


def _inside(part: Period, whole: Period) -> bool:
    return part.calendar == whole.calendar and whole.start <= part.start and part.end <= whole.end


def _periods(house: House, connection: Connection) -> dict[str, Period]:
    codes = connection.execute(select(dim_period.c.period_code)).scalars()
    return {code: Period.parse(code, house.programme.calendars) for code in codes}


def _results(
    house: House, connection: Connection, work: Work, last_part: int, periods: Mapping[str, Period]
) -> list[Figure]:
    """Every figure of the work to be done. A change is computed from the figures of the indicator it is of."""
    found: list[Figure] = []
    heard = {form for form, _ in _parts_after(connection, 0)}
    for code, chosen in work.items():
        indicator = house.programme.indicator[code]
        if heard.isdisjoint(feeding(house.programme, indicator)):
            continue
        if indicator.of is None:
            found += _figures(connection, indicator, Scope(house.programme, house.tables, last_part, chosen))
            continue
        base = house.programme.indicator[indicator.of].model_copy(
            update={"periods": indicator.periods, "calendar": indicator.calendar}
        )
        both = None if chosen is None else tuple({*chosen, *(periods[one].year_before().code for one in chosen)})
        changes = change(
            indicator,
            _figures(connection, base, Scope(house.programme, house.tables, last_part, both)),
            dict(periods),
        )
        found += [one for one in changes if chosen is None or one.period in chosen]
    return found


def _figures(connection: Connection, indicator: Indicator, scope: Scope) -> Iterable[Figure]:
    rows = connection.execute(reported(indicator, scope)).all()
    return [figure(indicator, row[:-2], (int(row[-2]), int(row[-1]))) for row in rows]


def _targets(house: House) -> dict[tuple[str, int], list[Target]]:
    found: dict[tuple[str, int], list[Target]] = {}
    for target in house.programme.targets:
        key = target_entity(house.programme, target)
        if key is not None:
            found.setdefault((target.indicator, key), []).append(target)
    return found


def _standing(one: Figure, targets: Sequence[Target], period: Period) -> list[tuple[Target, str]]:
    """How every target of the figure's indicator and place stands, the nearest year first."""
    ordered = sorted(targets, key=lambda target: (target.kind == "actual", target.year))
    return [(target, status) for target in ordered if (status := target_status(target, one, period)) is not None]


def _row(one: Figure, standing: Sequence[tuple[Target, str]]) -> tuple[Any, ...]:
    nearest, status = next(
        ((target.target, status) for target, status in standing if target.kind == "target"), (None, "no_target")
    )
    return (
        one.indicator,
        one.version,
        one.entity,
        one.period,
        one.numerator,
        one.denominator,
        one.approx,
        one.of_n,
        one.received,
        one.expected,
        one.status,
        nearest,
        status,
    )
