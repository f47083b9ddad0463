"""Waivers, as a steward gives them: a report that need not come, with a written reason and a name."""

from __future__ import annotations

from catalogue.errors import UsageError
from catalogue.form import Form
from catalogue.period import Period
from flows.asked import period_of
from flows.compute import compute
from flows.house import House, now
from flows.overriding import opened, signed
from flows.settings import Settings
from flows.terminal import say
from transforms.owe import Obligation, owed, owed_periods
from warehouse.dimensions import period_rows
from warehouse.staging import staging_area
from warehouse.waiver import Said, waive

_NAMED = 10


def waive_reports(
    settings: Settings, about: tuple[str, str, str], said: tuple[str, str], *, below: bool, drop: bool
) -> int:
    """Waive the reports of a form, unit and period (or of the periods inside it; ``below``: of all units below, too),
    or take that back (``drop``); compute what changes by it, publish. Raises UsageError where nothing would change."""
    reason, by = signed(*said)
    house = opened(settings)
    form, span = _form(house, about[0]), period_of(house.programme, about[2])
    rows = owed(house.programme, form, [span])
    wanted = _wanted(house, rows, about[1], span, below=below)
    if not wanted:
        raise UsageError(
            f"{about[1]!r} does not owe {form.form} in {span.code}, which is due per {form.frequency}; "
            'chiso sql "SELECT DISTINCT unit_code, period_code FROM obligation" tells who owes what'
        )
    periods = period_rows([*owed_periods(house.programme, form, [span])])
    with staging_area(house.staging_path("waive")) as area:
        decided = Said(reason, by, now(), not drop)
        changed = waive(area, house.warehouse.url, form, (periods, rows), wanted, decided, house.run_id, now())
    if not changed:
        is_so = "not waived, so there is nothing to take back" if drop else "waived already"
        raise UsageError(f"{form.form} of {about[1]} in {span.code} is {is_so}; `chiso audit` tells what was decided")
    sealed = compute(house)
    house.warehouse.publish()
    say(f"{len(changed)} reports of {form.form} are {'owed again' if drop else 'waived'}:")
    for unit, period in changed[:_NAMED]:
        say(f"  {_code(house, unit, period)} {period}")
    if len(changed) > _NAMED:
        say(f"  and {len(changed) - _NAMED} more")
    if sealed:
        say(f"Release {sealed.name}: {sealed.changed} values new or changed, {sealed.withdrawn} withdrawn.")
    return 0


def _form(house: House, code: str) -> Form:
    form = house.programme.form.get(code)
    if form is None or form.frequency is None:
        due = ", ".join(one.form for one in house.programme.forms if one.frequency)
        what = "is due in no period of its own" if form else "is no form of the programme"
        raise UsageError(f"{code!r} {what}; forms that are due: {due}")
    return form


def _wanted(house: House, rows: list[Obligation], code: str, span: Period, *, below: bool) -> set[tuple[int, str]]:
    """The reports that are meant: of the unit that bears a code at the end of the report's period."""
    found = set()
    for _, unit, period, _, day, _ in rows:
        one = Period.parse(period, house.programme.calendars)
        if span.start <= one.start and one.end <= span.end:
            keys = house.programme.ancestors(unit, day) if below else (unit,)
            codes = {version.code for key in keys if (version := house.programme.version(key, day))}
            if code in codes:
                found.add((unit, period))
    return found


def _code(house: House, unit: int, period: str) -> str:
    span = Period.parse(period, house.programme.calendars)
    version = house.programme.version(unit, house.programme.as_of(unit, span))
    return f"{version.code} {version.name}" if version else str(unit)
