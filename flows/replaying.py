"""Replay: the archived bytes of deliveries are read and judged again by what holds today. Where anything differs from
what was said last, a new vintage is appended, complete, with its reason and parent; else nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final, Literal

from catalogue.delivery import Delivery
from catalogue.errors import ChisoError, UsageError, WarehouseBusy, WarehouseLost
from catalogue.period import Period
from catalogue.source import Extract, Folder, Inbox
from flows.answering import Answers, answer, kept_promises, promise
from flows.arriving import arrived
from flows.asking import show
from flows.compute import compute
from flows.headings import Said, as_it_is, headings
from flows.house import House, now
from flows.load import judge, write
from flows.numbering import numbered
from flows.overriding import chosen, opened, signed
from flows.past import past_of
from flows.settings import Settings
from flows.signing import Offered, last_judged, signed_again
from flows.terminal import terminal
from receipts.receipt import Receipt, receipts
from transforms.account import account
from transforms.decided import overtaken
from transforms.recognise import Parcel, recognise_extract, recognise_file, recognise_pull
from warehouse.append import Why
from warehouse.override import overrides
from warehouse.quarantined import Judgement, Standing, counting, judgements, judgements_staged
from warehouse.staging import Staging, staging_area

Became = Literal["changed", "same", "superseded", "failed"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a delivery: ``changed`` (then by which reason, and what its receipt says now), the ``same``,
    ``superseded`` (its unit has sent again since, and nothing is touched), or ``failed`` (then why)."""

    standing: Standing
    became: Became
    why: Why | None = None
    receipt: Receipt | None = None
    failure: str = ""


def replay(
    house: House, some: Sequence[Standing], reason: str, by: str, *, dry_run: bool = False,
    offered: Mapping[str, Offered] | None = None,
) -> list[Replayed]:  # fmt: skip
    """Judge deliveries anew, in batches of one form, in order of arrival. Each batch is one transaction, or nothing
    where ``dry_run``. What fails in one delivery does not stop the others. ``offered`` are signatures that came since,
    by the sha256 of the delivery."""
    result: list[Replayed] = []
    bore, fresh = last_judged(house, {one.sha256 for one in some}), offered or {}
    by_form: dict[str, list[tuple[Standing, Delivery]]] = {}
    for one in sorted(some, key=lambda one: one.arrival):
        try:
            found, sha256 = recognised(house, one, f"{reason} ({by})"), one.sha256
            known = one.form is not None
            delivery = signed_again(house, found, bore.get(sha256), fresh.get(sha256), recognised=known)
        except ChisoError as error:
            result.append(Replayed(one, "failed", failure=str(error)))
            continue
        by_form.setdefault(delivery.form or "", []).append((one, delivery))
    size = house.settings.batch
    for form, pairs in by_form.items():
        for start in range(0, len(pairs), size):
            result += _batch(house, form, pairs[start : start + size], dry_run=dry_run)
    return sorted(result, key=lambda one: one.standing.arrival)


def recognised(house: House, one: Standing, reason: str) -> Delivery:
    """A delivery as it is recognised today, from the archive. Raises ChisoError where its source or bytes are gone."""
    source = house.programme.source.get(one.source)
    if source is None:
        raise UsageError(
            f"{one.name}: its source {one.source!r} is no longer declared by programme {house.programme.name}; "
            "declare it again to judge what it brought"
        )
    levels = zip(source.folders if isinstance(source, Folder) else (), one.name.split("/")[:-1], strict=False)
    folder: dict[str, str] = {level: segment for level, segment in levels if level != "any"}
    if isinstance(source, Extract):
        parcel = Parcel(one.name, one.sha256, 0, one.arrived_at, folder)
        found = recognise_extract(house.programme, source, parcel, house.resolver)
        return replace(found, replay_of=one.arrival, reason=reason)
    data = house.archive.get(one.sha256)
    if isinstance(source, Inbox):
        parcel = Parcel(one.name, one.sha256, len(data), one.arrived_at, folder)
        found = recognise_file(house.programme, source, parcel, data, house.resolver)
    else:
        period = Period.parse(one.period or one.name.rpartition("/")[2], house.programme.calendars)
        parcel = Parcel(one.name, one.sha256, len(data), one.arrived_at, {})
        found = recognise_pull(house.programme, source, period, parcel, house.resolver)
    return replace(found, replay_of=one.arrival, reason=reason)


def _batch(house: House, form: str, pairs: Sequence[tuple[Standing, Delivery]], *, dry_run: bool) -> list[Replayed]:
    """One batch; where it fails as a whole, delivery by delivery."""
    try:
        return _judged(house, form, pairs, dry_run=dry_run)
    except (WarehouseBusy, WarehouseLost):
        raise
    except Exception as error:
        if len(pairs) > 1:
            return [one for pair in pairs for one in _batch(house, form, [pair], dry_run=dry_run)]
        said = str(error) if isinstance(error, ChisoError) else f"{type(error).__name__}: {error}"
        return [Replayed(pairs[0][0], "failed", failure=said.splitlines()[0])]


