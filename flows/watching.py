"""``chiso status --watch``: who is at work, what came last and what is wrong, looked at again and again."""

from __future__ import annotations

import time
from typing import Any, Final

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from catalogue.errors import UsageError
from flows.asking import warehouse_of
from flows.headings import LABELS, Said, headings
from flows.house import now
from flows.lease import holder
from flows.settings import Settings
from flows.terminal import terminal
from warehouse.published import ask
from warehouse.store import Warehouse

_LOOKS: Final[dict[str, str]] = {
    "Deliveries, by status": "SELECT status, count(*) AS deliveries FROM dim_delivery GROUP BY status ORDER BY status",
    "Latest deliveries": """
        SELECT delivery_key AS no, form_code AS form, unit_code AS unit, period_code AS period, status,
               rows_loaded AS loaded, rows_quarantined AS set_aside, received_at AS received
        FROM dim_delivery ORDER BY delivery_key DESC LIMIT {last}""",
    "Open incidents": """
        SELECT incident_key AS no, event_code AS what, form_code AS form, unit_code AS unit, period_code AS period,
               open_since AS since
        FROM incident WHERE status IN ('open', 'escalated') ORDER BY incident_key DESC LIMIT {last}""",
}


def watch(settings: Settings, last: int, seconds: float, times: int = 0) -> int:
    """Show it until ctrl-C, or so many ``times``. Raises UsageError."""
    if seconds <= 0:
        raise UsageError(f"--watch {seconds:g}: a number of seconds above 0 is needed, as --watch 5")
    shown = 1
    with Live(seen(settings, last), console=terminal(), auto_refresh=False) as live:
        try:
            while shown != times:
                time.sleep(seconds)
                live.update(seen(settings, last), refresh=True)
                shown += 1
        except KeyboardInterrupt:
            return 0
    return 0


def seen(settings: Settings, last: int) -> Group:
    """What there is to see now: from the lease, and from the read copy, which no run keeps from being read."""
    at_work = holder(settings.home.resolve())
    who = f"at work: {at_work}" if at_work else "nobody is at work"
    parts: list[Text | Table] = [Text(f"{now():%Y-%m-%d %H:%M:%S} UTC; {who}", "bold" if at_work else "")]
    warehouse = warehouse_of(settings)
    if not warehouse.exists:
        return Group(*parts, Text("nothing was published yet"))
    said = headings(settings)
    parts += [_table(warehouse, title, query.format(last=last), said) for title, query in _LOOKS.items()]
    return Group(*parts)


def _table(warehouse: Warehouse, title: str, query: str, said: Said) -> Table:
    columns, rows = ask(warehouse, query)
    table = Table(*map(said, columns), title=said(title), title_justify="left")
    for row in rows:
        shown = zip(columns, map(_shown, row), strict=True)
        table.add_row(*(Text(said(value) if column in LABELS else value) for column, value in shown))
    return table


def _shown(value: Any) -> str:
    return "" if value is None else str(value).partition(".")[0]
