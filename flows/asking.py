"""Asking the published warehouse: SQL, indicators, the ledger. Read-only, from the read copy."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from rich.table import Table

from catalogue.errors import UsageError
from flows.headings import LABELS, Said, as_it_is, headings
from flows.settings import Settings
from flows.terminal import terminal
from warehouse.published import ask
from warehouse.store import Warehouse

_A_DAY: Final = 86_400
Answer = tuple[list[str], list[tuple[Any, ...]]]


def warehouse_of(settings: Settings) -> Warehouse:
    """The warehouse of an installation, without loading its programme."""
    home = settings.home.resolve()
    return Warehouse(settings.warehouse or f"duckdb:///{home / 'warehouse.duckdb'}", home / "published.duckdb")


def print_query(settings: Settings, query: str, form: str, seconds: float) -> int:
    """Run one SELECT and print the answer. Raises UsageError where it takes longer than ``seconds`` (0: no limit)."""
    if not 0 <= seconds <= _A_DAY:
        raise UsageError(f"--seconds {seconds:g}: a query may take up to {_A_DAY} seconds; 0 is as many as it needs")
    show(ask(warehouse_of(settings), query, seconds=seconds), form)
    return 0


def print_status(settings: Settings, last: int, *, as_json: bool) -> int:
    """The latest deliveries and what became of them, then the latest events of the ledger."""
    if last < 1:
        raise UsageError(f"--last {last} are no deliveries; name a number from 1")
    warehouse = warehouse_of(settings)
    deliveries = ask(
        warehouse,
        """SELECT delivery_key AS no, form_code AS form, unit_code AS unit, period_code AS period, status,
                  rows_read AS rows, rows_loaded AS loaded, rows_quarantined AS quarantined, rows_refused AS refused,
                  name, received_at AS received
           FROM dim_delivery ORDER BY delivery_key DESC LIMIT :last""",
        {"last": last},
    )
    totals = ask(warehouse, "SELECT status, count(*) AS deliveries FROM dim_delivery GROUP BY status ORDER BY status")
    events = ask(
        warehouse,
        "SELECT sequence, happened_at AS at, event, detail FROM ledger ORDER BY sequence DESC LIMIT :last",
        {"last": 5},
    )
    # Here, as whoever only asks for figures need not load what judges deliveries.
    from flows.corrections import outdated_corrections  # noqa: PLC0415

    outdated = outdated_corrections(settings, warehouse)
    if as_json:
        names = ("deliveries", "totals", "events")
        parts: dict[str, object] = {
            name: records(answer) for name, answer in zip(names, (deliveries, totals, events), strict=True)
        }
        parts["corrections_out_of_date"] = outdated
        print(json.dumps(parts, ensure_ascii=False, indent=2))
        return 0
    said = headings(settings)
    for title, answer in (("Deliveries, by status", totals), ("Latest deliveries", deliveries), ("Ledger", events)):
        show(answer, "table", said(title), said)
    for line in outdated:
        terminal().print(line, markup=False, style="red")
    return 0


# With nothing asked for: the years of what stands at the top of a hierarchy, and right below it.
_TOP: Final = """
i.period_kind = 'year' AND i.entity_key IN (
    SELECT entity_key FROM place WHERE link_key IS NULL AND (
        parent_key IS NULL OR parent_key IN (SELECT entity_key FROM place WHERE parent_key IS NULL)))
