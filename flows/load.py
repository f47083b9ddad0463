"""The story of a batch of deliveries of one form, from archived bytes to facts, top to bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from catalogue.delivery import Delivery
from catalogue.form import Form
from catalogue.period import Period
from expectations.gate import Verdict, gate
from expectations.predicate import Rule, rules
from expectations.soundness import set_unfit
from expectations.split import split
from flows.arriving import arrived
from flows.house import House, now
from flows.numbering import decided, numbered
from flows.owing import newly_owed
from flows.past import past_of
from receipts.receipt import Receipt, receipts
from transforms.account import account, hold_back, keep_verdicts
from transforms.conform import conform
from transforms.correct import correct
from transforms.drift import tell_drift
from transforms.owe import owed, owed_periods
from transforms.past import Opened, lay_past
from transforms.read import read
from transforms.stage import Arrived, lay, lay_nothing, open_files, type_cells
from warehouse.append import Appended, Why, append
from warehouse.dimensions import period_rows
from warehouse.staging import Staging, staging_area


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a batch: the receipts of its deliveries, the gate's verdicts, what was appended."""

    receipts: tuple[Receipt, ...]
    verdicts: tuple[Verdict, ...]
    appended: Appended | None


def load(house: House, form: Form | None, deliveries: Sequence[Delivery], name: str) -> Loaded:
    """Load a batch. Either all of it is in the warehouse when this returns, or nothing of it."""
    with staging_area(house.staging_path(name)) as area, ExitStack() as lent:
        batch = arrived(house, lent, form, numbered(house, form, deliveries))
        verdicts = judge(house, area, form, batch, past_of(house.warehouse))
        account(area, form, batch, now(), house.run_id)
        return Loaded(receipts(area), verdicts, write(house, area, form))


def check(house: House, form: Form | None, delivery: Delivery, data: bytes) -> Loaded:
    """What would become of one file: the same steps, nothing stored. What was sent and decided before is as readers see
    it."""
    (known,) = numbered(house, form, [decided(house, delivery)], published=True)
    with staging_area(house.staging_path("check")) as area:
        batch = [Arrived(1, known, read(known, data, form, house.programme))]
        verdicts = judge(house, area, form, batch, past_of(house.warehouse, published=True))
        account(area, form, batch, now(), house.run_id)
        return Loaded(receipts(area), verdicts, None)


def judge(
    house: House, area: Staging, form: Form | None, batch: Sequence[Arrived], past: Opened
) -> tuple[Verdict, ...]:
    """Stage, gate, split and conform a batch beside what was reported before; hold back what is refused or disputed."""
    if form is None:
        lay_nothing(area, house.programme, batch)
        keep_verdicts(area, house.run_id, "", [])
        return ()
    form_rules = rules(form, house.programme.language.language)
    stage(house, area, form, batch, form_rules, past)
    verdicts = (*gate(area, form, form_rules),)
    broken = {one.rule for one in verdicts if one.broken and one.carried_out}
    disputed = {part for one in verdicts for part in one.disputed_parts}
    split(area, [rule for rule in form_rules if rule.code in broken], house.programme.language)
    conform(area, house.programme, form, hold_back(area, disputed))
    tell_drift(area, house.programme, form, batch, past)
    keep_verdicts(area, house.run_id, form.form, verdicts)
    return verdicts


def stage(
    house: House, area: Staging, form: Form, batch: Sequence[Arrived], form_rules: tuple[Rule, ...], past: Opened
) -> None:
    """Lay a batch out, mend what is known to be wrong, type its cells; beside it what its units reported before."""
    files = open_files(area, house.programme, form, batch)
    lay(area, house.programme, form, batch, files)
    correct(area, house.programme, form)
    type_cells(area, house.resolver, form, now().date())
    set_unfit(area, form_rules)
    lay_past(area, house.programme, form, past)


def write(house: House, area: Staging, form: Form | None, replays: Mapping[int, Why] | None = None) -> Appended:
    """Append a batch that is accounted for. ``replays``: the numbers of those that are judged anew, and why."""
    spans = _periods(house, area)
    with newly_owed(house, form, spans) as fresh:
        return append(
            area,
            house.warehouse.url,
            form,
            house.programme.fact[form.fact] if form else None,
            period_rows([*spans, *(owed_periods(house.programme, form, fresh) if form else ())]),
            owed(house.programme, form, fresh) if form else [],
            house.run_id,
            now(),
            replays,
        )


def _periods(house: House, area: Staging) -> list[Period]:
    codes = area.rows("SELECT DISTINCT period_code FROM parts WHERE part_no NOT IN (SELECT number FROM held_back)")
    return [Period.parse(code, house.programme.calendars) for (code,) in codes]
