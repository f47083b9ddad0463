"""From facts to a sealed release: the indicators whose inputs changed since the last one, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from catalogue.indicator import Indicator
from catalogue.period import Period
from catalogue.target import Target
from flows.figures import Figures
from flows.house import ENGINE_VERSION, House, now
from flows.portions import portions, within
from flows.publishing import terms_of
from flows.restating import KeptBoundaries
from transforms.derive import derive
from transforms.evaluate import Figure, target_status, withheld
from transforms.reporting import fallen_due_after
from transforms.scope import Scope, feeding
from warehouse.dimensions import target_entity
from warehouse.figures import add_figures, derive_values, lay_scope
from warehouse.partition import looking
from warehouse.release import Known, Release, Terms, known, must_be_sealed, seal
from warehouse.schema import dim_indicator, dim_part, dim_period
from warehouse.staging import Staging, staging_area
from warehouse.waiver import changes_after
from warehouse.withdraw import decided_since, withdrawn_figures, withdrawn_places

Work = dict[str, tuple[str, ...] | None]
"""Indicator -> the periods to compute; None: all of them."""


def compute(house: House, name: str = "", terms: Terms | None = None) -> Release | None:
    """Compute what changed, and seal it as a release, under the programme's terms where none are given. None where
    nothing changed. Raises ReleaseRefused where it may not be sealed."""
    terms = terms or terms_of(house.programme, name, now())
    house.warehouse.settle()
    with staging_area(house.staging_path("release")) as area:
        with house.warehouse.connection() as connection:
            state = known(connection)
            periods = _periods(house, connection)
            work = _work(house, connection, state, periods)
            if work or terms.always:
                _stage(house, area, connection, work, state, periods)
        if not (work or terms.always):
            if state.release:
                _verify_share(house)
            return None
        return seal(
            area,
            house.warehouse.url,
            terms,
            programme=(house.programme.name, house.programme.digest),
            engine=ENGINE_VERSION,
            state=state,
            run_id=house.run_id,
            now=now(),
        )


def _is_whole(house: House, state: Known) -> bool:
    """True where everything is computed anew: at the first release, and where the declaration is another one."""
    return state.release is None or state.programme_hash != house.programme.digest


def _work(house: House, connection: Connection, state: Known, periods: Mapping[str, Period]) -> Work:
    """What to compute: what parts have come for, and what somebody decided about, since the last release."""
    work = _everything(house) if _is_whole(house, state) else _changed(house, connection, state, periods)
    decided = decided_since(connection, state.last_withdrawal)
    return with_decided(work, [one for one in decided if one[0] in house.programme.indicator])


def _stage(
    house: House, area: Staging, connection: Connection, work: Work, state: Known, periods: Mapping[str, Period]
) -> None:
    """Lay out the figures of the work, indicator by indicator, of a long history some years at a time: however many
    there are, those of one indicator and portion are held."""
    feed = [one for code in work for one in _feed(house, code)]
    spans = {one for chosen in work.values() for one in (periods if chosen is None else chosen)}
    gone = [*withdrawn_places(connection, feed, spans), *withdrawn_figures(connection)]
    off = {one[:3] for one in gone if one[-1]}
    scope = [(code, period) for code, chosen in work.items() for period in chosen or (None,)]
    if _is_whole(house, state):
        scope += [(code, None) for code in _undeclared(house, connection)]
    targets = _targets(house)
    heard = {form for form, _ in _parts_after(connection, 0)}
    lay_scope(area, scope, gone, feed)
    for portion in portions(connection, periods):
        asked = Figures(connection)
        kept = KeptBoundaries(house, asked, state.parts_now, periods)
        for code, chosen in work.items():
            indicator = house.programme.indicator[code]
            some = within(portion, indicator, chosen, periods)
            if some == () or heard.isdisjoint(feeding(house.programme, indicator)):
                continue
            found = _results(house, asked, indicator, some, state.parts_now, periods)
            least = _least(house, indicator)
            moved = kept.restated(indicator, some, found, off)
            shown = [_taken_back(withheld(one, least), off) for one in found]
            stand = [_standing(house, one, targets, periods) for one in shown]
            add_figures(
                area,
                [_row(one, standing) for one, standing in zip(shown, stand, strict=True)],
                [
                    (target.target, one.indicator, one.entity, one.period, status)
                    for one, standing in zip(shown, stand, strict=True)
                    for target, status in standing
                ],
                [(day, *_row(withheld(one, least), ())) for day, one in moved],
            )
        derive_values(area)


def _least(house: House, indicator: Indicator) -> Decimal | None:
    """The share of the reports owed that a figure needs to be published: its own, that of the one it is of, else the
    programme's."""
    of = house.programme.indicator.get(indicator.of or "")
    stated = [found.publish_from for found in (indicator, of) if found and found.publish_from is not None]
    return stated[0] if stated else house.programme.header.releases.publish_from


def _taken_back(one: Figure, off: Collection[tuple[str, int, str]]) -> Figure:
    """The figure, without its value where somebody withdrew it by itself."""
    if (one.indicator, one.entity, one.period) not in off:
        return one
    return replace(one, numerator=None, denominator=None, status="withdrawn", reason=None)


