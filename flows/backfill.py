"""``chiso backfill``: the periods of portals, asked for once more; and what offices owe of that time and never sent.

Each source and period has a status of its own. What fails in one does not stop the others, and asking again for what is
there changes nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Final, Literal

from rich.table import Table
from rich.text import Text
from sqlalchemy import text

from alerts.notice import pull_notice
from catalogue.errors import SettingsError, SourceBroken, SourceUnavailable, UsageError
from catalogue.form import Form
from catalogue.period import Period
from catalogue.source import Folder, Portal
from flows.asked import period_of
from flows.compute import compute
from flows.fetch import answered_before, fetch_pull
from flows.headings import Said, headings
from flows.house import House, now, open_house, prepare
from flows.lease import leased
from flows.load import load
from flows.logs import logged
from flows.progress import advance, expect
from flows.run import Outcome, Puller, load_all, must_know, portals
from flows.settings import Settings
from flows.tell import finish
from flows.terminal import terminal
from transforms.owe import owed

Status = Literal["done", "missing", "pulled", "unchanged", "held_back", "failed", "not_over"]
"""done: here already, and not asked for; missing: never taken well, not asked for; pulled: news was taken; unchanged:
the portal says what it said last; held_back: it answered, and not all was taken; not_over: the period has not ended."""

WELL: Final = frozenset({"accepted", "accepted_with_warnings", "partly_accepted"})
_STYLE: Final[dict[Status, str]] = {"failed": "red", "held_back": "yellow", "missing": "yellow", "pulled": "green"}
_NAMED: Final = 5


@dataclass(slots=True)
class Cell:
    """A portal in a period: how it stands, and why where that needs a word."""

    source: str
    period: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """A form in a period: how many units owe it, how many sent it, the codes of those that did not."""

    form: str
    period: str
    owed: int
    received: int
    missing: tuple[str, ...]


@dataclass(slots=True)
class Grid:
    """Everything between two days: portals by period, forms by period; and what else went wrong (name, why)."""

    cells: list[Cell] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 all well, 1 something failed or was held back, 2 nothing could be done."""
        counts = Counter(one.status for one in self.cells)
        bad = counts["failed"] + counts["held_back"] + len(self.problems)
        done = counts["pulled"] + counts["unchanged"] + counts["done"] + counts["held_back"]
        return 0 if not bad else 1 if done else 2


def backfill(
    settings: Settings,
    span: tuple[str, str],
    sources: Sequence[str],
    form: str,
    patience: float,
    *,
    forms: Sequence[str] = (),
    units: Sequence[str] = (),
    only_failed: bool,
    dry_run: bool,
) -> int:
    """Ask for what is missing, print the grid; returns its exit code. Raises UsageError, WarehouseBusy."""
    house = open_house(settings)
    must_know(house.programme, sources)
    first, last = (period_of(house.programme, code) for code in span)
    if first.start > last.end:
        raise UsageError(f"--from {span[0]} is after --to {span[1]}; the earlier period comes first")
    _must_be_declared(house, (first, last), forms, units)
    with leased(house.home, f"backfill {house.run_id}", patience), logged(house):
        prepare(house)
        grid = fill(house, first, last, sources, forms=forms, units=units, only_failed=only_failed, dry_run=dry_run)
    _print(grid, form, headings(settings))
    return grid.exit_code


def _must_be_declared(house: House, span: tuple[Period, Period], forms: Sequence[str], units: Sequence[str]) -> None:
    """Raises UsageError where a form, or a unit of that time, is not known."""
    programme = house.programme
    if unknown := sorted({*forms} - {*programme.form}):
        raise UsageError(f"--form {', '.join(unknown)}: no such form; there are {', '.join(sorted(programme.form))}")
    days = (span[0].start, span[1].end)
    unknown = sorted(
        code for code in units if not any(one.by_code(code, day) for one in programme.registers for day in days)
    )
    if unknown:
        said = f"nothing in the registers bore that code in {span[0].code} or {span[1].code}"
        raise UsageError(f"--unit {', '.join(unknown)}: {said}; `chiso describe` and the view `place` have the codes")


def fill(
    house: House,
    first: Period,
    last: Period,
    sources: Sequence[str] = (),
    pull: Puller = fetch_pull,
    *,
    forms: Sequence[str] = (),
    units: Sequence[str] = (),
    only_failed: bool = False,
    dry_run: bool = False,
) -> Grid:
    """Ask every portal for every period between two, its own first and last included; then compute, publish and tell.

    With ``only_failed`` not for what was taken well; with ``dry_run`` for nothing. Only ``forms`` and ``units``, by
    their codes, where there are any.
    """
    grid, outcome = Grid(), Outcome()
    for portal in portals(house, outcome, sources):
        if (forms and portal.form not in forms) or (units and portal.unit not in units):
            continue
        deliveries, cells = [], {}
        standing, before = _standing(house, portal), answered_before(house, portal)
        periods = [*_between(house, portal, first, last)]
        expect(len(periods))
        for period in periods:
            name = f"{portal.source}/{period.code}"
            well = standing.get(period.code) in WELL
            cell = Cell(portal.source, period.code, "done" if well else "missing")
            grid.cells.append(cell)
            if period.end >= now().date():
                cell.status = "not_over"
            elif not dry_run and not (only_failed and well):
                cells[name] = cell
                try:
                    found = pull(house, portal, period, before)
                except (SourceUnavailable, SourceBroken, SettingsError) as error:
                    cell.status, cell.detail = "failed", str(error)
                    outcome.failed.append((name, str(error)))
                    outcome.notices.append(pull_notice(house.programme, portal, period, error))
                else:
                    cell.status = "unchanged" if found is None else "pulled"
                    deliveries += [found] if found else []
            advance(name)
        loaded = Outcome()
        load_all(house, deliveries, load, loaded)
        _tell(loaded, cells)
        outcome.add(loaded)
    grid.owed = [
        one for one in _owed(house, first, last, sources, units) if one.owed and (not forms or one.form in forms)
    ]
    grid.problems += outcome.skipped if sources else []
    if not dry_run and (outcome.receipts or outcome.failed):
        finish(house, outcome, partial(compute, house), house.warehouse.publish)
        grid.problems += outcome.told
    return grid


