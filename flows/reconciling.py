"""``chiso reconcile``: two sources that tell of the same units, side by side, on one page. Read-only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from catalogue.declared import say
from catalogue.errors import UsageError
from catalogue.loader import load_programme
from catalogue.programme import Programme
from catalogue.reconciliation import Reconciliation
from flows.asked import Row
from flows.asking import warehouse_of
from flows.explaining import plain
from flows.explanation import Phrases, number
from flows.settings import Settings
from flows.terminal import terminal
from transforms.text import fold_name
from warehouse.published import ask

BOTH: Final = ("agrees", "left_lacks", "right_lacks", "incomplete")
"""The states of a unit that both sources tell of."""
_LISTED: Final = 15


@dataclass(frozen=True)
class Page:
    """One reconciliation: its control totals over the units that both sources tell of, and the units."""

    declared: Reconciliation
    totals: Row
    units: Sequence[Row]


def reconcile(settings: Settings, place: str = "", period: str = "", chosen: Sequence[str] = ()) -> tuple[Page, ...]:
    """The reconciliations of the units at or below a place, in a period (or the periods inside it).

    Raises UsageError where there is nothing, with what there is.
    """
    programme = load_programme(settings.programme_folder())
    unknown = sorted(set(chosen) - {one.reconciliation for one in programme.reconciliations})
    if unknown or not programme.reconciliations:
        known = ", ".join(one.reconciliation for one in programme.reconciliations) or "none"
        raise UsageError(f"no reconciliation {', '.join(unknown) or 'is declared'}; there are {known}")
    where = ["1 = 1"]
    values: dict[str, object] = {}
    if place:
        values["place"] = _place(settings, programme, place)
        where.append(
            "EXISTS (SELECT 1 FROM hierarchy h WHERE h.entity_key = g.entity_key AND h.ancestor_key = :place "
            "AND g.end_date BETWEEN h.valid_from AND h.valid_to)"
        )
    if period:
        values["period"] = period
        where.append(
            "EXISTS (SELECT 1 FROM dim_period q JOIN dim_period o ON o.calendar_code = q.calendar_code "
            "WHERE q.period_code = :period AND o.period_code = g.period_code "
            "AND o.start_date >= q.start_date AND o.end_date <= q.end_date)"
        )
    columns, rows = ask(
        warehouse_of(settings),
        f"""SELECT g.reconciliation_code, g.place_code, g.place_name, g.period_code, g.left_amount, g.right_amount,
                   g.gap, g.gap_absolute, g.left_blank, g.right_blank, g.status
            FROM reconciliation g WHERE {" AND ".join(where)}
            ORDER BY g.reconciliation_code, g.gap_absolute DESC NULLS LAST, g.place_code, g.period_code""",
        values or None,
    )
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    pages = [
        _page(one, [row for row in found if row["reconciliation_code"] == one.reconciliation])
        for one in programme.reconciliations
        if not chosen or one.reconciliation in chosen
    ]
    told = tuple(page for page in pages if page.totals["units"])
    if not told:
        raise UsageError(
            f"nothing stands beside each other for place {place or 'any'!r}, period {period or 'any'!r}; "
            '`chiso sql "SELECT DISTINCT reconciliation_code, period_code, status FROM fact_reconciliation"` tells '
            "what there is"
        )
    return told


def _place(settings: Settings, programme: Programme, place: str) -> int:
    """The key of a place by its code, or its name; the last that bore it."""
    _, rows = ask(
        warehouse_of(settings),
        "SELECT entity_key, code, name, parent_key IS NULL AS is_top FROM place ORDER BY valid_from DESC, entity_key",
    )
    wanted = fold_name(place, programme.language)
    for test in (
        lambda row: row[1] == place,
        lambda row: row[2] == place,
        lambda row: f" {fold_name(row[2], programme.language)}".endswith(f" {wanted}"),
    ):
        found = [row for row in rows if test(row)]
        if found:
            return int(next((row for row in found if row[3]), found[0])[0])
    raise UsageError(f'no place {place!r}; name one by its code, `chiso sql "SELECT code, name FROM place"` lists them')


def _page(declared: Reconciliation, rows: Sequence[Row]) -> Page:
    """Totals over the units that both sources tell of; those of one source alone are counted beside them."""
    both = [row for row in rows if row["status"] in BOTH]
    left, absolute = _sum(both, "left_amount"), _sum(both, "gap_absolute")
    totals = {
        "units": len(both),
        "left": left,
        "right": _sum(both, "right_amount"),
        "gap": _sum(both, "gap"),
        "gap_absolute": absolute,
        "gap_rate": absolute / left if left else None,
        **{state: sum(row["status"] == state for row in rows) for state in (*BOTH, "only_left", "only_right")},
    }
    return Page(declared, totals, both)


def _sum(rows: Sequence[Row], column: str) -> Decimal:
    return sum((Decimal(row[column]) for row in rows if row[column] is not None), Decimal(0))


def print_reconciliations(settings: Settings, pages: Sequence[Page], language: str) -> None:
    """Print each: control totals, then the units with the largest gaps."""
    programme = load_programme(settings.programme_folder())
    said, console = Phrases(programme, language), terminal()
    for page in pages:
        one, totals = page.declared, page.totals
        left, right = say(one.left.title, language), say(one.right.title, language)
        console.print(f"\n[bold]{escape(say(one.title, language))}[/] ({one.reconciliation})", markup=True)
        console.print(said("control", left, number(totals["left"]), right, number(totals["right"]), totals["units"]))
        rate = "-" if totals["gap_rate"] is None else f"{totals['gap_rate'] * 100:.2f} %"
        console.print(said("gap_sum", number(totals["gap"]), number(totals["gap_absolute"]), rate))
        console.print(
            said("lacks_right", right, totals["right_lacks"])
            + "; "
            + said("lacks_left", left, totals["left_lacks"])
            + "; "
            + said("agree", totals["agrees"])
        )
        if totals["only_left"] or totals["only_right"]:
            lone = said("only_left", left, totals["only_left"])
            console.print(f"{lone}; {said('only_left', right, totals['only_right'])}")
        table = Table("", said("unit"), said("period"), left, right, said("gap"), "")
        for row in page.units[:_LISTED]:
            state = {"right_lacks": ("lacks_right", right), "left_lacks": ("lacks_left", left)}.get(row["status"])
            missing = _missing(row)
            told = said("short", state[1], number(missing)) if state else said("incomplete") if missing is None else ""
            table.add_row(
                row["place_code"],
                row["place_name"],
                row["period_code"],
                number(row["left_amount"]),
                number(row["right_amount"]),
                number(row["gap"]),
                told,
            )
        console.print(table)
        if len(page.units) > _LISTED:
            console.print(said("others", len(page.units) - _LISTED))


def _missing(row: Row) -> Any:
    """How much the source that has less lacks; None where something was left blank."""
    return None if row["status"] == "incomplete" else row["gap_absolute"]


def to_json(pages: Sequence[Page]) -> str:
    """Every reconciliation as JSON; amounts are exact texts."""
    told = [
        {
            "reconciliation": page.declared.reconciliation,
            "title": page.declared.title,
            "left": page.declared.left.title,
            "right": page.declared.right.title,
            "totals": dict(page.totals),
            "units": [dict(row) for row in page.units],
        }
        for page in pages
    ]
    return json.dumps(plain(told), ensure_ascii=False, indent=2)