def _judged(house: House, code: str, pairs: Sequence[tuple[Standing, Delivery]], *, dry_run: bool) -> list[Replayed]:
    form = house.programme.form[code] if code else None
    said, deliveries = _known(house, code, pairs)
    name = f"replay-{code or 'unknown'}-{pairs[0][0].delivery}"
    with staging_area(house.staging_path(name)) as area, ExitStack() as lent:
        batch = arrived(house, lent, form, numbered(house, form, deliveries))
        judge(house, area, form, batch, past_of(house.warehouse))
        account(area, form, batch, now(), house.run_id)
        anew, told, places, later = judgements_staged(area), receipts(area), _places(area), overtaken(area)
        result = []
        for number, (one, _) in enumerate(pairs, start=1):
            gone = {place for delivery, place in later.values() if delivery == number}
            if gone and gone == places[number]:
                result.append(Replayed(one, "superseded"))
                continue
            why = _difference(said[one.delivery], anew[number], gone)
            became: Became = "changed" if why else "same"
            result.append(Replayed(one, became, why, told[number - 1] if why else None))
        changed = {number: one.why for number, one in enumerate(result, start=1) if one.why}
        if changed and not dry_run:
            _only(area, changed)
            note = promise(house, [one for number, one in enumerate(deliveries, start=1) if number in changed])
            try:
                write(house, area, form, changed)
            except Exception:
                note.unlink(missing_ok=True)
                raise
    return result


def _known(
    house: House, code: str, pairs: Sequence[tuple[Standing, Delivery]]
) -> tuple[dict[int, Judgement], list[Delivery]]:
    """What was said of the deliveries last; and they themselves, with what people decided and what was sent since."""
    with house.warehouse.connection() as connection:
        said = judgements(connection, [one.delivery for one, _ in pairs])
        decided = overrides(connection, {one.sha256 for one, _ in pairs})
        later = counting(connection, code, min(one.arrival for one, _ in pairs))
    return said, [
        replace(found, overrides=tuple(each for each in decided if each.sha256 == one.sha256), counting=later)
        for one, found in pairs
    ]


_WHY: Final[tuple[tuple[str, Why], ...]] = (("override.applied", "override"), ("correction.applied", "correction"))


def _places(area: Staging) -> dict[int, set[tuple[int, str]]]:
    """The (unit, period) that each delivery of the batch is of, held back or not."""
    found: dict[int, set[tuple[int, str]]] = {}
    for number, unit, period in area.rows("SELECT delivery_no, unit_key, period_code FROM parts"):
        found.setdefault(number, set()).add((unit, period))
    return found


def _difference(said: Judgement, anew: Judgement, gone: Collection[tuple[int, str]]) -> Why | None:
    """By what a judgement differs from the last one, in what its unit has not sent again since; None: in nothing."""
    if replace(said, parts=said.without(gone)) == replace(anew, parts=anew.without(gone)):
        return None
    return next((why for rule, why in _WHY if said.decided(rule) != anew.decided(rule)), "replay")


def _only(area: Staging, numbers: dict[int, Why]) -> None:
    """Leave in staging what is to be written: the deliveries of which something differs."""
    listed = ", ".join(map(str, numbers))
    area.run(f"DELETE FROM out_deliveries WHERE delivery_no NOT IN ({listed})")


def run_replay(
    settings: Settings,
    keys: Sequence[int],
    asked: tuple[str, str],
    said: tuple[str, str],
    *,
    every: bool,
    dry_run: bool,
) -> int:
    """Judge deliveries anew, compute what changed, publish, and say what became of each; 1 where any failed.

    ``asked`` is the form and rule that narrow it down, ``said`` the reason and who asked for it.
    """
    reason, by = signed(*said)
    house = opened(settings)
    some = chosen(house, keys, *asked, every=every)
    if dry_run:
        done, sealed = replay(house, some, reason, by, dry_run=True), None
    else:
        done = _replay_and_answer(house, some, reason, by)
        sealed = compute(house) if any(one.became == "changed" for one in done) else None
        house.warehouse.publish()
    print_replayed(done, dry_run=dry_run, said=headings(settings))
    if sealed:
        terminal().print(
            f"Release {sealed.name}: {sealed.changed} values new or changed, {sealed.withdrawn} withdrawn."
        )
    return 1 if any(one.became == "failed" for one in done) else 0


def _replay_and_answer(house: House, some: Sequence[Standing], reason: str, by: str) -> list[Replayed]:
    """Replay, and send each respondent whose delivery is judged otherwise than before the new receipt."""
    answers = Answers()
    done = replay(house, some, reason, by)
    for one in done:
        if one.receipt:
            answer(house, one.receipt, answers)
    kept_promises(house)
    for who, why in answers.problems:
        terminal().print(f"receipt {who}: {why}", markup=False, style="yellow")
    return done


def print_replayed(done: Iterable[Replayed], *, dry_run: bool, said: Said = as_it_is) -> None:
    """What became of each delivery that was judged anew, then how many of each."""
    console, done = terminal(), list(done)
    lines = [
        (
            one.standing.delivery,
            one.standing.form,
            one.standing.unit,
            one.standing.period,
            one.became if one.why in (None, "replay") else f"{one.became} ({one.why})",
            one.standing.status,
            one.receipt.status if one.receipt else "",
            f"{one.standing.rows_loaded} -> {one.receipt.rows_loaded}" if one.receipt else one.standing.rows_loaded,
            f"{one.standing.rows_quarantined} -> {one.receipt.rows_quarantined}"
            if one.receipt
            else one.standing.rows_quarantined,
        )
        for one in done
    ]
    names = ["delivery", "form", "unit", "period", "became", "was", "is", "rows loaded", "set aside"]
    if lines:
        show((names, lines), "table", said("Judged anew"), said)
    for one in done:
        if one.failure:
            console.print(f"failed {one.standing.name}: {one.failure}", markup=False, style="red")
    counts = Counter(one.became for one in done)
    counted = ", ".join(f"{count} {became}" for became, count in sorted(counts.items())) or "no delivery fits"
    written = "Nothing differs, and nothing was written."
    if counts["changed"]:
        written = "Nothing was written: --dry-run." if dry_run else "New vintages were written."
    console.print(f"{len(done)} judged anew: {counted}. {written}" if done else f"Nothing to judge anew: {counted}.")