def _verify_share(house: House) -> None:
    """Where nothing is to be sealed, a share of what was sealed is verified all the same. Raises ReleaseRefused."""
    with staging_area(house.staging_path("verify")) as area, looking(area, house.warehouse.url):
        must_be_sealed(area, now(), touched=False)


def with_decided(work: Work, decided: Collection[tuple[str, str]]) -> Work:
    """The work, with the (indicator, period) of figures about which somebody decided."""
    found = dict(work)
    for code, period in sorted(decided):
        chosen = found.get(code, ())
        found[code] = None if chosen is None else tuple(sorted({*chosen, period}))
    return found


def _feed(house: House, code: str) -> list[tuple[str, str, bool]]:
    """(indicator, form, whether it tells of other places than its unit's own): the forms it stands on."""
    programme = house.programme
    forms = [programme.form[one] for one in sorted(feeding(programme, programme.indicator[code]))]
    return [(code, one.form, one.unit_to is None or one.unit_to != programme.fact[one.fact].place) for one in forms]


def _everything(house: House) -> Work:
    return {one.indicator: None for one in house.programme.indicators}


def _undeclared(house: House, connection: Connection) -> list[str]:
    """Indicators that were once declared: their figures are withdrawn."""
    codes = connection.execute(select(dim_indicator.c.indicator_code).distinct()).scalars()
    return sorted(set(codes) - set(house.programme.indicator))


def _changed(house: House, connection: Connection, state: Known, periods: Mapping[str, Period]) -> Work:
    """The periods of each indicator that parts since the last release feed, or of which reports were waived. A change
    is felt a year later, too."""
    changed = _parts_after(connection, state.last_part)
    # Nothing falls due while nothing comes: what is due is told by what has come since.
    fallen_due = {tuple(row) for row in connection.execute(fallen_due_after(state.last_part))} if changed else set()
    changed |= changes_after(connection, state.last_change)
    work: Work = {}
    for indicator in house.programme.indicators:
        forms = feeding(house.programme, indicator)
        base = {period for form, period in changed if form in forms}
        if indicator.kind == "reports":
            base |= {period for form, period in fallen_due if form in forms}
        since = (house.programme.indicator[indicator.of] if indicator.of else indicator).since
        wanted = {
            code
            for code, period in periods.items()
            if period.kind in indicator.periods and period.calendar.code == indicator.calendar
            for part in base
            if _feeds(indicator, since, periods[part], period)
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


def _feeds(indicator: Indicator, since: date | None, part: Period, period: Period) -> bool:
    """A part of a period is behind the figure of another: it lies in it, a year before it, or anywhere since a day."""
    if since is not None:
        return part.calendar == period.calendar and since <= part.start and part.end <= period.end
    return _inside(part, period) or (indicator.kind == "change" and _inside(part, period.year_before()))


def _inside(part: Period, whole: Period) -> bool:
    return part.calendar == whole.calendar and whole.start <= part.start and part.end <= whole.end


def _periods(house: House, connection: Connection) -> dict[str, Period]:
    codes = connection.execute(select(dim_period.c.period_code)).scalars()
    return {code: Period.parse(code, house.programme.calendars) for code in codes}


def _results(
    house: House,
    asked: Figures,
    indicator: Indicator,
    chosen: tuple[str, ...] | None,
    last_part: int,
    periods: Mapping[str, Period],
) -> list[Figure]:
    """The figures of one indicator. A change is computed from the figures of the indicator it is of."""
    if indicator.of is None:
        return asked.of(indicator, Scope(house.programme, house.tables, last_part, chosen))
    base = house.programme.indicator[indicator.of].model_copy(
        update={"periods": indicator.periods, "calendar": indicator.calendar}
    )
    both = chosen
    if chosen is not None and indicator.kind == "change":
        both = tuple({*chosen, *(periods[one].year_before().code for one in chosen)})
    figures = asked.of(base, Scope(house.programme, house.tables, last_part, both))
    # What is not published is not compared, and has no rank.
    shown = [withheld(one, _least(house, base)) for one in figures]
    made = derive(indicator, shown, periods, house.programme)
    return [one for one in made if chosen is None or one.period in chosen]


def _targets(house: House) -> dict[tuple[str, int], list[Target]]:
    found: dict[tuple[str, int], list[Target]] = {}
    for target in house.programme.targets:
        key = target_entity(house.programme, target)
        if key is not None:
            found.setdefault((target.indicator, key), []).append(target)
    return found


def _standing(
    house: House, one: Figure, targets: Mapping[tuple[str, int], Sequence[Target]], periods: Mapping[str, Period]
) -> list[tuple[Target, str]]:
    """How every target of the figure's indicator and place stands, the nearest year first."""
    own = targets.get((one.indicator, one.entity))
    if not own:
        return []
    period, ended = periods[one.period], house.programme.last_day(one.entity)
    ordered = sorted(own, key=lambda target: (target.kind == "actual", target.year))
    return [(target, status) for target in ordered if (status := target_status(target, one, period, ended)) is not None]


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
        one.reason,
        one.on_time if one.expected else None,
    )
