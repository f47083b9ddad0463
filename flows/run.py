"""What a run does, as plain functions: every Prefect flow is one of these with order, retry and visibility added."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from alerts.notice import Notice, notice, pull_notice
from catalogue.delivery import Delivery
from catalogue.errors import (
    ChisoError,
    SettingsError,
    SourceBroken,
    SourceUnavailable,
    UsageError,
    WarehouseBusy,
    WarehouseLost,
)
from catalogue.form import Form
from catalogue.period import Period
from catalogue.programme import Programme
from catalogue.source import Folder, Portal
from flows import logs
from flows.answering import Answers, answer, answer_unanswered, failure, kept_promises, promise
from flows.fetch import Answered, answered_before, fetch_inbox, fetch_pull, periods_to_pull
from flows.house import House, known_hashes
from flows.load import Loaded, load
from flows.progress import advance, expect
from flows.replaying import replay
from flows.signing import Offered
from flows.stopping import pass_on
from flows.sweeping import sweep
from receipts.receipt import Receipt
from warehouse.quarantined import standing
from warehouse.schema import dim_delivery

PATIENCE: Final = 3
"""As many periods in a row that a portal answers wrongly, after which it is not asked for the rest."""


@dataclass(slots=True)
class Outcome:
    """What became of a run: receipts, what was known, what waits, what failed or was skipped (name, why); and how many
    sources were looked at.

    ``notices`` are the failures of which the warehouse knows nothing, ``well`` the sources and pulls that answered.
    """

    receipts: list[Receipt] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    well: list[str] = field(default_factory=list)
    looked: int = 0
    told: list[tuple[str, str]] = field(default_factory=list)
    answers: Answers = field(default_factory=Answers)

    def add(self, other: Outcome) -> None:
        """Take another outcome in."""
        self.receipts += other.receipts
        self.known += other.known
        self.waiting += other.waiting
        self.failed += other.failed
        self.skipped += other.skipped
        self.notices += other.notices
        self.well += other.well
        self.looked += other.looked
        self.told += other.told
        self.answers.add(other.answers)

    def count(self, status: str) -> int:
        """How many deliveries ended so."""
        return sum(1 for receipt in self.receipts if receipt.status == status)

    @property
    def exit_code(self) -> int:
        """0 all, 1 some held back, 2 nothing done."""
        bad = [one for one in self.receipts if one.status not in ("accepted", "accepted_with_warnings")]
        nothing = not (self.receipts or self.known or self.waiting)
        if nothing and (self.failed or (self.skipped and not self.looked)):
            return 2
        return 1 if bad or self.failed else 0


Loader = Callable[[House, "Form | None", Sequence[Delivery], str], Loaded]
Puller = Callable[[House, Portal, Period, Answered], "Delivery | None"]
Batch = tuple[Form | None, Sequence[Delivery], str]
"""Deliveries of one form, and the name of their batch."""
Announcer = Callable[[House, Sequence[Batch]], None]
"""Is told of all batches, in their order, before the first is loaded."""


def must_know(programme: Programme, only: Sequence[str]) -> None:
    """Raises UsageError where one of the sources that a run is asked for is not declared."""
    known = sorted(one.source for one in programme.sources)
    if unknown := sorted({*only} - {*known}):
        raise UsageError(
            f"{', '.join(unknown)}: no source of programme {programme.name}; name some of {', '.join(known)}"
        )


def inboxes(house: House, outcome: Outcome, only: Sequence[str] = ()) -> list[Folder]:
    """The inboxes of the programme that this installation has an address for; the others are said to be skipped."""
    found = [one for one in house.programme.sources if isinstance(one, Folder) and (not only or one.source in only)]
    return [one for one in found if _has_address(house, one, outcome)]


def portals(house: House, outcome: Outcome, only: Sequence[str] = ()) -> list[Portal]:
    """The portals of the programme that this installation has an address for."""
    found = [one for one in house.programme.sources if isinstance(one, Portal) and (not only or one.source in only)]
    return [one for one in found if _has_address(house, one, outcome)]


def _has_address(house: House, source: Folder | Portal, outcome: Outcome) -> bool:
    try:
        house.settings.address(source.address)
    except SettingsError as error:
        outcome.skipped.append((source.source, str(error)))
        return False
    outcome.looked += 1
    return True


def run_submissions(
    house: House, load_batch: Loader = load, only: Sequence[str] = (), announce: Announcer | None = None
) -> Outcome:
    """Take in everything new in every inbox, form by form, in batches."""
    outcome = Outcome()
    sweep(house)
    answer_unanswered(house, outcome.answers)
    for inbox in inboxes(house, outcome, only):
        try:
            fetched = fetch_inbox(house, inbox, known_hashes(house))
        except ChisoError as error:
            outcome.failed.append((inbox.source, str(error)))
            outcome.notices.append(Notice(inbox.source, "pull_failed", detail=str(error)))
            logs.line("fetch", "failed", logs.About(inbox.source), codes=[logs.code_of(error)])
            continue
        outcome.well.append(inbox.source)
        outcome.known += fetched.known
        outcome.waiting += fetched.waiting
        counts = {"new": len(fetched.deliveries), "known": len(fetched.known), "waiting": len(fetched.waiting)}
        logs.line("fetch", "ended", logs.About(inbox.source), counts=counts | {"failed": len(fetched.failed)})
        outcome.failed += fetched.failed
        load_all(house, fetched.deliveries, load_batch, outcome, announce)
        _take_late(house, fetched.late, outcome)
    return outcome


def _take_late(house: House, late: Mapping[str, Offered], outcome: Outcome) -> None:
    """Judge anew what a signature came for after it was judged without; what was withdrawn stays so."""
    if not late:
        return
    with house.warehouse.connection() as connection:
        keys = select(dim_delivery.c.delivery_key).where(dim_delivery.c.sha256.in_(late))
        found = standing(connection, list(connection.execute(keys).scalars()))
    some = [one for one in found if one.status != "withdrawn"]
    for one in replay(house, some, "its signature came", "chiso", offered=late):
        if one.failure:
            outcome.failed.append((one.standing.name, one.failure))
        elif one.receipt is not None:
            answer(house, one.receipt, outcome.answers)
            outcome.receipts.append(one.receipt)
    kept_promises(house)


def run_portals(
    house: House,
    load_batch: Loader = load,
    pull: Puller = fetch_pull,
    only: Sequence[str] = (),
    announce: Announcer | None = None,
) -> Outcome:
    """Pull every portal for every period that is due; one portal that is down does not stop the others, nor a period
    that is answered wrongly the later ones."""
    outcome, deliveries = Outcome(), list[Delivery]()
    for portal in portals(house, outcome, only):
        before = answered_before(house, portal)
        periods, broken = periods_to_pull(house, portal), 0
        expect(len(periods))
        for place, period in enumerate(periods, start=1):
            name = f"{portal.source}/{period.code}"
            about = logs.About(portal.source, form=portal.form, period=period.code)
            try:
                delivery = pull(house, portal, period, before)
            except (SourceUnavailable, SourceBroken, SettingsError) as error:
                broken = broken + 1 if error.answered else PATIENCE
                left = len(periods) - place if broken >= PATIENCE else 0
                rest = f"; {left} later periods were not asked for (`chiso backfill` asks for each)" if left else ""
                outcome.failed.append((name, f"{error}{rest}"))
                outcome.notices.append(pull_notice(house.programme, portal, period, error))
                logs.line("pull", "failed", about, codes=[logs.code_of(error)])
                # A portal that is down, or refuses our token, is not asked for each of its other periods.
                if broken >= PATIENCE:
                    break
                continue
            finally:
                advance(name)
            broken = 0
            outcome.well.append(name)
            logs.line("pull", "known" if delivery is None else "new", about)
            if delivery is None:
                outcome.known.append(name)
            else:
                deliveries.append(delivery)
        else:
            outcome.well += [portal.source] if periods else []
    load_all(house, deliveries, load_batch, outcome, announce)
    return outcome


def load_all(
    house: House,
    deliveries: Iterable[Delivery],
    load_batch: Loader,
    outcome: Outcome,
    announce: Announcer | None = None,
) -> None:
    """Load deliveries in batches of one form; a batch that fails is tried again delivery by delivery, so that a poison
    delivery is named and the others go on."""
    by_form: dict[str | None, list[Delivery]] = {}
    for delivery in deliveries:
        by_form.setdefault(delivery.form, []).append(delivery)
    batches: list[Batch] = [
        (house.programme.form[code] if code else None, some, f"{code or 'unknown'}-{place}-{some[0].source}")
        for code, every in by_form.items()
        for place, some in enumerate(batches_of(every, house.settings.batch))
    ]
    expect(len(batches))
    if announce:
        announce(house, batches)
    for form, some, name in batches:
        _load_one(house, form, some, name, load_batch, outcome)
        advance(name)


_ALONE = 1_000_000
"""A delivery of more bytes is judged alone: it may be a country's month."""


