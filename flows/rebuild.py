"""``chiso rebuild``: a warehouse made anew, elsewhere, from archived bytes, the programme, and what people decided.

Bytes are judged by what holds today, in the order in which they came; decisions count from the start. What was erased
is carried over as it was judged last (docs/adr/0037). Nobody is sent a receipt or message for it. At the end the facts
that count are compared with those of the warehouse that it is made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Final

from sqlalchemy import inspect, select

from catalogue.delivery import Delivery
from catalogue.errors import ChisoError, UsageError, WarehouseBusy, WarehouseLost
from catalogue.period import Period
from flows.answering import kept_promises
from flows.asking import show
from flows.compute import compute
from flows.house import House, now, open_house, prepare
from flows.lease import leased
from flows.load import load, write
from flows.numbering import decided
from flows.progress import advance, expect
from flows.replaying import recognised, replay
from flows.run import batches_of
from flows.settings import Settings
from flows.signing import signed_again
from flows.stopping import pass_on
from flows.terminal import terminal
from transforms.owe import owed, owed_periods
from warehouse import schema
from warehouse.alias import append_aliases
from warehouse.carried import form_of, stage_carried
from warehouse.dimensions import period_rows
from warehouse.erasure import carry_erasures
from warehouse.history import Event, History, Taken, content, read_history
from warehouse.incident import looked
from warehouse.migrate import is_migrated
from warehouse.override import append_override
from warehouse.quarantined import Standing, standing
from warehouse.schema import dim_delivery
from warehouse.staging import staging_area
from warehouse.store import Warehouse
from warehouse.waiver import waive
from warehouse.withdraw import Decision, withdraw_delivery, withdraw_figure

_NAMED: Final = 10


@dataclass(slots=True)
class Rebuilt:
    """What became of a rebuild: how many deliveries were judged, (name, why) of those that could not be, and of each
    fact its rows and their hash, before and now. ``kept`` are those whose bytes were erased: they stand as counted."""

    deliveries: int = 0
    kept: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    facts: dict[str, tuple[tuple[int, str], tuple[int, str]]] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """True where every fact is what it was."""
        return not self.failed and all(before == after for before, after in self.facts.values())


def run_rebuild(settings: Settings, target: str, source: str, patience: float) -> int:
    """Rebuild into ``target`` (file or URL, empty) from the history in ``source`` (the same; empty: the warehouse of
    the settings); prints how the facts compare. 1 where any differs. Raises UsageError, WarehouseBusy."""
    house = open_house(settings)
    origin = Warehouse(_url(source), Path(f"{house.home / 'published.duckdb'}")) if source else house.warehouse
    goal = Warehouse(_url(target), house.home / "staging" / "rebuilt-published.duckdb")
    if goal.url == origin.url:
        raise UsageError(f"{target} is the warehouse that is to be rebuilt; name a place where there is nothing yet")
    with leased(house.home, f"rebuild into {target.rpartition('@')[2]}", patience):
        try:
            done = rebuild(house, origin, goal)
        finally:
            for copy in (goal.copy, goal.published):
                copy.unlink(missing_ok=True)
    lines = [
        (name, before[0], after[0], "the same" if before == after else "differs")
        for name, (before, after) in done.facts.items()
    ]
    show((["fact", "rows before", "rows now", "content"], lines), "table", "Facts that count")
    console = terminal()
    for name, why in done.failed[:_NAMED]:
        console.print(f"failed {name}: {why}", style="red")
    for name in done.kept:
        console.print(f"kept as it was counted, its bytes were erased: {name}")
    console.print(f"{done.deliveries:,} deliveries were judged anew, {len(done.failed)} failed.")
    if done.same:
        console.print("It says what the old one says. Set `warehouse` to it, or put the file in the old one's place.")
    else:
        console.print("It differs from the old one: in what the programme or the engine judges otherwise today, or in "
                      "what was decided and never judged anew.")  # fmt: skip
    return 0 if done.same else 1


def rebuild(house: House, origin: Warehouse, goal: Warehouse) -> Rebuilt:
    """Fill an empty warehouse from the history of another one. Raises UsageError where it is not empty."""
    with goal.connection() as connection:
        if is_migrated(connection):
            raise UsageError("the target is a warehouse already; name a file or database where there is nothing yet")
    with origin.connection() as connection:
        if not is_migrated(connection):
            raise UsageError("there is no history to rebuild from: the source is no warehouse; name one with --from")
        history = read_history(connection)
    new, done = replace(house, warehouse=goal), Rebuilt()
    prepare(new)
    _decide(new, history)
    goal.publish()  # Names are resolved by what readers see.
    expect(len(history.events))
    _relive(new, history, done, origin)
    _waive(new, history)
    compute(new)
    figures = {one.figure: one for one in history.withdrawals if one.kind == "figure"}
    for one in (one for one in figures.values() if one.active):
        with staging_area(new.staging_path("withdraw")) as area:
            withdraw_figure(area, goal.url, one.figure, _decision(one), new.run_id, now())
    if any(one.active for one in figures.values()):
        compute(new)
    _nothing_new(new)
    for fact in new.programme.facts:
        done.facts[fact.fact] = _content(origin, goal, fact.fact)
    return done


def _decide(house: House, history: History) -> None:
    """Append what people decided about names and rules, with who, why and when."""
    url = house.warehouse.url
    with staging_area(house.staging_path("decisions")) as area:
        if history.aliases:
            append_aliases(area, url, history.aliases, house.run_id, now())
        carry_erasures(area, url, history.erasures)
        for one, when, active in history.overrides:
            append_override(area, url, one, house.run_id, when, active=active)


def _waive(house: House, history: History) -> None:
    """Append what people waived, with who, why and when."""
    for one in history.waivers:
        form = house.programme.form.get(one.form)
        if form is None:
            continue
        span = Period.parse(one.period, house.programme.calendars)
        rows = (period_rows([*owed_periods(house.programme, form, [span])]), owed(house.programme, form, [span]))
        with staging_area(house.staging_path("waive")) as area:
            waive(area, house.warehouse.url, form, rows, {(one.unit, one.period)}, one.said, house.run_id, now())


def _relive(house: House, history: History, done: Rebuilt, origin: Warehouse) -> None:
    """Take everything in once more, in order: what arrived between two withdrawals in batches."""
    decisions = [one for one in history.withdrawals if one.kind == "delivery"]
    gone: set[str] = set()
    for is_arrival, some in groupby(history.events, lambda one: one.replay_of is None):
        events = [*some]
        if is_arrival:
            _arrive(house, events, history, done, origin)
            continue
        for event in events:
            if event.status == "withdrawn":
                place = next(number for number, one in enumerate(decisions) if one.sha256 == event.sha256)
                _withdraw(house, event, _decision(decisions.pop(place)), done)
                gone.add(event.sha256)
            elif event.sha256 in gone:
                _again(house, event, done)
                gone.discard(event.sha256)
            advance(event.name)


def _arrive(house: House, events: Sequence[Event], history: History, done: Rebuilt, origin: Warehouse) -> None:
    """Judge and append what arrived, form by form. Of bytes that ended in an error of ours, the last arrival counts.
    Signatures are judged as of when they came."""
    wanted: dict[str, Event] = {}
    for one in events:
        before = wanted.get(one.sha256)
        if before is None or before.status == "error":
            wanted[one.sha256] = one
    by_form: dict[str | None, list[Delivery | Event]] = {}
    erased = {*house.archive.erased()}
    for event in wanted.values():
        if event.sha256 in erased:
            with origin.connection() as connection:
                by_form.setdefault(form_of(connection, event.sha256), []).append(event)
            continue
        try:
            found = recognised(house, _standing(event), "")
            plain = replace(found, replay_of=None, reason=None, arrived_at=event.received_at)
            bore, known = history.signatures.get(event.sha256), event.status != "rejected"
            plain = signed_again(house, plain, bore, recognised=known)
        except ChisoError as error:
            done.failed.append((event.name, str(error).splitlines()[0]))
            continue
        by_form.setdefault(plain.form, []).append(decided(house, plain))
    for form, deliveries in by_form.items():
        for place, some in enumerate(_in_order(deliveries, house.settings.batch)):
            if isinstance(some, Event):
                _keep(house, form, some, done, origin)
            else:
                _load(house, form, some, f"rebuild-{form or 'unknown'}-{place}", done)


def _in_order(arrived: Sequence[Delivery | Event], most: int) -> Iterator[list[Delivery] | Event]:
    """Deliveries in batches, and each that cannot be judged anew alone, in the order in which they came."""
    for _, some in groupby(arrived, lambda one: isinstance(one, Event)):
        every = [*some]
        yield from (one for one in every if isinstance(one, Event))
        yield from batches_of([one for one in every if not isinstance(one, Event)], most)


def _keep(house: House, code: str | None, event: Event, done: Rebuilt, origin: Warehouse) -> None:
    """Carry over what was said of bytes that were erased: they cannot be judged anew, and what was counted stands."""
    form = house.programme.form.get(code) if code else None
    if code and form is None:
        done.failed.append((event.name, f"its bytes were erased, and form {code} is not declared any more"))
        return
    fact = house.programme.fact[form.fact] if form else None
    table = house.tables[f"fact_{fact.fact}"] if fact else schema.dim_part
    with staging_area(house.staging_path("kept")) as area:
        with origin.connection() as connection:
            stage_carried(area, connection, event.sha256, event.received_at, house.run_id, fact, table)
        write(house, area, form)
    done.kept.append(event.name)
    advance(event.name)


def _load(house: House, code: str | None, some: Sequence[Delivery], name: str, done: Rebuilt) -> None:
    """One batch; where it fails as a whole, delivery by delivery."""
    try:
        load(house, house.programme.form[code] if code else None, some, name)
    except (WarehouseBusy, WarehouseLost):
        raise
    except Exception as error:
        pass_on(error)
        if len(some) == 1:
            done.failed.append((some[0].name, f"{type(error).__name__}: {error}".splitlines()[0]))
            return
        for number, one in enumerate(some):
            _load(house, code, [one], f"{name}-{number}", done)
        return
    done.deliveries += len(some)
    for one in some:
        advance(one.name)


def _withdraw(house: House, event: Event, decision: Decision, done: Rebuilt) -> None:
    try:
        with staging_area(house.staging_path("withdraw")) as area:
            withdraw_delivery(
                area, house.warehouse.url, event.sha256, decision, house.run_id, now(), restore=event.restored
            )  # fmt: skip
    except UsageError as error:
        done.failed.append((event.name, str(error)))


def _again(house: House, event: Event, done: Rebuilt) -> None:
    """What was withdrawn and judged anew since counts again."""
    with house.warehouse.connection() as connection:
        keys = connection.execute(select(dim_delivery.c.delivery_key).where(dim_delivery.c.sha256 == event.sha256))
        some = standing(connection, list(keys.scalars()))
    for one in replay(house, some, "rebuild", "chiso"):
        if one.failure:
            done.failed.append((event.name, one.failure))
    kept_promises(house)  # Nobody is to hear of it.


def _nothing_new(house: House) -> None:
    """Let alerts take all that is here for looked at: nobody is to be told of what is long over."""
    with staging_area(house.staging_path("looked")) as area, area.writing(house.warehouse.url):
        last = area.one("SELECT coalesce(max(delivery_key), 0) FROM warehouse.dim_delivery")
        looked(area, int(last), house.run_id, now())


def _standing(event: Event) -> Standing:
    """An arrival as replaying names it: of what became of it nothing counts here."""
    return Standing(
        event.key, event.key, event.sha256, event.name, event.source, None, None, event.period, event.received_at,
        event.status, 0, 0, False,
    )  # fmt: skip


def _decision(one: Taken) -> Decision:
    return Decision(one.reason, one.document, one.by)


def _content(origin: Warehouse, goal: Warehouse, fact: str) -> tuple[tuple[int, str], tuple[int, str]]:
    """Rows of a fact's view and their hash, in both warehouses."""
    with origin.connection() as old:
        columns = [column["name"] for column in inspect(old).get_columns(fact)]
        before = content(old, fact, columns)
    with goal.connection() as fresh:
        return before, content(fresh, fact, columns)


def _url(named: str) -> str:
    return named if "://" in named else f"duckdb:///{Path(named).resolve()}"