def _between(house: House, portal: Portal, first: Period, last: Period) -> Iterator[Period]:
    """The periods of a portal, as it declares them, that lie between two."""
    period = Period.parse(portal.first, house.programme.calendars)
    end = Period.parse(portal.last, house.programme.calendars).end if portal.last else last.end
    while period.end <= min(end, last.end):
        if period.start >= first.start:
            yield period
        period = period.shifted(1)


def _standing(house: House, portal: Portal) -> dict[str, str]:
    """What became last of each period of a portal, by its code."""
    query = text("SELECT period_code, status FROM dim_delivery WHERE source_code = :source ORDER BY delivery_key")
    with house.warehouse.connection() as connection:
        found = connection.execute(query, {"source": portal.source}).all()
    standing: dict[str, str] = {}
    for period, status in found:
        # What was taken stays, whatever was refused after it.
        if status in WELL or standing.get(period) not in WELL or status == "withdrawn":
            standing[period] = status
    return standing


def _tell(loaded: Outcome, cells: dict[str, Cell]) -> None:
    """Say in its cell what became of what was pulled."""
    for receipt in loaded.receipts:
        cell = cells.get(receipt.name)
        if cell and receipt.status not in ("accepted", "accepted_with_warnings"):
            cell.status = "held_back"
            cell.detail = "; ".join(sorted({one.rule for one in receipt.findings})) or receipt.status
    for name, why in loaded.failed:
        if name in cells:
            cells[name].status, cells[name].detail = "failed", why


def _owed(house: House, first: Period, last: Period, sources: Sequence[str], only: Sequence[str]) -> Iterator[Owed]:
    """What units owe of forms that inboxes take, in the periods between two that have ended, and what came."""
    programme = house.programme
    codes = {
        code
        for source in programme.sources
        if isinstance(source, Folder) and (not sources or source.source in sources)
        for code in source.forms
    }
    with house.warehouse.connection() as connection:
        rows = connection.execute(
            text("SELECT form_code, unit_key, period_code FROM part_current WHERE reason <> 'withdrawn'")
        )
        came = {(form, unit, period) for form, unit, period in rows}
    for form in programme.forms:
        if form.form not in codes or form.frequency is None:
            continue
        due: dict[str, list[tuple[int, str]]] = {}
        for _, unit, period, _, as_of, _ in owed(programme, form, _years(form, first, last)):
            span = Period.parse(period, programme.calendars)
            if span.start >= first.start and span.end <= last.end and span.end < now().date():
                version = programme.version(unit, as_of)
                code = version.code if version else str(unit)
                if not only or code in only:
                    due.setdefault(period, []).append((unit, code))
        for period, units in sorted(due.items()):
            missing = sorted(code for unit, code in units if (form.form, unit, period) not in came)
            yield Owed(form.form, period, len(units), len(units) - len(missing), tuple(missing))


def _years(form: Form, first: Period, last: Period) -> list[Period]:
    """A period of the form's frequency in each year between two."""
    return [
        Period(first.calendar, form.frequency or "year", year, 1) for year in range(first.start.year, last.end.year + 1)
    ]


def _print(grid: Grid, form: str, said: Said) -> None:
    if form == "json":
        found = {"cells": [asdict(one) for one in grid.cells], "owed": [asdict(one) for one in grid.owed],
                 "problems": grid.problems}  # fmt: skip
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    console = terminal()
    if grid.cells:
        table = Table(*map(said, ("portal", "period", "status", "why")), title=said("Portals"), title_justify="left")
        for cell in grid.cells:
            table.add_row(cell.source, cell.period, Text(said(cell.status), _STYLE.get(cell.status, "")), cell.detail)
        console.print(table)
    if grid.owed:
        columns = map(said, ("form", "period", "owed", "received", "not sent by"))
        table = Table(*columns, title=said("Inboxes"), title_justify="left")
        for one in grid.owed:
            more = f", … (+{len(one.missing) - _NAMED})" if len(one.missing) > _NAMED else ""
            table.add_row(
                one.form, one.period, str(one.owed), str(one.received), ", ".join(one.missing[:_NAMED]) + more
            )
        console.print(table)
        console.print("What was never sent cannot be fetched: ask those units for it.")
    counts = Counter(one.status for one in grid.cells)
    counted = ", ".join(f"{count} {said(status).replace('_', ' ')}" for status, count in sorted(counts.items()))
    console.print(counted or "No portal has a period in this time.")
    for name, why in grid.problems:
        console.print(f"{name}: {why}", style="yellow")
