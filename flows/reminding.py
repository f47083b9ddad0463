"""Who has not sent a report is reminded: messages are written into the outbox, once for each day that is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from alerts.notice import notice
from alerts.reminder import Due, Place, reminded, reminders, step_now
from catalogue.delivery import Delivery
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.source import Portal
from flows.house import House, now
from flows.remembering import message_row, unreachable
from transforms.owe import days_after, due_day, owed, owed_periods
from warehouse import incident as memory
from warehouse import schema
from warehouse.append import write_owed
from warehouse.dimensions import arrow_columns, period_rows
from warehouse.staging import Staging, staging_area

_AROUND: Final = timedelta(days=120)
"""Reports that are due within so many days are looked at: reminders are at most 60 working days from theirs."""


def remind(house: House, at: datetime) -> int:
    """Write what is to be said to those who have not sent what is due about now, and to those above them who ask to be
    told; returns how many messages. Nothing is sent. Raises WarehouseBusy, WarehouseError."""
    programme = house.programme
    steps = {form.form: one for form in programme.forms if (one := steps_of(programme, form))}
    away = unreachable(house, reminded(programme))
    routes = [one for one in reminded(programme) if one.route not in away]
    if not (routes and steps):
        return 0
    today = at.replace(tzinfo=UTC).astimezone(ZoneInfo(programme.header.time_zone)).date()
    with staging_area(house.staging_path("reminders")) as area:
        _owe(house, area, steps, today)
        with area.writing(house.warehouse.url):
            rows = memory.to_come(area, sorted(steps), today - _AROUND, today + _AROUND)
            due = _due(programme, rows, steps, today)
            told = memory.reminded(area, {one.place[2] for one in due})
            made = reminders(programme, routes, due, told, house.run_id, at)
            memory.remember(area, [], [message_row(one.message, "news", one.due, house.run_id, at) for one in made], [])
            memory.remind(area, [(one.message.message_id, *place, step) for one in made for place, step in one.reports])
    return len(made)


def steps_of(programme: Programme, form: Form) -> tuple[int, ...]:
    """The days after its due day on which who has not sent a form is reminded. Nobody reminds a portal, unless the form
    says so."""
    if form.frequency is None:
        return ()
    if form.remind is None and any(isinstance(one, Portal) and one.form == form.form for one in programme.sources):
        return ()
    return programme.header.remind if form.remind is None else form.remind


def _days(programme: Programme, form: Form, due: date, steps: Sequence[int]) -> dict[int, date]:
    holidays, working = programme.header.holidays, form.due.working_days
    return {step: days_after(due, step, holidays, working=working) for step in steps}


def _due(
    programme: Programme, rows: Sequence[tuple[str, int, str, date]], steps: Mapping[str, tuple[int, ...]], today: date
) -> list[Due]:
    """The reports of which it is time to remind somebody."""
    known: dict[tuple[str, date], int | None] = {}
    found = []
    for code, unit, period, day in rows:
        form = programme.form[code]
        if (code, day) not in known:
            known[code, day] = step_now(today, _days(programme, form, day, steps[code]))
        step = known[code, day]
        if step is not None:
            found.append(_told(programme, (code, unit, period), step, day))
    return found


def _told(programme: Programme, place: Place, step: int, day: date) -> Due:
    code, unit, period = place
    span = Period.parse(period, programme.calendars)
    as_of = programme.as_of(unit, span)
    version = programme.version(unit, as_of)
    about = Delivery("", "", "", datetime.combine(as_of, datetime.min.time()), 0, code, unit,
                     version.code if version else None, span)  # fmt: skip
    above = (programme.version(key, as_of) for key in programme.ancestors(unit, as_of))
    said = notice(programme, about, "reminder", 0, 0, "", day.isoformat())
    return Due(place, step, said, tuple(one.code for one in above if one is not None))


def _owe(house: House, area: Staging, steps: Mapping[str, tuple[int, ...]], today: date) -> None:
    """Write what is owed of the periods whose reminders are about now, where nobody has sent anything of their years
    yet: obligations are written with the first report of a year, and this may be before it."""
    programme = house.programme
    for code, days in steps.items():
        form = programme.form[code]
        spans = [
            one
            for one in owed_periods(programme, form, _years(programme, form, today))
            if _is_near(programme, form, one, days, today)
        ]
        unwritten = _unwritten(house, code, spans)
        if unwritten:
            rows = owed(programme, form, unwritten)
            periods = [*owed_periods(programme, form, unwritten)]
            area.put("out_periods", arrow_columns(schema.dim_period), period_rows(periods))
            area.put("out_owed", arrow_columns(schema.fact_reporting), rows)
            with area.writing(house.warehouse.url):
                write_owed(area, form, now())


def _years(programme: Programme, form: Form, today: date) -> list[Period]:
    calendar = programme.calendars[form.calendar]
    return [Period(calendar, "year", year, 1) for year in range(today.year - 1, today.year + 2)]


def _is_near(programme: Programme, form: Form, span: Period, steps: Sequence[int], today: date) -> bool:
    due = due_day(span, form.due, programme.header.holidays)
    if abs(due - today) > _AROUND:
        return False
    return step_now(today, _days(programme, form, due, steps)) is not None


def _unwritten(house: House, form: str, spans: Sequence[Period]) -> list[Period]:
    if not spans:
        return []
    owing = schema.fact_reporting.c
    with house.warehouse.connection() as connection:
        asked = select(owing.period_code).where(owing.form_code == form).distinct()
        written = {*connection.execute(asked.where(owing.period_code.in_([one.code for one in spans]))).scalars()}
    return [one for one in spans if one.code not in written]