"""


def print_indicators(settings: Settings, place: str, period: str, chosen: Sequence[str], form: str) -> int:
    """Values with target, status and coverage, of the latest release."""
    where, values = ["1 = 1"], dict[str, object]()
    if place:
        where.append("(i.place_code = :place OR lower(i.place_name) LIKE lower(:like))")
        values |= {"place": place, "like": f"%{place}%"}
    if period:
        where.append("i.period_code = :period")
        values["period"] = period
    for number, code in enumerate(chosen):
        values[f"code{number}"] = code
    if chosen:
        where.append(f"i.indicator_code IN ({', '.join(f':code{number}' for number in range(len(chosen)))})")
    if not (place or period or chosen):
        where.append(_TOP)
    columns, rows = ask(
        warehouse_of(settings),
        f"""SELECT i.indicator_code AS indicator, i.title, i.place_name AS place, i.period_code AS period, i.value,
                   i.scale, i.approx, i.of_n, i.unit, t.operator, t.target_value AS target, t.year AS target_year,
                   i.target_status, i.coverage, i.status, i.entity_key, i.start_date, i.end_date
            FROM indicator i LEFT JOIN target t ON t.target_code = i.target_code
            WHERE {" AND ".join(where)}
            ORDER BY i.indicator_code, i.place_code, i.start_date, i.period_code""",
        values,
    )
    if not rows:
        asked = {"indicator": ", ".join(chosen), "place": place, "period": period}
        said = ", ".join(f"{name} {value!r}" for name, value in asked.items() if value) or "the newest release"
        raise UsageError(
            f"no figure fits {said}; `chiso describe` lists indicators, `chiso sql "
            '"SELECT DISTINCT place_name FROM indicator"` places; a period is written 2024, 2024-Q1 or 2024-03'
        )
    if form != "table":
        accepted = overridden_rows(settings, [dict(zip(columns, row, strict=True)) for row in rows])
        kept = columns[: columns.index("entity_key")]
        told = [(*row[: len(kept)], accepted.get(number, 0)) for number, row in enumerate(rows)]
        show(([*kept, "overridden_rows"], told), form)
        return 0
    shown = [_shown(dict(zip(columns, row, strict=True))) for row in rows]
    headers = ["indicator", "title", "place", "period", "value", "target", "status", "coverage"]
    accepted = overridden_rows(settings, [dict(zip(columns, row, strict=True)) for row in rows])
    value = headers.index("value")
    for number, count in accepted.items():
        line = shown[number]
        shown[number] = (*line[:value], f"{line[value]} *{count}", *line[value + 1 :])
    show((headers, shown), "table", said=headings(settings))
    if accepted:
        terminal().print(
            "*n: n rows behind the figure broke a rule and were accepted with a written reason; "
            '`chiso sql "SELECT * FROM overridden"` tells which and why'
        )
    return 0


def overridden_rows(settings: Settings, figures: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """How many rows that broke a rule, and were accepted with a written reason, each figure stands on: number of the
    figure -> rows. Counted are the rows of the forms that feed its indicator, at or below its place, in its period.
    """
    _, rows = ask(
        warehouse_of(settings),
        """SELECT o.form_code, o.period_code, o.source_sheet, o.source_row, o.delivery_key, o.start_date, o.end_date,
                  h.ancestor_key
           FROM overridden o JOIN hierarchy h
             ON h.entity_key = o.entity_key AND o.end_date BETWEEN h.valid_from AND h.valid_to""",
    )
    if not rows:
        return {}
    # Only where somebody accepted something is it asked which forms feed an indicator.
    from catalogue.loader import load_programme  # noqa: PLC0415
    from transforms.scope import feeding  # noqa: PLC0415

    programme = load_programme(settings.programme_folder())
    found: dict[int, int] = {}
    for number, one in enumerate(figures):
        indicator = programme.indicator.get(one["indicator"])
        forms = feeding(programme, indicator) if indicator else set()
        counted = {
            row[:5]
            for row in rows
            if row[0] in forms
            and row[7] == one["entity_key"]
            and one["start_date"] <= row[5]
            and row[6] <= one["end_date"]
        }
        if counted:
            found[number] = len(counted)
    return found


def _shown(row: dict[str, Any]) -> tuple[str, ...]:
    """A line of the table of indicators."""
    scale, operator = row["scale"], row["operator"]
    return (
        row["indicator"],
        row["title"],
        row["place"] or "",
        row["period"],
        figure(row["value"], scale, row["approx"], row["of_n"]),
        f"{operator} {figure(row['target'], scale)} ({row['target_year']})" if operator else "",
        row["target_status"] if row["status"] == "ok" else row["status"],
        "" if row["coverage"] is None else f"{Decimal(row['coverage']):.0%}",
    )


def figure(value: Decimal | None, scale: str, approx: str | None = None, of_n: int | None = None) -> str:
    """A value as people read it: rates as percent, at most two decimals, half-up at this edge only."""
    if value is None:
        return "-"
    number = Decimal(value) * 100 if scale == "percent" else Decimal(value)
    text = f"{number.quantize(Decimal('0.01'), rounding='ROUND_HALF_UP'):,f}"
    text = text.rstrip("0").rstrip(".")
    text = f"{text} %" if scale == "percent" else f"{text} x" if scale == "times" else text
    return f"{approx + ' ' if approx else ''}{text}{f' of {of_n}' if of_n else ''}"


def show(answer: Answer, form: str, title: str = "", said: Said = as_it_is) -> None:
    """Print an answer as a table, CSV or JSON. ``said`` words the headings and labels of a table."""
    columns, rows = answer
    if form == "json":
        print(json.dumps(records(answer), ensure_ascii=False, indent=2))
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(columns)
        writer.writerows([_exchange(value) for value in row] for row in rows)
    else:
        table = Table(title=title or None, title_justify="left")
        for column in columns:
            table.add_column(said(column), overflow="fold")
        for row in rows:
            table.add_row(*(_labelled(column, value, said) for column, value in zip(columns, row, strict=True)))
        console = terminal()
        console.print(table)
        if not title:
            many = said("{0} rows").replace("{0}", f"{len(rows):,}")
            console.print(said("1 row") if len(rows) == 1 else many, style="dim")


def _labelled(column: str, value: object, said: Said) -> str:
    text = "" if value is None else _plain(value)
    return said(text) if column in LABELS else text


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return str(value)


def records(answer: Answer) -> list[dict[str, object]]:
    """The rows of an answer as JSON holds them."""
    columns, rows = answer
    return [dict(zip(columns, (_exchange(value) for value in row), strict=True)) for row in rows]


def _exchange(value: object) -> object:
    """A value as JSON holds it: decimals as exact text, days as ISO."""
    if isinstance(value, Decimal):
        return _plain(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
