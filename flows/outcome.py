"""What became of a run, printed for people or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

from rich.table import Table

from flows.house import House
from flows.run import Outcome
from flows.terminal import terminal
from warehouse.release import Release

STATUSES = ("accepted", "accepted_with_warnings", "partly_accepted", "rejected", "error")


def to_json(outcome: Outcome, sealed: Release | None) -> str:
    """The outcome as JSON: counts, receipts without their findings, failures, the release."""
    receipts = [{name: value for name, value in asdict(one).items() if name != "findings"} for one in outcome.receipts]
    return json.dumps(
        {
            "receipts": receipts,
            "known": outcome.known,
            "waiting": outcome.waiting,
            "failed": outcome.failed,
            "skipped": outcome.skipped,
            "release": asdict(sealed) if sealed else None,
            "exit_code": outcome.exit_code,
        },
        ensure_ascii=False,
        indent=2,
    )


def print_outcome(house: House, outcome: Outcome, sealed: Release | None) -> None:
    """A table of deliveries by form and status, then everything that needs a person."""
    console = terminal()
    if outcome.receipts:
        console.print(outcome_table(outcome))
    else:
        console.print("Nothing new.")
    if outcome.known:
        console.print(f"{len(outcome.known)} files and pulls are known already by their content; nothing was done.")
    if outcome.waiting:
        console.print(f"{len(outcome.waiting)} files are still being copied; the next run takes them.")
    for name, why in outcome.failed:
        console.print(f"failed {name}: {why}", markup=False, style="red")
    for name, why in outcome.skipped:
        console.print(f"skipped {name}: {why}", markup=False, style="yellow")
    for name, why in outcome.told:
        console.print(f"message {name}: {why}", markup=False, style="yellow")
    if sealed:
        console.print(f"Release {sealed.name}: {sealed.changed} values new or changed, {sealed.withdrawn} withdrawn.")
        console.print(f"Sealed with {sealed.hash[:16]}…")
    else:
        console.print("No figure changed; there is no new release.")
    if outcome.receipts:
        console.print(f"Receipts: {house.home / 'receipts'}")


def outcome_table(outcome: Outcome) -> Table:
    """Deliveries by form and status."""
    counts = Counter[tuple[str, str]]((one.form or "(unknown form)", one.status) for one in outcome.receipts)
    table = Table(title="Deliveries", title_justify="left")
    table.add_column("form")
    for status in STATUSES:
        table.add_column(status.replace("_", " "), justify="right")
    table.add_column("rows loaded", justify="right")
    table.add_column("quarantined", justify="right")
    for form in sorted({form for form, _ in counts}):
        mine = [one for one in outcome.receipts if (one.form or "(unknown form)") == form]
        table.add_row(
            form,
            *(str(counts[form, status] or "") for status in STATUSES),
            f"{sum(one.rows_loaded for one in mine):,}",
            f"{sum(one.rows_quarantined for one in mine):,}",
        )
    return table
