"""Overrides, as a steward gives them: a rule that may be broken in a delivery, with a written reason and a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import or_, select

from catalogue.delivery import Override
from catalogue.errors import UsageError
from catalogue.form import Form
from catalogue.rule import RULES
from flows.closing import CLOSED
from flows.house import House, now, open_house, prepare
from flows.settings import Settings
from flows.terminal import terminal
from warehouse.override import append_override, overrides
from warehouse.quarantined import Standing, standing, standing_open
from warehouse.schema import issue
from warehouse.staging import staging_area

# Rules of the engine that reject a row whose cell has a value all the same, so that a person may accept it.
WITH_VALUE: Final = frozenset({"cell.out_of_range", "row.duplicate"})


def chosen(house: House, keys: Sequence[int], form: str = "", rule: str = "", *, every: bool = False) -> list[Standing]:
    """The deliveries to judge anew: those named, else those about which something is open, of a form or rule.

    Raises UsageError where one that is named does not exist.
    """
    with house.warehouse.connection() as connection:
        if not keys:
            return standing_open(connection, form, rule, every=every)
        found = {key: standing(connection, [key]) for key in keys}
    unknown = [str(key) for key, some in found.items() if not some]
    if unknown:
        raise UsageError(
            f"there is no delivery {', '.join(unknown)}; `chiso quarantine list` and `chiso status` tell their numbers"
        )
    return list({one.delivery: one for some in found.values() for one in some}.values())


def decide(
    settings: Settings, key: int, rule: str, where: tuple[str, int], said: tuple[str, str], *, drop: bool
) -> int:
    """Record that a rule may be broken in a delivery, in a sheet or row of it (``where``); or take that back.

    ``said`` is the reason and who decides. Raises UsageError where there is nothing that could be accepted.
    """
    reason, by = signed(*said)
    house = opened(settings)
    one = chosen(house, [key])[0]
    decision = Override(0, one.sha256, rule, *where, reason, by)
    if drop:
        _must_stand(house, decision, key)
    else:
        _must_be_broken(house, one, decision)
    with staging_area(house.staging_path("override")) as area:
        number = append_override(area, house.warehouse.url, decision, house.run_id, now(), active=not drop)
    house.warehouse.publish()
    console = terminal()
    console.print(f"Decision {number}: {rule} {'is in force again' if drop else 'may be broken'} in {one.name}.")
    console.print(
        f'It counts when the delivery is judged anew: chiso quarantine replay {key} --reason "..." --by "..."'
    )
    return 0


def signed(reason: str, by: str) -> tuple[str, str]:
    """A reason and who gives it, in one line each. Raises UsageError where one is empty."""
    if not reason.strip() or not by.strip():
        raise UsageError("a decision has a written reason and a name: give both, --reason TEXT and --by NAME")
    return " ".join(reason.split()), " ".join(by.split())


def _must_stand(house: House, decision: Override, key: int) -> None:
    """Raises UsageError where there is no such decision to take back."""
    with house.warehouse.connection() as connection:
        standing = overrides(connection, {decision.sha256})
    if not any((one.rule, one.sheet, one.row) == (decision.rule, decision.sheet, decision.row) for one in standing):
        known = "; ".join(_place(one) for one in standing) or "none"
        raise UsageError(f"delivery {key} has no override of {_place(decision)} to drop; it has: {known}")


def _place(one: Override) -> str:
    return " ".join(
        [one.rule, *([f"--sheet {one.sheet!r}"] if one.sheet else []), *([f"--row {one.row}"] if one.row else [])]
    )


def _must_be_broken(house: House, one: Standing, decision: Override) -> None:
    """Raises UsageError where the rule cannot be overridden, or nothing breaks it there."""
    form = house.programme.form.get(one.form or "")
    _overridable(form, decision.rule)
    with house.warehouse.connection() as connection:
        broken = connection.execute(
            select(issue.c.rule_code, issue.c.source_sheet, issue.c.source_row)
            .where(issue.c.delivery_key == one.delivery)
            .where(or_(issue.c.severity == "reject_row", issue.c.rule_code == CLOSED))
        ).all()
        standing = overrides(connection, {one.sha256})
    again = any((each.rule, each.sheet, each.row) == (decision.rule, decision.sheet, decision.row) for each in standing)
    fits = any(
        rule == decision.rule and decision.sheet in ("", sheet) and decision.row in (0, row)
        for rule, sheet, row in broken
    )
    if not fits and not again:
        found = ", ".join(sorted({f"{rule} in {sheet}, row {row}" for rule, sheet, row in broken})[:10])
        raise UsageError(
            f"nothing breaks {_place(decision)} in delivery {one.delivery}, as it was judged last; "
            f"what is broken there: {found or 'nothing that sets rows aside'}"
        )


def _overridable(form: Form | None, rule: str) -> None:
    """Raises UsageError where a rule cannot be overridden: it refuses all, only warns, or leaves nothing to load."""
    check = next((one for one in form.checks if one.check == rule), None) if form else None
    if check is None and rule not in RULES:
        known = ", ".join(one.check for one in form.checks) if form else "none, as its form is not known"
        raise UsageError(f"there is no rule {rule!r}; rules of the delivery's form are: {known}")
    severity = check.severity if check else RULES[rule][0]
    if rule == CLOSED:
        return
    if severity == "reject_delivery":
        raise UsageError(f"{rule} refuses the whole delivery and cannot be overridden; have it mended and sent again")
    if severity == "warn":
        raise UsageError(f"{rule} only warns: its rows are loaded, there is nothing to override")
    if check is None and rule not in WITH_VALUE:
        raise UsageError(
            f"{rule} says that a cell has no value that could be loaded, and cannot be overridden; declare an alias or "
            "a correction for it, or have it sent again"
        )


def opened(settings: Settings) -> House:
    """The house, its warehouse brought up to date."""
    house = open_house(settings)
    prepare(house)
    return house