def batches_of(deliveries: Sequence[Delivery], most: int) -> Iterator[list[Delivery]]:
    """Deliveries in order, at most so many at once."""
    some: list[Delivery] = []
    for one in deliveries:
        if some and (len(some) == most or max(one.size, some[-1].size) > _ALONE):
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _load_one(
    house: House, form: Form | None, some: Sequence[Delivery], name: str, load_batch: Loader, outcome: Outcome
) -> None:
    promised = promise(house, some)
    try:
        with logs.batch(form.form if form else None, len(some)):
            loaded = load_batch(house, form, some, name)
    except (WarehouseBusy, WarehouseLost):
        raise
    except Exception as error:
        pass_on(error)
        promised.unlink(missing_ok=True)
        if len(some) > 1:
            for place, delivery in enumerate(some):
                _load_one(house, form, [delivery], f"{name}-{place}", load_batch, outcome)
            return
        trace = house.home / "traces" / f"{house.run_id}-{some[0].sha256[:12]}.txt"
        trace.parent.mkdir(parents=True, exist_ok=True)
        trace.write_text("".join(traceback.format_exception(error)))
        reason = str(error) if isinstance(error, ChisoError) else f"{type(error).__name__}: {error}"
        outcome.failed.append((some[0].name, f"{reason.splitlines()[0]} (trace {trace.name})"))
        logs.failed(some[0], error, trace.name)
        outcome.notices.append(notice(house.programme, some[0], "error", 1, 0, str(trace)))
        answer(house, failure(house, some[0], trace.name), outcome.answers)
        return
    logs.loaded(loaded.receipts)
    # Nothing here may raise what would have a batch that is loaded taken for one that failed.
    for receipt in loaded.receipts:
        answer(house, receipt, outcome.answers)
    promised.unlink(missing_ok=True)
    outcome.receipts += loaded.receipts
